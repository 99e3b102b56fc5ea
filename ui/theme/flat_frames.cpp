// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/flat_frames.h"

#include <QPainter>
#include <QStyle>
#include <QStyleOption>

#include <cmath>

namespace rankscope {

const Theme& themeFor(const QStyleOption* option)
{
    return themeOf(option->palette);
}

void roundedFrame(QPainter* painter, const QRectF& rect, const QColor& fill, const QColor& line,
                  double radius)
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(line, 1.0));
    painter->setBrush(fill);
    painter->drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
    painter->restore();
}

void cardPart(QPainter* painter, const QRect& rect, Qt::Edge roundEdge, const Theme& theme,
              const QColor& fill)
{
    constexpr double kRadius = 6.0;
    constexpr int kCorner = 8;
    const bool top = roundEdge == Qt::TopEdge;
    const auto drawIn = [&](const QRect& part, const QRect& card) {
        painter->save();
        painter->setClipRect(part, Qt::IntersectClip);
        painter->fillRect(part, theme.window);
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(QPen(theme.border, 1.0));
        painter->setBrush(fill);
        painter->drawRoundedRect(top ? QRectF(card).adjusted(0.5, 0.5, -0.5, kRadius * 2)
                                     : QRectF(card).adjusted(0.5, -kRadius * 2, -0.5, -0.5),
                                 kRadius, kRadius);
        painter->restore();
    };
    const double scale = painter->device()->devicePixelRatioF();
    if (scale != std::floor(scale) || rect.width() < 4 * kCorner || rect.height() < 2 * kCorner) {
        drawIn(rect, rect);
        return;
    }
    painter->fillRect(rect, fill);
    painter->fillRect(QRect(rect.left(), rect.top(), 1, rect.height()), theme.border);
    painter->fillRect(QRect(rect.right(), rect.top(), 1, rect.height()), theme.border);
    painter->fillRect(QRect(rect.left(), top ? rect.top() : rect.bottom(), rect.width(), 1), theme.border);
    // Each corner is that of a small card.
    QRect corner(0, 0, kCorner, kCorner);
    QRect card(0, 0, 4 * kCorner, 2 * kCorner);
    const auto put = [top](QRect& small, const QPoint& at, bool left) {
        left ? small.moveLeft(at.x()) : small.moveRight(at.x());
        top ? small.moveTop(at.y()) : small.moveBottom(at.y());
    };
    for (const bool left : { true, false }) {
        const QPoint at(left ? rect.left() : rect.right(), top ? rect.top() : rect.bottom());
        put(corner, at, left);
        put(card, at, left);
        drawIn(corner, card);
    }
}

void fieldFrame(QPainter* painter, const QStyleOption* option, const QRect& rect)
{
    const Theme& theme = themeFor(option);
    const bool enabled = option->state.testFlag(QStyle::State_Enabled);
    const bool focus = option->state.testFlag(QStyle::State_HasFocus);
    const bool hover = enabled && option->state.testFlag(QStyle::State_MouseOver);
    const bool down = option->state.testFlag(QStyle::State_Sunken);
    const QColor fill = down ? mixed(theme.field, theme.text, 0.10)
        : hover              ? mixed(theme.field, theme.text, 0.04)
                             : theme.field;
    roundedFrame(painter, rect, fill, focus ? theme.accent : theme.border);
    if (focus) { // a second line: one alone is hard to tell from a border
        roundedFrame(painter, QRectF(rect).adjusted(1, 1, -1, -1), Qt::transparent,
                     mixed(theme.accent, fill, 0.45));
    }
}

void chevron(QPainter* painter, const QPointF& centre, double half, const QColor& colour, bool up)
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(colour, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    const double rise = up ? -half / 2.0 : half / 2.0;
    const QPointF points[]
        = { centre + QPointF(-half, -rise), centre + QPointF(0, rise), centre + QPointF(half, -rise) };
    painter->drawPolyline(points, 3);
    painter->restore();
}

} // namespace rankscope
