// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/plan/pruning_plan.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace rankscope {

// Plan file: UTF-8 JSON, keys in this order.
//   {"rankscope_plan": 3,               version; newer ones are refused, older ones migrated (1: neither
//                                       budget nor head_edits; 2: no budget)
//    "model": {"name", "digest", "fingerprint"},
//    "method": "rrqr", "ratio": 0.5,
//    "budget": {"bytes": 245760, "percent": 60 or null} or null: what was asked for
//    "seed": 42,
//    "calibration": {"source", "sha256", "windows", "length"} or null,
//    "key_dims": [64, ...],             Dk of the dense layers, 0 for layers that cannot be pruned
//    "kept_key_dims": [32, ...],
//    "locked": [false, ...],
//    "kept": [[[0, 3, ...], ...], ...], per layer, per head, ascending channel indices
//    "head_edits": [[], [{}, {...}], ...]} per layer: nothing, or one per head, {} when it follows the
//    method, else
//                                       {"kept_key_dims": 20 or null, "forced_in": [7], "forced_out": [3, 5]}
// Unknown keys are refused by name. Files are written to a temporary name and renamed.

[[nodiscard]] std::string planToJson(const PruningPlan& plan);
/// Errors: BadFormat (not a plan; unknown key), Unsupported (newer version).
[[nodiscard]] Result<PruningPlan> planFromJson(const std::string& text, const std::string& what);
/// A plan that lists a million channels has about 6 MiB.
inline constexpr std::int64_t kMostPlanFileBytes = std::int64_t { 64 } << 20;
/// Errors: BadFormat for a file that is too large to be a plan or a recipe; reading does not begin then.
[[nodiscard]] Status checkPlanFileSize(const std::filesystem::path& path);
[[nodiscard]] Status writePlanFile(const PruningPlan& plan, const std::filesystem::path& path);
[[nodiscard]] Result<PruningPlan> readPlanFile(const std::filesystem::path& path);
/// The plan of a plan file, or of the recipe that an export leaves beside its weights (exporting/recipe.h).
/// Errors: as of checkPlanFileSize and planFromJson; Unsupported (recipe of a newer version).
[[nodiscard]] Result<PruningPlan> readPlanOrRecipe(const std::filesystem::path& path);

} // namespace rankscope
