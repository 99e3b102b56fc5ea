// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/digest.h"
#include "core/io/safetensors_file.h"
#include "tests/app/cli_runner.h"
#include "tests/support/paths.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

using namespace rankscope::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

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

} // namespace

/// Perplexity and plans.
class TestCliEvaluate : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void evaluate()
    {
        const fs::path text = demoText("evaluation.txt");
        const CliRun run
            = runCli({ QStringLiteral("evaluate"), ::text(demoDir()), QStringLiteral("--text"), ::text(text),
                       QStringLiteral("--windows"), QStringLiteral("4"), QStringLiteral("--json") });
        RANKSCOPE_CHECK_RUN(run, 0);
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
        const CliRun run = runCli({ QStringLiteral("evaluate"), ::text(demoDir()), QStringLiteral("--text"),
                                    ::text(demoText("evaluation.txt")), QStringLiteral("--length"),
                                    QStringLiteral("1500"), QStringLiteral("--json") });
        RANKSCOPE_CHECK_RUN(run, 0);
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
        const QStringList common = { QStringLiteral("evaluate"),  ::text(demoDir()),
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
        RANKSCOPE_CHECK_RUN(run, 0);
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
        RANKSCOPE_CHECK_RUN(again, 0);
        QCOMPARE(readText("again.json"), readText("plan.json"));
    }

    void planSizes()
    {
        const QStringList start = { QStringLiteral("plan"),  ::text(demoDir()),    QStringLiteral("--method"),
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
        RANKSCOPE_CHECK_RUN(planned, 0);
        const QStringList common
            = { QStringLiteral("evaluate"), ::text(demoDir()),           QStringLiteral("--plan"),
                ::text(path("plan.json")),  QStringLiteral("--windows"), QStringLiteral("3"),
                QStringLiteral("--length"), QStringLiteral("256"),       QStringLiteral("--json"),
                QStringLiteral("--text") };
        const CliRun run = runCli(common + QStringList { ::text(demoText("evaluation.txt")) });
        RANKSCOPE_CHECK_RUN(run, 0);
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
        RANKSCOPE_CHECK_RUN(overlap, 0);
        QCOMPARE(overlap.json()["calibration_overlap"].get<bool>(), true);
        QVERIFY2(overlap.err.find("calibrated on this very text") != std::string::npos,
                 overlap.report().c_str());
    }

    /// --tokens writes every prediction; its means are those of the result.
    void evaluateTokens()
    {
        RANKSCOPE_CHECK_RUN(runCli(planArguments(QStringLiteral("l1"), QStringLiteral("0.5"), "half.json")),
                            0);
        const QStringList common = { QStringLiteral("evaluate"),        ::text(demoDir()),
                                     QStringLiteral("--text"),          ::text(demoText("evaluation.txt")),
                                     QStringLiteral("--windows"),       QStringLiteral("3"),
                                     QStringLiteral("--length"),        QStringLiteral("100"),
                                     QStringLiteral("--json"),          QStringLiteral("--tokens"),
                                     ::text(path("tokens.safetensors")) };
        QCOMPARE(runCli(common).exitCode, 2); // without a plan there is nothing to compare
        const CliRun run
            = runCli(common + QStringList { QStringLiteral("--plan"), ::text(path("half.json")) });
        RANKSCOPE_CHECK_RUN(run, 0);
        const json result = run.json();
        const auto mean = [&](const char* name) {
            const auto tensor = rankscope::readSafetensorsTensor(path("tokens.safetensors"), name);
            const auto values = tensor->as<float>();
            return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
        };
        QVERIFY(std::abs(mean("baseline_nll") - result["mean_nll"].get<double>()) < 1e-5);
        QVERIFY(std::abs(mean("candidate_nll") - result["candidate"]["mean_nll"].get<double>()) < 1e-5);
        QVERIFY(std::abs(mean("kl") - result["kl"]["mean"].get<double>()) < 1e-6);
        QVERIFY(result["kl"]["low"].get<double>() > 0.0);
        const auto same = rankscope::readSafetensorsTensor(path("tokens.safetensors"), "same_top");
        QVERIFY((same->shape == std::vector<std::int64_t> { 3, 99 }));
        const auto flags = same->as<std::uint8_t>();
        QCOMPARE(result["top1"]["share"].get<double>(),
                 static_cast<double>(std::count(flags.begin(), flags.end(), 1)) / 297.0);
        QVERIFY(result["top1"]["low"].get<double>() <= result["top1"]["share"].get<double>());
    }

    /// A plan that keeps everything changes nothing, not even the last bit.
    void keepAllIsIdentity()
    {
        RANKSCOPE_CHECK_RUN(runCli(planArguments(QStringLiteral("l1"), QStringLiteral("0"), "all.json")), 0);
        const CliRun run
            = runCli({ QStringLiteral("evaluate"), ::text(demoDir()), QStringLiteral("--text"),
                       ::text(demoText("evaluation.txt")), QStringLiteral("--windows"), QStringLiteral("2"),
                       QStringLiteral("--length"), QStringLiteral("200"), QStringLiteral("--plan"),
                       ::text(path("all.json")), QStringLiteral("--json") });
        RANKSCOPE_CHECK_RUN(run, 0);
        const json result = run.json();
        QVERIFY(result["candidate"]["window_nll"] == result["window_nll"]);
        QCOMPARE(result["delta"]["mean_nll"].get<double>(), 0.0);
    }

    // Figures of independent implementations, from the larger material beside the project.

    void trainedModels_data()
    {
        QTest::addColumn<QString>("model");
        QTest::addColumn<double>("perplexity");
        QTest::newRow("gdn-demo") << QStringLiteral("gdn-demo") << 48.854;
        QTest::newRow("dn-17m") << QStringLiteral("dn-17m") << 90.367;
    }
    /// Layers alone agree with evaluations of plans that cut one layer; curves have their sizes.
    void sensitivity()
    {
        RANKSCOPE_CHECK_RUN(runCli(planArguments(QStringLiteral("l1"), QStringLiteral("0.5"), "half.json")),
                            0);
        const QStringList common
            = { QStringLiteral("--text"), ::text(demoText("evaluation.txt")), QStringLiteral("--windows"),
                QStringLiteral("3"),      QStringLiteral("--length"),         QStringLiteral("96"),
                QStringLiteral("--json") };
        const CliRun run = runCli(QStringList { QStringLiteral("sensitivity"), ::text(demoDir()),
                                                QStringLiteral("--plan"), ::text(path("half.json")),
                                                QStringLiteral("--method"), QStringLiteral("l1"),
                                                QStringLiteral("--shares"), QStringLiteral("0.5,0.25") }
                                  + common);
        RANKSCOPE_CHECK_RUN(run, 0);
        const json layers = run.json()["layers"];
        QCOMPARE(layers.size(), std::size_t { 6 });
        for (const json& layer : layers) {
            QCOMPARE(layer["alone"]["kept"].get<int>(), 32);
            QCOMPARE(layer["alone"]["windows"].get<int>(), 3);
            QCOMPARE(layer["curve"].size(), std::size_t { 2 });
            QCOMPARE(layer["curve"][1]["kept"].get<int>(), 32);
            // The plan is the method's own choice at this size.
            QCOMPARE(layer["curve"][1]["mean_nll"].get<double>(), layer["alone"]["mean_nll"].get<double>());
        }
        const CliRun nothing
            = runCli(QStringList { QStringLiteral("sensitivity"), ::text(demoDir()) } + common);
        QCOMPARE(nothing.exitCode, 2);
        QVERIFY(nothing.err.find("nothing to measure") != std::string::npos);
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
        RANKSCOPE_CHECK_RUN(run, 0);
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
                 ::text(demoDir()),
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

    // evaluation.txt of the demo, first 4 windows of 512, fp64.
    static constexpr double kDemoPerplexity = 37.40217548;

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestCliEvaluate)
#include "tst_cli_evaluate.moc"
