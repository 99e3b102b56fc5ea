// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/plan_document.h"

#include <QString>

#include <vector>

namespace rankscope {

/// What the views of one key head draw: importance of its channels, and which of them stay.
struct HeadChannels {
    std::vector<double> scores; ///< [Dk] by channel
    std::vector<int> order; ///< channels by falling score
    std::vector<int> kept; ///< ascending
    std::vector<ChannelForce> force; ///< [Dk] by channel
    int wanted = 0; ///< channels the head is to keep, LayerPlan::keptKeyDimsOf
    bool edited = false; ///< the head departs from layer and method
    /// The second method, empty when there is none: its scores and what it would keep of as many channels.
    std::vector<double> otherScores;
    std::vector<int> otherKept;

    [[nodiscard]] bool keeps(int channel) const;
    [[nodiscard]] bool otherKeeps(int channel) const;
    [[nodiscard]] bool isOff() const { return wanted == 0; }
    /// Channels that both methods keep.
    [[nodiscard]] int agreement() const;
    /// Share of the scores that goes with the removed channels, 0..1.
    [[nodiscard]] double removedShare() const;
};

/// One layer under the plan's method. Heads that have not been computed have no scores.
struct LayerChannels {
    int layer = -1;
    int keyDims = 0;
    int keptKeyDims = 0; ///< of the layer
    bool locked = false;
    std::vector<HeadChannels> heads; ///< key heads
    QString methodLabel;
    QString scoreLabel;
    QString otherLabel;
    QString otherScoreLabel;

    [[nodiscard]] bool known(int head) const;
    /// Largest score of the head, or of all known heads with head -1; at least a tiny positive number.
    [[nodiscard]] double largest(int head) const;
    [[nodiscard]] double largestOther(int head) const;
};

/// Channels by falling score; equal ones by index.
[[nodiscard]] std::vector<int> channelsByScore(const std::vector<double>& scores);

} // namespace rankscope
