// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"

#include <vector>

namespace rankscope {

/// A run of windows that is scored at once.
struct WindowBatch {
    int first = 0;
    int count = 0;
};

/// How `count` windows of `length` tokens are cut into batches: the first ones small, so that a number is
/// there soon. Depends on these arguments only, so that every evaluation of the same windows forms the same
/// sums.
[[nodiscard]] std::vector<WindowBatch> windowBatches(int count, int length, const Device& device);

} // namespace rankscope
