// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/plan_document.h"

#include <QColor>

#include <optional>
#include <vector>

class QCPAxis;
class QPainter;
class QPointF;
class QRectF;

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
};

/// Where a head's cut is: a vertical line in sorted order, a horizontal one in place.
struct ChannelCut {
    double left = 0.0; ///< of the head's columns, axis coordinates
    double right = 0.0;
    double at = 0.0; ///< x of a vertical line, y of a horizontal one
};

/// The columns of a plot; drawn by a plottable that belongs to the plot of the axes.
class ChannelBars {
public:
    ChannelBars(QCPAxis* keyAxis, QCPAxis* valueAxis);

    void setTheme(const Theme& theme);
    /// `vertical`: how the cuts run.
    void setColumns(std::vector<ChannelColumn> columns, std::vector<ChannelCut> cuts, bool vertical);
    /// For marks, which change without the rest.
    [[nodiscard]] std::vector<ChannelColumn>& columns();
    [[nodiscard]] const std::vector<ChannelCut>& cuts() const;
    /// The column under the pointer, by its x. It has a layer of its own: the columns are not drawn again.
    void setHovered(std::optional<double> x);

private:
    class Plottable;
    class Hover;
    Plottable* m_plottable;
    Hover* m_hover;
};

/// A pin at `tip`, pointing down: filled with `ink` when the channel is forced in, hollow with a bar when
/// forced out. `size`: its height in pixels.
void drawPin(QPainter& painter, const QPointF& tip, double size, ChannelForce force, const QColor& ink,
             const QColor& paper);

/// Fills `rect` with the hatching of removed channels.
void fillRemoved(QPainter& painter, const QRectF& rect, const QColor& colour);

} // namespace rankscope
