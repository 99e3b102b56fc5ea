// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/plan_file.h"

#include "core/base/narrow.h"
#include "core/base/size_text.h"
#include "core/io/atomic_file.h"
#include "core/io/json.h"
#include "core/plan/plan_problems.h"
#include "core/plan/plan_reader.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace rankscope {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kVersion = 3;

// Writing

std::string quoted(const std::string& text)
{
    return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename Items, typename Format>
std::string list(const Items& items, std::string_view separator, Format format)
{
    std::string text = "[";
    for (std::size_t i = 0; i < items.size(); ++i) {
        text += i == 0 ? "" : separator;
        text += format(items[i]);
    }
    return text + "]";
}

std::string channelList(const std::vector<int>& channels)
{
    return list(channels, ", ", [](int channel) { return fmt::format("{}", channel); });
}

std::string keptText(const std::vector<LayerPlan>& layers)
{
    return list(layers, ",",
                [](const LayerPlan& layer) { return "\n    " + list(layer.kept, ",\n     ", channelList); });
}

/// One head that follows the method is {}; layers without edits are [].
std::string headEditText(const HeadEdit& edit)
{
    if (edit.empty()) {
        return "{}";
    }
    return fmt::format("{{\"kept_key_dims\": {}, \"forced_in\": {}, \"forced_out\": {}}}",
                       edit.keptKeyDims ? fmt::format("{}", *edit.keptKeyDims) : std::string("null"),
                       channelList(edit.forcedIn), channelList(edit.forcedOut));
}

std::string headEditsText(const std::vector<LayerPlan>& layers)
{
    return list(layers, ",", [](const LayerPlan& layer) {
        return "\n    " + list(layer.headEdits, ",\n     ", headEditText);
    });
}

std::string budgetText(const std::optional<StateBudget>& budget)
{
    return budget ? fmt::format("{{\"bytes\": {}, \"percent\": {}}}", budget->bytes,
                                budget->percent ? Json(*budget->percent).dump() : "null")
                  : std::string("null");
}

// Reading

std::optional<StateBudget> readBudget(PlanReader& reader, const Json& value)
{
    static constexpr std::array<std::string_view, 2> kKeys { "bytes", "percent" };
    if (value.is_null() || reader.object(value, "budget", kKeys) == nullptr) {
        return std::nullopt;
    }
    StateBudget budget;
    const std::uint64_t bytes = reader.unsignedNumber(value["bytes"], "budget.bytes");
    if (bytes > std::uint64_t { std::numeric_limits<std::int64_t>::max() }) {
        reader.failKey("budget.bytes", "a number of bytes", value["bytes"]);
        return std::nullopt;
    }
    budget.bytes = static_cast<std::int64_t>(bytes);
    if (const Json& percent = value["percent"]; percent.is_number() && percent.get<double>() >= 0.0) {
        budget.percent = percent.get<double>();
    } else if (!percent.is_null()) {
        reader.failKey("budget.percent", "a number of at least 0, or null", percent);
    }
    return budget;
}

std::optional<CalibrationRecord> readCalibration(PlanReader& reader, const Json& value)
{
    static constexpr std::array<std::string_view, 4> kKeys { "source", "sha256", "windows", "length" };
    if (value.is_null() || reader.object(value, "calibration", kKeys) == nullptr) {
        return std::nullopt;
    }
    CalibrationRecord record;
    record.sourceName = reader.text(value["source"], "calibration.source");
    record.sourceSha256 = reader.text(value["sha256"], "calibration.sha256");
    record.windows = reader.number(value["windows"], "calibration.windows");
    record.length = reader.number(value["length"], "calibration.length");
    return record;
}

std::vector<std::vector<int>> readHeads(PlanReader& reader, const Json& value, const std::string& key)
{
    std::vector<std::vector<int>> heads;
    for (const Json& head : reader.array(value, key)) {
        std::vector<int>& channels = heads.emplace_back();
        for (const Json& channel : reader.array(head, key)) {
            channels.push_back(reader.number(channel, key));
        }
    }
    return heads;
}

std::vector<HeadEdit> readHeadEdits(PlanReader& reader, const Json& value, const std::string& key)
{
    static constexpr std::array<std::string_view, 3> kKeys { "kept_key_dims", "forced_in", "forced_out" };
    std::vector<HeadEdit> edits;
    for (const Json& head : reader.array(value, key)) {
        HeadEdit& edit = edits.emplace_back();
        if (head.is_object() && head.empty()) {
            continue;
        }
        if (reader.object(head, key, kKeys) == nullptr) {
            return {};
        }
        if (!head["kept_key_dims"].is_null()) {
            edit.keptKeyDims = reader.number(head["kept_key_dims"], key + ".kept_key_dims");
        }
        for (const Json& channel : reader.array(head["forced_in"], key + ".forced_in")) {
            edit.forcedIn.push_back(reader.number(channel, key + ".forced_in"));
        }
        for (const Json& channel : reader.array(head["forced_out"], key + ".forced_out")) {
            edit.forcedOut.push_back(reader.number(channel, key + ".forced_out"));
        }
    }
    return edits;
}

std::vector<LayerPlan> readLayers(PlanReader& reader, const Json& root, const std::string& what)
{
    const Json& keyDims = reader.array(root["key_dims"], "key_dims");
    const Json& keptKeyDims = reader.array(root["kept_key_dims"], "kept_key_dims");
    const Json& locked = reader.array(root["locked"], "locked");
    const Json& kept = reader.array(root["kept"], "kept");
    const Json& headEdits = reader.array(root["head_edits"], "head_edits");
    std::vector<LayerPlan> layers(keyDims.size());
    if (keptKeyDims.size() != layers.size() || locked.size() != layers.size() || kept.size() != layers.size()
        || headEdits.size() != layers.size()) {
        reader.fail(
            ErrorCode::BadFormat,
            fmt::format(
                "The plan {} is damaged: \"key_dims\" has {} layers, \"kept_key_dims\" {}, \"locked\" "
                "{}, \"kept\" {}, \"head_edits\" {}; expected the same number.",
                what, layers.size(), keptKeyDims.size(), locked.size(), kept.size(), headEdits.size()));
        return {};
    }
    for (std::size_t index = 0; index < layers.size(); ++index) {
        LayerPlan& layer = layers[index];
        layer.keyDims = reader.number(keyDims[index], "key_dims");
        layer.keptKeyDims = reader.number(keptKeyDims[index], "kept_key_dims");
        layer.locked = reader.flag(locked[index], "locked");
        layer.kept = readHeads(reader, kept[index], fmt::format("kept[{}]", index));
        layer.headEdits = readHeadEdits(reader, headEdits[index], fmt::format("head_edits[{}]", index));
    }
    return layers;
}

/// Refuses what is not a plan, or one that a newer program wrote.
void checkVersion(PlanReader& reader, const Json& root, const std::string& what)
{
    if (!root.is_object() || !root.contains("rankscope_plan")) {
        reader.fail(ErrorCode::BadFormat,
                    fmt::format("{} is not a Rankscope plan: it has no \"rankscope_plan\" version.", what));
        return;
    }
    const Json& version = root["rankscope_plan"];
    if (!version.is_number_integer() || version.get<std::int64_t>() < 1) {
        reader.failKey("rankscope_plan", "a version number", version);
    } else if (version.get<std::int64_t>() > kVersion) {
        reader.fail(
            ErrorCode::Unsupported,
            fmt::format(
                "The plan {} has format version {}, and this Rankscope reads up to version {}: update "
                "Rankscope to open it.",
                what, version.get<std::int64_t>(), kVersion));
    }
}

/// Those of version 1, then what each version brought.
constexpr std::array<std::string_view, 12> kKeys { "rankscope_plan", "model",         "method",
                                                   "ratio",          "seed",          "calibration",
                                                   "key_dims",       "kept_key_dims", "locked",
                                                   "kept",           "head_edits",    "budget" };

/// Version 2 brought decisions about single heads: there were none.
void migrateFrom1(Json& root)
{
    root["rankscope_plan"] = 2;
    root["head_edits"] = Json::array();
    const std::size_t layers = root["key_dims"].is_array() ? root["key_dims"].size() : 0;
    for (std::size_t layer = 0; layer < layers; ++layer) {
        root["head_edits"].push_back(Json::array());
    }
}

/// Version 3 brought budgets: a ratio was asked for.
void migrateFrom2(Json& root)
{
    root["rankscope_plan"] = 3;
    root["budget"] = nullptr;
}

/// Brings a plan of an older version to the present one; each version has its own set of keys.
void migrate(PlanReader& reader, Json& root)
{
    struct Step {
        std::size_t keys;
        void (*run)(Json&);
    };
    static constexpr std::array<Step, 2> kSteps { { { 10, migrateFrom1 }, { 11, migrateFrom2 } } };
    for (auto version = root["rankscope_plan"].get<std::size_t>(); version <= kSteps.size(); ++version) {
        const Step& step = kSteps[version - 1];
        if (reader.object(root, "", std::span(kKeys).first(step.keys)) == nullptr) {
            return;
        }
        step.run(root);
    }
}

} // namespace

std::string planToJson(const PruningPlan& plan)
{
    assert(std::isfinite(plan.requestedRatio));
    assert(!plan.requestedBudget || std::isfinite(plan.requestedBudget->percent.value_or(0.0)));
    const auto& layers = plan.layers;
    std::string text = "{\n";
    text += fmt::format("  \"rankscope_plan\": {},\n", kVersion);
    text += fmt::format("  \"model\": {{\"name\": {}, \"digest\": {}, \"fingerprint\": {}}},\n",
                        quoted(plan.modelName), quoted(plan.modelDigest), quoted(plan.modelFingerprint));
    text += fmt::format("  \"method\": {},\n", quoted(plan.method));
    text += fmt::format("  \"ratio\": {},\n", Json(plan.requestedRatio).dump());
    text += fmt::format("  \"budget\": {},\n", budgetText(plan.requestedBudget));
    text += fmt::format("  \"seed\": {},\n", plan.seed);
    if (plan.calibration) {
        text += fmt::format(
            "  \"calibration\": {{\"source\": {}, \"sha256\": {}, \"windows\": {}, \"length\": {}}},\n",
            quoted(plan.calibration->sourceName), quoted(plan.calibration->sourceSha256),
            plan.calibration->windows, plan.calibration->length);
    } else {
        text += "  \"calibration\": null,\n";
    }
    const auto perLayer = [&layers](auto format) { return list(layers, ", ", format); };
    text += fmt::format("  \"key_dims\": {},\n",
                        perLayer([](const LayerPlan& layer) { return fmt::format("{}", layer.keyDims); }));
    text
        += fmt::format("  \"kept_key_dims\": {},\n",
                       perLayer([](const LayerPlan& layer) { return fmt::format("{}", layer.keptKeyDims); }));
    text += fmt::format("  \"locked\": {},\n", perLayer([](const LayerPlan& layer) {
                            return std::string(layer.locked ? "true" : "false");
                        }));
    text += fmt::format("  \"kept\": {},\n", keptText(layers));
    text += fmt::format("  \"head_edits\": {}\n}}\n", headEditsText(layers));
    return text;
}

Result<PruningPlan> planFromJson(const std::string& text, const std::string& what)
{
    Result<Json> parsed = parseJson(text, what);
    if (!parsed) {
        return parsed.error();
    }
    Json& root = *parsed;
    PlanReader reader(what);
    checkVersion(reader, root, what);
    if (!reader.error()) {
        migrate(reader, root);
    }
    if (reader.error()) {
        return *reader.error();
    }
    static constexpr std::array<std::string_view, 3> kModelKeys { "name", "digest", "fingerprint" };
    PruningPlan plan;
    if (reader.object(root, "", kKeys) != nullptr
        && reader.object(root["model"], "model", kModelKeys) != nullptr) {
        plan.modelName = reader.text(root["model"]["name"], "model.name");
        plan.modelDigest = reader.text(root["model"]["digest"], "model.digest");
        plan.modelFingerprint = reader.text(root["model"]["fingerprint"], "model.fingerprint");
        plan.method = reader.text(root["method"], "method");
        plan.requestedRatio = reader.fraction(root["ratio"], "ratio");
        plan.requestedBudget = readBudget(reader, root["budget"]);
        plan.seed = reader.unsignedNumber(root["seed"], "seed");
        plan.calibration = readCalibration(reader, root["calibration"]);
        plan.layers = readLayers(reader, root, what);
    }
    if (reader.error()) {
        return *reader.error();
    }
    std::vector<std::string> problems;
    for (std::size_t index = 0; index < plan.layers.size(); ++index) {
        std::vector<std::string> own = layerPlanProblems(plan.layers[index], narrow<int>(index));
        problems.insert(problems.end(), std::make_move_iterator(own.begin()),
                        std::make_move_iterator(own.end()));
    }
    if (!problems.empty()) {
        return Error { ErrorCode::BadFormat,
                       fmt::format("The plan {} contradicts itself: {}.", what, summarizeProblems(problems)),
                       listProblems(problems) };
    }
    return plan;
}

Status checkPlanFileSize(const std::filesystem::path& path)
{
    std::error_code failure;
    const std::uintmax_t bytes = std::filesystem::file_size(path, failure);
    if (failure || bytes <= std::uintmax_t { kMostPlanFileBytes }) {
        return Unit {}; // what is wrong otherwise, reading it says
    }
    return Error { ErrorCode::BadFormat,
                   fmt::format("\"{}\" was not read: it has {}, and no plan or recipe is larger than {}.",
                               path.string(), sizeText(static_cast<std::int64_t>(bytes)),
                               sizeText(kMostPlanFileBytes)),
                   {} };
}

Status writePlanFile(const PruningPlan& plan, const std::filesystem::path& path)
{
    return writeFileAtomically(path, planToJson(plan));
}

Result<PruningPlan> readPlanOrRecipe(const std::filesystem::path& path)
{
    constexpr std::int64_t kRecipeVersion = 1;
    if (Status fits = checkPlanFileSize(path); !fits) {
        return fits.error();
    }
    Result<Json> document = readJsonFile(path);
    if (!document || !document->is_object() || !document->contains("rankscope_recipe")) {
        return readPlanFile(path);
    }
    const std::string what = fmt::format("\"{}\"", path.string());
    const Json& version = (*document)["rankscope_recipe"];
    if (version.is_number_integer() && version.get<std::int64_t>() > kRecipeVersion) {
        return Error { ErrorCode::Unsupported,
                       fmt::format(
                           "The recipe {} has format version {}, and this Rankscope reads up to version {}: "
                           "update Rankscope to open it.",
                           what, version.get<std::int64_t>(), kRecipeVersion),
                       {} };
    }
    if (version != kRecipeVersion || !document->contains("plan")) {
        return Error {
            ErrorCode::BadFormat,
            fmt::format(
                "The recipe {} is damaged: it should have version {} and a \"plan\"; export again, or "
                "open the plan file.",
                what, kRecipeVersion),
            {}
        };
    }
    return planFromJson((*document)["plan"].dump(), "in " + what);
}

Result<PruningPlan> readPlanFile(const std::filesystem::path& path)
{
    if (Status fits = checkPlanFileSize(path); !fits) {
        return fits.error();
    }
    Result<std::string> text = readFileBytes(path);
    if (!text) {
        return text.error();
    }
    return planFromJson(*text, fmt::format("\"{}\"", path.string()));
}

} // namespace rankscope
