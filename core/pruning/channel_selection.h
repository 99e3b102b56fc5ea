// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <vector>

namespace rankscope {

/// Channels by falling score, equal scores by rising index (so that the same scores give the same choice
/// everywhere). scores: finite.
[[nodiscard]] std::vector<int> orderByScore(std::span<const double> scores);

/// The `count` channels of largest score, ascending; among equal scores the lower index stays. 0 <= count <=
/// size.
[[nodiscard]] std::vector<int> keepLargest(std::span<const double> scores, int count);

/// The first `count` entries of an order, ascending.
[[nodiscard]] std::vector<int> keepFirst(std::span<const int> order, int count);

} // namespace rankscope
