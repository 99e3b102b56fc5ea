// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/exporting/config_edit.h"

#include "core/base/narrow.h"
#include "core/exporting/expansion_ratio.h"
#include "core/exporting/json_members.h"
#include "core/io/json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace rankscope {

namespace {

constexpr const char* kWhat = "config.json";

/// Collects the edits together with what they change, for people.
class Editor {
public:
    explicit Editor(JsonMembers members)
        : m_members(std::move(members))
    {
    }

    void set(const std::string& key, const std::string& value)
    {
        const std::optional<std::string> before = m_members.valueText(key);
        if (before != value) {
            m_changes.push_back(
                fmt::format("{}: {} -> {}", key, before ? oneLine(*before) : "absent", oneLine(value)));
            m_members.set(key, value);
        }
    }
    void remove(const std::string& key)
    {
        if (const std::optional<std::string> before = m_members.valueText(key)) {
            m_changes.push_back(fmt::format("{}: {} -> absent", key, oneLine(*before)));
            m_members.remove(key);
        }
    }
    [[nodiscard]] EditedConfig finish() const { return { m_members.text(), m_changes }; }

private:
    static std::string oneLine(const std::string& value)
    {
        std::string line;
        for (const char c : value) {
            const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
            if (!blank) {
                line += c;
            } else if (!line.empty() && line.back() == ',') {
                line += ' ';
            }
        }
        return line;
    }

    JsonMembers m_members;
    std::vector<std::string> m_changes;
};

/// What the stock loader makes of the width keys (model-families 3.1 and 3.2), defaults included.
struct StockWidths {
    std::int64_t keyDims = 0;
    std::int64_t valueDims = 0;

    friend bool operator==(const StockWidths&, const StockWidths&) = default;
};

double number(const nlohmann::ordered_json& config, const char* key, double fallback)
{
    const auto found = config.find(key);
    return found != config.end() && found->is_number() ? found->get<double>() : fallback;
}

StockWidths stockWidths(const nlohmann::ordered_json& config, const ModelSpec& spec, const LayerSpec& layer)
{
    if (spec.family == Family::DeltaNet) {
        const std::int64_t keys = expandedWidth(spec.hiddenSize, number(config, "expand_k", 1.0));
        const std::int64_t values = expandedWidth(spec.hiddenSize, number(config, "expand_v", 1.0));
        return { keys / layer.heads, values / layer.heads };
    }
    const auto headDim = static_cast<std::int64_t>(number(config, "head_dim", 256.0));
    return { headDim, expandedWidth(headDim, number(config, "expand_v", 2.0)) };
}

const LayerSpec* firstLinear(const ModelSpec& spec)
{
    const auto found = std::find_if(spec.layers.begin(), spec.layers.end(),
                                    [](const LayerSpec& layer) { return layer.prunable(); });
    return found == spec.layers.end() ? nullptr : &*found;
}

void makeStock(Editor& editor, const ModelSpec& spec)
{
    if (spec.modelType != kPrunedModelType) {
        return;
    }
    editor.set("model_type", fmt::format("\"{}\"", spec.baseModelType));
    editor.set("architectures", fmt::format("[\n    \"{}\"\n  ]", stockArchitecture(spec.family)));
    for (const char* key : { "base_model_type", "head_k_dims", "auto_map" }) {
        editor.remove(key);
    }
}

void setUniformWidths(Editor& editor, const nlohmann::ordered_json& config, const ModelSpec& spec,
                      const LayerSpec& layer, int kept)
{
    const StockWidths wanted { kept, layer.valueDims };
    if (stockWidths(config, spec, layer) == wanted) {
        return;
    }
    if (spec.family == Family::DeltaNet) {
        const std::int64_t width = std::int64_t { layer.heads } * kept;
        editor.set("expand_k", floatText(expansionRatio(width, spec.hiddenSize)));
    } else {
        editor.set("head_dim", fmt::format("{}", kept));
        editor.set("expand_v", floatText(expansionRatio(layer.valueDims, kept)));
    }
}

void setPerLayer(Editor& editor, const ModelSpec& spec, const PruningPlan& plan)
{
    std::vector<int> widths;
    for (int layer = 0; layer < spec.layerCount(); ++layer) {
        const bool linear = spec.layers[idx(layer)].prunable();
        widths.push_back(linear ? plan.layers[idx(layer)].keptKeyDims : 0);
    }
    editor.set("architectures", "[\n    \"PrunedForCausalLM\"\n  ]");
    editor.set("model_type", fmt::format("\"{}\"", kPrunedModelType));
    editor.set("base_model_type", fmt::format("\"{}\"", spec.baseModelType));
    editor.set("head_k_dims", fmt::format("[\n    {}\n  ]", fmt::join(widths, ",\n    ")));
    editor.set("auto_map",
               "{\n    \"AutoConfig\": \"configuration_pruned.PrunedConfig\",\n"
               "    \"AutoModelForCausalLM\": \"modeling_pruned.PrunedForCausalLM\"\n  }");
}

/// Evaluates the loader's formula on the finished text.
Status checkUniform(const EditedConfig& edited, const ModelSpec& spec, const LayerSpec& layer, int kept)
{
    Result<nlohmann::ordered_json> again = parseJson(edited.text, kWhat);
    if (!again) {
        return again.error();
    }
    const StockWidths found = stockWidths(*again, spec, layer);
    if (found != StockWidths { kept, layer.valueDims }) {
        return Error { ErrorCode::Internal,
                       "The exported config.json would not load with the intended sizes.",
                       fmt::format("key dims {} and value dims {}, wanted {} and {}", found.keyDims,
                                   found.valueDims, kept, layer.valueDims) };
    }
    return Unit {};
}

} // namespace

const char* stockArchitecture(Family family)
{
    return family == Family::DeltaNet ? "DeltaNetForCausalLM" : "GatedDeltaNetForCausalLM";
}

Result<EditedConfig> editConfig(const std::string& text, const ModelSpec& spec, const PruningPlan& plan,
                                ExportMode mode)
{
    Result<nlohmann::ordered_json> config = parseJson(text, kWhat);
    if (!config) {
        return config.error();
    }
    Result<JsonMembers> members = JsonMembers::parse(text, kWhat);
    if (!members) {
        return members.error();
    }
    Editor editor(std::move(members).value());
    if (mode == ExportMode::ZeroFilled) {
        return editor.finish();
    }
    if (mode == ExportMode::PerLayer) {
        setPerLayer(editor, spec, plan);
        return editor.finish();
    }
    makeStock(editor, spec);
    const LayerSpec* layer = firstLinear(spec);
    if (layer == nullptr) {
        return editor.finish();
    }
    const int kept = plan.layers[idx(layer - spec.layers.data())].keptKeyDims;
    setUniformWidths(editor, *config, spec, *layer, kept);
    EditedConfig edited = editor.finish();
    if (Status checked = checkUniform(edited, spec, *layer, kept); !checked) {
        return checked.error();
    }
    return edited;
}

} // namespace rankscope
