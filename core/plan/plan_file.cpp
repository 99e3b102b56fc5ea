// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/plan_file.h"

#include "core/base/narrow.h"
#include "core/io/atomic_file.h"
#include "core/io/json.h"
#include "core/plan/plan_problems.h"

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

constexpr std::int64_t kVersion = 1;

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

// Reading: a Reader remembers the first thing that is wrong, so that the code below reads as the format does.

class Reader {
public:
    Reader(const std::string& what)
        : m_what(what)
    {
    }

    [[nodiscard]] const std::optional<Error>& error() const { return m_error; }

    void fail(ErrorCode code, std::string message)
    {
        if (!m_error) {
            m_error = Error { code, std::move(message), {} };
        }
    }
    void failKey(std::string_view key, std::string_view expected, const Json& found)
    {
        std::string shown = found.dump(-1, ' ', false, Json::error_handler_t::replace);
        if (shown.size() > 40) {
            shown = std::string(found.type_name());
        }
        fail(ErrorCode::BadFormat,
             fmt::format("The plan {} is damaged: \"{}\" should be {}, found {}.", m_what, key, expected,
                         shown));
    }

    /// An object with exactly these keys; null (after a failure) otherwise.
    const Json* object(const Json& value, std::string_view key, std::span<const std::string_view> members)
    {
        if (!value.is_object()) {
            failKey(key, "an object", value);
            return nullptr;
        }
        for (const auto& [name, unused] : value.items()) {
            if (std::find(members.begin(), members.end(), name) == members.end()) {
                fail(ErrorCode::BadFormat,
                     fmt::format(
                         "The plan {} has an unknown key \"{}\"{}: it was made by another program or edited; "
                         "remove the key or make the plan again.",
                         m_what, name, key.empty() ? "" : fmt::format(" in \"{}\"", key)));
                return nullptr;
            }
        }
        for (const std::string_view member : members) {
            if (!value.contains(member)) {
                fail(ErrorCode::BadFormat,
                     fmt::format("The plan {} is incomplete: \"{}\" is missing{}.", m_what, member,
                                 key.empty() ? "" : fmt::format(" in \"{}\"", key)));
                return nullptr;
            }
        }
        return &value;
    }

    std::string text(const Json& value, std::string_view key)
    {
        if (!value.is_string()) {
            failKey(key, "a text", value);
            return {};
        }
        return value.get<std::string>();
    }

    double fraction(const Json& value, std::string_view key)
    {
        const double number = value.is_number() ? value.get<double>() : -1.0;
        if (!(number >= 0.0 && number <= 1.0)) {
            failKey(key, "a number from 0 to 1", value);
            return 0.0;
        }
        return number;
    }

    std::uint64_t unsignedNumber(const Json& value, std::string_view key)
    {
        if (!value.is_number_unsigned()) {
            failKey(key, "a whole number of at least 0", value);
            return 0;
        }
        return value.get<std::uint64_t>();
    }

    /// A whole number that fits an int. Its range in the plan is checked afterwards, with layer and head
    /// named.
    int number(const Json& value, std::string_view key)
    {
        constexpr std::int64_t kLimit = std::numeric_limits<int>::max();
        const bool fits = value.is_number_integer()
            && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::uint64_t { kLimit })
            && value.get<std::int64_t>() >= -kLimit;
        if (!fits) {
            failKey(key, "a whole number", value);
            return 0;
        }
        return narrow<int>(value.get<std::int64_t>());
    }

    bool flag(const Json& value, std::string_view key)
    {
        if (!value.is_boolean()) {
            failKey(key, "true or false", value);
            return false;
        }
        return value.get<bool>();
    }

    const Json& array(const Json& value, std::string_view key)
    {
        static const Json kEmpty = Json::array();
        if (!value.is_array()) {
            failKey(key, "a list", value);
            return kEmpty;
        }
        return value;
    }

private:
    const std::string& m_what;
    std::optional<Error> m_error;
};

std::optional<CalibrationRecord> readCalibration(Reader& reader, const Json& value)
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

std::vector<std::vector<int>> readHeads(Reader& reader, const Json& value, const std::string& key)
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

std::vector<LayerPlan> readLayers(Reader& reader, const Json& root, const std::string& what)
{
    const Json& keyDims = reader.array(root["key_dims"], "key_dims");
    const Json& keptKeyDims = reader.array(root["kept_key_dims"], "kept_key_dims");
    const Json& locked = reader.array(root["locked"], "locked");
    const Json& kept = reader.array(root["kept"], "kept");
    std::vector<LayerPlan> layers(keyDims.size());
    if (keptKeyDims.size() != layers.size() || locked.size() != layers.size()
        || kept.size() != layers.size()) {
        reader.fail(
            ErrorCode::BadFormat,
            fmt::format(
                "The plan {} is damaged: \"key_dims\" has {} layers, \"kept_key_dims\" {}, \"locked\" "
                "{}, \"kept\" {}; expected the same number.",
                what, layers.size(), keptKeyDims.size(), locked.size(), kept.size()));
        return {};
    }
    for (std::size_t index = 0; index < layers.size(); ++index) {
        LayerPlan& layer = layers[index];
        layer.keyDims = reader.number(keyDims[index], "key_dims");
        layer.keptKeyDims = reader.number(keptKeyDims[index], "kept_key_dims");
        layer.locked = reader.flag(locked[index], "locked");
        layer.kept = readHeads(reader, kept[index], fmt::format("kept[{}]", index));
    }
    return layers;
}

/// Refuses what is not a plan, or one that a newer program wrote.
void checkVersion(Reader& reader, const Json& root, const std::string& what)
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

} // namespace

std::string planToJson(const PruningPlan& plan)
{
    assert(std::isfinite(plan.requestedRatio));
    const auto& layers = plan.layers;
    std::string text = "{\n";
    text += fmt::format("  \"rankscope_plan\": {},\n", kVersion);
    text += fmt::format("  \"model\": {{\"name\": {}, \"digest\": {}, \"fingerprint\": {}}},\n",
                        quoted(plan.modelName), quoted(plan.modelDigest), quoted(plan.modelFingerprint));
    text += fmt::format("  \"method\": {},\n", quoted(plan.method));
    text += fmt::format("  \"ratio\": {},\n", Json(plan.requestedRatio).dump());
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
    text += fmt::format("  \"kept\": {}\n}}\n", keptText(layers));
    return text;
}

Result<PruningPlan> planFromJson(const std::string& text, const std::string& what)
{
    Result<Json> parsed = parseJson(text, what);
    if (!parsed) {
        return parsed.error();
    }
    const Json& root = *parsed;
    Reader reader(what);
    checkVersion(reader, root, what);
    if (reader.error()) {
        return *reader.error();
    }
    static constexpr std::array<std::string_view, 10> kKeys {
        "rankscope_plan", "model",    "method",        "ratio",  "seed",
        "calibration",    "key_dims", "kept_key_dims", "locked", "kept"
    };
    static constexpr std::array<std::string_view, 3> kModelKeys { "name", "digest", "fingerprint" };
    PruningPlan plan;
    if (reader.object(root, "", kKeys) != nullptr
        && reader.object(root["model"], "model", kModelKeys) != nullptr) {
        plan.modelName = reader.text(root["model"]["name"], "model.name");
        plan.modelDigest = reader.text(root["model"]["digest"], "model.digest");
        plan.modelFingerprint = reader.text(root["model"]["fingerprint"], "model.fingerprint");
        plan.method = reader.text(root["method"], "method");
        plan.requestedRatio = reader.fraction(root["ratio"], "ratio");
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

Status writePlanFile(const PruningPlan& plan, const std::filesystem::path& path)
{
    return writeFileAtomically(path, planToJson(plan));
}

Result<PruningPlan> readPlanFile(const std::filesystem::path& path)
{
    Result<std::string> text = readFileBytes(path);
    if (!text) {
        return text.error();
    }
    return planFromJson(*text, fmt::format("\"{}\"", path.string()));
}

} // namespace rankscope
