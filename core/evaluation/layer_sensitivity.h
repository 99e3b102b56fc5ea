// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/evaluation/live_evaluator.h"
#include "core/evaluation/perplexity.h"
#include "core/jobs/job_context.h"
#include "core/plan/allocation.h"
#include "core/plan/pruning_plan.h"
#include "core/pruning/channel_selector.h"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace rankscope {

/// One layer masked while all others are dense, against the dense model over the same windows.
struct LayerProbe {
    int keptKeyDims = 0;
    PairedLosses losses;
    PairedDelta delta; ///< of the losses

    friend bool operator==(const LayerProbe&, const LayerProbe&) = default;
};

/// What is known of one layer.
struct LayerSensitivity {
    std::optional<LayerProbe> alone; ///< the layer as planned
    std::vector<LayerProbe> curve; ///< as the method selects, ascending kept sizes below Dk

    friend bool operator==(const LayerSensitivity&, const LayerSensitivity&) = default;
};
using LayerSensitivities = std::vector<LayerSensitivity>; ///< [layers]

/// What to measure. Nothing is measured for layers that cannot be pruned or keep everything.
struct SensitivityRequest {
    std::optional<PruningPlan> plan; ///< realised; its layers are probed alone. Empty: none
    std::shared_ptr<const ChannelSelector> selector; ///< of the curves; null: no curves
    std::vector<double> keptShares { 0.75, 0.5, 0.25, 0.125 }; ///< sizes of the curves, fractions of Dk
    int sampleWindows = 6; ///< of the first numbers and of the curves
    bool allWindows = true; ///< then every planned layer alone over all windows
};

/// Called on the worker after every layer and stage with everything known so far.
using PartialSensitivities = std::function<void(std::shared_ptr<const LayerSensitivities>)>;

/// Kept sizes of the curve of a layer with `keyDims`: shares rounded to whole channels, ascending, unique,
/// 1..Dk-1.
[[nodiscard]] std::vector<int> probeSizes(int keyDims, const std::vector<double>& keptShares);

/// Measures layer by layer, the last first, for its probes are the cheapest; first the planned layers on the
/// sample, then the curves, then the planned layers on all windows. `known` ([layers], or empty) is what an
/// earlier call found: probes in it are continued, not repeated, so that a cancelled call loses at most one
/// batch of windows; the caller takes out what no longer holds. Progress in windows of blocks.
/// Errors: those of LiveEvaluator::pairedLosses, Mismatch (a plan of another model), Cancelled.
[[nodiscard]] Result<std::shared_ptr<const LayerSensitivities>>
measureLayerSensitivities(LiveEvaluator& evaluator, const SensitivityRequest& request,
                          LayerSensitivities known, const PartialSensitivities& partial, JobContext& job);

/// The curve as costs for estimates and budgets: its probes, and nothing lost at Dk. Empty without probes.
[[nodiscard]] std::vector<CostPoint> costCurve(const LayerSensitivity& layer, int keyDims);

} // namespace rankscope
