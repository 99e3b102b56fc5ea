// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/narrow.h"
#include "core/pruning/channel_selector.h"

#include <algorithm>
#include <numeric>

namespace rankscope {

std::vector<int> ChannelSelector::keptChannelsForced(int layer, int head, int count,
                                                     const HeadEdit& edit) const
{
    const auto contains = [](const std::vector<int>& ascending, int channel) {
        return std::binary_search(ascending.begin(), ascending.end(), channel);
    };
    const std::vector<int> own = keptChannels(layer, head, count);
    const std::vector<double> importance = scores(layer, head);
    const auto rank = [&](int channel) {
        return contains(edit.forcedIn, channel) ? 0 : contains(own, channel) ? 1 : 2;
    };
    std::vector<int> order(importance.size());
    std::iota(order.begin(), order.end(), 0);
    std::erase_if(order, [&](int channel) { return contains(edit.forcedOut, channel); });
    std::stable_sort(order.begin(), order.end(), [&](int left, int right) {
        const int leftRank = rank(left);
        const int rightRank = rank(right);
        return leftRank != rightRank ? leftRank < rightRank : importance[idx(left)] > importance[idx(right)];
    });
    order.resize(idx(count));
    std::sort(order.begin(), order.end());
    return order;
}

} // namespace rankscope
