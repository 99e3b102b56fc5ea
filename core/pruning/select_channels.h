// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/jobs/job_context.h"
#include "core/model/model_spec.h"
#include "core/plan/pruning_plan.h"
#include "core/pruning/channel_selector.h"

#include <vector>

namespace rankscope {

/// makePlan for a bare architecture: the same plan with the identity of the model left empty.
[[nodiscard]] Result<PruningPlan> selectChannels(const ChannelSelector& selector, const ModelSpec& spec,
                                                 const std::vector<int>& keptKeyDims, JobContext& job);

} // namespace rankscope
