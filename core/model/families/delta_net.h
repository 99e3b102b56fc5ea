// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/config_reader.h"
#include "core/model/model_spec.h"

namespace rankscope {

/// `delta_net` (model-families 3.1): fills the options and the widths of the linear layers.
void readDeltaNetConfig(ConfigReader& config, ModelSpec& spec);

} // namespace rankscope
