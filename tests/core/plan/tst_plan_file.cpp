// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/narrow.h"
#include "core/base/random.h"
#include "core/io/json.h"
#include "core/plan/plan_file.h"

#include <QTemporaryDir>
#include <QTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <numeric>
#include <string>

using namespace rankscope;
using Json = nlohmann::ordered_json;

namespace {

PruningPlan examplePlan()
{
    PruningPlan plan;
    plan.modelName = "gdn \"demo\" é";
    plan.modelDigest = "0123abcd";
    plan.modelFingerprint = "4567";
    plan.method = "rrqr";
    plan.requestedRatio = 0.1;
    plan.requestedBudget = StateBudget { 1536, 62.5 };
    plan.seed = 0xffff'ffff'ffff'fffeULL;
    plan.calibration = CalibrationRecord { "memoirs.txt", "89ab", 16, 512 };
    plan.layers = { { .keyDims = 4,
                      .keptKeyDims = 2,
                      .kept = { { 0, 3 }, { 1 } },
                      .headEdits = { {}, { .keptKeyDims = 1, .forcedIn = { 1 }, .forcedOut = { 0, 3 } } },
                      .locked = true },
                    {},
                    { .keyDims = 3, .keptKeyDims = 3, .kept = { { 0, 1, 2 } } } };
    return plan;
}

/// Any consistent plan.
PruningPlan randomPlan(std::uint64_t seed)
{
    Random random(seed);
    PruningPlan plan = examplePlan();
    plan.requestedRatio = random.uniform();
    if (const std::uint64_t kind = random.below(3); kind < 2) {
        plan.requestedBudget = StateBudget { narrow<std::int64_t>(random.below(1 << 30)), std::nullopt };
        if (kind == 0) {
            plan.requestedBudget->percent = 100.0 * random.uniform();
        }
    } else {
        plan.requestedBudget.reset();
    }
    plan.seed = random.next();
    if (random.below(2) == 0) {
        plan.calibration.reset();
    }
    plan.layers.clear();
    for (std::uint64_t layers = random.below(5); layers > 0; --layers) {
        LayerPlan& layer = plan.layers.emplace_back();
        layer.locked = random.below(2) == 0;
        if (random.below(3) == 0) {
            continue;
        }
        layer.keyDims = 1 + narrow<int>(random.below(20));
        layer.keptKeyDims = 1 + narrow<int>(random.below(narrow<std::uint64_t>(layer.keyDims)));
        const auto heads = narrow<int>(1 + random.below(3));
        for (int head = 0; random.below(2) == 0 && head < heads; ++head) {
            HeadEdit& edit = layer.headEdits.emplace_back();
            for (int channel = 0; channel < layer.keyDims && random.below(3) > 0; ++channel) {
                if (const std::uint64_t kind = random.below(4); kind < 2) {
                    (kind == 0 ? edit.forcedIn : edit.forcedOut).push_back(channel);
                }
            }
            if (random.below(2) == 0) {
                edit.keptKeyDims = narrow<int>(random.below(narrow<std::uint64_t>(layer.keyDims) + 1));
            }
        }
        layer.headEdits.resize(layer.headEdits.empty() ? 0 : idx(heads));
        for (int head = 0; head < heads; ++head) {
            std::vector<int> channels(idx(layer.keyDims));
            std::iota(channels.begin(), channels.end(), 0);
            random.shuffle(channels);
            if (const HeadEdit* edit = layer.editOf(head)) {
                const auto rank = [edit](int channel) {
                    return std::ranges::binary_search(edit->forcedIn, channel) ? 0
                        : std::ranges::binary_search(edit->forcedOut, channel) ? 2
                                                                               : 1;
                };
                std::ranges::stable_sort(channels, {}, rank);
            }
            channels.resize(idx(layer.keptKeyDimsOf(head)));
            std::sort(channels.begin(), channels.end());
            layer.kept.push_back(channels);
        }
    }
    return plan;
}

void writeText(const std::filesystem::path& path, const std::string& text)
{
    std::ofstream(path, std::ios::binary) << text;
}

} // namespace

class TestPlanFile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void textIsAsDocumented()
    {
        const char* expected = "{\n"
                               "  \"rankscope_plan\": 3,\n"
                               "  \"model\": {\"name\": \"gdn \\\"demo\\\" é\", \"digest\": \"0123abcd\", "
                               "\"fingerprint\": \"4567\"},\n"
                               "  \"method\": \"rrqr\",\n"
                               "  \"ratio\": 0.1,\n"
                               "  \"budget\": {\"bytes\": 1536, \"percent\": 62.5},\n"
                               "  \"seed\": 18446744073709551614,\n"
                               "  \"calibration\": {\"source\": \"memoirs.txt\", \"sha256\": \"89ab\", "
                               "\"windows\": 16, \"length\": 512},\n"
                               "  \"key_dims\": [4, 0, 3],\n"
                               "  \"kept_key_dims\": [2, 0, 3],\n"
                               "  \"locked\": [true, false, false],\n"
                               "  \"kept\": [\n"
                               "    [[0, 3],\n"
                               "     [1]],\n"
                               "    [],\n"
                               "    [[0, 1, 2]]],\n"
                               "  \"head_edits\": [\n"
                               "    [{},\n"
                               "     {\"kept_key_dims\": 1, \"forced_in\": [1], \"forced_out\": [0, 3]}],\n"
                               "    [],\n"
                               "    []]\n"
                               "}\n";
        QCOMPARE(QString::fromStdString(planToJson(examplePlan())), QString::fromUtf8(expected));
    }

    void saveLoadSaveIsByteIdentical()
    {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath(QStringLiteral("plan.json")).toStdString();
        for (std::uint64_t seed = 0; seed < 40; ++seed) {
            const PruningPlan plan = seed == 0 ? examplePlan() : randomPlan(seed);
            QVERIFY(writePlanFile(plan, path).has_value());
            const Result<PruningPlan> read = readPlanFile(path);
            QVERIFY2(read.has_value(), read ? "" : read.error().message.c_str());
            QVERIFY2(*read == plan, std::to_string(seed).c_str());
            QCOMPARE(planToJson(*read), planToJson(plan));
            QCOMPARE(*readFileBytes(path), planToJson(plan));
        }
        // Nothing else is left in the folder.
        QCOMPARE(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}), 1);
    }

    void namesThatAreNotUtf8AreRepaired()
    {
        PruningPlan plan = examplePlan();
        plan.modelName = "bad \xff name";
        const Result<PruningPlan> read = planFromJson(planToJson(plan), "it");
        QVERIFY(read.has_value());
        QCOMPARE(QString::fromStdString(read->modelName), QString::fromUtf8("bad \xEF\xBF\xBD name"));
    }

    void badPlansAreRefusedWithASentence_data()
    {
        QTest::addColumn<std::function<void(Json&)>>("damage");
        QTest::addColumn<std::string>("message");
        using Damage = std::function<void(Json&)>;
        const auto row = [](const char* name, Damage damage, const char* message) {
            QTest::newRow(name) << damage << std::string(message);
        };
        row(
            "no version", [](Json& j) { j.erase("rankscope_plan"); },
            "PLAN is not a Rankscope plan: it has no \"rankscope_plan\" version.");
        row(
            "a list", [](Json& j) { j = Json::array(); },
            "PLAN is not a Rankscope plan: it has no \"rankscope_plan\" version.");
        row(
            "newer", [](Json& j) { j["rankscope_plan"] = 4; },
            "The plan PLAN has format version 4, and this Rankscope reads up to version 3: update Rankscope "
            "to open it.");
        row(
            "version 0", [](Json& j) { j["rankscope_plan"] = 0; },
            "The plan PLAN is damaged: \"rankscope_plan\" should be a version number, found 0.");
        row(
            "unknown key", [](Json& j) { j["colour"] = "red"; },
            "The plan PLAN has an unknown key \"colour\": it was made by another program or edited; remove "
            "the key or make "
            "the plan again.");
        row(
            "unknown key inside", [](Json& j) { j["model"]["size"] = 3; },
            "The plan PLAN has an unknown key \"size\" in \"model\": it was made by another program or "
            "edited; remove the "
            "key or make the plan again.");
        row(
            "missing", [](Json& j) { j.erase("kept"); }, "The plan PLAN is incomplete: \"kept\" is missing.");
        row(
            "missing inside", [](Json& j) { j["calibration"].erase("length"); },
            "The plan PLAN is incomplete: \"length\" is missing in \"calibration\".");
        row(
            "model", [](Json& j) { j["model"] = "demo"; },
            "The plan PLAN is damaged: \"model\" should be an object, found \"demo\".");
        row(
            "method", [](Json& j) { j["method"] = 5; },
            "The plan PLAN is damaged: \"method\" should be a text, found 5.");
        row(
            "ratio", [](Json& j) { j["ratio"] = 1.5; },
            "The plan PLAN is damaged: \"ratio\" should be a number from 0 to 1, found 1.5.");
        row(
            "budget", [](Json& j) { j["budget"] = 240; },
            "The plan PLAN is damaged: \"budget\" should be an object, found 240.");
        row(
            "budget of less than nothing", [](Json& j) { j["budget"]["bytes"] = -1; },
            "The plan PLAN is damaged: \"budget.bytes\" should be a whole number of at least 0, found -1.");
        row(
            "budget beyond numbers",
            [](Json& j) { j["budget"]["bytes"] = std::numeric_limits<std::uint64_t>::max(); },
            "The plan PLAN is damaged: \"budget.bytes\" should be a number of bytes, found "
            "18446744073709551615.");
        row(
            "budget in words", [](Json& j) { j["budget"]["percent"] = "60 %"; },
            "The plan PLAN is damaged: \"budget.percent\" should be a number of at least 0, or null, found "
            "\"60 %\".");
        row(
            "half a budget", [](Json& j) { j["budget"].erase("percent"); },
            "The plan PLAN is incomplete: \"percent\" is missing in \"budget\".");
        row(
            "seed", [](Json& j) { j["seed"] = -1; },
            "The plan PLAN is damaged: \"seed\" should be a whole number of at least 0, found -1.");
        row(
            "fractional size", [](Json& j) { j["key_dims"][0] = 4.5; },
            "The plan PLAN is damaged: \"key_dims\" should be a whole number, found 4.5.");
        row(
            "huge size", [](Json& j) { j["key_dims"][0] = 99999999999; },
            "The plan PLAN is damaged: \"key_dims\" should be a whole number, found 99999999999.");
        row(
            "locked", [](Json& j) { j["locked"][1] = 0; },
            "The plan PLAN is damaged: \"locked\" should be true or false, found 0.");
        row(
            "kept", [](Json& j) { j["kept"][0][1] = "all"; },
            "The plan PLAN is damaged: \"kept[0]\" should be a list, found \"all\".");
        row(
            "fewer layers", [](Json& j) { j["locked"].erase(0); },
            "The plan PLAN is damaged: \"key_dims\" has 3 layers, \"kept_key_dims\" 3, \"locked\" 2, "
            "\"kept\" 3, \"head_edits\" 3; expected the same number.");
        row(
            "a key of version 3 in version 1", [](Json& j) { j["rankscope_plan"] = 1; },
            "The plan PLAN has an unknown key \"budget\": it was made by another program or edited; "
            "remove the key or make the plan again.");
        row(
            "a key of version 3 in version 2", [](Json& j) { j["rankscope_plan"] = 2; },
            "The plan PLAN has an unknown key \"budget\": it was made by another program or edited; "
            "remove the key or make the plan again.");
        row(
            "a key of version 2 in version 1",
            [](Json& j) {
                j["rankscope_plan"] = 1;
                j.erase("budget");
            },
            "The plan PLAN has an unknown key \"head_edits\": it was made by another program or edited; "
            "remove the key or make the plan again.");
        row(
            "edits of other heads", [](Json& j) { j["head_edits"][0].erase(0); },
            "The plan PLAN contradicts itself: layer 0 edits 1 heads, expected 2; layer 0, head 0 keeps 2 "
            "channels, expected 1; layer 0, head 0 removes channels that it forces in; layer 0, head 0 keeps "
            "channel 0, which it forces out; and 2 more.");
        row(
            "an edit with another key", [](Json& j) { j["head_edits"][0][0]["off"] = true; },
            "The plan PLAN has an unknown key \"off\" in \"head_edits[0]\": it was made by another program "
            "or "
            "edited; remove the key or make the plan again.");
        row(
            "an incomplete edit", [](Json& j) { j["head_edits"][0][1].erase("forced_in"); },
            "The plan PLAN is incomplete: \"forced_in\" is missing in \"head_edits[0]\".");
        row(
            "a forced channel", [](Json& j) { j["head_edits"][0][1]["forced_in"][0] = "1"; },
            "The plan PLAN is damaged: \"head_edits[0].forced_in\" should be a whole number, found \"1\".");
        row(
            "in and out", [](Json& j) { j["head_edits"][0][1]["forced_out"][0] = 1; },
            "The plan PLAN contradicts itself: layer 0, head 1 forces channel 1 both in and out.");
        row(
            "softmax edits", [](Json& j) { j["head_edits"][1] = { Json::object() }; },
            "The plan PLAN contradicts itself: layer 1 has no key channels to prune but keeps 0 in 0 heads, "
            "expected none.");
        row(
            "unsorted",
            [](Json& j) {
                j["kept"][0][0] = { 3, 0 };
            },
            "The plan PLAN contradicts itself: layer 0, head 0 lists channel 0 after 3, expected ascending "
            "order.");
        row(
            "twice",
            [](Json& j) {
                j["kept"][0][0] = { 3, 3 };
            },
            "The plan PLAN contradicts itself: layer 0, head 0 lists channel 3 twice.");
        row(
            "beyond", [](Json& j) { j["kept"][0][1] = { 4 }; },
            "The plan PLAN contradicts itself: layer 0, head 1 lists channel 4, expected 0 to 3.");
        row(
            "count", [](Json& j) { j["kept_key_dims"][2] = 2; },
            "The plan PLAN contradicts itself: layer 2, head 0 keeps 3 channels, expected 2.");
        row(
            "softmax keeps", [](Json& j) { j["kept"][1] = { { 0 } }; },
            "The plan PLAN contradicts itself: layer 1 has no key channels to prune but keeps 0 in 1 heads, "
            "expected none.");
    }
    void badPlansAreRefusedWithASentence()
    {
        QFETCH(std::function<void(Json&)>, damage);
        QFETCH(std::string, message);
        Json json = *parseJson(planToJson(examplePlan()), "example");
        damage(json);
        const Result<PruningPlan> read = planFromJson(json.dump(), "PLAN");
        QVERIFY(!read.has_value());
        QCOMPARE(QString::fromStdString(read.error().message), QString::fromStdString(message));
        const bool newer = message.find("reads up to") != std::string::npos;
        QVERIFY(read.error().code == (newer ? ErrorCode::Unsupported : ErrorCode::BadFormat));
    }

    /// Plans of version 2 knew no budgets.
    void version2IsMigrated()
    {
        for (std::uint64_t seed = 1; seed < 20; ++seed) {
            PruningPlan plan = randomPlan(seed);
            plan.requestedBudget.reset();
            Json json = *parseJson(planToJson(plan), "example");
            json["rankscope_plan"] = 2;
            json.erase("budget");
            const Result<PruningPlan> read = planFromJson(json.dump(), "PLAN");
            QVERIFY2(read.has_value(), read ? "" : read.error().message.c_str());
            QVERIFY(*read == plan);
        }
    }

    /// Plans of version 1 knew neither budgets nor edits of heads.
    void version1IsMigrated()
    {
        for (std::uint64_t seed = 1; seed < 20; ++seed) {
            PruningPlan plan = randomPlan(seed);
            const bool simple = std::ranges::all_of(plan.layers, [](const LayerPlan& layer) {
                return std::ranges::all_of(
                    layer.kept, [&layer](const auto& head) { return std::ssize(head) == layer.keptKeyDims; });
            });
            for (LayerPlan& layer : plan.layers) {
                layer.headEdits.clear();
            }
            plan.requestedBudget.reset();
            Json json = *parseJson(planToJson(plan), "example");
            json["rankscope_plan"] = 1;
            json.erase("budget");
            json.erase("head_edits");
            const Result<PruningPlan> read = planFromJson(json.dump(), "PLAN");
            QCOMPARE(read.has_value(), simple);
            QVERIFY(!read || *read == plan);
        }
    }

    void recipesCarryTheirPlan()
    {
        QTemporaryDir folder;
        const std::filesystem::path base = folder.path().toStdString();
        const auto recipe = [&](int version) {
            Json json;
            json["rankscope_recipe"] = version;
            json["mode"] = "uniform";
            json["plan"] = *parseJson(planToJson(examplePlan()), "example");
            return json;
        };
        writeText(base / "recipe.json", recipe(1).dump());
        const Result<PruningPlan> read = readPlanOrRecipe(base / "recipe.json");
        QVERIFY2(read.has_value(), read ? "" : read.error().message.c_str());
        QVERIFY(*read == examplePlan());
        writeText(base / "plan.json", planToJson(examplePlan()));
        QVERIFY(*readPlanOrRecipe(base / "plan.json") == examplePlan());

        writeText(base / "newer.json", recipe(2).dump());
        const Result<PruningPlan> newer = readPlanOrRecipe(base / "newer.json");
        QVERIFY(!newer && newer.error().code == ErrorCode::Unsupported);
        QVERIFY(newer.error().message.find("newer.json\" has format version 2") != std::string::npos);
        Json broken = recipe(1);
        broken.erase("plan");
        writeText(base / "broken.json", broken.dump());
        const Result<PruningPlan> damaged = readPlanOrRecipe(base / "broken.json");
        QVERIFY(!damaged && damaged.error().code == ErrorCode::BadFormat);
        broken = recipe(1);
        broken["plan"]["kept"][0][0] = { 3, 0 };
        writeText(base / "broken.json", broken.dump());
        const Result<PruningPlan> contradicting = readPlanOrRecipe(base / "broken.json");
        QVERIFY(!contradicting && contradicting.error().message.find("broken.json") != std::string::npos);
    }

    /// Not even opened: what is inside would be found wrong only after all of it has been read.
    void aFileThatIsTooLargeIsNotRead()
    {
        const QTemporaryDir folder;
        const auto path = std::filesystem::path(folder.path().toStdString()) / "large.json";
        writeText(path, "{\"rankscope_recipe\": 1, \"plan\": 0}");
        std::filesystem::resize_file(path, kMostPlanFileBytes); // a hole: takes no room
        const Result<PruningPlan> inside = readPlanOrRecipe(path);
        QVERIFY(!inside && inside.error().message.find("was not read") == std::string::npos);
        std::filesystem::resize_file(path, kMostPlanFileBytes + 1);
        for (const Result<PruningPlan>& plan : { readPlanOrRecipe(path), readPlanFile(path) }) {
            QVERIFY(!plan);
            QCOMPARE(plan.error().code, ErrorCode::BadFormat);
            QVERIFY2(plan.error().message.find("large.json\" was not read: it has 64") != std::string::npos,
                     plan.error().message.c_str());
        }
    }

    void filesThatCannotBeReadOrWrittenAreNamed()
    {
        QTemporaryDir folder;
        const std::filesystem::path base = folder.path().toStdString();
        const Result<PruningPlan> absent = readPlanFile(base / "absent.json");
        QVERIFY(!absent && absent.error().code == ErrorCode::NotFound);
        QVERIFY(absent.error().message.find("absent.json") != std::string::npos);
        // A truncated file at every length: an error, never a crash or a half plan.
        const std::string text = planToJson(examplePlan());
        for (std::size_t length = 0; length + 2 < text.size(); ++length) {
            writeText(base / "cut.json", text.substr(0, length));
            const Result<PruningPlan> cut = readPlanFile(base / "cut.json");
            QVERIFY(!cut && cut.error().code == ErrorCode::BadFormat);
            QVERIFY(cut.error().message.find("cut.json") != std::string::npos);
        }
        const Status nowhere = writePlanFile(examplePlan(), base / "no such folder" / "plan.json");
        QVERIFY(!nowhere && nowhere.error().code == ErrorCode::NotFound);
        // A failed write leaves the old plan.
        QVERIFY(writePlanFile(examplePlan(), base / "plan.json").has_value());
        std::filesystem::create_directory(base / "taken");
        QVERIFY(!writePlanFile(examplePlan(), base / "taken"));
        QVERIFY(readPlanFile(base / "plan.json").has_value());
    }
};

QTEST_GUILESS_MAIN(TestPlanFile)
#include "tst_plan_file.moc"
