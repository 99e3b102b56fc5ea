// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command_context.h"
#include "app/cli/stop_signals.h"
#include "app/command_line.h"
#include "core/base/device.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

namespace rankscope::cli {

namespace {

Result<CommandResult> runCommand(CommandContext& context)
{
    switch (context.options.command) {
    case Command::Inspect:
        return runInspect(context);
    case Command::Models:
        return runModels(context);
    case Command::Forward:
        return runForwardCommand(context);
    case Command::Evaluate:
        return runEvaluate(context);
    case Command::Analyze:
        return runAnalyze(context);
    case Command::Plan:
        return runPlan(context);
    case Command::Export:
        return runExport(context);
    case Command::Verify:
        return runVerify(context);
    case Command::Sensitivity:
        return runSensitivity(context);
    case Command::Benchmark:
        return runBenchmark(context);
    }
    return Error { ErrorCode::Internal, "This command is not built in.", {} };
}

/// Everything that a result says goes out in one piece. False when stdout does not take it.
bool printOut(const std::string& text)
{
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    return std::fflush(stdout) == 0 && written;
}

int reportError(const Error& error, bool json)
{
    std::fputs(fmt::format("error: {}\n", error.message).c_str(), stderr);
    if (json) {
        const nlohmann::ordered_json object { { "error", errorJson(error) } };
        printOut(object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
    }
    return exitCodeOf(error.code);
}

int reportResult(const CommandResult& result, bool json)
{
    if (!printOut(json ? result.json + "\n" : result.text)) {
        return reportError({ ErrorCode::Io, "The result could not be written to stdout.", {} }, false);
    }
    return result.failure ? reportError(*result.failure, false) : 0;
}

int run(int argc, const char* const* argv)
{
    const auto parsed = parseCommandLine(argc, argv);
    if (const auto* nothing = std::get_if<NothingToRun>(&parsed)) {
        if (nothing->exitCode != 0) {
            return reportError({ ErrorCode::InvalidArgument, nothing->text, {} }, nothing->json);
        }
        printOut(nothing->text);
        return 0;
    }
    const auto& options = std::get<CommandOptions>(parsed);
    // Either the command's end or a forced end speaks, never both.
    std::atomic<bool> reported { false };
    std::atomic<bool> computing { false };
    const StopSignals signals(computing, [&] {
        const bool first = !reported.exchange(true);
        if (first) {
            reportError(cancelledError(), options.json);
        }
        return first;
    });
    JobContext job(signals.token());
    Result<CommandResult> result = [&]() -> Result<CommandResult> {
        Console console(job.progress(), computing, !options.quiet);
        installLog(console, options.verbose, options.quiet);
        setEngineThreads(options.threads);
        CommandContext context { options, job, console };
        Result<CommandResult> outcome = Error { ErrorCode::Internal, {}, {} };
        try {
            outcome = runCommand(context);
        } catch (const std::bad_alloc&) {
            outcome = Error { ErrorCode::OutOfMemory, "There is not enough memory for this.", {} };
        } catch (const std::exception& exception) {
            outcome
                = Error { ErrorCode::Internal, "Something went wrong inside the program; please report it.",
                          exception.what() };
        }
        if (!outcome && !outcome.error().context.empty()) {
            const auto logger = spdlog::get("rankscope.cli");
            if (outcome.error().code == ErrorCode::Internal) {
                logger->error(outcome.error().context);
            } else {
                logger->debug(outcome.error().context);
            }
        }
        removeLog();
        return outcome;
    }();
    if (reported.exchange(true)) {
        // The listener is about to end the process.
        return exitCodeOf(ErrorCode::Cancelled);
    }
    return result ? reportResult(*result, options.json) : reportError(result.error(), options.json);
}

} // namespace

} // namespace rankscope::cli

int main(int argc, char** argv)
{
    // A reader that went away is an error of writing, not a death.
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return rankscope::cli::run(argc, argv);
    } catch (...) { // out of memory while reporting: nothing can be formatted any more
        std::fputs("error: The program ended for want of memory.\n", stderr);
        return rankscope::exitCodeOf(rankscope::ErrorCode::OutOfMemory);
    }
}
