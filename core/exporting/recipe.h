// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/exporting/export_checkpoint.h"

#include <string>

namespace rankscope {

// Recipe: UTF-8 JSON beside the weights, what repeats the export. Keys in this order.
//   {"rankscope_recipe": 1,            version
//    "program": "Rankscope 0.1.0",
//    "mode": "uniform",                as --mode
//    "source": {"name", "fingerprint", "digest"},   of the checkpoint that was cut; digest "" when not known
//    "plan": {...}}                    a plan file (plan_file.h), readable on its own

inline constexpr const char* kRecipeFileName = "rankscope-recipe.json";

[[nodiscard]] std::string recipeJson(const CheckpointOverview& checkpoint, const PruningPlan& plan,
                                     ExportMode mode);

/// "Rankscope 0.1.0".
[[nodiscard]] const char* programVersion();

} // namespace rankscope
