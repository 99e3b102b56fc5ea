// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command_options.h"

#include <string>
#include <variant>

namespace rankscope::cli {

/// The command line asks for nothing to be run: help, the version, or a mistake in it.
struct NothingToRun {
    int exitCode = 0; ///< 0 for help and version, 2 for wrong use
    std::string text; ///< help or version for stdout; the mistake, one sentence, for stderr
    bool json = false; ///< --json was among the arguments
};

/// Reads the arguments of rankscope-cli.
[[nodiscard]] std::variant<CommandOptions, NothingToRun> parseCommandLine(int argc, const char* const* argv);

} // namespace rankscope::cli
