// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model_spec.h"
#include "core/plan/allocation.h"
#include "core/plan/budget.h"
#include "core/plan/pruning_plan.h"
#include "ui/document/spectra_summary.h"

#include <QString>

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace rankscope {

// Sizes that global edits come to, before anything is edited. Locked layers keep what they have; every
// result names all unlocked prunable layers.
using SizesOfLayers = std::map<int, int>;

/// The ratio's counts, moved to the rule's sizes.
[[nodiscard]] SizesOfLayers sizesForRatio(const PruningPlan& plan, double pruneRatio, SizeRule rule);

/// The largest common fraction of every layer's Dk, moved down to the rule's sizes, whose state fits the
/// budget together with the locked layers; the smallest sizes when nothing fits.
[[nodiscard]] SizesOfLayers sizesForBudget(const ModelSpec& spec, const PruningPlan& plan,
                                           std::int64_t budgetBytes, SizeRule rule);

/// The present bytes shared out again so that the measured curves lose least; never below the smallest size
/// that was measured while the budget allows. `costs`: per layer, ascending.
[[nodiscard]] SizesOfLayers sizesBySensitivity(const ModelSpec& spec, const PruningPlan& plan,
                                               const std::vector<std::vector<CostPoint>>& costs,
                                               SizeRule rule);

/// The present bytes shared out in proportion to the entropy rank of each layer's largest head.
[[nodiscard]] SizesOfLayers sizesByRank(const ModelSpec& spec, const PruningPlan& plan,
                                        const SpectraSummary& spectra, SizeRule rule);

/// The unlocked layers that are cut, moved to the nearest of the rule's sizes.
[[nodiscard]] SizesOfLayers sizesSnapped(const PruningPlan& plan, SizeRule rule);

/// Kept dims of all layers once `sizes` are applied.
[[nodiscard]] std::vector<int> keptWith(const PruningPlan& plan, const SizesOfLayers& sizes);

/// "240 KiB", "0.25 MiB", "240" (in the unit of `shown`, which the field said before), "60 %" of `fullBytes`;
/// nothing when it is none of these.
[[nodiscard]] std::optional<StateBudget> parseBudget(const QString& text, std::int64_t fullBytes,
                                                     const QString& shown);
/// As it was asked for: "240 KiB" or "60 %".
[[nodiscard]] QString budgetText(const StateBudget& budget);

} // namespace rankscope
