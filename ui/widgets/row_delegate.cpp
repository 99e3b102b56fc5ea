// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/row_delegate.h"

#include "ui/models/row_roles.h"
#include "ui/theme/theme.h"

#include <QPainter>

namespace rankscope {

QSize RowDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const
{
    return QSize(20, option.fontMetrics.height() * 19 / 10);
}

void RowDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const Theme& theme = themeOf(option.palette);
    painter->save();
    painter->fillRect(option.rect,
                      option.state.testFlag(QStyle::State_Selected) ? theme.selectedRow : theme.panel);
    painter->fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), theme.grid);
    QFont font = option.font;
    font.setBold(index.data(StrongRole).toBool());
    const int tone = index.data(ToneRole).toInt();
    painter->setFont(font);
    painter->setPen(index.data(MutedRole).toBool() ? theme.muted
                        : tone > 0                 ? theme.worse
                        : tone < 0                 ? theme.better
                                                   : theme.text);
    const QRect room = option.rect.adjusted(8, 0, -6, 0);
    painter->drawText(room, index.data(Qt::TextAlignmentRole).toInt(),
                      QFontMetrics(font).elidedText(index.data().toString(), Qt::ElideMiddle, room.width()));
    if (option.state.testFlag(QStyle::State_HasFocus)) {
        painter->setPen(mixed(theme.accent, theme.selectedRow, 0.4));
        painter->drawRect(option.rect.adjusted(0, 0, -1, -2));
    }
    painter->restore();
}

} // namespace rankscope
