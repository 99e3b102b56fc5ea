// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/theme/theme.h"

#include <QColor>
#include <QPointF>
#include <QRectF>
#include <Qt>

class QPainter;
class QRect;
class QStyleOption;

namespace rankscope {

// What the parts of FlatStyle draw with.

inline constexpr double kFrameRadius = 5.0;

[[nodiscard]] const Theme& themeFor(const QStyleOption* option);
void roundedFrame(QPainter* painter, const QRectF& rect, const QColor& fill, const QColor& line,
                  double radius = kFrameRadius);
/// The upper or the lower part of a card with round corners, over all of `rect`. Only the corners are
/// smoothed: a large shape drawn that way as a whole takes many times as long.
void cardPart(QPainter* painter, const QRect& rect, Qt::Edge roundEdge, const Theme& theme,
              const QColor& fill);
/// Fill and line of a field in its present state.
void fieldFrame(QPainter* painter, const QStyleOption* option, const QRect& rect);
void chevron(QPainter* painter, const QPointF& centre, double half, const QColor& colour, bool up = false);

} // namespace rankscope
