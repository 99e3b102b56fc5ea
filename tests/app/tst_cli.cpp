// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/safetensors_file.h"
#include "tests/app/cli_runner.h"
#include "tests/support/paths.h"

#include <QTemporaryDir>
#include <QTest>

#include <fmt/format.h>

#include <cmath>
#include <numeric>

using namespace rankscope::test;
using nlohmann::json;
namespace fs = std::filesystem;

class TestCli : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void inspect_data() { fixtureRows(true); }
    void inspect()
    {
        QFETCH(QString, folder);
        const CliRun run = runCli({ QStringLiteral("inspect"), folder, QStringLiteral("--json") });
        RANKSCOPE_CHECK_RUN(run, 0);
        const json result = run.json();
        QVERIFY(hasKeys(result, { "model_type", "parameters", "dtype", "layers", "issues" }));
        QVERIFY(result["parameters"].get<std::int64_t>() > 0);
        QVERIFY(!result["layers"].empty());
        for (std::size_t i = 0; i < result["layers"].size(); ++i) {
            const json& layer = result["layers"][i];
            QVERIFY(hasKeys(
                layer, { "index", "kind", "heads", "value_heads", "key_dims", "value_dims", "state_bytes" }));
            QCOMPARE(layer["index"].get<std::size_t>(), i);
            const fs::path reference = fs::path(folder.toStdString()) / "reference.safetensors";
            if (layer["kind"] != "linear") {
                QCOMPARE(layer["state_bytes"].get<int>(), 0);
                continue;
            }
            QCOMPARE(layer["state_bytes"].get<std::int64_t>(),
                     layer["value_heads"].get<std::int64_t>() * layer["key_dims"].get<std::int64_t>()
                         * layer["value_dims"].get<std::int64_t>() * 4);
            if (fs::exists(reference)) {
                const Values state = readValues(reference, fmt::format("short.state.{}", i));
                const std::vector<std::int64_t> expected
                    = { 2, layer["value_heads"], layer["key_dims"], layer["value_dims"] };
                QVERIFY(state.shape == expected);
            }
        }
    }

    void inspectNumbers()
    {
        const CliRun run = runCli({ QStringLiteral("inspect"), ::text(demoDir()), QStringLiteral("--json") });
        RANKSCOPE_CHECK_RUN(run, 0);
        const json result = run.json();
        QCOMPARE(result["model_type"].get<std::string>(), std::string("gated_deltanet"));
        QCOMPARE(result["parameters"].get<int>(), 5408432);
        QCOMPARE(result["dtype"].get<std::string>(), std::string("bf16"));
        QCOMPARE(int(result["layers"].size()), 6);
        QCOMPARE(result["layers"][3]["state_bytes"].get<int>(), 65536);
        const CliRun table = runCli({ QStringLiteral("inspect"), ::text(demoDir()) });
        RANKSCOPE_CHECK_RUN(table, 0);
        for (const char* part : { "Gated DeltaNet", "5,408,432", "10.3 MiB", "64 KiB", "key dims" }) {
            QVERIFY2(table.out.find(part) != std::string::npos, table.report().c_str());
        }
    }

    void forward_data() { fixtureRows(false); }
    /// Every output of every fixture in fp64; the bound is the one of the fixtures' README.
    void forward()
    {
        QFETCH(QString, folder);
        const fs::path reference = fs::path(folder.toStdString()) / "reference.safetensors";
        const fs::path output = path("out.safetensors");
        const CliRun run
            = runCli({ QStringLiteral("forward"), folder, QStringLiteral("--ids"),
                       ::text(reference) + QStringLiteral(":short.input_ids"), QStringLiteral("-o"),
                       ::text(output), QStringLiteral("--dtype"), QStringLiteral("fp64"),
                       QStringLiteral("--hidden"), QStringLiteral("--states"), QStringLiteral("--json") });
        RANKSCOPE_CHECK_RUN(run, 0);
        int compared = 0;
        const json result = run.json();
        for (const json& tensor : result["tensors"]) {
            const auto name = tensor["name"].get<std::string>();
            QCOMPARE(tensor["dtype"].get<std::string>(), std::string("F64"));
            const Values found = readValues(output, name);
            const Values expected = readValues(reference, "short." + name);
            QVERIFY2(found.shape == expected.shape, name.c_str());
            const double error = normalisedRms(found, expected);
            QVERIFY2(error < 1e-9, fmt::format("{}: {:.3g}", name, error).c_str());
            ++compared;
        }
        QVERIFY(compared >= 4);
    }

    void forwardLong_data() { fixtureRows(false); }
    void forwardLong()
    {
        QFETCH(QString, folder);
        const fs::path reference = fs::path(folder.toStdString()) / "reference.safetensors";
        const fs::path output = path("out.safetensors");
        const CliRun run = runCli({ QStringLiteral("forward"), folder, QStringLiteral("--ids"),
                                    ::text(reference) + QStringLiteral(":long.input_ids"),
                                    QStringLiteral("-o"), ::text(output), QStringLiteral("--json") });
        RANKSCOPE_CHECK_RUN(run, 0);
        const json result = run.json();
        QCOMPARE(int(result["tensors"].size()), 1);
        QCOMPARE(result["tensors"][0]["dtype"].get<std::string>(), std::string("F32"));
        const double error
            = normalisedRms(readValues(output, "logits"), readValues(reference, "long.logits"));
        QVERIFY2(error < 1e-4, fmt::format("{:.3g}", error).c_str());
    }

    void analyze()
    {
        const fs::path output = path("spectra.safetensors");
        const CliRun run = runCli({ QStringLiteral("analyze"), ::text(demoDir()), QStringLiteral("--text"),
                                    ::text(demoText("evaluation.txt")), QStringLiteral("--windows"),
                                    QStringLiteral("2"), QStringLiteral("--length"), QStringLiteral("100"),
                                    QStringLiteral("--every"), QStringLiteral("40"), QStringLiteral("-o"),
                                    ::text(output), QStringLiteral("--json") });
        RANKSCOPE_CHECK_RUN(run, 0);
        const json result = run.json();
        QVERIFY(result["positions"] == json({ 40, 80 }));
        QVERIFY((readValues(output, "positions").data == std::vector<double> { 40.0, 80.0 }));
        for (int layer = 0; layer < 6; ++layer) {
            const Values sigma = readValues(output, fmt::format("singular_values.{}", layer));
            const Values stable = readValues(output, fmt::format("stable_rank.{}", layer));
            QVERIFY((sigma.shape == std::vector<std::int64_t> { 2, 2, 4, 64 }));
            QVERIFY((stable.shape == std::vector<std::int64_t> { 2, 2, 4 }));
            std::vector<double> last;
            for (std::size_t i = 0; i < stable.data.size(); ++i) {
                double squares = 0.0;
                for (std::size_t j = 0; j < 64; ++j) {
                    squares += std::pow(sigma.data[i * 64 + j], 2);
                    QVERIFY(j == 0 || sigma.data[i * 64 + j] <= sigma.data[i * 64 + j - 1]);
                }
                QVERIFY(near(stable.data[i], squares / std::pow(sigma.data[i * 64], 2), 1e-5));
                if (i / 4 % 2 == 1) {
                    last.push_back(stable.data[i]);
                }
            }
            std::sort(last.begin(), last.end());
            const json& summary = result["layers"][std::size_t(layer)];
            QVERIFY(near(summary["stable_rank"], (last[3] + last[4]) / 2.0, 1e-5));
            QVERIFY(near(summary["utilisation"], (last[3] + last[4]) / 128.0, 1e-5));
            QVERIFY(hasKeys(summary, { "entropy_rank", "threshold_rank" }));
        }
    }

    void benchmark()
    {
        const CliRun run
            = runCli({ QStringLiteral("benchmark"), ::text(demoDir()), QStringLiteral("--text"),
                       ::text(demoText("evaluation.txt")), QStringLiteral("--windows"), QStringLiteral("2"),
                       QStringLiteral("--length"), QStringLiteral("64"), QStringLiteral("--repeats"),
                       QStringLiteral("1"), QStringLiteral("--json") });
        RANKSCOPE_CHECK_RUN(run, 0);
        const json result = run.json();
        QVERIFY(hasKeys(result, { "load", "tokenizer_load", "tokenise", "evaluate", "forward", "live" }));
        QVERIFY(result["evaluate"]["median_ms"].get<double>() > 0.0);
        QCOMPARE(int(result["live"]["layers"].size()), 6);
        for (const json& layer : result["live"]["layers"]) {
            QVERIFY(layer["first"]["median_ms"].get<double>() <= layer["final"]["median_ms"].get<double>());
        }
    }

    /// Ctrl+C in the middle of each command that takes long: 130 within a second, and nothing is left.
    void interrupt_data()
    {
        QTest::addColumn<QStringList>("arguments");
        const QString model = ::text(demoDir());
        const QString text = ::text(demoText("evaluation.txt"));
        const QStringList scored = { QStringLiteral("--text"),    text,
                                     QStringLiteral("--length"),  QStringLiteral("64"),
                                     QStringLiteral("--dtype"),   QStringLiteral("fp64"),
                                     QStringLiteral("--threads"), QStringLiteral("1") };
        QTest::newRow("evaluate") << (QStringList { QStringLiteral("evaluate"), model } + scored);
        QTest::newRow("analyze") << (QStringList { QStringLiteral("analyze"), model,
                                                   QStringLiteral("--every"), QStringLiteral("1"),
                                                   QStringLiteral("-o"), QStringLiteral("OUT") }
                                     + scored);
        QTest::newRow("plan") << QStringList { QStringLiteral("plan"),
                                               model,
                                               QStringLiteral("--method"),
                                               QStringLiteral("rrqr"),
                                               QStringLiteral("--ratio"),
                                               QStringLiteral("0.5"),
                                               QStringLiteral("-o"),
                                               QStringLiteral("OUT"),
                                               QStringLiteral("--dtype"),
                                               QStringLiteral("fp64"),
                                               QStringLiteral("--threads"),
                                               QStringLiteral("1"),
                                               QStringLiteral("--calibration"),
                                               text };
        QTest::newRow("benchmark") << (QStringList { QStringLiteral("benchmark"), model } + scored);
    }
    void interrupt()
    {
        QFETCH(QStringList, arguments);
        arguments.replaceInStrings(QStringLiteral("OUT"), ::text(path("out.safetensors")));
        arguments << QStringLiteral("--json") << QStringLiteral("--verbose");
        // The loading message is the earliest sign of life; the delay leads into the work.
        const InterruptedRun outcome = interruptCli(arguments, "Loaded", 400);
        RANKSCOPE_CHECK_RUN(outcome.run, 130);
        QVERIFY2(outcome.secondsToEnd < kSecondsToStop, fmt::format("{} s", outcome.secondsToEnd).c_str());
        QCOMPARE(outcome.run.json()["error"]["code"].get<std::string>(), std::string("cancelled"));
        QVERIFY2(outcome.run.err.find("Cancelled.") != std::string::npos, outcome.run.report().c_str());
        QVERIFY(fs::is_empty(path("")));
    }

    /// Inside one operation that takes seconds, where nobody looks at the stop request.
    void interruptInsideABlock()
    {
        const std::vector<std::int64_t> ids(30'000, 7);
        const auto tensor
            = rankscope::HostTensor::from<std::int64_t>(rankscope::DType::I64, { 1, 30'000 }, ids);
        QVERIFY(bool(rankscope::writeSafetensorsFile(path("ids"), { { "input_ids", tensor } })));
        const InterruptedRun outcome
            = interruptCli({ QStringLiteral("forward"), ::text(demoDir()), QStringLiteral("--ids"),
                             ::text(path("ids")), QStringLiteral("-o"), ::text(path("out")),
                             QStringLiteral("--form"), QStringLiteral("token"), QStringLiteral("--dtype"),
                             QStringLiteral("fp64"), QStringLiteral("--json"), QStringLiteral("--verbose") },
                           "Running", 500);
        RANKSCOPE_CHECK_RUN(outcome.run, 130);
        QVERIFY2(outcome.secondsToEnd < kSecondsToStop, fmt::format("{} s", outcome.secondsToEnd).c_str());
        QCOMPARE(outcome.run.json()["error"]["code"].get<std::string>(), std::string("cancelled"));
        QVERIFY(!fs::exists(path("out")));
    }

private:
    [[nodiscard]] fs::path path(const char* name) const
    {
        return fs::path(m_folder->path().toStdString()) / name;
    }

    static void fixtureRows(bool withDemo)
    {
        QTest::addColumn<QString>("folder");
        for (const fs::path& folder : fixtureModels()) {
            QTest::newRow(folder.filename().c_str()) << ::text(folder);
        }
        if (withDemo) {
            QTest::newRow("demo") << ::text(demoDir());
        }
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestCli)
#include "tst_cli.moc"
