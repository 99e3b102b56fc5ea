// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/cli_runner.h"

#include "core/io/safetensors_file.h"
#include "tests/support/paths.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QTest>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <limits>

namespace rankscope::test {

namespace {

namespace fs = std::filesystem;

/// A shell without job control starts background work with SIGINT ignored, and the program respects that.
void start(QProcess& process, const QStringList& arguments)
{
    process.setChildProcessModifier([] { std::signal(SIGINT, SIG_DFL); });
    process.start(cliProgram(), arguments);
}

CliRun finished(QProcess& process, const QStringList& arguments)
{
    CliRun run;
    run.arguments = arguments;
    if (!process.waitForFinished(300'000)) {
        process.kill();
        process.waitForFinished();
    } else if (process.exitStatus() == QProcess::NormalExit) {
        run.exitCode = process.exitCode();
    }
    run.out = process.readAllStandardOutput().toStdString();
    run.err += process.readAllStandardError().toStdString();
    return run;
}

} // namespace

nlohmann::json CliRun::json() const
{
    nlohmann::json value = nlohmann::json::parse(out, nullptr, false);
    if (!value.is_object()) {
        QTest::qFail(("stdout is not one JSON object: " + report()).c_str(), __FILE__, __LINE__);
        return nullptr;
    }
    return value;
}

std::string CliRun::report() const
{
    return fmt::format("rankscope-cli {}\nexit code {}\nstdout: {}\nstderr: {}",
                       arguments.join(QLatin1Char(' ')).toStdString(), exitCode, out.substr(0, 2000),
                       err.substr(0, 2000));
}

QString cliProgram()
{
    return qEnvironmentVariable("RANKSCOPE_CLI", QStringLiteral(RANKSCOPE_BINARY_DIR "/bin/rankscope-cli"));
}

CliRun runCli(const QStringList& arguments)
{
    QProcess process;
    start(process, arguments);
    return finished(process, arguments);
}

InterruptedRun interruptCli(const QStringList& arguments, const std::string& marker, int delayMs)
{
    QProcess process;
    process.setReadChannel(QProcess::StandardError);
    start(process, arguments);
    process.waitForStarted();
    std::string err;
    while (!marker.empty() && err.find(marker) == std::string::npos && process.waitForReadyRead(60'000)) {
        err += process.readAllStandardError().toStdString();
    }
    QTest::qSleep(delayMs);
    QElapsedTimer timer;
    timer.start();
    const qint64 id = process.processId();
    if (id > 0) { // 0 once it has ended, and would be our own group
        ::kill(static_cast<pid_t>(id), SIGINT);
    }
    InterruptedRun outcome;
    outcome.run = finished(process, arguments);
    outcome.secondsToEnd = static_cast<double>(timer.elapsed()) / 1000.0;
    outcome.run.err.insert(0, err);
    return outcome;
}

QString text(const fs::path& path)
{
    return QString::fromStdString(path.string());
}

std::vector<fs::path> fixtureModels()
{
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(fixturesDir() / "models")) {
        if (fs::exists(entry.path() / "config.json")) {
            folders.push_back(entry.path());
        }
    }
    std::sort(folders.begin(), folders.end());
    return folders;
}

Values readValues(const fs::path& file, const std::string& name)
{
    const Result<HostTensor> tensor = readSafetensorsTensor(file, name);
    if (!tensor) {
        QTest::qFail(tensor.error().message.c_str(), __FILE__, __LINE__);
        return {};
    }
    Values values { tensor->shape, {} };
    const auto take = [&](const auto& data) { values.data.assign(data.begin(), data.end()); };
    if (tensor->dtype == DType::F64) {
        take(tensor->as<double>());
    } else if (tensor->dtype == DType::F32) {
        take(tensor->as<float>());
    } else if (tensor->dtype == DType::I64) {
        take(tensor->as<std::int64_t>());
    }
    return values;
}

double normalisedRms(const Values& found, const Values& expected)
{
    if (found.data.size() != expected.data.size() || found.data.empty()) {
        return std::numeric_limits<double>::infinity();
    }
    double difference = 0.0;
    double reference = 0.0;
    for (std::size_t i = 0; i < found.data.size(); ++i) {
        difference += (found.data[i] - expected.data[i]) * (found.data[i] - expected.data[i]);
        reference += expected.data[i] * expected.data[i];
    }
    return std::sqrt(difference / reference);
}

fs::path demoText(const char* name)
{
    return sourceDir() / "resources" / "demo-text" / name;
}

bool hasKeys(const nlohmann::json& object, const std::vector<const char*>& keys)
{
    for (const char* key : keys) {
        if (!object.contains(key)) {
            qWarning("missing key \"%s\"", key);
            return false;
        }
    }
    return true;
}

bool near(double found, double expected, double relative)
{
    const bool good = std::abs(found / expected - 1.0) <= relative;
    if (!good) {
        qWarning("found %.10g, expected %.10g", found, expected);
    }
    return good;
}

} // namespace rankscope::test
