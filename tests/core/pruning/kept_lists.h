// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/plan/pruning_plan.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace rankscope::test {

/// [layers][heads][kept], ascending.
using KeptLists = std::vector<std::vector<std::vector<int>>>;

/// Flat lists per layer (head * Dk + channel, any order) as the published scripts write them.
[[nodiscard]] KeptLists keptFromFlat(const nlohmann::ordered_json& flat, const ModelSpec& spec);
[[nodiscard]] KeptLists keptOf(const PruningPlan& plan);
/// "layer 2, head 1: 3 of 32 differ" for the first head that differs, and in how many; empty when equal.
[[nodiscard]] std::string differences(const KeptLists& found, const KeptLists& expected);

} // namespace rankscope::test
