// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model_spec.h"
#include "core/pruning/channel_selector.h"

#include <cstdint>
#include <memory>

namespace rankscope {

/// Channels of every head in the order of a random permutation that depends on seed, layer and head only,
/// hence nested over counts. Scores fall from 1 in steps of 1/Dk along the permutation.
[[nodiscard]] std::shared_ptr<const ChannelSelector> makeRandomSelector(const ModelSpec& spec,
                                                                        std::uint64_t seed);

} // namespace rankscope
