// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/jobs/job_context.h"
#include "core/model/model_spec.h"
#include "core/plan/pruning_plan.h"
#include "core/pruning/channel_selector.h"

#include <vector>

namespace rankscope {

// A plan that is being worked on says how many channels each head keeps and which are forced; a head whose
// list `kept` is missing or empty although it keeps some stands for "as the method selects". Realising a plan
// fills in these lists, which is what masks, exports and files use.

/// True when the channels of the head still have to be filled in.
[[nodiscard]] bool isUnselected(const LayerPlan& layer, int head);

/// True when realisePlan needs a selector: some unselected head keeps fewer channels than are left to it.
[[nodiscard]] bool needsSelection(const PruningPlan& plan);

/// The keptKeyDimsOf(head) channels that the head keeps, ascending: those forced in (a choice among them when
/// not all fit), none of those forced out, and for the rest what the method makes of it. Methods that rank
/// channels change their own choice by as little as they can, and a larger count keeps what a smaller one
/// keeps; strong RRQR chooses again, given what is decided. `selector` may be null when nothing has to be
/// chosen (all channels that are not forced out stay).
[[nodiscard]] std::vector<int> selectedChannels(const LayerPlan& layer, int layerIndex, int head,
                                                const ChannelSelector* selector);

/// `plan` with every unselected head filled in; lists that are there stay. Seed and calibration of the
/// selector are filled in when it was used. Progress in heads. Errors: BadData when a selector is needed and
/// null, Cancelled.
[[nodiscard]] Result<PruningPlan> realisePlan(const PruningPlan& plan, const ChannelSelector* selector,
                                              const ModelSpec& spec, JobContext& job);

} // namespace rankscope
