// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/output_file.h"

#include "core/base/narrow.h"
#include "core/io/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace rankscope {

namespace {

constexpr std::size_t kStepBytes = 1U << 20U;
constexpr std::int64_t kDiskStepBytes = std::int64_t { 4 } << 20; ///< waited for at once
constexpr std::int64_t kAheadBytes = std::int64_t { 32 } << 20; ///< on their way to the disk meanwhile

} // namespace

Result<std::unique_ptr<OutputFile>> OutputFile::create(const std::filesystem::path& path, JobContext& job)
{
    std::string doing = fmt::format("writing \"{}\"", path.string());
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        if (errno == EEXIST) {
            return Error { ErrorCode::AlreadyExists,
                           fmt::format("\"{}\" is there already; choose another name.", path.string()),
                           {} };
        }
        return fileError(errno, doing);
    }
    return std::unique_ptr<OutputFile>(new OutputFile(descriptor, std::move(doing), job));
}

OutputFile::OutputFile(int descriptor, std::string doing, JobContext& job)
    : m_descriptor(descriptor)
    , m_doing(std::move(doing))
    , m_job(job)
{
}

OutputFile::~OutputFile()
{
    if (m_descriptor >= 0) {
        ::close(m_descriptor);
    }
}

Status OutputFile::write(std::span<const std::byte> bytes)
{
    if (m_gathered.size() + bytes.size() <= kStepBytes) {
        m_gathered.insert(m_gathered.end(), bytes.begin(), bytes.end());
        return Unit {};
    }
    if (Status flushed = writeGathered(); !flushed) {
        return flushed;
    }
    while (bytes.size() > kStepBytes) {
        if (Status step = writeStep(bytes.first(kStepBytes)); !step) {
            return step;
        }
        bytes = bytes.subspan(kStepBytes);
    }
    m_gathered.assign(bytes.begin(), bytes.end());
    return Unit {};
}

Status OutputFile::finish()
{
    if (Status flushed = writeGathered(); !flushed) {
        return flushed;
    }
    if (Status flushed = flushInSteps(); !flushed) {
        return flushed;
    }
    int failure = ::fsync(m_descriptor) == 0 ? 0 : errno;
    if (::close(std::exchange(m_descriptor, -1)) != 0 && failure == 0) {
        failure = errno;
    }
    if (failure != 0) {
        return fileError(failure, m_doing);
    }
    return Unit {};
}

Status OutputFile::writeGathered()
{
    const Status written = writeStep(m_gathered);
    m_gathered.clear();
    return written;
}

Status OutputFile::writeStep(std::span<const std::byte> bytes)
{
    if (m_job.stopRequested()) {
        return cancelledError();
    }
    std::size_t written = 0;
    while (written < bytes.size()) {
        const ssize_t step = ::write(m_descriptor, bytes.data() + written, bytes.size() - written);
        if (step >= 0) {
            written += static_cast<std::size_t>(step);
        } else if (errno != EINTR) {
            return fileError(errno, m_doing);
        }
    }
    m_writtenBytes += narrow<std::int64_t>(bytes.size());
    m_job.progress().advance(narrow<std::int64_t>(bytes.size()));
    return Unit {};
}

Status OutputFile::flushInSteps()
{
    bool inSteps = true; // the file system can be told to write a part of a file
    std::int64_t started = 0;
    std::int64_t onDisk = 0;
    const auto sync = [&](std::int64_t& from, unsigned flags) {
        const std::int64_t bytes = std::min(kDiskStepBytes, m_writtenBytes - from);
        if (::sync_file_range(m_descriptor, from, bytes, flags) != 0) {
            if (errno == EIO || errno == ENOSPC || errno == EDQUOT) {
                return errno; // told once: a later fsync would not repeat it
            }
            inSteps = false;
        }
        from += bytes;
        return 0;
    };
    constexpr unsigned begin = SYNC_FILE_RANGE_WRITE;
    constexpr unsigned wait
        = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    while (inSteps && onDisk < m_writtenBytes) {
        if (m_job.stopRequested()) {
            return cancelledError();
        }
        const bool ahead = started < m_writtenBytes && started - onDisk < kAheadBytes;
        if (const int failure = ahead ? sync(started, begin) : sync(onDisk, wait); failure != 0) {
            return fileError(failure, m_doing);
        }
    }
    return Unit {};
}

} // namespace rankscope
