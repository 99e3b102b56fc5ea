// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/model/checkpoint_overview.h"

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace rankscope {

/// Reads config.json into a spec with every default filled in (model-families 1.2, 1.3, 3). Findings are
/// appended to `issues`; unknown keys are ignored, as the Python side does. Errors: BadFormat (not an
/// object), Unsupported (a family or option we lack, by name).
[[nodiscard]] Result<ModelSpec> parseModelConfig(const nlohmann::ordered_json& config,
                                                 std::vector<CheckpointIssue>& issues);

/// `model_type`s that load, comma separated, for messages.
[[nodiscard]] const char* supportedModelTypes();

} // namespace rankscope
