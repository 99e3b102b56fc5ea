// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command_options.h"
#include "core/base/result.h"
#include "core/model/model_spec.h"
#include "core/plan/pruning_plan.h"

#include <string>
#include <vector>

namespace rankscope::cli {

/// Puts the counts of --layers-kept into `keyDims` (one per layer). Errors: InvalidArgument (names the
/// value).
[[nodiscard]] Status applyLayerCounts(const CommandOptions& options, const ModelSpec& spec,
                                      std::vector<int>& keyDims);

/// Writes --heads-kept, --heads-off, --force-in and --force-out into `plan`, which fits `spec`, and empties
/// the lists of the heads concerned: they have to be selected again. False when nothing of the kind was
/// given. Errors: InvalidArgument (names the value).
[[nodiscard]] Result<bool> applyHeadEdits(const CommandOptions& options, const ModelSpec& spec,
                                          PruningPlan& plan);

} // namespace rankscope::cli
