// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/forward/block_torch.h"

namespace rankscope {

/// The (gated) delta-rule mixer on the normalised input n [B, T, D] -> [B, T, D] (model-families 3.1, 3.2).
[[nodiscard]] at::Tensor linearMixer(const ModelSpec& spec, const LayerSpec& layer,
                                     const MixerWeights& weights, const at::Tensor& n, BlockProbe& probe);

/// Causal softmax attention with rotary positions (model-families 3.9).
[[nodiscard]] at::Tensor softmaxMixer(const LayerSpec& layer, const MixerWeights& weights,
                                      const at::Tensor& n, const JobContext* job);

} // namespace rankscope
