// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/config_reader.h"
#include "core/model/model_spec.h"

namespace rankscope {

/// `gated_deltanet` (model-families 3.2): fills the options and the widths of the linear layers.
void readGatedDeltaNetConfig(ConfigReader& config, ModelSpec& spec);

} // namespace rankscope
