// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model_spec.h"

#include <cstdint>
#include <string>
#include <vector>

namespace rankscope {

struct ExpectedTensor {
    std::string name;
    std::vector<std::int64_t> shape;
};

/// Every tensor that a checkpoint of `spec` must hold, in the layout that spec names (fused MLP, norm_first).
[[nodiscard]] std::vector<ExpectedTensor> expectedTensors(const ModelSpec& spec);

/// "model.layers.3.".
[[nodiscard]] std::string layerPrefix(int layer);
/// Names of the pre-norms, which old files keep inside the sublayers.
[[nodiscard]] std::string mixerNormName(const ModelSpec& spec, int layer);
[[nodiscard]] std::string mlpNormName(const ModelSpec& spec, int layer);

/// True for tensors that some files carry and no forward pass reads (attn.D, rotary tables).
[[nodiscard]] bool isUnusedTensor(const std::string& name);

} // namespace rankscope
