// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/exporting/staging_folder.h"

#include "core/io/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace rankscope {

namespace {

namespace fs = std::filesystem;

// A folder being written, and an old one that was moved aside; the number of the process follows.
std::string stagingPrefix(const fs::path& target)
{
    return fmt::format(".{}.rankscope-", target.filename().string());
}
std::string asidePrefix(const fs::path& target)
{
    return fmt::format(".{}.rankscope-old-", target.filename().string());
}

std::optional<pid_t> processOf(std::string_view name, std::string_view prefix)
{
    if (!name.starts_with(prefix)) {
        return std::nullopt;
    }
    const std::string_view digits = name.substr(prefix.size());
    pid_t process = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), process);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || process <= 0) {
        return std::nullopt;
    }
    return process;
}

bool isAlive(pid_t process)
{
    return ::kill(process, 0) == 0 || errno == EPERM;
}

/// The descriptor that holds the lock of a folder, -1 when somebody else holds it or it cannot be opened.
int lockFolder(const fs::path& folder, bool& held)
{
    held = false;
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return -1;
    }
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        held = true;
        ::close(descriptor);
        return -1;
    }
    return descriptor; // a file system without locks gives a descriptor all the same
}

std::vector<std::pair<fs::path, pid_t>> siblings(const fs::path& target, const std::string& prefix)
{
    std::vector<std::pair<fs::path, pid_t>> found;
    std::error_code failure;
    for (fs::directory_iterator entry(target.parent_path(), failure), end; !failure && entry != end;
         entry.increment(failure)) {
        if (const auto process = processOf(entry->path().filename().string(), prefix)) {
            found.emplace_back(entry->path(), *process);
        }
    }
    return found;
}

/// Puts a folder back that a killed export had moved aside, and removes what killed exports were writing.
Status removeStale(const fs::path& target)
{
    std::error_code ignored;
    for (const auto& [aside, process] : siblings(target, asidePrefix(target))) {
        if (process != ::getpid() && isAlive(process)) {
            continue;
        }
        if (fs::exists(fs::symlink_status(target, ignored))) {
            fs::remove_all(aside, ignored);
        } else {
            fs::rename(aside, target, ignored);
        }
    }
    for (const auto& [staging, process] : siblings(target, stagingPrefix(target))) {
        bool held = false;
        const int lock = lockFolder(staging, held);
        if (held) {
            return Error { ErrorCode::AlreadyExists,
                           fmt::format(
                               "Another export to \"{}\" is running (process {}); wait for it or choose "
                               "another name.",
                               target.string(), process),
                           staging.string() };
        }
        if (process == ::getpid() || !isAlive(process)) {
            fs::remove_all(staging, ignored);
        }
        if (lock >= 0) {
            ::close(lock);
        }
    }
    return Unit {};
}

/// Removes a folder. File systems may take a second to free the blocks of a few GB, so that large files are
/// held open while their names go, and closed, which is what frees them, in a thread of their own. Returns
/// why something stayed.
std::error_code removeFolder(const fs::path& folder)
{
    constexpr std::uintmax_t largeBytes = std::uintmax_t { 64 } << 20U;
    std::vector<int> held;
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, ignored)) {
        if (entry.is_regular_file(ignored) && entry.file_size(ignored) >= largeBytes) {
            const int descriptor = ::open(entry.path().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
            if (descriptor >= 0) {
                held.push_back(descriptor);
            }
        }
    }
    std::error_code failure;
    fs::remove_all(folder, failure);
    const auto closeAll = [](const std::vector<int>& descriptors) {
        for (const int descriptor : descriptors) {
            ::close(descriptor);
        }
    };
    if (!held.empty()) {
        try {
            std::thread(closeAll, held).detach(); // an end of the process closes them as well
        } catch (const std::system_error&) {
            closeAll(held);
        }
    }
    return failure;
}

void flushFolder(const fs::path& folder)
{
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        ::fsync(descriptor);
        ::close(descriptor);
    }
}

Error thereAlready(const fs::path& target)
{
    return Error { ErrorCode::AlreadyExists,
                   fmt::format("\"{}\" is there already; choose another name, or allow it to be replaced.",
                               target.string()),
                   {} };
}

bool contains(const fs::path& outer, const fs::path& inner)
{
    const auto [left, right] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
    return left == outer.end();
}

Status checkExisting(const fs::path& target, fs::file_type type, bool replaceExisting)
{
    if (type != fs::file_type::directory) {
        return Error { ErrorCode::AlreadyExists,
                       fmt::format("\"{}\" is there already and is no folder; choose another name.",
                                   target.string()),
                       {} };
    }
    if (!replaceExisting) {
        return thereAlready(target);
    }
    std::error_code failure;
    if (!fs::is_empty(target, failure) && !fs::exists(target / "config.json", failure)) {
        return Error {
            ErrorCode::AlreadyExists,
            fmt::format(
                "\"{}\" is there already and does not look like a checkpoint (it has no config.json), "
                "so it is not replaced; choose another name.",
                target.string()),
            failure.message()
        };
    }
    return Unit {};
}

} // namespace

Result<fs::path> normalisedTarget(const fs::path& target)
{
    std::error_code failure;
    fs::path path = fs::absolute(target, failure).lexically_normal();
    if (!path.has_filename()) {
        path = path.parent_path();
    }
    if (target.empty() || failure || !path.has_filename() || path.filename() == ".."
        || path.filename() == ".") {
        return Error { ErrorCode::InvalidArgument,
                       fmt::format("\"{}\" names no folder to write; give the name of a new folder.",
                                   target.string()),
                       failure.message() };
    }
    return path;
}

Status checkTarget(const fs::path& target, bool replaceExisting, const fs::path& source)
{
    std::error_code failure;
    const fs::path parent = target.parent_path();
    if (!fs::is_directory(parent, failure)) {
        return Error { ErrorCode::NotFound,
                       fmt::format("The folder \"{}\" does not exist; create it or choose another place.",
                                   parent.string()),
                       failure.message() };
    }
    const long longest = ::pathconf(parent.c_str(), _PC_NAME_MAX);
    const auto needed = static_cast<long>(
        fmt::format("{}{}", asidePrefix(target), std::numeric_limits<pid_t>::max()).size());
    if (longest > 0 && needed > longest) {
        return Error { ErrorCode::InvalidArgument,
                       fmt::format("The name of the folder is too long for \"{}\"; give a shorter one.",
                                   parent.string()),
                       target.filename().string() };
    }
    const fs::path sourceReal = fs::weakly_canonical(source, failure);
    const fs::path targetReal = fs::weakly_canonical(target, failure);
    if (contains(sourceReal, targetReal) || contains(targetReal, sourceReal)) {
        return Error {
            ErrorCode::InvalidArgument,
            fmt::format("\"{}\" and the checkpoint \"{}\" lie one in the other; choose a place outside the "
                        "checkpoint.",
                        target.string(), source.string()),
            {}
        };
    }
    const fs::file_type type = fs::symlink_status(target, failure).type();
    if (type != fs::file_type::not_found && type != fs::file_type::none) {
        if (Status existing = checkExisting(target, type, replaceExisting); !existing) {
            return existing;
        }
    }
    // access() rather than permission bits: it knows of read-only file systems and of the superuser.
    if (::access(parent.c_str(), W_OK | X_OK) != 0) {
        return fileError(errno, fmt::format("writing into the folder \"{}\"", parent.string()));
    }
    return Unit {};
}

std::int64_t freeDiskBytes(const fs::path& folder)
{
    struct statvfs info { };
    if (::statvfs(folder.c_str(), &info) != 0) {
        return -1;
    }
    return static_cast<std::int64_t>(info.f_bavail) * static_cast<std::int64_t>(info.f_frsize);
}

Result<std::unique_ptr<StagingFolder>> StagingFolder::create(const fs::path& target)
{
    if (Status cleaned = removeStale(target); !cleaned) {
        return cleaned.error();
    }
    fs::path path = target.parent_path() / fmt::format("{}{}", stagingPrefix(target), ::getpid());
    if (::mkdir(path.c_str(), 0777) != 0) {
        return fileError(errno, fmt::format("creating a folder in \"{}\"", target.parent_path().string()));
    }
    bool held = false;
    const int lock = lockFolder(path, held);
    return std::unique_ptr<StagingFolder>(new StagingFolder(target, std::move(path), lock));
}

StagingFolder::StagingFolder(fs::path target, fs::path path, int lock)
    : m_target(std::move(target))
    , m_path(std::move(path))
    , m_lock(lock)
{
}

StagingFolder::~StagingFolder()
{
    if (!m_path.empty()) {
        removeFolder(m_path);
    }
    if (m_lock >= 0) {
        ::close(m_lock);
    }
}

Result<std::string> StagingFolder::publish(bool replaceExisting)
{
    flushFolder(m_path);
    const std::string doing = fmt::format("giving the export its name \"{}\"", m_target.string());
    if (::renameat2(AT_FDCWD, m_path.c_str(), AT_FDCWD, m_target.c_str(), RENAME_NOREPLACE) == 0) {
        m_path.clear();
        flushFolder(m_target.parent_path());
        return std::string();
    }
    std::error_code ignored;
    if (errno == EEXIST || fs::exists(fs::symlink_status(m_target, ignored))) {
        return replaceExisting ? replace() : thereAlready(m_target);
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return fileError(errno, doing);
    }
    if (::rename(m_path.c_str(), m_target.c_str()) != 0) { // a file system without the flag
        return fileError(errno, doing);
    }
    m_path.clear();
    flushFolder(m_target.parent_path());
    return std::string();
}

Result<std::string> StagingFolder::replace()
{
    const std::string doing = fmt::format("replacing \"{}\"", m_target.string());
    fs::path old = m_path;
    if (::renameat2(AT_FDCWD, m_path.c_str(), AT_FDCWD, m_target.c_str(), RENAME_EXCHANGE) != 0) {
        if (errno != EINVAL && errno != ENOSYS) {
            return fileError(errno, doing);
        }
        old = m_target.parent_path() / fmt::format("{}{}", asidePrefix(m_target), ::getpid());
        if (::rename(m_target.c_str(), old.c_str()) != 0) {
            return fileError(errno, doing);
        }
        if (::rename(m_path.c_str(), m_target.c_str()) != 0) {
            const int failure = errno;
            ::rename(old.c_str(), m_target.c_str());
            return fileError(failure, doing);
        }
    }
    m_path.clear();
    flushFolder(m_target.parent_path());
    const std::error_code failure = removeFolder(old);
    return failure
        ? fmt::format("The replaced folder could not be removed completely; its rest is \"{}\" ({}).",
                      old.string(), failure.message())
        : std::string();
}

} // namespace rankscope
