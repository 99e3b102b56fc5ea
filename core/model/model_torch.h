// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model.h"

#include <ATen/core/Tensor.h>

#include <vector>

namespace rankscope {

/// Matrices that read the same input, one below the other: fused into one, or, where weights are used in
/// place, as they lie in the file.
struct StackedMatrix {
    std::vector<at::Tensor> parts; // [rows, D] each

    [[nodiscard]] std::int64_t rows() const;
    /// x [.., D] -> [.., rows of all parts]. `bias` [rows] may be undefined.
    [[nodiscard]] at::Tensor apply(const at::Tensor& x, const at::Tensor& bias) const;
};

/// Weights of one mixer, in the model's dtype on its device; the named projections are views of rows of the
/// stack. "acc" marks fp32 (fp64 in an fp64 model).
struct MixerWeights {
    // Linear layers: rows q | k | v | gate | beta | decay, the last three where the family has them.
    // Softmax layers: rows q | k | v.
    StackedMatrix projection; // [rows, D]
    at::Tensor projectionBias; // [rows] or undefined
    at::Tensor qProj; // [H Dk, D] view
    at::Tensor kProj; // [H Dk, D] view
    at::Tensor outProj; // [D, HV Dv]
    // Linear layers only.
    at::Tensor
        conv; // [W, H Dk + H Dk + HV Dv] acc, tap-major (last tap: current token); undefined without conv
    at::Tensor decayScale; // [HV] acc, -exp(A_log); undefined for the plain delta rule
    at::Tensor decayBias; // [HV] acc, dt_bias
    at::Tensor outNorm; // [Dv] acc
    // Softmax layers only.
    at::Tensor inverseFrequencies; // [hd / 2] acc
};

struct BlockWeights {
    at::Tensor mixerNorm; // [D] acc
    MixerWeights mixer;
    at::Tensor mlpNorm; // [D] acc
    StackedMatrix gateUp; // [2 I, D]: gate rows, then up rows
    at::Tensor down; // [D, I]
};

struct Model::Weights {
    at::Tensor embedding; // [V, D]
    std::vector<BlockWeights> blocks;
    at::Tensor finalNorm; // [D] acc
    at::Tensor head; // [V, D]; the embedding itself when tied

    [[nodiscard]] std::int64_t sizeBytes() const;
};

} // namespace rankscope
