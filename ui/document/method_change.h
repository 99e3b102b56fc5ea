// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/plan/pruning_plan.h"

#include <optional>
#include <string>

namespace rankscope {

/// `plan` under another method, which selects every unlocked layer anew. A locked layer keeps the channels
/// that are listed for it, or, where the method before selected them, those of `realised` (a plan under that
/// method with its channels filled in, if they are known; layers that are others there do not count). Where
/// the method before has not come to selecting, there is nothing but the size to keep: the layer follows.
[[nodiscard]] PruningPlan withMethod(PruningPlan plan, const std::string& methodId,
                                     const std::optional<PruningPlan>& realised);

} // namespace rankscope
