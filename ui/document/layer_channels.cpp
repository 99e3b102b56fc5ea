// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/layer_channels.h"

#include "core/base/narrow.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace rankscope {

namespace {

/// Scores may all be zero: a head that never writes.
constexpr double kLeast = 1e-300;

double largestOf(const std::vector<double>& scores)
{
    return scores.empty() ? kLeast : std::max(kLeast, *std::max_element(scores.begin(), scores.end()));
}

} // namespace

bool HeadChannels::keeps(int channel) const
{
    return std::binary_search(kept.begin(), kept.end(), channel);
}

bool HeadChannels::otherKeeps(int channel) const
{
    return std::binary_search(otherKept.begin(), otherKept.end(), channel);
}

int HeadChannels::agreement() const
{
    std::vector<int> both;
    std::set_intersection(kept.begin(), kept.end(), otherKept.begin(), otherKept.end(),
                          std::back_inserter(both));
    return narrow<int>(both.size());
}

double HeadChannels::removedShare() const
{
    const double total = std::accumulate(scores.begin(), scores.end(), 0.0);
    double removed = total;
    for (const int channel : kept) {
        removed -= scores[idx(channel)];
    }
    return total > 0.0 ? std::max(0.0, removed / total) : 0.0;
}

bool LayerChannels::known(int head) const
{
    return head >= 0 && head < std::ssize(heads) && !heads[idx(head)].scores.empty();
}

double LayerChannels::largest(int head) const
{
    if (head >= 0) {
        return largestOf(heads[idx(head)].scores);
    }
    double result = kLeast;
    for (const HeadChannels& each : heads) {
        result = std::max(result, largestOf(each.scores));
    }
    return result;
}

double LayerChannels::largestOther(int head) const
{
    if (head >= 0) {
        return largestOf(heads[idx(head)].otherScores);
    }
    double result = kLeast;
    for (const HeadChannels& each : heads) {
        result = std::max(result, largestOf(each.otherScores));
    }
    return result;
}

std::vector<int> channelsByScore(const std::vector<double>& scores)
{
    std::vector<int> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&scores](int left, int right) { return scores[idx(left)] > scores[idx(right)]; });
    return order;
}

} // namespace rankscope
