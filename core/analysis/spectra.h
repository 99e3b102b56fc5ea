// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/jobs/job_context.h"
#include "core/model/model.h"
#include "core/plan/pruning_plan.h"
#include "core/text/token_windows.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rankscope {

/// Rank measures of one state, from its singular values (design section 4).
struct RankMeasures {
    double stableRank = 0.0; ///< |S|_F^2 / |S|_2^2; 0 for the zero matrix
    double utilisation = 0.0; ///< stable rank / min(Dk, Dv)
    int thresholdRank = 0; ///< singular values above 1e-4 of the largest
    double entropyRank = 0.0; ///< exp of the entropy of sigma / sum sigma; 0 for the zero matrix
};
/// `sigma`: descending, one state.
[[nodiscard]] RankMeasures rankMeasures(const float* sigma, int count);
[[nodiscard]] RankMeasures rankMeasures(const double* sigma, int count);

/// Singular values of one layer's state.
struct LayerSpectra {
    int valueHeads = 0; ///< HV; 0 for softmax layers
    int rank = 0; ///< d = min(Dk, Dv)
    std::vector<float> singularValues; ///< [windows, positions, HV, d], descending

    [[nodiscard]] const float* at(int window, int position, int head, int positionCount) const
    {
        return singularValues.data()
            + ((static_cast<std::int64_t>(window) * positionCount + position) * valueHeads + head) * rank;
    }
};

struct StateSpectra {
    std::vector<std::int64_t> positions; ///< the state after this many tokens, ascending
    int windows = 0;
    std::vector<LayerSpectra> layers;
    std::string modelDigest;
    std::string planFingerprint; ///< empty for the dense model
    std::string sourceName;
    double seconds = 0.0;
};

/// Spectra of the first `windowCount` windows (all when 0) after `every`, 2 every, ... tokens. With a plan,
/// of the masked model: removed channels are zero rows of the state, the state being what the sliced model
/// holds. Progress in layers x windows. The model runs in its own dtype; singular values are computed in fp64
/// on the CPU.
[[nodiscard]] Result<std::shared_ptr<const StateSpectra>>
computeStateSpectra(const Model& model, const TokenWindows& text, int windowCount, std::int64_t every,
                    const PruningPlan* plan, JobContext& job);

/// Writes `positions`, `singular_values.{layer}` [windows, positions, HV, d] and `stable_rank.{layer}`
/// [windows, positions, HV] as safetensors.
[[nodiscard]] Status writeSpectraFile(const StateSpectra& spectra, const std::string& path);

} // namespace rankscope
