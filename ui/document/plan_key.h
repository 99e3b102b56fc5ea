// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/plan/pruning_plan.h"

#include <string>

namespace rankscope {

/// Identity of what a plan of the document computes, its channel lists perhaps still left to the method.
/// Empty for a plan that keeps everything: the dense model.
[[nodiscard]] std::string planKey(const PruningPlan& plan);

} // namespace rankscope
