// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/families/delta_net.h"

#include <fmt/format.h>

namespace rankscope {

namespace {

constexpr int kMaxWidth = 1 << 20;

/// Width of one head, or 0 with an issue when `count` heads do not divide trunc(D * expand).
int headWidth(ConfigReader& config, const char* key, int hiddenSize, int heads)
{
    const double expand = config.number(key, 1.0);
    const int width
        = expand > 0.0 && expand * hiddenSize < kMaxWidth ? truncatedProduct(hiddenSize, expand) : 0;
    if (width < heads || width % heads != 0) {
        config.fail(
            key,
            fmt::format(
                "{}: \"{}\" {} of hidden_size {} gives a width of {}, which {} heads cannot share evenly.",
                config.where(), key, expand, hiddenSize, width, heads));
        return 0;
    }
    return width / heads;
}

} // namespace

void readDeltaNetConfig(ConfigReader& config, ModelSpec& spec)
{
    spec.family = Family::DeltaNet;
    const int heads = static_cast<int>(config.integer("num_heads", 16, 1, 65536));
    const int keyDims = headWidth(config, "expand_k", spec.hiddenSize, heads);
    const int valueDims = headWidth(config, "expand_v", spec.hiddenSize, heads);
    for (LayerSpec& layer : spec.layers) {
        if (layer.kind == LayerKind::Linear) {
            layer.heads = heads;
            layer.valueHeads = heads;
            layer.keyDims = keyDims;
            layer.valueDims = valueDims;
        }
    }
    spec.useGate = config.boolean("use_gate", false);
    spec.useBeta = config.boolean("use_beta", true);
    spec.allowNegativeEigenvalues = config.boolean("allow_neg_eigval", false);

    const std::string activation = config.text("qk_activation", "silu");
    if (activation == "silu" || activation == "swish") {
        spec.qkActivation = QkActivation::Silu;
    } else if (activation == "relu") {
        spec.qkActivation = QkActivation::Relu;
    } else if (activation == "elu") {
        spec.qkActivation = QkActivation::Elu;
    } else if (activation == "identity") {
        spec.qkActivation = QkActivation::Identity;
    } else {
        config.fail("qk_activation",
                    fmt::format("{}: \"qk_activation\" \"{}\" is not supported (silu, relu, elu, identity).",
                                config.where(), activation));
    }
    const std::string norm = config.text("qk_norm", "l2");
    if (norm == "l2") {
        spec.qkNorm = QkNorm::L2;
    } else if (norm == "sum") {
        spec.qkNorm = QkNorm::Sum;
    } else {
        config.fail("qk_norm",
                    fmt::format("{}: \"qk_norm\" \"{}\" is not supported (l2, sum).", config.where(), norm));
    }
    if (config.boolean("per_head_norm", false)) {
        config.fail("per_head_norm",
                    fmt::format("{}: \"per_head_norm\" (one output norm per head) is not supported.",
                                config.where()));
    }
}

} // namespace rankscope
