// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/jobs/job_context.h"
#include "core/model/model.h"
#include "core/plan/pruning_plan.h"
#include "core/text/token_windows.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace rankscope {

/// Sums over all calibration tokens of one layer, fp64. Empty for softmax layers.
struct LayerStatistics {
    int heads = 0; ///< H
    int keyDims = 0; ///< Dk
    /// [H, Dk, Dk] row-major: sum of q q^T + k k^T, after convolution and activation, before normalisation.
    std::vector<double> gram;
};

struct ChannelStatistics {
    std::vector<LayerStatistics> layers;
    std::int64_t tokens = 0;
    CalibrationRecord calibration;
    std::string modelDigest;
};

/// One pass of the dense model over the calibration windows. Progress in windows.
[[nodiscard]] Result<std::shared_ptr<const ChannelStatistics>>
collectChannelStatistics(const Model& model, const TokenWindows& calibration, JobContext& job);

} // namespace rankscope
