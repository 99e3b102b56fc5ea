// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/plan/pruning_plan.h"

#include <string>

namespace rankscope {

class ChannelSelector;

/// Identity of what a plan of the document computes. Where its channel lists are left to the method, that
/// depends on the text that `selector` (null while there is none) has seen. Empty for a plan that keeps
/// everything: the dense model.
[[nodiscard]] std::string planKey(const PruningPlan& plan, const ChannelSelector* selector);

/// `selector` is that of the plan's method and seed. False for null.
[[nodiscard]] bool isOfPlan(const ChannelSelector* selector, const PruningPlan& plan);

} // namespace rankscope
