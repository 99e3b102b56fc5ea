// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/base/dtype.h"
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

/// Perplexity over the windows scored so far. Every window predicts length - 1 tokens and starts from a zero
/// state.
struct PerplexityEstimate {
    std::vector<double> windowNll; ///< mean NLL per window in nats, in window order
    int windowsTotal = 0; ///< how many the run will score
    int length = 0;
    bool complete = false;
    double seconds = 0.0;
    DType dtype = DType::F32;
    Device device;
    std::string planFingerprint; ///< empty for the dense model
    std::string sourceName;
    /// Identity of everything but the plan: model, text, how it was cut, number format, device. Windows of
    /// estimates with the same basis may be paired by index, whatever their counts.
    std::string basis;

    [[nodiscard]] int windows() const { return static_cast<int>(windowNll.size()); }
    [[nodiscard]] std::int64_t tokens() const { return static_cast<std::int64_t>(windows()) * (length - 1); }
    [[nodiscard]] double meanNll() const; ///< nats per predicted token
    [[nodiscard]] double perplexity() const; ///< exp(meanNll)
};

/// Paired difference over the windows that both estimates have, in window order: candidate minus baseline;
/// estimates of one basis.
struct PairedDelta {
    double meanNll = 0.0; ///< nats per token
    double low = 0.0; ///< 95 % percentile bootstrap interval of the mean
    double high = 0.0;
    int windows = 0;

    /// The interval excludes zero. Never for fewer than two windows.
    [[nodiscard]] bool significant() const { return windows > 1 && (low > 0.0 || high < 0.0); }

    friend bool operator==(const PairedDelta&, const PairedDelta&) = default;
};
/// 2000 resamples from a fixed seed: the same input gives the same interval. With one window low = high =
/// mean.
[[nodiscard]] PairedDelta pairedDelta(const PerplexityEstimate& baseline,
                                      const PerplexityEstimate& candidate);

/// Called on the worker's thread after every batch of windows, with complete == false.
using PartialEstimate = std::function<void(std::shared_ptr<const PerplexityEstimate>)>;

/// Scores the windows, dense (plan null) or masked. Progress in windows. Errors: Mismatch (plan of another
/// model, token ids beyond the vocabulary), BadData (no windows), OutOfMemory, DeviceFailure, Cancelled.
[[nodiscard]] Result<std::shared_ptr<const PerplexityEstimate>>
evaluatePerplexity(const Model& model, const TokenWindows& windows, const PruningPlan* plan,
                   const PartialEstimate& partial, JobContext& job);

} // namespace rankscope
