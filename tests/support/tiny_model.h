// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/dtype.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rankscope::test {

/// One random checkpoint of a supported family, in stock names. The defaults are a two-layer model of a few
/// kB. Shape letters as everywhere: D hiddenSize, V vocabularySize, H heads, HV valueHeads, Dk keyDims, Dv
/// valueDims.
struct TinyModelOptions {
    std::string family = "gated_deltanet"; ///< or "delta_net"
    int hiddenSize = 32;
    int intermediateSize = 24; ///< 0: null in the config, so the family's rule gives I (D = 32: 256)
    int vocabularySize = 61;
    int layers = 2;
    int heads = 2;
    int valueHeads = 0; ///< 0: as heads. gated_deltanet only
    int keyDims = 8; ///< of every layer; delta_net needs H Dk = trunc(D expand_k), so any value works
    int valueDims = 8;
    std::vector<int> keyDimsPerLayer; ///< not empty: a "pruned_linear_attn" checkpoint with head_k_dims
    double normEps = 1e-6;
    bool tiedHead = false;
    bool shortConv = true;
    int convSize = 4;
    bool gate = true;
    bool beta = true; ///< delta_net only
    bool doubledBeta = false;
    std::string qkActivation = "silu"; ///< delta_net only: silu, relu, elu, identity
    std::string qkNorm = "l2"; ///< delta_net only: l2, sum
    // Softmax layers of a hybrid; head width D / softmaxHeads.
    std::vector<int> softmaxLayers;
    int softmaxHeads = 4;
    int softmaxKvHeads = 2;
    bool qkvBias = true;
    std::optional<int> window;
    // Layout of the files.
    DType dtype = DType::F32; ///< F32, F16 or BF16
    bool decayInFp32 = false; ///< A_log and dt_bias stay fp32 beside a smaller dtype
    bool fusedMlp = false; ///< gate_proj [2I, D]
    bool normFirst = false; ///< attn.norm, mlp.norm
    bool legacyD = false; ///< unused attn.D [H]
    int shards = 1; ///< above 1: that many files and an index
    std::uint64_t seed = 1;
};

/// Writes config.json and the weights to `folder` (created if absent). Every norm weight, tap, bias and gate
/// is away from its default. Same options, same bytes, on every machine. Uses a few MB of memory whatever the
/// size, and takes about 5 s for 1.3 B parameters. Throws std::runtime_error where the folder cannot be
/// written or the options contradict each other.
void writeRandomCheckpoint(const std::filesystem::path& folder, const TinyModelOptions& options);

/// Shapes of published checkpoints, bf16: "gdn-demo", "delta_net-340M", "delta_net-1.3B",
/// "gated_deltanet-340M", "gated_deltanet-1.3B"; and "many-heads", a small hybrid of 24 layers with 16 heads
/// that reads text like the demo. Throws std::runtime_error for any other name.
[[nodiscard]] TinyModelOptions publishedShape(const std::string& name);

/// The decimal number r with trunc(base * r) == wanted, as the loaders of the families evaluate it.
[[nodiscard]] double expansionFor(int wanted, int base);

} // namespace rankscope::test
