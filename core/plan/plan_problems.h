// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/plan/pruning_plan.h"

#include <string>
#include <vector>

namespace rankscope {

/// What is wrong with one layer of a plan taken by itself, each a clause that names layer and head with
/// expected and found. Empty when the layer is consistent.
[[nodiscard]] std::vector<std::string> layerPlanProblems(const LayerPlan& layer, int layerIndex);

/// "a; b; c; and 4 more": one line of the first clauses.
[[nodiscard]] std::string summarizeProblems(const std::vector<std::string>& problems);
/// All clauses, one per line.
[[nodiscard]] std::string listProblems(const std::vector<std::string>& problems);

} // namespace rankscope
