// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command_options.h"
#include "app/cli/console.h"
#include "core/base/result.h"
#include "core/jobs/job_context.h"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <vector>

namespace rankscope::cli {

/// What a command hands back: both forms of its result, one of which is printed.
struct CommandResult {
    std::string json; ///< one object
    std::string text; ///< for people, ends in a newline
    std::optional<Error> failure; ///< a result that is bad news all the same: sets the exit code
};

/// What a running command may use.
struct CommandContext {
    const CommandOptions& options;
    JobContext& job;
    Console& console;
    std::vector<std::string> warnings {}; ///< sentences; part of the result

    /// Tells the user now (stderr) and in the result.
    void warn(std::string sentence);
    /// One line of the log; debug lines show with --verbose.
    void info(const std::string& sentence) const;
    void debug(const std::string& sentence) const;
};

/// `result` with the context's warnings under "warnings" and a failure under "error".
[[nodiscard]] CommandResult finish(const CommandContext& context, nlohmann::ordered_json result,
                                   std::string text, std::optional<Error> failure = std::nullopt);

/// {"code", "message", "context"}, as under the key "error" of everything that --json prints.
[[nodiscard]] nlohmann::ordered_json errorJson(const Error& error);

[[nodiscard]] Result<CommandResult> runInspect(CommandContext& context);
[[nodiscard]] Result<CommandResult> runModels(CommandContext& context);
[[nodiscard]] Result<CommandResult> runForwardCommand(CommandContext& context);
[[nodiscard]] Result<CommandResult> runEvaluate(CommandContext& context);
[[nodiscard]] Result<CommandResult> runAnalyze(CommandContext& context);
[[nodiscard]] Result<CommandResult> runPlan(CommandContext& context);
[[nodiscard]] Result<CommandResult> runExport(CommandContext& context);
[[nodiscard]] Result<CommandResult> runVerify(CommandContext& context);
[[nodiscard]] Result<CommandResult> runSensitivity(CommandContext& context);
[[nodiscard]] Result<CommandResult> runBenchmark(CommandContext& context);

} // namespace rankscope::cli
