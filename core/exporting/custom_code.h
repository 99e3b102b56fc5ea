// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model_spec.h"

#include <string>

namespace rankscope {

/// The two Python files of a per-layer export (model-families 4.5). They subclass the stock fla classes of
/// the family and give every linear layer the width that config.json lists under head_k_dims (0 for softmax
/// layers).
inline constexpr const char* kConfigurationFileName = "configuration_pruned.py";
inline constexpr const char* kModelingFileName = "modeling_pruned.py";

[[nodiscard]] std::string configurationCode(Family family);
[[nodiscard]] std::string modelingCode(Family family);

} // namespace rankscope
