// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/digest.h"
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

namespace {

const fs::path& demo()
{
    static const fs::path folder = demoDir();
    return folder;
}
fs::path demoText(const char* name)
{
    return sourceDir() / "resources" / "demo-text" / name;
}

bool hasKeys(const json& object, const std::vector<const char*>& keys)
{
    for (const char* key : keys) {
        if (!object.contains(key)) {
            qWarning("missing key \"%s\"", key);
            return false;
        }
    }
    return true;
}

const std::vector<const char*> kEstimateKeys
    = { "perplexity", "mean_nll", "tokens", "windows", "length", "dtype", "device", "seconds", "window_nll" };

/// The identities that hold between the parts of any estimate.
bool isConsistent(const json& estimate)
{
    const auto windowNll = estimate["window_nll"].get<std::vector<double>>();
    const double mean = std::accumulate(windowNll.begin(), windowNll.end(), 0.0) / double(windowNll.size());
    return windowNll.size() == estimate["windows"].get<std::size_t>()
        && estimate["tokens"].get<std::int64_t>()
        == estimate["windows"].get<std::int64_t>() * (estimate["length"].get<std::int64_t>() - 1)
        && std::abs(mean - estimate["mean_nll"].get<double>()) < 1e-12
        && std::abs(std::exp(mean) / estimate["perplexity"].get<double>() - 1.0) < 1e-12;
}

bool near(double found, double expected, double relative)
{
    const bool good = std::abs(found / expected - 1.0) <= relative;
    if (!good) {
        qWarning("found %.10g, expected %.10g", found, expected);
    }
    return good;
}

} // namespace

#define CHECK_RUN(run, code) QVERIFY2((run).exitCode == (code), (run).report().c_str())

class TestCli : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void inspect_data() { fixtureRows(true); }
    void inspect()
    {
        QFETCH(QString, folder);
        const CliRun run = runCli({ QStringLiteral("inspect"), folder, QStringLiteral("--json") });
        CHECK_RUN(run, 0);
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
        const CliRun run = runCli({ QStringLiteral("inspect"), ::text(demo()), QStringLiteral("--json") });
        CHECK_RUN(run, 0);
        const json result = run.json();
        QCOMPARE(result["model_type"].get<std::string>(), std::string("gated_deltanet"));
        QCOMPARE(result["parameters"].get<int>(), 5408432);
        QCOMPARE(result["dtype"].get<std::string>(), std::string("bf16"));
        QCOMPARE(int(result["layers"].size()), 6);
        QCOMPARE(result["layers"][3]["state_bytes"].get<int>(), 65536);
        const CliRun table = runCli({ QStringLiteral("inspect"), ::text(demo()) });
        CHECK_RUN(table, 0);
        for (const char* part : { "Gated DeltaNet", "5,408,432", "10.8 MB", "65.5 kB", "key dims" }) {
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
        CHECK_RUN(run, 0);
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
        CHECK_RUN(run, 0);
        const json result = run.json();
        QCOMPARE(int(result["tensors"].size()), 1);
        QCOMPARE(result["tensors"][0]["dtype"].get<std::string>(), std::string("F32"));
        const double error
            = normalisedRms(readValues(output, "logits"), readValues(reference, "long.logits"));
        QVERIFY2(error < 1e-4, fmt::format("{:.3g}", error).c_str());
    }

    void evaluate()
    {
        const fs::path text = demoText("evaluation.txt");
        const CliRun run
            = runCli({ QStringLiteral("evaluate"), ::text(demo()), QStringLiteral("--text"), ::text(text),
                       QStringLiteral("--windows"), QStringLiteral("4"), QStringLiteral("--json") });
        CHECK_RUN(run, 0);
        const json result = run.json();
        QVERIFY(hasKeys(result, kEstimateKeys));
        QVERIFY(isConsistent(result));
        QCOMPARE(result["windows"].get<int>(), 4);
        QCOMPARE(result["length"].get<int>(), 512);
        QCOMPARE(result["tokens"].get<int>(), 4 * 511);
        QCOMPARE(result["dtype"].get<std::string>(), std::string("fp32"));
        QCOMPARE(result["device"].get<std::string>(), std::string("cpu"));
        QCOMPARE(result["text"]["source"].get<std::string>(), std::string("evaluation.txt"));
        const auto digest = rankscope::sha256OfFile(text, nullptr);
        QVERIFY(bool(digest));
        QCOMPARE(result["text"]["sha256"].get<std::string>(), *digest);
        QVERIFY(!result["text"]["whole_text"].get<bool>());
        QVERIFY(!result.contains("candidate"));
        QVERIFY(near(result["perplexity"], kDemoPerplexity, 1e-4));
    }

    /// The whole file: a rest is left out and said to be.
    void evaluateWholeText()
    {
        const CliRun run = runCli({ QStringLiteral("evaluate"), ::text(demo()), QStringLiteral("--text"),
                                    ::text(demoText("evaluation.txt")), QStringLiteral("--length"),
                                    QStringLiteral("1500"), QStringLiteral("--json") });
        CHECK_RUN(run, 0);
        const json result = run.json();
        QVERIFY(isConsistent(result));
        QVERIFY(result["text"]["whole_text"].get<bool>());
        const auto dropped = result["text"]["dropped_tokens"].get<std::int64_t>();
        QVERIFY(dropped > 0 && dropped < 1500);
        QCOMPARE(result["windows"].get<std::int64_t>() * 1500 + dropped,
                 result["text"]["tokens"].get<std::int64_t>());
        QVERIFY2(run.err.find("are left out") != std::string::npos, run.report().c_str());
    }

    void evaluateOptions()
    {
        const QStringList common = { QStringLiteral("evaluate"),  ::text(demo()),
                                     QStringLiteral("--text"),    ::text(demoText("evaluation.txt")),
                                     QStringLiteral("--windows"), QStringLiteral("1"),
                                     QStringLiteral("--length"),  QStringLiteral("128"),
                                     QStringLiteral("--threads"), QStringLiteral("1"),
                                     QStringLiteral("--json") };
        const auto perplexity = [&](const QStringList& more) {
            const CliRun run = runCli(common + more);
            return run.exitCode == 0 ? run.json()["perplexity"].get<double>() : 0.0;
        };
        const double plain = perplexity({});
        QVERIFY(plain > 1.0);
        QCOMPARE(perplexity({}), plain); // bit for bit
        QVERIFY(near(perplexity({ QStringLiteral("--dtype"), QStringLiteral("fp64") }), plain, 1e-5));
        QVERIFY(near(perplexity({ QStringLiteral("--dtype"), QStringLiteral("bf16") }), plain, 2e-2));
        const double pieces = perplexity({ QStringLiteral("--piece-lines"), QStringLiteral("1") });
        QVERIFY(pieces > 1.0);
    }

    void plan_data()
    {
        QTest::addColumn<QString>("method");
        for (const char* method : { "l1", "random", "rrqr" }) {
            QTest::newRow(method) << QString::fromLatin1(method);
        }
    }
    void plan()
    {
        QFETCH(QString, method);
        const CliRun run = runCli(planArguments(method, QStringLiteral("0.25"), "plan.json"));
        CHECK_RUN(run, 0);
        const json result = run.json();
        QCOMPARE(result["method"].get<std::string>(), method.toStdString());
        QCOMPARE(int(result["kept"].size()), 6);
        for (const json& layer : result["kept"]) {
            QCOMPARE(int(layer.size()), 4);
            for (const json& head : layer) {
                const auto channels = head.get<std::vector<int>>();
                QCOMPARE(int(channels.size()), 48);
                QVERIFY(std::adjacent_find(channels.begin(), channels.end(), std::greater_equal<>())
                        == channels.end());
                QVERIFY(channels.front() >= 0 && channels.back() < 64);
            }
        }
        QCOMPARE(result["state_bytes"]["before"].get<int>(), 393216);
        QCOMPARE(result["state_bytes"]["after"].get<int>(), 294912);
        QCOMPARE(result["calibration"].is_null(), method != QStringLiteral("rrqr"));
        // Weights alone are looked at by the others, and a text given all the same is said to be unused.
        QCOMPARE(result["warnings"].size(), std::size_t(method == QStringLiteral("rrqr") ? 0 : 1));
        // The same inputs give the same file.
        const CliRun again = runCli(planArguments(method, QStringLiteral("0.25"), "again.json"));
        CHECK_RUN(again, 0);
        QCOMPARE(readText("again.json"), readText("plan.json"));
    }

    void planSizes()
    {
        const QStringList start = { QStringLiteral("plan"),  ::text(demo()),       QStringLiteral("--method"),
                                    QStringLiteral("l1"),    QStringLiteral("-o"), ::text(path("p.json")),
                                    QStringLiteral("--json") };
        const auto kept = [&](const char* option, const char* value) {
            const CliRun run
                = runCli(start + QStringList { QString::fromLatin1(option), QString::fromLatin1(value) });
            return run.exitCode == 0 ? run.json()["kept_key_dims"].get<std::vector<int>>()
                                     : std::vector<int>();
        };
        QVERIFY(kept("--ratio", "0.5") == std::vector<int>(6, 32));
        QVERIFY(kept("--ratio", "1") == std::vector<int>(6, 1));
        QVERIFY(kept("--kept", "40") == std::vector<int>(6, 40));
        QVERIFY(kept("--state-bytes", "200000") == std::vector<int>(6, 32));
    }

    void evaluateWithPlan()
    {
        const CliRun planned
            = runCli(planArguments(QStringLiteral("rrqr"), QStringLiteral("0.5"), "plan.json"));
        CHECK_RUN(planned, 0);
        const QStringList common = { QStringLiteral("evaluate"),  ::text(demo()),
                                     QStringLiteral("--plan"),    ::text(path("plan.json")),
                                     QStringLiteral("--windows"), QStringLiteral("3"),
                                     QStringLiteral("--length"),  QStringLiteral("256"),
                                     QStringLiteral("--json"),    QStringLiteral("--text") };
        const CliRun run = runCli(common + QStringList { ::text(demoText("evaluation.txt")) });
        CHECK_RUN(run, 0);
        const json result = run.json();
        QVERIFY(hasKeys(result["candidate"], kEstimateKeys));
        QVERIFY(isConsistent(result) && isConsistent(result["candidate"]));
        const json& delta = result["delta"];
        QVERIFY(hasKeys(delta, { "mean_nll", "low", "high" }));
        const double difference
            = result["candidate"]["mean_nll"].get<double>() - result["mean_nll"].get<double>();
        QVERIFY(std::abs(delta["mean_nll"].get<double>() - difference) < 1e-12);
        QVERIFY(delta["low"].get<double>() <= difference && difference <= delta["high"].get<double>());
        QVERIFY(difference > 0.0);
        QCOMPARE(result["calibration_overlap"].get<bool>(), false);
        // Scoring on the text that selection saw is reported.
        const CliRun overlap = runCli(common + QStringList { ::text(demoText("calibration.txt")) });
        CHECK_RUN(overlap, 0);
        QCOMPARE(overlap.json()["calibration_overlap"].get<bool>(), true);
        QVERIFY2(overlap.err.find("calibrated on this very text") != std::string::npos,
                 overlap.report().c_str());
    }

    /// A plan that keeps everything changes nothing, not even the last bit.
    void keepAllIsIdentity()
    {
        CHECK_RUN(runCli(planArguments(QStringLiteral("l1"), QStringLiteral("0"), "all.json")), 0);
        const CliRun run
            = runCli({ QStringLiteral("evaluate"), ::text(demo()), QStringLiteral("--text"),
                       ::text(demoText("evaluation.txt")), QStringLiteral("--windows"), QStringLiteral("2"),
                       QStringLiteral("--length"), QStringLiteral("200"), QStringLiteral("--plan"),
                       ::text(path("all.json")), QStringLiteral("--json") });
        CHECK_RUN(run, 0);
        const json result = run.json();
        QVERIFY(result["candidate"]["window_nll"] == result["window_nll"]);
        QCOMPARE(result["delta"]["mean_nll"].get<double>(), 0.0);
    }

    void analyze()
    {
        const fs::path output = path("spectra.safetensors");
        const CliRun run = runCli({ QStringLiteral("analyze"), ::text(demo()), QStringLiteral("--text"),
                                    ::text(demoText("evaluation.txt")), QStringLiteral("--windows"),
                                    QStringLiteral("2"), QStringLiteral("--length"), QStringLiteral("100"),
                                    QStringLiteral("--every"), QStringLiteral("40"), QStringLiteral("-o"),
                                    ::text(output), QStringLiteral("--json") });
        CHECK_RUN(run, 0);
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
            = runCli({ QStringLiteral("benchmark"), ::text(demo()), QStringLiteral("--text"),
                       ::text(demoText("evaluation.txt")), QStringLiteral("--windows"), QStringLiteral("2"),
                       QStringLiteral("--length"), QStringLiteral("64"), QStringLiteral("--repeats"),
                       QStringLiteral("1"), QStringLiteral("--json") });
        CHECK_RUN(run, 0);
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
        const QString model = ::text(demo());
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
        CHECK_RUN(outcome.run, 130);
        QVERIFY2(outcome.secondsToEnd < kSecondsToStop, fmt::format("{} s", outcome.secondsToEnd).c_str());
        QCOMPARE(outcome.run.json()["error"]["code"].get<std::string>(), std::string("cancelled"));
        QVERIFY2(outcome.run.err.find("Cancelled.") != std::string::npos, outcome.run.report().c_str());
        QVERIFY(fs::is_empty(path("")));
    }

    // Figures of independent implementations, from the larger material beside the project.

    void trainedModels_data()
    {
        QTest::addColumn<QString>("model");
        QTest::addColumn<double>("perplexity");
        QTest::newRow("gdn-demo") << QStringLiteral("gdn-demo") << 48.854;
        QTest::newRow("dn-17m") << QStringLiteral("dn-17m") << 90.367;
    }
    void trainedModels()
    {
        QFETCH(QString, model);
        QFETCH(double, perplexity);
        if (sharedDir().empty()) {
            QSKIP("the trained models are not beside the project");
        }
        const CliRun run
            = runCli({ QStringLiteral("evaluate"), ::text(sharedDir() / "models" / model.toStdString()),
                       QStringLiteral("--text"), ::text(sharedDir() / "text" / "evaluation-voyage.txt"),
                       QStringLiteral("--windows"), QStringLiteral("32"), QStringLiteral("--json") });
        CHECK_RUN(run, 0);
        QVERIFY(near(run.json()["perplexity"], perplexity, 1e-4));
    }

private:
    [[nodiscard]] fs::path path(const char* name) const
    {
        return fs::path(m_folder->path().toStdString()) / name;
    }

    [[nodiscard]] QByteArray readText(const char* name) const
    {
        QFile file(::text(path(name)));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    [[nodiscard]] QStringList planArguments(const QString& method, const QString& ratio,
                                            const char* output) const
    {
        return { QStringLiteral("plan"),
                 ::text(demo()),
                 QStringLiteral("--method"),
                 method,
                 QStringLiteral("--ratio"),
                 ratio,
                 QStringLiteral("-o"),
                 ::text(path(output)),
                 QStringLiteral("--windows"),
                 QStringLiteral("2"),
                 QStringLiteral("--calibration"),
                 ::text(demoText("calibration.txt")),
                 QStringLiteral("--json") };
    }

    static void fixtureRows(bool withDemo)
    {
        QTest::addColumn<QString>("folder");
        for (const fs::path& folder : fixtureModels()) {
            QTest::newRow(folder.filename().c_str()) << ::text(folder);
        }
        if (withDemo) {
            QTest::newRow("demo") << ::text(demo());
        }
    }

    // evaluation.txt of the demo, first 4 windows of 512, fp64.
    static constexpr double kDemoPerplexity = 37.40217548;

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestCli)
#include "tst_cli.moc"
