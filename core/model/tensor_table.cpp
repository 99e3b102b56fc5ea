// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/tensor_table.h"

#include <fmt/format.h>

namespace rankscope {

namespace {

using Shape = std::vector<std::int64_t>;

void addLinear(const ModelSpec& spec, const LayerSpec& layer, const std::string& attn,
               std::vector<ExpectedTensor>& table)
{
    const std::int64_t hidden = spec.hiddenSize;
    const std::int64_t keyWidth = std::int64_t { layer.heads } * layer.keyDims;
    const std::int64_t valueWidth = std::int64_t { layer.valueHeads } * layer.valueDims;
    table.push_back({ attn + "q_proj.weight", { keyWidth, hidden } });
    table.push_back({ attn + "k_proj.weight", { keyWidth, hidden } });
    table.push_back({ attn + "v_proj.weight", { valueWidth, hidden } });
    if (spec.useShortConv) {
        table.push_back({ attn + "q_conv1d.weight", { keyWidth, 1, spec.convSize } });
        table.push_back({ attn + "k_conv1d.weight", { keyWidth, 1, spec.convSize } });
        table.push_back({ attn + "v_conv1d.weight", { valueWidth, 1, spec.convSize } });
    }
    if (spec.useBeta) {
        table.push_back({ attn + "b_proj.weight", { layer.valueHeads, hidden } });
    }
    if (spec.family == Family::GatedDeltaNet) {
        table.push_back({ attn + "a_proj.weight", { layer.valueHeads, hidden } });
        table.push_back({ attn + "A_log", { layer.valueHeads } });
        table.push_back({ attn + "dt_bias", { layer.valueHeads } });
    }
    if (spec.useGate) {
        table.push_back({ attn + "g_proj.weight", { valueWidth, hidden } });
    }
    table.push_back({ attn + "o_norm.weight", { layer.valueDims } });
    table.push_back({ attn + "o_proj.weight", { hidden, valueWidth } });
}

void addSoftmax(const ModelSpec& spec, const LayerSpec& layer, const std::string& attn,
                std::vector<ExpectedTensor>& table)
{
    const std::int64_t hidden = spec.hiddenSize;
    const std::int64_t sharedWidth = std::int64_t { layer.valueHeads } * layer.keyDims;
    table.push_back({ attn + "q_proj.weight", { hidden, hidden } });
    table.push_back({ attn + "k_proj.weight", { sharedWidth, hidden } });
    table.push_back({ attn + "v_proj.weight", { sharedWidth, hidden } });
    if (layer.qkvBias) {
        table.push_back({ attn + "q_proj.bias", { hidden } });
        table.push_back({ attn + "k_proj.bias", { sharedWidth } });
        table.push_back({ attn + "v_proj.bias", { sharedWidth } });
    }
    table.push_back({ attn + "o_proj.weight", { hidden, hidden } });
}

} // namespace

std::string layerPrefix(int layer)
{
    return fmt::format("model.layers.{}.", layer);
}

std::string mixerNormName(const ModelSpec& spec, int layer)
{
    return layerPrefix(layer) + (spec.normFirst ? "attn.norm.weight" : "attn_norm.weight");
}

std::string mlpNormName(const ModelSpec& spec, int layer)
{
    return layerPrefix(layer) + (spec.normFirst ? "mlp.norm.weight" : "mlp_norm.weight");
}

std::vector<ExpectedTensor> expectedTensors(const ModelSpec& spec)
{
    const std::int64_t hidden = spec.hiddenSize;
    const std::int64_t intermediate = spec.intermediateSize;
    std::vector<ExpectedTensor> table;
    table.push_back({ "model.embeddings.weight", { spec.vocabularySize, hidden } });
    for (int i = 0; i < spec.layerCount(); ++i) {
        const LayerSpec& layer = spec.layers[static_cast<std::size_t>(i)];
        const std::string prefix = layerPrefix(i);
        table.push_back({ mixerNormName(spec, i), { hidden } });
        if (layer.kind == LayerKind::Linear) {
            addLinear(spec, layer, prefix + "attn.", table);
        } else {
            addSoftmax(spec, layer, prefix + "attn.", table);
        }
        table.push_back({ mlpNormName(spec, i), { hidden } });
        if (spec.fusedMlp) {
            table.push_back({ prefix + "mlp.gate_proj.weight", { 2 * intermediate, hidden } });
        } else {
            table.push_back({ prefix + "mlp.gate_proj.weight", { intermediate, hidden } });
            table.push_back({ prefix + "mlp.up_proj.weight", { intermediate, hidden } });
        }
        table.push_back({ prefix + "mlp.down_proj.weight", { hidden, intermediate } });
    }
    table.push_back({ "model.norm.weight", { hidden } });
    if (!spec.tiedHead) {
        table.push_back({ "lm_head.weight", { spec.vocabularySize, hidden } });
    }
    return table;
}

bool isUnusedTensor(const std::string& name)
{
    return name.ends_with(".attn.D") || name.ends_with("inv_freq");
}

} // namespace rankscope
