// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/jobs/job_context.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rankscope {

/// A new file that is written from front to end in steps of at most 1 MiB. Each step polls the job and
/// advances its progress by the bytes written. The disk follows a few MiB behind, so that finish() has little
/// left to wait for and can be stopped while it waits. Without finish() the file is closed as it is: removing
/// it is the caller's business.
class OutputFile {
public:
    /// Errors: AlreadyExists, NotFound (no such folder), Io, DiskFull.
    [[nodiscard]] static Result<std::unique_ptr<OutputFile>> create(const std::filesystem::path& path,
                                                                    JobContext& job);
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    ~OutputFile();

    /// Small pieces are gathered. Errors: Io, DiskFull, Cancelled.
    [[nodiscard]] Status write(std::span<const std::byte> bytes);
    /// Writes what was gathered, flushes to disk and closes. Errors as write().
    [[nodiscard]] Status finish();

private:
    OutputFile(int descriptor, std::string doing, JobContext& job);
    [[nodiscard]] Status writeStep(std::span<const std::byte> bytes);
    [[nodiscard]] Status writeGathered();
    /// Waits until the disk has all but the last `behindBytes` of what was written, step by step.
    [[nodiscard]] Status followToDisk(std::int64_t behindBytes);

    int m_descriptor;
    std::string m_doing; ///< for messages: "writing \"...\""
    JobContext& m_job;
    std::vector<std::byte> m_gathered;
    std::int64_t m_writtenBytes = 0;
    std::int64_t m_startedBytes = 0; ///< the disk was told to write them
    std::int64_t m_onDiskBytes = 0;
    bool m_follows = true; ///< the file system can be told to write a part of a file
};

} // namespace rankscope
