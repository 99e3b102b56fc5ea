// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/dtype.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rankscope {

enum class Family { DeltaNet, GatedDeltaNet };

/// "DeltaNet", "Gated DeltaNet".
[[nodiscard]] const char* familyName(Family family);

enum class LayerKind { Linear, Softmax };

enum class QkActivation { Silu, Relu, Elu, Identity };
enum class QkNorm { L2, Sum };

/// One block. For softmax layers `heads` are query heads, `valueHeads` key/value heads, and keyDims =
/// valueDims is the head width.
struct LayerSpec {
    LayerKind kind = LayerKind::Linear;
    int heads = 0; ///< H
    int valueHeads = 0; ///< HV, a multiple of H for linear layers
    int keyDims = 0; ///< Dk
    int valueDims = 0; ///< Dv
    // Softmax layers only (model-families 3.9).
    bool qkvBias = false;
    std::optional<int> window; ///< tokens seen, the current one included
    double ropeTheta = 10000.0;

    [[nodiscard]] bool prunable() const { return kind == LayerKind::Linear; }
    /// Bytes of the fp32 recurrent state of one sequence, HV Dk Dv 4; 0 for softmax layers.
    [[nodiscard]] std::int64_t stateBytes() const { return stateBytes(keyDims); }
    /// The same with `keptKeyDims` key channels.
    [[nodiscard]] std::int64_t stateBytes(int keptKeyDims) const
    {
        return kind == LayerKind::Linear ? std::int64_t { 4 } * valueHeads * keptKeyDims * valueDims : 0;
    }
};

/// Everything of config.json that changes names, shapes or numbers, with defaults filled in.
struct ModelSpec {
    Family family = Family::DeltaNet;
    std::string modelType; ///< as the file says: "delta_net", "gated_deltanet", "pruned_linear_attn"
    std::string baseModelType; ///< the family's stock name, also for per-layer pruned checkpoints
    int hiddenSize = 0; ///< D
    int intermediateSize = 0; ///< I
    int vocabularySize = 0; ///< V
    double normEps = 1e-6;
    bool tiedHead = false;
    bool useShortConv = true;
    int convSize = 4; ///< W
    bool useGate = false;
    bool useBeta = true;
    bool allowNegativeEigenvalues = false;
    QkActivation qkActivation = QkActivation::Silu;
    QkNorm qkNorm = QkNorm::L2;
    bool fuseNorm = true; ///< mlp_norm sees the unrounded fp32 residual (model-families 1.4)
    // Layout of the file, not math.
    bool normFirst = false; ///< attn.norm / mlp.norm instead of attn_norm / mlp_norm
    bool fusedMlp = false; ///< gate_proj holds gate and up: [2I, D]
    std::optional<std::int64_t> bosTokenId;
    std::vector<LayerSpec> layers;

    [[nodiscard]] int layerCount() const { return static_cast<int>(layers.size()); }
    [[nodiscard]] std::int64_t stateBytes() const;
};

} // namespace rankscope
