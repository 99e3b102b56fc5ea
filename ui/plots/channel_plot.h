// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/layer_channels.h"

#include <QWidget>

#include <optional>
#include <vector>

class QCustomPlot;
class QMenu;

namespace rankscope {

class DialogPort;

/// What a pointer is on.
struct ChannelAt {
    int head = -1; ///< key head
    int channel = -1; ///< -1: on the head but on no channel

    friend bool operator==(const ChannelAt&, const ChannelAt&) = default;
};

/// What the views of channels have in common: the layer they show, the marks of selection and hover, the
/// mouse on single channels, export.
class ChannelPlot : public QWidget {
    Q_OBJECT

public:
    struct Marks {
        int head = 0; ///< the selected key head
        int channel = -1; ///< the current channel of that head
        std::vector<int> selected; ///< channels of that head that a command would act on, ascending
        ChannelAt hover;

        friend bool operator==(const Marks&, const Marks&) = default;
    };

    void setSorted(bool sorted);
    [[nodiscard]] bool isSorted() const { return m_sorted; }
    void setChannels(const LayerChannels& channels);
    void setMarks(const Marks& marks);
    [[nodiscard]] const LayerChannels& channels() const { return m_channels; }
    [[nodiscard]] const Marks& marks() const { return m_marks; }
    [[nodiscard]] QCustomPlot* plot() const { return m_plot; }
    /// Channels of a head from left to right.
    [[nodiscard]] std::vector<int> displayOrder(int head) const;
    /// The heads that are drawn.
    [[nodiscard]] virtual std::vector<int> shownHeads() const = 0;
    /// Where a channel is drawn, in pixels of plot(): tests and keyboard menus point there.
    [[nodiscard]] virtual QPointF positionOf(const ChannelAt& at) const = 0;
    /// "layer 3, head 1, channel 17: |R_ii| = 0.12, kept, forced in".
    [[nodiscard]] QString describe(const ChannelAt& at) const;
    /// One line per drawn channel, as drawn from left to right; `place` is that of describe().
    [[nodiscard]] QString csv() const;

Q_SIGNALS:
    /// A click; `extend` with Shift.
    void picked(int head, int channel, bool extend);
    void hoverMoved(int head, int channel);
    void hovered(const QString& text);
    void problem(const QString& sentence);
    /// A context menu at the channel that was clicked; add to it before the actions of export.
    void menuWanted(QMenu& menu);

protected:
    ChannelPlot(DialogPort& dialogs, const QString& exportName, QWidget* parent);

    [[nodiscard]] virtual ChannelAt channelAt(const QPointF& at) const = 0;
    /// Everything; called when data, order or palette change.
    virtual void refresh() = 0;
    /// The marks alone.
    virtual void refreshMarks() = 0;
    /// The channel under the pointer alone.
    virtual void refreshHover() = 0;
    /// Before a click is one on a channel; true when the press was taken.
    virtual bool press(const QPointF& at);
    virtual bool move(const QPointF& at, bool pressed);
    virtual void release();
    void changeEvent(QEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void hover(const QPointF& at);

    DialogPort& m_dialogs;
    QCustomPlot* m_plot;
    LayerChannels m_channels;
    Marks m_marks;
    bool m_sorted = true;
    bool m_taken = false; ///< the press belongs to something else than a channel
};

} // namespace rankscope
