// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/flat_style.h"

#include "ui/theme/flat_frames.h"
#include "ui/theme/theme.h"

#include <QPainter>
#include <QStyleFactory>
#include <QStyleOption>
#include <QTabBar>
#include <QTreeView>
#include <QVariant>
#include <QWidget>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr char kPrimary[] = "rankscopePrimary";

bool isPrimary(const QWidget* widget)
{
    return widget != nullptr && widget->property(kPrimary).toBool();
}

/// Selected rows of lists and trees as in the tables: a pale row with the text's own colour.
void quietSelection(QStyleOptionViewItem& item, const Theme& theme)
{
    item.palette.setColor(QPalette::Highlight, theme.selectedRow);
    item.palette.setColor(QPalette::HighlightedText, theme.text);
}

} // namespace

void setPrimary(QWidget* button, bool primary)
{
    button->setProperty(kPrimary, primary);
    button->update();
}

FlatStyle::FlatStyle()
    : QProxyStyle(QStyleFactory::create(u"Fusion"_s))
{
}

int FlatStyle::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const
{
    switch (metric) {
    case PM_DockWidgetSeparatorExtent:
    case PM_SplitterWidth:
        return 6;
    case PM_DockWidgetFrameWidth:
    case PM_ToolBarFrameWidth:
    case PM_ToolBarItemMargin:
    case PM_ToolBarItemSpacing:
        return 0;
    case PM_SliderThickness:
        return 18;
    case PM_SliderLength:
    case PM_SliderControlThickness:
        return 12;
    case PM_ScrollBarExtent:
        return 10;
    case PM_TabBarTabHSpace:
        return 18;
    case PM_TabBarTabVSpace:
        return 10;
    case PM_TabBarBaseOverlap:
        return 0;
    case PM_HeaderMargin:
        return 4;
    case PM_FocusFrameHMargin: // text of a tree below the titles of its header
        return qobject_cast<const QTreeView*>(widget) != nullptr
            ? 7
            : QProxyStyle::pixelMetric(metric, option, widget);
    default:
        return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

int FlatStyle::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                         QStyleHintReturn* data) const
{
    switch (hint) {
    case SH_UnderlineShortcut:
    case SH_EtchDisabledText:
    case SH_DitherDisabledText:
        return 0;
    case SH_Slider_AbsoluteSetButtons:
        return Qt::LeftButton; // a click on the track goes there
    case SH_ToolTip_WakeUpDelay:
        return 450;
    default:
        return QProxyStyle::styleHint(hint, option, widget, data);
    }
}

QSize FlatStyle::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size,
                                  const QWidget* widget) const
{
    QSize result = QProxyStyle::sizeFromContents(type, option, size, widget);
    const int textHeight = option != nullptr ? option->fontMetrics.height() : 15;
    switch (type) {
    case CT_ComboBox:
    case CT_SpinBox:
    case CT_LineEdit:
        result.setHeight(textHeight + 10);
        break;
    case CT_PushButton:
        result.setWidth(std::max(result.width(), size.width() + 20));
        if (isPrimary(widget)) {
            result.rwidth() += result.width() / 8; // its text is bold
        }
        [[fallthrough]];
    case CT_ToolButton:
        result.setHeight(std::max(size.height(), textHeight) + 12);
        break;
    case CT_MenuBarItem:
        result.setHeight(textHeight + 9);
        break;
    case CT_ItemViewItem:
        result.setHeight(std::max(result.height(), textHeight + 6));
        break;
    default:
        break;
    }
    return result;
}

QRect FlatStyle::subElementRect(SubElement element, const QStyleOption* option, const QWidget* widget) const
{
    const QRect rect = QProxyStyle::subElementRect(element, option, widget);
    if (element == SE_LineEditContents) { // text begins as far from the frame as on buttons and in lists
        const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option);
        return frame != nullptr && frame->lineWidth > 0 ? rect.adjusted(3, 0, -3, 0) : rect;
    }
    return rect;
}

void FlatStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                              const QWidget* widget) const
{
    const Theme& theme = themeFor(option);
    switch (element) {
    case PE_PanelButtonCommand:
        if (isPrimary(widget)) {
            const bool enabled = option->state.testFlag(State_Enabled);
            const QColor fill = !enabled                  ? mixed(theme.removed, theme.panel, 0.5)
                : option->state.testFlag(State_Sunken)    ? mixed(theme.accent, theme.text, 0.25)
                : option->state.testFlag(State_MouseOver) ? mixed(theme.accent, theme.text, 0.10)
                                                          : theme.accent;
            roundedFrame(painter, option->rect, fill,
                         option->state.testFlag(State_HasFocus) ? theme.text : fill);
        } else {
            fieldFrame(painter, option, option->rect);
        }
        return;
    case PE_PanelButtonTool:
        if (widget != nullptr && widget->property("rankscopeFramed").toBool()) {
            fieldFrame(painter, option, option->rect);
        } else if (option->state.testFlag(State_MouseOver) || option->state.testFlag(State_Sunken)) {
            roundedFrame(painter, option->rect, mixed(theme.panel, theme.text, 0.08), Qt::transparent, 4.0);
        }
        return;
    case PE_PanelLineEdit:
        if (const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option); frame != nullptr) {
            if (frame->lineWidth > 0) {
                QStyleOptionFrame field(*frame);
                field.state &= ~State_Sunken; // every line edit says that it is sunken
                fieldFrame(painter, &field, option->rect);
            }
        }
        return;
    case PE_FrameLineEdit:
    case PE_FrameStatusBarItem:
    case PE_FrameDockWidget:
    case PE_FrameTabBarBase:
    case PE_FrameTabWidget:
        return;
    case PE_FrameFocusRect:
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(QPen(theme.accent, 1.0));
        painter->setBrush(Qt::NoBrush);
        painter->drawRoundedRect(QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
        painter->restore();
        return;
    case PE_IndicatorDockWidgetResizeHandle:
        return;
    case PE_IndicatorCheckBox:
    case PE_IndicatorItemViewItemCheck:
    case PE_IndicatorRadioButton:
        drawIndicator(element, option, painter);
        return;
    case PE_PanelItemViewRow:
    case PE_PanelItemViewItem:
        if (const auto* item = qstyleoption_cast<const QStyleOptionViewItem*>(option)) {
            QStyleOptionViewItem quiet(*item);
            quietSelection(quiet, theme);
            QProxyStyle::drawPrimitive(element, &quiet, painter, widget);
            return;
        }
        break;
    case PE_Frame:
    case PE_FrameGroupBox:
        if (widget != nullptr && widget->property("rankscopeBare").toBool()) {
            return;
        }
        break;
    default:
        break;
    }
    QProxyStyle::drawPrimitive(element, option, painter, widget);
}

void FlatStyle::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                            const QWidget* widget) const
{
    const Theme& theme = themeFor(option);
    switch (element) {
    case CE_MenuBarEmptyArea:
        painter->fillRect(option->rect, theme.panel);
        return;
    case CE_MenuBarItem:
        if (const auto* item = qstyleoption_cast<const QStyleOptionMenuItem*>(option)) {
            painter->fillRect(option->rect, theme.panel);
            const bool active = option->state.testFlag(State_Selected);
            if (active) {
                roundedFrame(painter, option->rect.adjusted(1, 2, -1, -2), theme.selectedRow, Qt::transparent,
                             4.0);
            }
            const int flags = Qt::AlignCenter | Qt::TextSingleLine
                | (styleHint(SH_UnderlineShortcut, item, widget, nullptr) != 0 ? Qt::TextShowMnemonic
                                                                               : Qt::TextHideMnemonic);
            drawItemText(painter, option->rect, flags, item->palette, option->state.testFlag(State_Enabled),
                         item->text, QPalette::WindowText);
            return;
        }
        break;
    case CE_ToolBar:
        painter->fillRect(option->rect, theme.panel);
        painter->fillRect(QRect(option->rect.left(), option->rect.bottom(), option->rect.width(), 1),
                          theme.border);
        return;
    case CE_Header:
        if (const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option)) {
            // The base would take the room of its own sorting mark from the title.
            QStyleOptionHeader label(*header);
            label.rect = header->rect.adjusted(4, 0, -4, 0);
            drawControl(CE_HeaderSection, header, painter, widget);
            drawControl(CE_HeaderLabel, &label, painter, widget);
            return;
        }
        break;
    case CE_HeaderSection:
    case CE_HeaderEmptyArea:
        painter->fillRect(option->rect, theme.panel);
        painter->fillRect(QRect(option->rect.left(), option->rect.bottom(), option->rect.width(), 1),
                          theme.border);
        return;
    case CE_HeaderLabel:
        if (const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option)) {
            QStyleOptionHeader muted(*header);
            muted.palette.setColor(QPalette::ButtonText, theme.muted);
            muted.state &= ~State_On; // no bold for the column of the current cell
            painter->save();
            painter->setFont(smallFont(widget != nullptr ? widget->font() : painter->font()));
            drawItemText(painter, header->rect.adjusted(4, 0, -4, 0),
                         static_cast<int>(header->textAlignment) | Qt::AlignVCenter, muted.palette, true,
                         header->text, QPalette::ButtonText);
            if (header->sortIndicator != QStyleOptionHeader::None) {
                // A small arrow above the title takes no room from it.
                const bool down = header->sortIndicator == QStyleOptionHeader::SortUp; // descending
                const double x = header->rect.center().x() + 0.5;
                const double y = header->rect.top() + (down ? 1.0 : 4.0);
                const double tip = down ? y + 3.0 : y - 3.0;
                painter->setRenderHint(QPainter::Antialiasing);
                painter->setPen(Qt::NoPen);
                painter->setBrush(theme.accent);
                painter->drawPolygon(QPolygonF { QPointF(x - 3.5, y), QPointF(x + 3.5, y), QPointF(x, tip) });
            }
            painter->restore();
            return;
        }
        break;
    case CE_ItemViewItem:
        if (const auto* item = qstyleoption_cast<const QStyleOptionViewItem*>(option)) {
            QStyleOptionViewItem quiet(*item);
            quietSelection(quiet, theme);
            QProxyStyle::drawControl(element, &quiet, painter, widget);
            return;
        }
        break;
    case CE_ProgressBarGroove:
        return;
    case CE_ProgressBarContents:
        if (const auto* bar = qstyleoption_cast<const QStyleOptionProgressBar*>(option)) {
            const QRectF full
                = QRectF(bar->rect.left(), bar->rect.center().y() - 2.5, bar->rect.width(), 6.0);
            roundedFrame(painter, full, mixed(theme.removed, theme.panel, 0.4), Qt::transparent, 3.0);
            const int span = bar->maximum - bar->minimum;
            if (span > 0) {
                QRectF part = full;
                part.setWidth(full.width() * (bar->progress - bar->minimum) / span);
                roundedFrame(painter, part, theme.accent, Qt::transparent, 3.0);
            } else { // nobody knows how far it is, but it is under way
                roundedFrame(painter, full, mixed(theme.accent, theme.panel, 0.55), Qt::transparent, 3.0);
            }
            return;
        }
        break;
    case CE_TabBarTabShape:
        if (option->state.testFlag(State_Selected)) {
            painter->fillRect(
                QRect(option->rect.left() + 4, option->rect.bottom() - 1, option->rect.width() - 8, 2),
                theme.accent);
        }
        return;
    case CE_TabBarTabLabel:
        if (const auto* tab = qstyleoption_cast<const QStyleOptionTab*>(option)) {
            const bool selected = option->state.testFlag(State_Selected);
            painter->save();
            QFont font = painter->font();
            font.setBold(selected);
            painter->setFont(font);
            painter->setPen(selected || option->state.testFlag(State_MouseOver) ? theme.text : theme.muted);
            painter->drawText(option->rect, Qt::AlignCenter | Qt::TextHideMnemonic, tab->text);
            if (option->state.testFlag(State_HasFocus)) {
                painter->setPen(theme.accent);
                painter->drawRect(option->rect.adjusted(3, 3, -4, -4));
            }
            painter->restore();
            return;
        }
        break;
    case CE_PushButtonLabel:
        if (isPrimary(widget)) {
            if (const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option)) {
                QStyleOptionButton inverted(*button);
                inverted.palette.setColor(QPalette::ButtonText,
                                          option->state.testFlag(State_Enabled) ? theme.onAccent
                                                                                : theme.muted);
                painter->save();
                QFont font = widget->font();
                font.setBold(true);
                painter->setFont(font);
                QProxyStyle::drawControl(element, &inverted, painter, widget);
                painter->restore();
                return;
            }
        }
        break;
    default:
        break;
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

} // namespace rankscope
