// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/recovery_slot.h"

#include "core/io/atomic_file.h"
#include "core/io/json.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

namespace rankscope {

namespace {

namespace fs = std::filesystem;

constexpr const char* kText = ".json";
constexpr const char* kLock = ".lock";
constexpr std::string_view kPrefix = "session-";

/// The lock of an open file, if nobody else has it and nobody removed the file in the meantime.
bool tryLock(int descriptor)
{
    struct stat status = {};
    return ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 && ::fstat(descriptor, &status) == 0
        && status.st_nlink > 0;
}

void remove(const fs::path& file, const fs::path& lockFile)
{
    std::error_code ignored;
    fs::remove(file, ignored);
    fs::remove(lockFile, ignored); // last: as long as it is there, the lock guards the text
}

std::chrono::system_clock::time_point writtenAt(const fs::path& file)
{
    struct stat status = {};
    const bool found = ::stat(file.c_str(), &status) == 0;
    return std::chrono::system_clock::from_time_t(found ? status.st_mtime : 0);
}

/// A half-written text under its temporary name: the process was killed while it wrote.
void removeTemporaries(const fs::path& folder, const std::string& stem)
{
    std::error_code failure;
    for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end;
         entry.increment(failure)) {
        if (entry->path().filename().string().starts_with(fmt::format(".{}{}", stem, kText))) {
            std::error_code ignored;
            fs::remove(entry->path(), ignored);
        }
    }
}

} // namespace

RecoverySlot::RecoverySlot(fs::path file, fs::path lockFile, int lock)
    : m_file(std::move(file))
    , m_lockFile(std::move(lockFile))
    , m_lock(lock)
{
}

RecoverySlot::~RecoverySlot()
{
    remove(m_file, m_lockFile);
    ::close(m_lock);
}

Result<std::unique_ptr<RecoverySlot>> RecoverySlot::create(const fs::path& folder)
{
    std::error_code failure;
    fs::create_directories(folder, failure);
    const std::string doing = fmt::format("saving unsaved work in \"{}\"", folder.string());
    if (failure) {
        return fileError(failure.value(), doing);
    }
    for (;;) {
        std::string name = (folder / fmt::format("{}{}-XXXXXX{}", kPrefix, ::getpid(), kLock)).string();
        const int lock
            = ::mkostemps(name.data(), static_cast<int>(std::string_view(kLock).size()), O_CLOEXEC);
        if (lock < 0) {
            return fileError(errno, doing);
        }
        if (tryLock(lock)) {
            fs::path lockFile(name);
            fs::path file = fs::path(name).replace_extension(kText);
            return std::unique_ptr<RecoverySlot>(
                new RecoverySlot(std::move(file), std::move(lockFile), lock));
        }
        // An instance that was clearing up took it for abandoned between the two calls.
        const int reason = errno;
        ::close(lock);
        if (reason == ENOLCK || reason == ENOTSUP) {
            return fileError(reason, doing);
        }
    }
}

Status RecoverySlot::write(std::string_view text)
{
    return writeFileAtomically(m_file, text);
}

void RecoverySlot::clear()
{
    std::error_code ignored;
    fs::remove(m_file, ignored);
}

AbandonedText::AbandonedText(std::string text, std::chrono::system_clock::time_point written, fs::path file,
                             fs::path lockFile, int lock)
    : m_text(std::move(text))
    , m_written(written)
    , m_file(std::move(file))
    , m_lockFile(std::move(lockFile))
    , m_lock(lock)
{
}

AbandonedText::~AbandonedText()
{
    ::close(m_lock);
}

void AbandonedText::discard()
{
    remove(m_file, m_lockFile);
}

std::vector<std::shared_ptr<AbandonedText>> claimAbandonedTexts(const fs::path& folder,
                                                                std::chrono::hours keepFor)
{
    std::set<std::string> stems;
    std::error_code failure;
    for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end;
         entry.increment(failure)) {
        const fs::path& path = entry->path();
        if (path.filename().string().starts_with(kPrefix)
            && (path.extension() == kText || path.extension() == kLock)) {
            stems.insert(path.stem().string());
        }
    }
    std::vector<std::shared_ptr<AbandonedText>> texts;
    for (const std::string& stem : stems) {
        const fs::path file = folder / (stem + kText);
        const fs::path lockFile = folder / (stem + kLock);
        const int lock = ::open(lockFile.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (lock < 0) {
            continue;
        }
        if (!tryLock(lock)) {
            ::close(lock);
            continue;
        }
        removeTemporaries(folder, stem);
        const auto written = writtenAt(file);
        Result<std::string> text = readFileBytes(file);
        if (!text || text->empty() || std::chrono::system_clock::now() - written > keepFor) {
            remove(file, lockFile);
            ::close(lock);
            continue;
        }
        texts.push_back(std::make_shared<AbandonedText>(std::move(*text), written, file, lockFile, lock));
    }
    std::sort(texts.begin(), texts.end(),
              [](const auto& left, const auto& right) { return left->written() > right->written(); });
    return texts;
}

} // namespace rankscope
