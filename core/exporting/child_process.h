// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/jobs/job_context.h"

#include <filesystem>
#include <string>
#include <vector>

namespace rankscope {

struct ChildOutcome {
    int exitCode = 0; ///< 128 + signal when it was killed
    std::string lastMessage; ///< the last non-empty line it wrote to stderr
};

/// Runs `program` with `arguments` and waits, stopping it (SIGTERM, after a second SIGKILL) when the job is
/// stopped. Its stdout is discarded, its stderr goes to `messages`. Errors: NotFound or Io (it could not be
/// started), Cancelled.
[[nodiscard]] Result<ChildOutcome> runChild(const std::filesystem::path& program,
                                            const std::vector<std::string>& arguments,
                                            const std::filesystem::path& messages, JobContext& job);

} // namespace rankscope
