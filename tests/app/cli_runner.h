// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/host_tensor.h"

#include <QString>
#include <QStringList>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace rankscope::test {

/// What one run of rankscope-cli left behind.
struct CliRun {
    int exitCode = -1; ///< -1: did not start, did not end in time, or died of a signal
    std::string out;
    std::string err;

    /// Everything on stdout as one JSON object; null, with a test failure, when it is anything else.
    [[nodiscard]] nlohmann::json json() const;
    /// Command line, exit code and both outputs, for the message of a failed check.
    [[nodiscard]] std::string report() const;

    QStringList arguments;
};

/// build/<preset>/bin/rankscope-cli, or what the environment variable RANKSCOPE_CLI names.
[[nodiscard]] QString cliProgram();

/// Runs it to its end (at most five minutes).
[[nodiscard]] CliRun runCli(const QStringList& arguments);

/// The promise is a second; the rest is for a machine that is busy with other things.
inline constexpr double kSecondsToStop = 1.5;

struct InterruptedRun {
    CliRun run;
    double secondsToEnd = 0.0; ///< from the signal on
};
/// Starts it, sends SIGINT `delayMs` after `marker` has appeared on stderr (empty: after the start).
[[nodiscard]] InterruptedRun interruptCli(const QStringList& arguments, const std::string& marker,
                                          int delayMs);

[[nodiscard]] QString text(const std::filesystem::path& path);

/// Folders below tests/fixtures/models that hold a checkpoint, sorted.
[[nodiscard]] std::vector<std::filesystem::path> fixtureModels();

/// A tensor of a safetensors file as doubles (F64, F32, I64); empty, with a test failure, when it cannot be
/// read.
struct Values {
    std::vector<std::int64_t> shape;
    std::vector<double> data;
};
[[nodiscard]] Values readValues(const std::filesystem::path& file, const std::string& name);

/// Root mean square difference over root mean square of `expected`; infinite for other sizes.
[[nodiscard]] double normalisedRms(const Values& found, const Values& expected);

/// A file of resources/demo-text.
[[nodiscard]] std::filesystem::path demoText(const char* name);

/// False, with a warning that names the first one, when a key is missing.
[[nodiscard]] bool hasKeys(const nlohmann::json& object, const std::vector<const char*>& keys);
/// False, with a warning that shows both, when they differ by more than the relative bound.
[[nodiscard]] bool near(double found, double expected, double relative);

} // namespace rankscope::test

#define RANKSCOPE_CHECK_RUN(run, code) QVERIFY2((run).exitCode == (code), (run).report().c_str())
