// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/plan/pruning_plan.h"

#include <string>
#include <vector>

namespace rankscope {

/// "layer 3, head 1: 12 channels kept; kept by hand: 4, 7; removed by hand: 9" or "layer 3, head 1: switched
/// off", for every head that departs from its layer.
[[nodiscard]] std::vector<std::string> headEditLines(const PruningPlan& plan);

} // namespace rankscope
