// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/pruning/method_registry.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rankscope::cli {

enum class Command {
    Inspect,
    Models,
    Forward,
    Evaluate,
    Analyze,
    Plan,
    Export,
    Verify,
    Sensitivity,
    Benchmark
};

/// What the command line said; every command reads the fields that are its own.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): one object, grouped for the reader
struct CommandOptions {
    Command command = Command::Inspect;

    // Everywhere.
    std::string device = "cpu";
    std::string dtype; ///< empty: fp32 on the CPU, bf16 on a GPU
    std::uint64_t seed = kDefaultSeed;
    int threads = 0; ///< 0: the library's choice
    bool json = false;
    bool quiet = false;
    bool verbose = false;

    // Text.
    std::string text;
    std::optional<int> windows; ///< the first N; all when empty
    int length = 512;
    bool bos = false;
    int pieceLines = 64;

    // Inputs and outputs.
    std::string model; ///< the folder that comes first; for verify the exported one
    std::string plan;
    std::string output;
    bool overwrite = false;

    // forward
    std::string ids;
    bool hidden = false;
    bool states = false;
    std::string form = "auto";

    // evaluate
    std::string tokens; ///< safetensors file of the comparison token by token; empty for none

    // analyze
    std::int64_t every = 64;

    // plan
    std::string method;
    std::optional<double> ratio;
    std::optional<std::int64_t> stateBytes;
    std::optional<int> kept;
    std::string calibration;
    // Decisions by hand, each "LAYER:NUMBER", "LAYER:HEAD" or "LAYER:HEAD:NUMBER".
    std::vector<std::string> layersKept;
    std::vector<std::string> headsKept;
    std::vector<std::string> headsOff;
    std::vector<std::string> forcedIn;
    std::vector<std::string> forcedOut;

    // export and verify
    std::string mode;
    bool verify = true;
    std::int64_t shardBytes = 5'000'000'000;
    std::string against;
    int verifyTokens = 128;

    // sensitivity
    std::vector<double> shares { 0.75, 0.5, 0.25, 0.125 };
    int sampleWindows = 6;

    // benchmark
    int repeats = 5;
};

} // namespace rankscope::cli
