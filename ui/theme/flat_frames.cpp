// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/flat_frames.h"

#include <QPainter>
#include <QStyle>
#include <QStyleOption>

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
