// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/families/gated_delta_net.h"

#include <fmt/format.h>

#include <cmath>

namespace rankscope {

void readGatedDeltaNetConfig(ConfigReader& config, ModelSpec& spec)
{
    spec.family = Family::GatedDeltaNet;
    const int heads = static_cast<int>(config.integer("num_heads", 6, 1, 65536));
    const int valueHeads = static_cast<int>(config.integer("num_v_heads", heads, 1, 65536));
    const int keyDims = static_cast<int>(config.integer("head_dim", 256, 1, 65536));
    const double expand = config.number("expand_v", 2.0);
    const double exactValueDims = keyDims * expand;
    int valueDims = 0;
    if (expand > 0.0 && exactValueDims < 1e6) {
        valueDims = truncatedProduct(keyDims, expand);
    }
    // The Python class raises unless the product is integral to 1e-5.
    if (valueDims < 1 || std::abs(exactValueDims - valueDims) > 1e-5) {
        config.fail(
            "expand_v",
            fmt::format(
                "{}: \"expand_v\" {} times head_dim {} is {}, which truncates to {} value dims; it should "
                "be a whole number.",
                config.where(), expand, keyDims, exactValueDims, valueDims));
    }
    if (valueHeads % heads != 0) {
        config.fail("num_v_heads",
                    fmt::format("{}: \"num_v_heads\" {} should be a multiple of num_heads {}.",
                                config.where(), valueHeads, heads));
    }
    for (LayerSpec& layer : spec.layers) {
        if (layer.kind == LayerKind::Linear) {
            layer.heads = heads;
            layer.valueHeads = valueHeads;
            layer.keyDims = keyDims;
            layer.valueDims = valueDims;
        }
    }
    spec.useGate = config.boolean("use_gate", true);
    // New in 2026: the activation of the output gate; every earlier file means SiLU.
    const std::string gateActivation = config.text("output_gate_activation", "swish");
    if (gateActivation != "swish" && gateActivation != "silu") {
        config.fail("output_gate_activation",
                    fmt::format("{}: \"output_gate_activation\" \"{}\" is not supported (swish, silu).",
                                config.where(), gateActivation));
    }
    spec.useBeta = true;
    spec.allowNegativeEigenvalues = config.boolean("allow_neg_eigval", false);
    spec.qkActivation = QkActivation::Silu;
    spec.qkNorm = QkNorm::L2;
}

} // namespace rankscope
