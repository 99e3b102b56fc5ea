// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/file_lock.h"

#include "core/io/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace rankscope {

FileLock::FileLock(int descriptor)
    : m_descriptor(descriptor)
{
}

FileLock::~FileLock()
{
    ::close(m_descriptor);
}

Result<std::unique_ptr<FileLock>> FileLock::wait(const std::filesystem::path& file,
                                                 std::chrono::milliseconds most)
{
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::milliseconds kPause { 10 };
    const std::filesystem::path lockFile
        = file.parent_path() / fmt::format(".{}.lock", file.filename().string());
    constexpr int kOwnerOnly = 0600;
    const int descriptor = ::open(lockFile.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly);
    if (descriptor < 0) {
        return fileError(errno, fmt::format("locking \"{}\"", file.string()));
    }
    std::unique_ptr<FileLock> lock(new FileLock(descriptor));
    const Clock::time_point end = Clock::now() + most;
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno == ENOLCK || errno == ENOTSUP) {
            break;
        }
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return fileError(errno, fmt::format("locking \"{}\"", file.string()));
        }
        if (Clock::now() >= end) {
            return Error { ErrorCode::Io,
                           fmt::format("\"{}\" is being written by another Rankscope, which does not finish.",
                                       file.string()),
                           {} };
        }
        std::this_thread::sleep_for(kPause);
    }
    return lock;
}

} // namespace rankscope
