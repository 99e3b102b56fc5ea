// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/pruning/channel_selector.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rankscope {

/// A method that ranks channels by one number each: the largest scores of every head stay.
/// scores: per layer (empty for layers that cannot be pruned) [H, Dk] row-major, finite; keyDims: Dk per
/// layer.
[[nodiscard]] std::shared_ptr<const ChannelSelector>
makeScoreSelector(std::string methodId, std::uint64_t seed, std::optional<CalibrationRecord> calibration,
                  std::vector<int> keyDims, std::vector<std::vector<double>> scores);

} // namespace rankscope
