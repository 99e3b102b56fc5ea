// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/channel_plot.h"

#include <memory>

namespace rankscope {

/// Heads by channels: importance in colour on one scale for the layer, removed channels hatched, forced ones
/// pinned.
class ChannelMapPlot : public ChannelPlot {
    Q_OBJECT

public:
    explicit ChannelMapPlot(DialogPort& dialogs, QWidget* parent = nullptr);
    ~ChannelMapPlot() override;

    [[nodiscard]] std::vector<int> shownHeads() const override;
    [[nodiscard]] QPointF positionOf(const ChannelAt& at) const override;

protected:
    [[nodiscard]] ChannelAt channelAt(const QPointF& at) const override;
    void refresh() override;
    void refreshMarks() override;
    void refreshHover() override;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace rankscope
