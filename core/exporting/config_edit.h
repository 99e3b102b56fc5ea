// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/exporting/export_checkpoint.h"

#include <string>
#include <vector>

namespace rankscope {

struct EditedConfig {
    std::string text;
    std::vector<std::string> changes; ///< "expand_v: 1 -> 2.0", one per changed key
};

/// The config.json of the pruned model: the original text with only the necessary values changed, added or
/// removed (model-families 4.4, 4.5). `plan` fits `spec`. For ExportMode::Uniform all linear layers keep the
/// same number of channels. Errors: BadFormat (not an object), Internal (the result does not say what was
/// wanted).
[[nodiscard]] Result<EditedConfig> editConfig(const std::string& text, const ModelSpec& spec,
                                              const PruningPlan& plan, ExportMode mode);

/// The class that stock fla registers for a family: "GatedDeltaNetForCausalLM".
[[nodiscard]] const char* stockArchitecture(Family family);

/// model_type of per-layer exports.
inline constexpr const char* kPrunedModelType = "pruned_linear_attn";

} // namespace rankscope
