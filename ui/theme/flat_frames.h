// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/theme/theme.h"

#include <QColor>
#include <QPointF>
#include <QRectF>

class QPainter;
class QRect;
class QStyleOption;

namespace rankscope {

// What the parts of FlatStyle draw with.

inline constexpr double kFrameRadius = 5.0;

[[nodiscard]] const Theme& themeFor(const QStyleOption* option);
void roundedFrame(QPainter* painter, const QRectF& rect, const QColor& fill, const QColor& line,
                  double radius = kFrameRadius);
/// Fill and line of a field in its present state.
void fieldFrame(QPainter* painter, const QStyleOption* option, const QRect& rect);
void chevron(QPainter* painter, const QPointF& centre, double half, const QColor& colour, bool up = false);

} // namespace rankscope
