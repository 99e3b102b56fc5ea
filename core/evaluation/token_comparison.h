// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/base/dtype.h"
#include "core/base/result.h"
#include "core/evaluation/intervals.h"
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

/// What pruning changes at every predicted token: dense model against masked model over the same windows.
/// The vectors are [windows, length - 1]; entry t of a window is the prediction of its token t + 1.
struct TokenComparison {
    std::vector<float> baselineNll; ///< nats
    std::vector<float> candidateNll;
    std::vector<float> kl; ///< KL(dense || masked) of the predicted distribution, nats, never negative
    std::vector<std::uint8_t> sameTop; ///< 1 where both put the same token first
    int length = 0; ///< of a window
    int windowsTotal = 0; ///< how many the run will compare
    bool complete = false;
    double seconds = 0.0;
    DType dtype = DType::F32;
    Device device;
    std::string planFingerprint;
    std::string sourceName;

    [[nodiscard]] std::int64_t tokens() const { return std::ssize(kl); }
    [[nodiscard]] int windows() const { return length > 1 ? static_cast<int>(tokens() / (length - 1)) : 0; }
    /// Candidate minus baseline, nats.
    [[nodiscard]] double delta(std::int64_t prediction) const;
};

/// Mean KL per token; the interval resamples windows.
[[nodiscard]] MeanInterval meanKl(const TokenComparison& comparison);
/// Share of predictions whose first token stays the same, Wilson interval over tokens.
[[nodiscard]] MeanInterval topAgreement(const TokenComparison& comparison);

enum class TokenOrder {
    LossGrew, ///< candidate minus baseline, largest first
    LossFell, ///< the same, smallest first
    Divergence, ///< KL, largest first
};
/// Indices of the `count` first predictions in that order; ties by position.
[[nodiscard]] std::vector<std::int64_t> extremePredictions(const TokenComparison& comparison,
                                                           TokenOrder order, int count);

/// Called on the worker's thread after every batch of windows, with complete == false.
using PartialComparison = std::function<void(std::shared_ptr<const TokenComparison>)>;

/// Runs both models over the windows. Logits of both exist for a slice of the tokens at a time, so that
/// memory stays bounded at any vocabulary. Progress in windows. Errors: those of evaluatePerplexity.
[[nodiscard]] Result<std::shared_ptr<const TokenComparison>>
compareTokens(const Model& model, const TokenWindows& windows, const PruningPlan& plan,
              const PartialComparison& partial, JobContext& job);

} // namespace rankscope
