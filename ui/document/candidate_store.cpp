// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/candidate_store.h"

#include "core/io/atomic_file.h"
#include "core/io/json.h"
#include "ui/document/candidate_history.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"

#include <QDir>
#include <QTimer>

#include <filesystem>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Newer ones push older ones out of the file: a plan of a large model lists a megabyte of channels.
constexpr int kMostStored = 60;

std::filesystem::path pathOf(const QString& path)
{
    return std::filesystem::path(path.toStdU16String());
}

Status store(const StoredCandidates& stored, const QString& folder, const QString& file)
{
    if (!QDir().mkpath(folder)) {
        return Error { ErrorCode::Io,
                       CandidateStore::tr("The folder \"%1\" cannot be made.").arg(folder).toStdString(),
                       {} };
    }
    return writeFileAtomically(pathOf(file), candidatesToJson(stored));
}

} // namespace

CandidateStore::CandidateStore(CandidateHistory& history, JobLanes& lanes, const QString& folder, int delayMs,
                               QObject* parent)
    : QObject(parent)
    , m_history(history)
    , m_lanes(lanes)
    , m_folder(folder)
    , m_timer(new QTimer(this))
{
    m_timer->setSingleShot(true);
    m_timer->setInterval(delayMs);
    connect(m_timer, &QTimer::timeout, this, &CandidateStore::write);
    connect(&m_history, &CandidateHistory::aboutToReset, this, &CandidateStore::flush);
    connect(&m_history, &CandidateHistory::wasReset, this, &CandidateStore::onReset);
    connect(&m_history, &CandidateHistory::added, this, &CandidateStore::onChanged);
    connect(&m_history, &CandidateHistory::removed, this, &CandidateStore::onChanged);
    connect(&m_history, &CandidateHistory::recordChanged, this, &CandidateStore::onChanged);
    connect(&m_history, &CandidateHistory::pinned, this, &CandidateStore::onChanged);
    onReset();
}

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
    m_reading = digest;
    auto* job = new Job(0, tr("Read the candidates"), this);
    job->start(
        m_lanes.cpu(),
        [file = pathOf(fileOf(digest))](JobContext&) -> Result<StoredCandidates> {
            if (!std::filesystem::exists(file)) {
                return StoredCandidates {};
            }
            Result<std::string> text = readFileBytes(file);
            if (!text) {
                return text.error();
            }
            return candidatesFromJson(*text, '"' + file.string() + '"');
        },
        [this, job, digest](const Result<StoredCandidates>& stored) {
            job->deleteLater();
            m_reading.clear();
            if (stored && stored->modelDigest == digest && m_history.modelDigest() == digest) {
                m_history.adopt(*stored);
            } else if (!stored && stored.error().code != ErrorCode::Cancelled) {
                Q_EMIT problem(QString::fromStdString(stored.error().message));
            }
            onChanged(); // what came while it was read
            Q_EMIT restored();
        });
}

void CandidateStore::onChanged()
{
    // An empty history is not worth a file, nor is one that is about to be read.
    if (m_reading.empty() && !m_history.modelDigest().empty()) {
        ++m_version;
        if (!m_timer->isActive()) {
            m_timer->start();
        }
    }
}

void CandidateStore::write()
{
    const StoredCandidates stored = m_history.stored(kMostStored);
    const QString file = fileOf(stored.modelDigest);
    if (stored.candidates.size() < 2 && !QFile::exists(file)) {
        return; // the dense model alone
    }
    auto* job = new Job(0, tr("Keep the candidates"), this);
    job->start(
        m_lanes.cpu(),
        [stored, file, folder = m_folder, mutex = m_mutex](JobContext&) -> Status {
            const std::lock_guard lock(*mutex);
            return store(stored, folder, file);
        },
        [this, job, version = m_version](const Status& written) {
            job->deleteLater();
            if (written) {
                m_writtenVersion = version;
            } else if (!m_complained) {
                m_complained = true;
                Q_EMIT problem(tr("The candidates are not kept for later sessions: %1")
                                   .arg(QString::fromStdString(written.error().message)));
            }
        });
}

void CandidateStore::flush()
{
    m_timer->stop();
    if (m_version != m_writtenVersion) {
        m_writtenVersion = m_version;
        const StoredCandidates stored = m_history.stored(kMostStored);
        const QString file = fileOf(stored.modelDigest);
        if (stored.candidates.size() > 1 || QFile::exists(file)) {
            const std::lock_guard lock(*m_mutex);
            static_cast<void>(store(stored, m_folder, file)); // the end: nobody is left to tell
        }
    }
}

} // namespace rankscope
