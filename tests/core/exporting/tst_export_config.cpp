// SPDX-License-Identifier: GPL-3.0-or-later
// What the exporter writes in words: config.json, code, recipe, card.
#include "core/exporting/config_edit.h"
#include "core/exporting/custom_code.h"
#include "core/exporting/expansion_ratio.h"
#include "core/exporting/json_members.h"
#include "core/exporting/model_card.h"
#include "core/exporting/recipe.h"
#include "core/io/json.h"
#include "core/plan/plan_file.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_model.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <nlohmann/json.hpp>

#include <fstream>

using namespace rankscope;
namespace fs = std::filesystem;

namespace {

CheckpointOverview fixture(const char* name)
{
    return inspectCheckpoint(test::fixturesDir() / "models" / name).value();
}

/// The first `kept` channels of every head.
PruningPlan firstChannels(const ModelSpec& spec, int kept)
{
    PruningPlan plan = keepAllPlan(spec);
    for (LayerPlan& layer : plan.layers) {
        if (layer.keyDims > 0) {
            layer.keptKeyDims = kept;
            for (auto& head : layer.kept) {
                head.resize(static_cast<std::size_t>(kept));
            }
        }
    }
    return plan;
}

EditedConfig edited(const CheckpointOverview& overview, const PruningPlan& plan, ExportMode mode)
{
    const std::string text = readFileBytes(overview.folder / "config.json").value();
    return editConfig(text, overview.spec, plan, mode).value();
}

ExportReport exported(const CheckpointOverview& overview, const PruningPlan& plan, ExportMode mode,
                      const fs::path& target)
{
    ExportOptions options;
    options.mode = mode;
    options.target = target;
    JobContext job;
    auto report = exportCheckpoint(overview, plan, options, job);
    if (!report) {
        qFatal("%s", report.error().message.c_str());
    }
    return *report;
}

std::string text(const fs::path& path)
{
    return readFileBytes(path).value();
}

} // namespace

class TestExportConfig : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void membersKeepEveryOtherByte_data()
    {
        QTest::addColumn<QByteArray>("before");
        QTest::addColumn<QByteArray>("after");
        QTest::newRow("replaced") << QByteArray("{\"a\": 1, \"w\":  2e-06 ,\"z\": [1,{\"w\": 9}]}\n")
                                  << QByteArray("{\"a\": 1, \"w\":  7 ,\"z\": [1,{\"w\": 9}]}\n");
        QTest::newRow("appended") << QByteArray("{\n    \"a\": [Infinity, \"}\\\"\"]\n}\n")
                                  << QByteArray("{\n    \"a\": [Infinity, \"}\\\"\"],\n    \"w\": 7\n}\n");
        QTest::newRow("empty") << QByteArray("{}") << QByteArray("{\n  \"w\": 7\n}");
    }
    void membersKeepEveryOtherByte()
    {
        QFETCH(QByteArray, before);
        QFETCH(QByteArray, after);
        auto members = JsonMembers::parse(before.toStdString(), "x");
        QVERIFY(members.has_value());
        QCOMPARE(members->text(), before.toStdString());
        members->set("w", "7");
        QCOMPARE(QByteArray::fromStdString(members->text()), after);
    }

    void membersAreRemovedAnywhere()
    {
        for (const char* key : { "a", "b", "c" }) {
            auto members = JsonMembers::parse("{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}\n", "x");
            members->remove(key);
            const auto parsed = parseJson(members->text(), "x");
            QVERIFY2(parsed.has_value(), members->text().c_str());
            QCOMPARE(parsed->size(), std::size_t { 2 });
            QVERIFY(members->text().ends_with("\n}\n"));
        }
        for (const char* broken : { "", "[1]", "{\"a\" 1}", "{\"a\": \"x}", "{\"a\": [1}" }) {
            QVERIFY(!JsonMembers::parse(broken, "x").has_value());
        }
    }

    /// Bare Infinity and keys nobody knows stay as they are; only the widths change.
    void infinityAndUnknownKeysStay()
    {
        const CheckpointOverview overview = fixture("gated_deltanet_infinity");
        const std::string before = text(overview.folder / "config.json");
        std::string expected = before;
        const auto replace = [&](const std::string& from, const std::string& to) {
            expected.replace(expected.find(from), from.size(), to);
        };
        replace("\"head_dim\": 8", "\"head_dim\": 3");
        replace("\"expand_v\": 2.0", "\"expand_v\": " + floatText(expansionRatio(16, 3)));
        const EditedConfig config = edited(overview, firstChannels(overview.spec, 3), ExportMode::Uniform);
        QCOMPARE(config.text, expected);
        QCOMPARE(config.changes.size(), std::size_t { 2 });
        QCOMPARE(edited(overview, keepAllPlan(overview.spec), ExportMode::Uniform).text, before);
    }

    /// Keys that the file leaves to their defaults are added where they are needed.
    void absentKeysAreAdded()
    {
        const CheckpointOverview overview = fixture("delta_net_few_keys");
        const EditedConfig config = edited(overview, firstChannels(overview.spec, 3), ExportMode::Uniform);
        QCOMPARE(parseJson(config.text, "x").value()["expand_k"].get<double>(), 12.0 / 32.0);
        QCOMPARE(config.changes, std::vector<std::string> { "expand_k: absent -> 0.375" });
    }

    void perLayerListsTheWidths()
    {
        const CheckpointOverview overview = fixture("delta_net_hybrid"); // layer 1 is softmax
        PruningPlan plan = firstChannels(overview.spec, 3);
        plan.layers[2] = keepAllPlan(overview.spec).layers[2];
        const auto config = parseJson(edited(overview, plan, ExportMode::PerLayer).text, "x").value();
        QCOMPARE(config["head_k_dims"].get<std::vector<int>>(), (std::vector<int> { 3, 0, 8 }));
        QCOMPARE(config["model_type"].get<std::string>(), std::string("pruned_linear_attn"));
        QCOMPARE(config["base_model_type"].get<std::string>(), std::string("delta_net"));
        const auto before = parseJson(text(overview.folder / "config.json"), "x").value();
        for (const auto& [key, value] : before.items()) {
            if (key != "model_type" && key != "architectures") {
                QVERIFY2(config[key] == value, key.c_str());
            }
        }
    }

    /// Cut once per layer, cut again, then made uniform: stock names come back, without the extra keys and
    /// files.
    void exportsOfExports()
    {
        for (const char* name : { "pruned_delta_net", "pruned_gated_deltanet" }) {
            const CheckpointOverview first = fixture(name);
            QTemporaryDir temporary;
            const fs::path folder = temporary.path().toStdString();
            exported(first, firstChannels(first.spec, 3), ExportMode::PerLayer, folder / "second");
            const CheckpointOverview second = inspectCheckpoint(folder / "second").value();
            QCOMPARE(second.spec.baseModelType, first.spec.baseModelType);
            exported(second, firstChannels(second.spec, 2), ExportMode::Uniform, folder / "third");
            const CheckpointOverview third = inspectCheckpoint(folder / "third").value();
            QVERIFY(third.loadable());
            QCOMPARE(third.spec.modelType, first.spec.baseModelType);
            QCOMPARE(third.spec.layers[0].keyDims, 2);
            QCOMPARE(third.spec.layers[0].valueDims, first.spec.layers[0].valueDims);
            const auto config = parseJson(text(folder / "third" / "config.json"), "x").value();
            QVERIFY(!config.contains("auto_map") && !config.contains("head_k_dims"));
            QCOMPARE(config["architectures"][0].get<std::string>(),
                     std::string(stockArchitecture(third.spec.family)));
            QVERIFY(!fs::exists(folder / "third" / kModelingFileName));
            // The card and the recipe of the step before stay beside the new ones.
            QVERIFY(fs::exists(folder / "third" / "README-original.md"));
            QVERIFY(fs::exists(folder / "third" / "rankscope-recipe-source.json"));
        }
    }

    void codeIsThatOfTheFamily()
    {
        QTemporaryDir temporary;
        const CheckpointOverview overview = fixture("gated_deltanet");
        const fs::path target = fs::path(temporary.path().toStdString()) / "out";
        exported(overview, firstChannels(overview.spec, 3), ExportMode::PerLayer, target);
        QCOMPARE(text(target / kConfigurationFileName), configurationCode(Family::GatedDeltaNet));
        QCOMPARE(text(target / kModelingFileName), modelingCode(Family::GatedDeltaNet));
        for (const Family family : { Family::DeltaNet, Family::GatedDeltaNet }) {
            for (const std::string& code : { configurationCode(family), modelingCode(family) }) {
                QVERIFY2(code.find('@') == std::string::npos || code.find("@classmethod") == code.find('@'),
                         code.c_str());
            }
        }
    }

    /// The recipe holds the plan as it was, and the card what was measured and the original's licence.
    void recipeAndCard()
    {
        QTemporaryDir temporary;
        const fs::path target = fs::path(temporary.path().toStdString()) / "out";
        const CheckpointOverview overview = inspectCheckpoint(test::demoDir()).value();
        PruningPlan plan = firstChannels(overview.spec, 20);
        plan.method = "rrqr";
        plan.requestedRatio = 0.5; // single layers were changed afterwards
        plan.calibration = CalibrationRecord { "some text", std::string(64, 'a'), 8, 512 };
        ExportOptions options;
        options.target = target;
        options.measured = { { "perplexity of the copy", "51.25" } };
        JobContext job;
        QVERIFY(exportCheckpoint(overview, plan, options, job).has_value());
        const auto recipe = parseJson(text(target / kRecipeFileName), "x").value();
        QCOMPARE(recipe["mode"].get<std::string>(), std::string("uniform"));
        QCOMPARE(recipe["source"]["fingerprint"].get<std::string>(), overview.fingerprint);
        QCOMPARE(recipe["removed"].get<double>(), 1.0 - 20.0 / 64.0);
        QVERIFY(planFromJson(recipe["plan"].dump(), "x").value() == plan);
        const std::string card = text(target / kModelCardFileName);
        QVERIFY(card.starts_with("---\nlicense: gpl-3.0\n"));
        for (const char* part :
             { "51.25", "`rrqr`", "some text", "README-original.md", "from_pretrained",
               "| prune ratio (removed) | 0.69 |", "asked for globally", "| 0.50 |", "384 KiB -> 120 KiB" }) {
            QVERIFY2(card.find(part) != std::string::npos, part);
        }
        QCOMPARE(text(target / "README-original.md"), text(test::demoDir() / "README.md"));
    }
};

QTEST_GUILESS_MAIN(TestExportConfig)
#include "tst_export_config.moc"
