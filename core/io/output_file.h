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
/// advances its progress by the bytes written. Without finish() the file is closed as it is: removing it is
/// the caller's business.
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
    /// Writes what was gathered, flushes to disk (this, too, can be stopped) and closes. Errors as write().
    [[nodiscard]] Status finish();

private:
    OutputFile(int descriptor, std::string doing, JobContext& job);
    [[nodiscard]] Status writeStep(std::span<const std::byte> bytes);
    [[nodiscard]] Status writeGathered();
    /// Waits for the disk a few MiB at a time, polling, so that the fsync that follows has nothing left to
    /// do.
    [[nodiscard]] Status flushInSteps();

    int m_descriptor;
    std::string m_doing; ///< for messages: "writing \"...\""
    JobContext& m_job;
    std::vector<std::byte> m_gathered;
    std::int64_t m_writtenBytes = 0;
};

} // namespace rankscope
