// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/plan_document.h"
#include "ui/plots/qcp.h"

#include <vector>

namespace rankscope {

struct Theme;

/// One channel as a column: a bar for its score, a cell under the axis that says whether it stays also where
/// the bar is too small to see, a pin when it is forced, a dot for the second method.
struct ChannelColumn {
    double x = 0.0;
    double value = 0.0; ///< 0..1
    double other = -1.0; ///< 0..1; negative: no second method
    int head = 0;
    bool kept = true;
    bool otherKept = true;
    ChannelForce force = ChannelForce::Free;
    bool selected = false;
    bool current = false;
    bool hovered = false;
};

/// Where a head's cut is: a vertical line in sorted order, a horizontal one in place.
struct ChannelCut {
    double left = 0.0; ///< of the head's columns, axis coordinates
    double right = 0.0;
    double at = 0.0; ///< x of a vertical line, y of a horizontal one
};

class ChannelBars : public QCPAbstractPlottable {
    Q_OBJECT

public:
    ChannelBars(QCPAxis* keyAxis, QCPAxis* valueAxis);

    void setTheme(const Theme& theme) { m_theme = &theme; }
    void setColumns(std::vector<ChannelColumn> columns, std::vector<ChannelCut> cuts, bool vertical);
    [[nodiscard]] std::vector<ChannelColumn>& columns() { return m_columns; }
    [[nodiscard]] const std::vector<ChannelCut>& cuts() const { return m_cuts; }

    [[nodiscard]] double selectTest(const QPointF& pos, bool onlySelectable,
                                    QVariant* details) const override;
    [[nodiscard]] QCPRange getKeyRange(bool& found, QCP::SignDomain domain) const override;
    [[nodiscard]] QCPRange getValueRange(bool& found, QCP::SignDomain domain,
                                         const QCPRange& keyRange) const override;

protected:
    void draw(QCPPainter* painter) override;
    void drawLegendIcon(QCPPainter* painter, const QRectF& rect) const override;

private:
    void drawMarks(QCPPainter& painter) const;
    void drawColumn(QCPPainter& painter, const ChannelColumn& column) const;
    void drawSymbols(QCPPainter& painter, const ChannelColumn& column) const;
    [[nodiscard]] QRectF span(const ChannelColumn& column, double width, double top, double bottom) const;

    const Theme* m_theme = nullptr;
    std::vector<ChannelColumn> m_columns;
    std::vector<ChannelCut> m_cuts;
    bool m_vertical = true;
};

/// A pin at `tip`, pointing down: filled with `ink` when the channel is forced in, hollow with a bar when
/// forced out. `size`: its height in pixels.
void drawPin(QPainter& painter, const QPointF& tip, double size, ChannelForce force, const QColor& ink,
             const QColor& paper);

/// Fills `rect` with the hatching of removed channels.
void fillRemoved(QPainter& painter, const QRectF& rect, const QColor& colour);

} // namespace rankscope
