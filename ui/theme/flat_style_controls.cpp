// SPDX-License-Identifier: GPL-3.0-or-later
// Controls of several parts, and the boxes that are ticked.
#include "ui/theme/flat_frames.h"
#include "ui/theme/flat_style.h"

#include <QPainter>
#include <QStyleOption>

#include <algorithm>

namespace rankscope {

void FlatStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                                   QPainter* painter, const QWidget* widget) const
{
    switch (control) {
    case CC_Slider:
        if (const auto* slider = qstyleoption_cast<const QStyleOptionSlider*>(option);
            slider != nullptr && slider->orientation == Qt::Horizontal) {
            drawSlider(option, painter, widget);
            return;
        }
        break;
    case CC_ComboBox:
        drawComboBox(option, painter, widget);
        return;
    case CC_ScrollBar:
        drawScrollBar(option, painter, widget);
        return;
    case CC_SpinBox:
        drawSpinBox(option, painter, widget);
        return;
    default:
        break;
    }
    QProxyStyle::drawComplexControl(control, option, painter, widget);
}

/// A box or a ring that is seen in both themes; chosen, it is filled.
void FlatStyle::drawIndicator(PrimitiveElement element, const QStyleOption* option, QPainter* painter)
{
    const Theme& theme = themeFor(option);
    const bool enabled = option->state.testFlag(State_Enabled);
    const bool chosen = option->state.testFlag(State_On) || option->state.testFlag(State_NoChange);
    const bool active = option->state.testFlag(State_MouseOver) || option->state.testFlag(State_HasFocus);
    const double side = std::min(option->rect.width(), option->rect.height()) - 1.0;
    QRectF box(0.0, 0.0, side, side);
    box.moveCenter(QRectF(option->rect).center());
    const QColor fill = !enabled ? mixed(theme.field, theme.removed, chosen ? 1.0 : 0.0)
        : chosen                 ? theme.accent
                                 : theme.panel;
    const QColor line = chosen ? fill
        : !enabled             ? theme.border
        : active               ? theme.accent
                               : mixed(theme.muted, theme.panel, 0.15);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(line, 1.2));
    painter->setBrush(fill);
    const QColor mark = enabled ? theme.onAccent : theme.panel;
    if (element == PE_IndicatorRadioButton) {
        painter->drawEllipse(box);
        if (chosen) {
            painter->setPen(Qt::NoPen);
            painter->setBrush(mark);
            painter->drawEllipse(box.center(), side * 0.2, side * 0.2);
        }
    } else {
        painter->drawRoundedRect(box, 3.0, 3.0);
        painter->setPen(QPen(mark, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        const QPointF at = box.center();
        if (option->state.testFlag(State_NoChange)) {
            painter->drawLine(at - QPointF(side * 0.22, 0.0), at + QPointF(side * 0.22, 0.0));
        } else if (chosen) {
            const QPointF tick[] = { at + QPointF(-0.24, 0.02) * side, at + QPointF(-0.06, 0.20) * side,
                                     at + QPointF(0.26, -0.18) * side };
            painter->drawPolyline(tick, 3);
        }
    }
    painter->restore();
}

void FlatStyle::drawSlider(const QStyleOptionComplex* option, QPainter* painter, const QWidget* widget) const
{
    const auto* slider = qstyleoption_cast<const QStyleOptionSlider*>(option);
    const Theme& theme = themeFor(option);
    const bool enabled = option->state.testFlag(State_Enabled);
    const QRect handle = proxy()->subControlRect(CC_Slider, slider, SC_SliderHandle, widget);
    const QRectF groove(option->rect.left() + 1, option->rect.center().y() - 2.0, option->rect.width() - 2,
                        5.0);
    roundedFrame(painter, groove, mixed(theme.removed, theme.panel, 0.35), Qt::transparent, 2.5);
    QRectF filled = groove;
    if (slider->upsideDown) {
        filled.setLeft(handle.center().x());
    } else {
        filled.setRight(handle.center().x());
    }
    roundedFrame(painter, filled, enabled ? theme.accent : theme.removed, Qt::transparent, 2.5);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const QPointF centre(handle.center().x() + 0.5, groove.center().y());
    painter->setPen(QPen(enabled ? theme.accent : theme.removed, 1.5));
    painter->setBrush(theme.panel);
    painter->drawEllipse(centre, 5.5, 5.5);
    if (option->state.testFlag(State_HasFocus)) {
        painter->setBrush(Qt::NoBrush);
        painter->setPen(QPen(mixed(theme.accent, theme.panel, 0.5), 1.5));
        painter->drawEllipse(centre, 7.5, 7.5);
    }
    painter->restore();
}

void FlatStyle::drawComboBox(const QStyleOptionComplex* option, QPainter* painter, const QWidget*) const
{
    const Theme& theme = themeFor(option);
    fieldFrame(painter, option, option->rect);
    const QColor colour = option->state.testFlag(State_Enabled) ? theme.muted : theme.removed;
    chevron(painter, QPointF(option->rect.right() - 11, option->rect.center().y() + 0.5), 3.5, colour);
}

void FlatStyle::drawSpinBox(const QStyleOptionComplex* option, QPainter* painter, const QWidget* widget) const
{
    const auto* spin = qstyleoption_cast<const QStyleOptionSpinBox*>(option);
    if (spin == nullptr) {
        return;
    }
    const Theme& theme = themeFor(option);
    if (spin->frame) {
        fieldFrame(painter, option, option->rect);
    }
    if (spin->buttonSymbols != QAbstractSpinBox::NoButtons) {
        const QRect up = proxy()->subControlRect(CC_SpinBox, spin, SC_SpinBoxUp, widget);
        const QRect down = proxy()->subControlRect(CC_SpinBox, spin, SC_SpinBoxDown, widget);
        const QColor colour = option->state.testFlag(State_Enabled) ? theme.muted : theme.removed;
        chevron(painter, QPointF(up.center().x(), up.center().y() + 1.5), 2.6, colour, true);
        chevron(painter, QPointF(down.center().x(), down.center().y()), 2.6, colour);
    }
}

void FlatStyle::drawScrollBar(const QStyleOptionComplex* option, QPainter* painter,
                              const QWidget* widget) const
{
    const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option);
    if (bar == nullptr) {
        return;
    }
    const Theme& theme = themeFor(option);
    painter->fillRect(option->rect, theme.panel);
    if (bar->maximum > bar->minimum) {
        const QRectF handle = QRectF(proxy()->subControlRect(CC_ScrollBar, bar, SC_ScrollBarSlider, widget));
        const bool active = option->state.testFlag(State_MouseOver) || option->state.testFlag(State_Sunken);
        roundedFrame(painter, handle.adjusted(2, 2, -2, -2), active ? theme.muted : theme.removed,
                     Qt::transparent, 3.0);
    }
}

} // namespace rankscope
