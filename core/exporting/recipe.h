// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/exporting/export_checkpoint.h"

#include <string>

namespace rankscope {

// Recipe: UTF-8 JSON beside the weights, what repeats the export. Keys in this order.
//   {"rankscope_recipe": 1,            version
//    "program": "Rankscope 0.1.0",
//    "mode": "uniform",                as --mode
//    "removed": 0.26,                  fraction of the key channels that was cut, for people; the plan's
//    "ratio"
//                                      is what had been asked for
//    "source": {"name", "fingerprint", "digest"},   of the checkpoint that was cut; digest "" when not known
//    "plan": {...}}                    a plan file (plan_file.h), readable on its own

inline constexpr const char* kRecipeFileName = "rankscope-recipe.json";

[[nodiscard]] std::string recipeJson(const CheckpointOverview& checkpoint, const PruningPlan& plan,
                                     ExportMode mode);

/// Fraction of the key channels of all layers that the plan removes, 0..1.
[[nodiscard]] double removedRatio(const PruningPlan& plan);

/// "Rankscope 0.1.0".
[[nodiscard]] const char* programVersion();

} // namespace rankscope
