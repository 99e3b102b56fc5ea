// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/pruning/channel_selection.h"

#include "core/base/narrow.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace rankscope {

std::vector<int> orderByScore(std::span<const double> scores)
{
    std::vector<int> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [scores](int a, int b) { return scores[idx(a)] > scores[idx(b)]; });
    return order;
}

std::vector<int> keepLargest(std::span<const double> scores, int count)
{
    return keepFirst(orderByScore(scores), count);
}

std::vector<int> keepFirst(std::span<const int> order, int count)
{
    assert(count >= 0 && idx(count) <= order.size());
    std::vector<int> kept(order.begin(), order.begin() + count);
    std::sort(kept.begin(), kept.end());
    return kept;
}

} // namespace rankscope
