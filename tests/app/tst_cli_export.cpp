// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/cli_runner.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_model.h"

#include <QTemporaryDir>
#include <QTest>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <tuple>

using namespace rankscope::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

QString q(const char* text)
{
    return QString::fromUtf8(text);
}

} // namespace

class TestCliExport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_plan = path("plan.json");
    }

    void roundTrip_data()
    {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("mode");
        for (const char* mode : { "uniform", "per-layer", "zero-filled" }) {
            QTest::addRow("demo, %s", mode) << text(demoDir()) << q(mode);
            for (const char* name : { "delta_net", "gated_deltanet_hybrid_full" }) {
                QTest::addRow("%s, %s", name, mode) << text(fixturesDir() / "models" / name) << q(mode);
            }
        }
    }
    /// Plan, export, verify again; the exported folder computes what the masked model computes, and its state
    /// is as small as was promised.
    void roundTrip()
    {
        QFETCH(QString, model);
        QFETCH(QString, mode);
        makePlan(model, q("0.5"));
        const CliRun run = exportTo(model, mode, {});
        RANKSCOPE_CHECK_RUN(run, 0);
        const json result = run.json();
        QVERIFY(result["verification"]["passed"].get<bool>());
        std::int64_t bytes = 0;
        for (const json& file : result["files"]) {
            const fs::path written = path("out") / file["name"].get<std::string>();
            QCOMPARE(std::int64_t(fs::file_size(written)), file["bytes"].get<std::int64_t>());
            bytes += file["bytes"].get<std::int64_t>();
        }
        QCOMPARE(result["bytes"].get<std::int64_t>(), bytes);

        // By the recipe that lies in the folder.
        const CliRun verified
            = runCli({ q("verify"), text(path("out")), q("--against"), model, q("--json") });
        RANKSCOPE_CHECK_RUN(verified, 0);
        const json verification = verified.json();
        QVERIFY(verification["passed"].get<bool>());
        QVERIFY(verification["rms"].get<double>() <= verification["tolerance"].get<double>());
        QVERIFY(verification.contains("max_abs"));

        const CliRun before = runCli({ q("inspect"), model, q("--json") });
        const CliRun after = runCli({ q("inspect"), text(path("out")), q("--json") });
        RANKSCOPE_CHECK_RUN(before, 0);
        RANKSCOPE_CHECK_RUN(after, 0);
        const json overview = after.json();
        QCOMPARE(overview["state_bytes"].get<std::int64_t>(),
                 result["state_bytes"]["after"].get<std::int64_t>());
        if (mode != q("zero-filled")) {
            QCOMPARE(2 * overview["state_bytes"].get<std::int64_t>(),
                     before.json()["state_bytes"].get<std::int64_t>());
        }
    }

    /// Heads that depart from their layer: one off, one with channels forced in and out.
    void editedHeads_data()
    {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("mode");
        for (const char* mode : { "uniform", "per-layer", "zero-filled" }) {
            QTest::addRow("demo, %s", mode) << text(demoDir()) << q(mode);
            QTest::addRow("delta_net, %s", mode) << text(fixturesDir() / "models" / "delta_net") << q(mode);
        }
    }
    void editedHeads()
    {
        QFETCH(QString, model);
        QFETCH(QString, mode);
        makePlan(model, q("0.5"));
        json plan = json::parse(std::ifstream(m_plan));
        auto& heads = plan["kept"][0];
        const auto count = static_cast<int>(heads[0].size());
        plan["head_edits"][0] = json::array();
        for (std::size_t head = 0; head < heads.size(); ++head) {
            plan["head_edits"][0].push_back(json::object());
        }
        plan["head_edits"][0][0]
            = { { "kept_key_dims", 0 }, { "forced_in", json::array() }, { "forced_out", json::array() } };
        plan["head_edits"][0][1] = { { "kept_key_dims", count - 1 },
                                     { "forced_in", { heads[1][1] } },
                                     { "forced_out", { heads[1][0] } } };
        heads[0] = json::array();
        heads[1].erase(0);
        std::ofstream(m_plan) << plan.dump();

        const CliRun run = exportTo(model, mode, {});
        RANKSCOPE_CHECK_RUN(run, 0);
        QVERIFY(run.json()["verification"]["passed"].get<bool>());
        const CliRun verified
            = runCli({ q("verify"), text(path("out")), q("--against"), model, q("--json") });
        RANKSCOPE_CHECK_RUN(verified, 0);
        QVERIFY(verified.json()["passed"].get<bool>());
        std::ifstream card(path("out") / "README.md");
        const std::string words((std::istreambuf_iterator<char>(card)), {});
        QVERIFY2(words.find("layer 0, head 0: switched off") != std::string::npos, words.c_str());
        // Not the export of the plan without these edits.
        makePlan(model, q("0.5"));
        const CliRun other = runCli({ q("verify"), text(path("out")), q("--against"), model, q("--plan"),
                                      text(m_plan), q("--json") });
        RANKSCOPE_CHECK_RUN(other, 4);
    }

    /// What the window does by hand, headless: sizes of layers and heads, heads off, channels forced.
    void editsByHand()
    {
        const QString model = text(fixturesDir() / "models" / "gated_deltanet");
        const json sizes = runCli({ q("inspect"), model, q("--json") }).json()["layers"];
        const int keyDims = sizes[0]["key_dims"].get<int>();
        QVERIFY(keyDims >= 8 && sizes[0]["heads"].get<int>() >= 2 && sizes.size() >= 2);
        const QStringList common { q("plan"), q("--method"), q("l1"),     q("--ratio"),
                                   q("0.5"),  q("-o"),       text(m_plan) };
        // Values after an option do not swallow the folder that follows.
        const CliRun run = runCli(common
                                  + QStringList { q("--layers-kept"), q("1:3"), q("--heads-off"), q("1:0"),
                                                  q("--heads-kept"), q("0:0:3"), q("--force-in"),
                                                  q("0:0:7,0:0:2"), q("--force-out"), q("0:1:0"),
                                                  q("--force-out"), q("0:1:1"), model, q("--json") });
        RANKSCOPE_CHECK_RUN(run, 0);
        const json plan = run.json();
        QCOMPARE(plan["kept_key_dims"][0].get<int>(), keyDims / 2);
        QCOMPARE(plan["kept_key_dims"][1].get<int>(), 3);
        QVERIFY(plan["kept"][1][0].empty());
        QCOMPARE(plan["kept"][1][1].size(), std::size_t { 3 });
        const auto first = plan["kept"][0][0].get<std::vector<int>>();
        QCOMPARE(first.size(), std::size_t { 3 });
        QVERIFY(std::ranges::binary_search(first, 2) && std::ranges::binary_search(first, 7));
        const auto second = plan["kept"][0][1].get<std::vector<int>>();
        QCOMPARE(static_cast<int>(second.size()), keyDims / 2);
        QVERIFY(second.front() > 1);
        QVERIFY2(run.err.empty() || run.err.find("error") == std::string::npos, run.report().c_str());
        const CliRun table
            = runCli(common + QStringList { model, q("--heads-off"), q("1:0"), q("--force-in"), q("0:1:4") });
        RANKSCOPE_CHECK_RUN(table, 0);
        // In the words of the model card.
        QVERIFY2(table.out.find("layer 1, head 0: switched off\n") != std::string::npos
                     && table.out.find("layer 0, head 1: ") != std::string::npos
                     && table.out.find(" channels kept; kept by hand: 4\n") != std::string::npos,
                 table.report().c_str());
        const CliRun exported = exportTo(model, q("per-layer"), {});
        RANKSCOPE_CHECK_RUN(exported, 0);
        QVERIFY(exported.json()["verification"]["passed"].get<bool>());

        // Slips of the finger: wrong use, with the value in the sentence, and no plan.
        fs::remove(m_plan);
        for (const auto& [option, value, phrase] :
             { std::tuple { "--layers-kept", "9:3", "layers 0 to" },
               { "--layers-kept", "1:0", "can keep 1 to" },
               { "--heads-off", "0", "wants LAYER:HEAD" },
               { "--heads-off", "0:99", "key heads 0 to" },
               { "--heads-kept", "0:0:999", "key channels" },
               { "--force-in", "0:0:x", "wants LAYER:HEAD:CHANNEL" },
               { "--force-out", "0:0:-1", "wants LAYER:HEAD:CHANNEL" } }) {
            const CliRun wrong = runCli(common + QStringList { model, q(option), q(value) });
            RANKSCOPE_CHECK_RUN(wrong, 2);
            QVERIFY2(wrong.err.find(phrase) != std::string::npos
                         && wrong.err.find(value) != std::string::npos,
                     wrong.report().c_str());
        }
        RANKSCOPE_CHECK_RUN(
            runCli(common + QStringList { model, q("--force-in"), q("0:0:1"), q("--force-out"), q("0:0:1") }),
            2);
        RANKSCOPE_CHECK_RUN(
            runCli(common + QStringList { model, q("--heads-off"), q("0:0"), q("--heads-kept"), q("0:0:2") }),
            2);
        QVERIFY(!fs::exists(m_plan));
    }

    /// Logits of the exported folder against those of the masked model, by hand.
    void sameLogits()
    {
        const fs::path model = fixturesDir() / "models" / "gated_deltanet";
        makePlan(text(model), q("0.5"));
        RANKSCOPE_CHECK_RUN(exportTo(text(model), q("uniform"), { q("--no-verify") }), 0);
        const auto forward = [&](const fs::path& folder, const char* output, const QStringList& more) {
            return runCli(QStringList { q("forward"), text(folder), q("--dtype"), q("fp64"), q("-o"),
                                        text(path(output)), q("--ids"),
                                        text(model / "reference.safetensors") + q(":long.input_ids") }
                          + more);
        };
        RANKSCOPE_CHECK_RUN(forward(model, "masked", { q("--plan"), text(m_plan) }), 0);
        RANKSCOPE_CHECK_RUN(forward(path("out"), "sliced", {}), 0);
        RANKSCOPE_CHECK_RUN(forward(model, "dense", {}), 0);
        const Values masked = readValues(path("masked"), "logits");
        QVERIFY(normalisedRms(readValues(path("sliced"), "logits"), masked) < 1e-4);
        QVERIFY(normalisedRms(readValues(path("dense"), "logits"), masked) > 1e-3);
    }

    void withoutVerification()
    {
        makePlan(text(demoDir()), q("0.25"));
        const CliRun run = exportTo(text(demoDir()), q("uniform"), { q("--no-verify") });
        RANKSCOPE_CHECK_RUN(run, 0);
        QVERIFY(run.json()["verification"].is_null());
        // A second export to the same place needs consent.
        RANKSCOPE_CHECK_RUN(exportTo(text(demoDir()), q("uniform"), { q("--no-verify") }), 3);
        RANKSCOPE_CHECK_RUN(exportTo(text(demoDir()), q("uniform"), { q("--no-verify"), q("--overwrite") }),
                            0);
        // The recipe in the folder is a plan for the original.
        const CliRun scored = runCli({ q("evaluate"), text(demoDir()), q("--text"),
                                       text(demoText("evaluation.txt")), q("--windows"), q("1"), q("--plan"),
                                       text(path("out") / "rankscope-recipe.json"), q("--json") });
        RANKSCOPE_CHECK_RUN(scored, 0);
        const CliRun exported
            = runCli({ q("evaluate"), text(path("out")), q("--text"), text(demoText("evaluation.txt")),
                       q("--windows"), q("1"), q("--json") });
        RANKSCOPE_CHECK_RUN(exported, 0);
        const double masked = scored.json()["candidate"]["perplexity"].get<double>();
        const double sliced = exported.json()["perplexity"].get<double>();
        // The sliced weights are rounded to bf16 once more.
        QVERIFY2(std::abs(sliced / masked - 1.0) < 2e-3, fmt::format("{} {}", masked, sliced).c_str());
    }

    void measuredCard()
    {
        makePlan(text(demoDir()), q("0.5"));
        const CliRun run = exportTo(
            text(demoDir()), q("uniform"),
            { q("--no-verify"), q("--text"), text(demoText("evaluation.txt")), q("--windows"), q("1") });
        RANKSCOPE_CHECK_RUN(run, 0);
        std::ifstream card(path("out") / "README.md");
        const std::string words((std::istreambuf_iterator<char>(card)), {});
        QVERIFY2(words.find("perplexity") != std::string::npos
                     && words.find("evaluation.txt") != std::string::npos,
                 words.c_str());
    }

    /// A folder that is not what the plan says: exit code 4 and its sentence.
    void failedVerification()
    {
        makePlan(text(demoDir()), q("0.5"));
        const CliRun run = runCli({ q("verify"), text(demoDir()), q("--against"), text(demoDir()),
                                    q("--plan"), text(m_plan), q("--json") });
        RANKSCOPE_CHECK_RUN(run, 4);
        const json result = run.json();
        QCOMPARE(result["passed"].get<bool>(), false);
        QCOMPARE(result["error"]["code"].get<std::string>(), std::string("verification-failed"));
        QVERIFY2(run.err.find("does not reproduce the masked model") != std::string::npos,
                 run.report().c_str());
    }

    /// Ctrl+C at several moments of a larger export: 130 within a second; the target is whole or not there.
    void interrupted()
    {
        TinyModelOptions options;
        options.hiddenSize = 1024;
        options.intermediateSize = 4096;
        options.vocabularySize = 8000;
        options.layers = 4;
        options.keyDims = 64;
        options.valueDims = 64;
        writeRandomCheckpoint(path("model"), options);
        makePlan(text(path("model")), q("0.5"));
        int stopped = 0;
        for (const int delayMs : { 0, 200, 400, 600 }) {
            const InterruptedRun outcome
                = interruptCli({ q("export"), text(path("model")), q("--plan"), text(m_plan), q("--mode"),
                                 q("uniform"), q("-o"), text(path("out")), q("--no-verify"), q("--json"),
                                 q("--overwrite"), q("--verbose") },
                               "Exporting", delayMs);
            QVERIFY2(outcome.run.exitCode == 130 || outcome.run.exitCode == 0, outcome.run.report().c_str());
            QVERIFY2(outcome.secondsToEnd < kSecondsToStop,
                     fmt::format("{} s", outcome.secondsToEnd).c_str());
            stopped += outcome.run.exitCode == 130 ? 1 : 0;
            for (const auto& entry : fs::directory_iterator(path(""))) {
                const std::string name = entry.path().filename().string();
                QVERIFY2(name == "model" || name == "plan.json" || name == "out", name.c_str());
            }
            if (fs::exists(path("out"))) {
                RANKSCOPE_CHECK_RUN(runCli({ q("inspect"), text(path("out")) }), 0);
            }
        }
        QVERIFY(stopped > 0);
    }

private:
    [[nodiscard]] fs::path path(const char* name) const
    {
        return fs::path(m_folder->path().toStdString()) / name;
    }

    void makePlan(const QString& model, const QString& ratio)
    {
        const CliRun run = runCli(
            { q("plan"), model, q("--method"), q("l1"), q("--ratio"), ratio, q("-o"), text(m_plan) });
        RANKSCOPE_CHECK_RUN(run, 0);
    }

    [[nodiscard]] CliRun exportTo(const QString& model, const QString& mode, const QStringList& more) const
    {
        return runCli(QStringList { q("export"), model, q("--plan"), text(m_plan), q("--mode"), mode, q("-o"),
                                    text(path("out")), q("--json") }
                      + more);
    }

    fs::path m_plan;
    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestCliExport)
#include "tst_cli_export.moc"
