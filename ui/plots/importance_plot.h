// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/channel_plot.h"

#include <memory>

namespace rankscope {

/// Importance of the key channels as bars, of the selected head or of all heads of the layer side by side;
/// kept and removed by fill and by hatching; the cut can be dragged.
class ImportancePlot : public ChannelPlot {
    Q_OBJECT

public:
    explicit ImportancePlot(DialogPort& dialogs, QWidget* parent = nullptr);
    ~ImportancePlot() override;

    /// All heads of the layer on one scale, or the selected one on its own.
    void setWholeLayer(bool whole);
    [[nodiscard]] std::vector<int> shownHeads() const override;
    [[nodiscard]] QPointF positionOf(const ChannelAt& at) const override;
    /// Middle of a head's cut, in pixels of plot().
    [[nodiscard]] QPointF cutPosition(int head) const;

Q_SIGNALS:
    /// The cut of `head` was moved to this many channels; `first` starts a gesture.
    void cutDragged(int head, int kept, bool first);

protected:
    [[nodiscard]] ChannelAt channelAt(const QPointF& at) const override;
    void refresh() override;
    void refreshMarks() override;
    void refreshHover() override;
    bool press(const QPointF& at) override;
    bool move(const QPointF& at, bool pressed) override;
    void release() override;

private:
    struct Impl;
    void refreshCaption();
    void refreshAxes();
    /// Head whose cut is at this place, or -1.
    [[nodiscard]] int cutAt(const QPointF& at) const;
    [[nodiscard]] int keptAt(int head, const QPointF& at) const;

    std::unique_ptr<Impl> m_impl;
};

} // namespace rankscope
