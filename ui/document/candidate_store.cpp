// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/candidate_store.h"

#include "core/io/atomic_file.h"
#include "core/io/file_lock.h"
#include "core/io/json.h"
#include "ui/document/candidate_history.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"

#include <QDir>
#include <QTimer>

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Newer ones push older ones out of the file: a plan of a large model lists a megabyte of channels.
constexpr int kMostStored = 60;
/// For another process that is writing. The end of the program waits for no longer either.
constexpr std::chrono::milliseconds kMostWait { 2000 };

std::filesystem::path pathOf(const QString& path)
{
    return std::filesystem::path(path.toStdU16String());
}

/// Moves a file that cannot be read out of the way. The place it has then; empty when it could not be moved.
std::filesystem::path putAside(const std::filesystem::path& file)
{
    std::filesystem::path aside = file;
    aside += ".unreadable";
    std::error_code error;
    for (int number = 2; std::filesystem::exists(aside, error); ++number) {
        aside = file;
        aside += ".unreadable" + std::to_string(number);
    }
    std::filesystem::rename(file, aside, error);
    return error ? std::filesystem::path() : aside;
}

struct Found {
    StoredCandidates stored;
    std::string problem; ///< a sentence, or empty
    bool writable = true; ///< nothing would be lost by writing a file
};

Found readCandidates(const std::filesystem::path& file)
{
    std::error_code error;
    if (!std::filesystem::exists(file, error)) {
        return {};
    }
    const std::string name = '"' + file.string() + '"';
    Result<std::string> text = readFileBytes(file);
    if (!text) {
        return { {}, text.error().message, false };
    }
    Result<StoredCandidates> stored = candidatesFromJson(*text, name);
    if (stored) {
        return { std::move(*stored), {}, true };
    }
    const std::filesystem::path aside = putAside(file);
    const QString what = aside.empty()
        ? CandidateStore::tr("They stay as they are, and those of this session are not kept.")
        : CandidateStore::tr("They were put aside as \"%1\".")
              .arg(QString::fromStdU16String(aside.filename().u16string()));
    return { {}, stored.error().message + ' ' + what.toStdString(), !aside.empty() };
}

} // namespace

struct CandidateStore::Snapshot {
    StoredCandidates stored;
    QString folder;
    QString file;
    int version = 0;
};

struct CandidateStore::Files {
    /// Tells one state of a file from another: it is only ever replaced.
    using Stamp = std::tuple<ino_t, off_t, time_t, long>;
    struct State {
        int version = 0; ///< that has been written
        std::optional<Stamp> stamp; ///< when it was read or written here; nothing: there was no file
        std::set<CandidateKey> seen; ///< what it held then
    };
    std::mutex mutex;
    std::map<QString, State> states; ///< by file

    static std::optional<Stamp> stampOf(const std::filesystem::path& file)
    {
        struct stat status = {};
        return ::stat(file.c_str(), &status) == 0 ? std::optional(
                   Stamp(status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec))
                                                  : std::nullopt;
    }

    Found read(const QString& file)
    {
        const std::lock_guard lock(mutex);
        State& state = states[file];
        const std::optional<Stamp> stamp = stampOf(pathOf(file)); // before: a later file is read again
        Found found = readCandidates(pathOf(file));
        state.stamp = found.problem.empty() ? stamp : stampOf(pathOf(file));
        state.seen = keysOf(found.stored);
        return found;
    }

    /// One after the other, and never an older one over a newer. What other processes have added stays in the
    /// file; the result is that.
    Result<StoredCandidates> write(const Snapshot& snapshot)
    {
        const std::lock_guard lock(mutex);
        State& state = states[snapshot.file];
        if (state.version >= snapshot.version) {
            return StoredCandidates {};
        }
        if (!QDir().mkpath(snapshot.folder)) {
            return Error { ErrorCode::Io,
                           tr("The folder \"%1\" cannot be made.").arg(snapshot.folder).toStdString(),
                           {} };
        }
        const std::filesystem::path path = pathOf(snapshot.file);
        const Result<std::unique_ptr<FileLock>> held = FileLock::wait(path, kMostWait);
        if (!held) {
            return held.error();
        }
        StoredCandidates added { snapshot.stored.modelDigest, snapshot.stored.nextId, 0, {} };
        if (const std::optional<Stamp> now = stampOf(path); now && now != state.stamp) {
            const Found found = readCandidates(path);
            if (!found.writable) {
                return Error { ErrorCode::BadFormat, found.problem, {} };
            }
            added.candidates = addedByOthers(snapshot.stored, found.stored, state.seen);
        }
        StoredCandidates all = snapshot.stored;
        for (StoredCandidate& candidate : added.candidates) {
            candidate.id = all.nextId++;
            all.candidates.push_back(candidate);
        }
        added.nextId = all.nextId;
        if (Status status = writeFileAtomically(path, candidatesToJson(all)); !status) {
            return status.error();
        }
        state = { snapshot.version, stampOf(path), keysOf(all) };
        return added;
    }
};

CandidateStore::CandidateStore(CandidateHistory& history, JobLanes& lanes, const QString& folder, int delayMs,
                               QObject* parent)
    : QObject(parent)
    , m_history(history)
    , m_lanes(lanes)
    , m_folder(folder)
    , m_timer(new QTimer(this))
    , m_files(std::make_shared<Files>())
{
    m_timer->setSingleShot(true);
    m_timer->setInterval(delayMs);
    connect(m_timer, &QTimer::timeout, this, &CandidateStore::write);
    connect(&m_history, &CandidateHistory::aboutToReset, this, &CandidateStore::write);
    connect(&m_history, &CandidateHistory::wasReset, this, &CandidateStore::onReset);
    connect(&m_history, &CandidateHistory::added, this, &CandidateStore::onChanged);
    connect(&m_history, &CandidateHistory::removed, this, &CandidateStore::onChanged);
    connect(&m_history, &CandidateHistory::recordChanged, this, &CandidateStore::onChanged);
    connect(&m_history, &CandidateHistory::pinned, this, &CandidateStore::onChanged);
    onReset();
}

CandidateStore::~CandidateStore() = default;

QString CandidateStore::fileOf(const std::string& digest) const
{
    return QDir(m_folder).filePath(QString::fromStdString(digest).left(40) + u".json"_s);
}

void CandidateStore::onReset()
{
    const std::string digest = m_history.modelDigest();
    if (digest.empty() || !m_read.insert(digest).second) {
        return; // the history itself remembers the models of this session
    }
    m_closed.insert(digest);
    auto* job = new Job(0, tr("Read the candidates"), this);
    job->start(
        m_lanes.cpu(),
        [file = fileOf(digest), files = m_files](JobContext&) { return Result<Found>(files->read(file)); },
        [this, job, digest](const Result<Found>& found) {
            job->deleteLater();
            if (found && found->writable) {
                m_closed.erase(digest);
            }
            const bool shown = m_history.modelDigest() == digest;
            if (found && found->stored.modelDigest == digest) {
                if (shown) {
                    m_history.adopt(found->stored);
                } else {
                    m_read.erase(digest); // again, when the model is
                    m_closed.insert(digest);
                }
            }
            if (const std::string& why = found ? found->problem : found.error().message; !why.empty()) {
                Q_EMIT problem(QString::fromStdString(why));
            }
            if (shown) {
                onChanged(); // what came while it was read
            }
            Q_EMIT restored();
        });
}

void CandidateStore::onChanged()
{
    // An empty history is not worth a file.
    if (!m_history.modelDigest().empty() && !m_closed.contains(m_history.modelDigest())) {
        ++m_version;
        m_changed = true;
        if (!m_timer->isActive()) {
            m_timer->start();
        }
    }
}

std::shared_ptr<const CandidateStore::Snapshot> CandidateStore::take()
{
    m_timer->stop();
    if (!std::exchange(m_changed, false)) {
        return nullptr;
    }
    auto snapshot = std::make_shared<Snapshot>(
        Snapshot { m_history.stored(kMostStored), m_folder, fileOf(m_history.modelDigest()), m_version });
    return snapshot->stored.candidates.size() > 1 || QFile::exists(snapshot->file) ? snapshot : nullptr;
}

void CandidateStore::write()
{
    const std::shared_ptr<const Snapshot> snapshot = take();
    if (snapshot == nullptr) {
        return; // nothing new, or the dense model alone
    }
    m_waiting[snapshot->file] = snapshot;
    auto* job = new Job(0, tr("Keep the candidates"), this);
    job->start(
        m_lanes.cpu(), [snapshot, files = m_files](JobContext&) { return files->write(*snapshot); },
        [this, job, snapshot](const Result<StoredCandidates>& written) {
            job->deleteLater();
            if (written) {
                if (!written->candidates.empty() && m_history.modelDigest() == written->modelDigest) {
                    m_history.adopt(*written);
                }
                if (const auto at = m_waiting.find(snapshot->file);
                    at != m_waiting.end() && at->second == snapshot) {
                    m_waiting.erase(at);
                }
            } else if (!m_complained) {
                m_complained = true;
                Q_EMIT problem(tr("The candidates are not kept for later sessions: %1")
                                   .arg(QString::fromStdString(written.error().message)));
            }
        });
}

void CandidateStore::flush()
{
    if (const std::shared_ptr<const Snapshot> snapshot = take()) {
        m_waiting[snapshot->file] = snapshot;
    }
    for (const auto& [file, snapshot] : std::exchange(m_waiting, {})) {
        static_cast<void>(m_files->write(*snapshot)); // the end: nobody is left to tell
    }
}

} // namespace rankscope
