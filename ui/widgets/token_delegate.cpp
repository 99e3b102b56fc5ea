// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/token_delegate.h"

#include "ui/format/numbers.h"
#include "ui/models/token_loss_model.h"
#include "ui/theme/theme.h"

#include <QPainter>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

QSize TokenDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const
{
    return QSize(40, option.fontMetrics.height() + QFontMetrics(smallFont(option.font)).height() + 9);
}

void TokenDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const
{
    const Theme& theme = themeOf(option.palette);
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const QFontMetrics metrics = option.fontMetrics;
    const QFont small = smallFont(option.font);
    const QFontMetrics smallMetrics(small);
    painter->save();
    painter->fillRect(option.rect, selected ? theme.selectedRow : theme.panel);
    painter->fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), theme.grid);

    const double delta = index.data(TokenLossModel::DeltaRole).toDouble();
    QFont bold = option.font;
    bold.setBold(true);
    const QFontMetrics boldMetrics(bold);
    const int numberWidth = boldMetrics.horizontalAdvance(u"+00.00"_s) + 4;
    const QRect inner = option.rect.adjusted(10, 4, -10, -4);
    const QRect line(inner.left(), inner.top(), inner.width() - numberWidth - 8, metrics.height());
    painter->setFont(bold);
    painter->setPen(m_stale            ? theme.muted
                        : m_divergence ? theme.text
                        : delta > 0.0  ? theme.worse
                                       : theme.better);
    painter->drawText(QRect(line.right(), line.top(), inner.right() - line.right(), line.height()),
                      Qt::AlignRight | Qt::AlignVCenter,
                      m_divergence
                          ? QString::number(index.data(TokenLossModel::DivergenceRole).toDouble(), 'f', 2)
                          : formatSigned(delta, 2));

    // The token stands at the same place in every row.
    const QString token = index.data(TokenLossModel::TokenTextRole).toString();
    const int tokenWidth = std::min(metrics.horizontalAdvance(token) + 6, line.width() / 2);
    const int left = line.left() + line.width() * 55 / 100 - tokenWidth / 2;
    const QRect box(std::max(line.left(), std::min(left, line.right() - tokenWidth)), line.top(), tokenWidth,
                    line.height());
    painter->setFont(option.font);
    painter->setPen(theme.muted);
    const QRect before(line.left(), line.top(), std::max(0, box.left() - line.left() - 1), line.height());
    painter->drawText(before, Qt::AlignRight | Qt::AlignVCenter | Qt::TextSingleLine,
                      metrics.elidedText(index.data(TokenLossModel::BeforeTextRole).toString(), Qt::ElideLeft,
                                         before.width()));
    const QRect after(box.right() + 2, line.top(), std::max(0, line.right() - box.right() - 2),
                      line.height());
    painter->drawText(after, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                      metrics.elidedText(index.data(TokenLossModel::AfterTextRole).toString(), Qt::ElideRight,
                                         after.width()));
    QColor mark = delta > 0.0 ? theme.worse : theme.better;
    mark.setAlpha(m_stale ? 24 : 46);
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(mark);
    painter->drawRoundedRect(box, 3, 3);
    painter->setPen(m_stale ? theme.muted : theme.text);
    painter->drawText(box, Qt::AlignCenter | Qt::TextSingleLine,
                      metrics.elidedText(token, Qt::ElideRight, box.width()));

    painter->setFont(small);
    painter->setPen(theme.muted);
    const QRect below(inner.left(), line.bottom() + 2, inner.width(), smallMetrics.height());
    const QString values
        = tr("%1 → %2").arg(QString::number(index.data(TokenLossModel::BaselineRole).toDouble(), 'f', 2),
                            QString::number(index.data(TokenLossModel::CandidateRole).toDouble(), 'f', 2));
    const QString choice
        = index.data(TokenLossModel::SameTopRole).toBool() ? QString() : tr(" · other first choice");
    const QString place = tr("window %1 · token %2")
                              .arg(index.data(TokenLossModel::WindowRole).toInt() + 1)
                              .arg(index.data(TokenLossModel::TokenRole).toInt());
    painter->drawText(below, Qt::AlignLeft | Qt::AlignVCenter, place);
    // The longest wording that leaves room for the place.
    const int room = below.width() - smallMetrics.horizontalAdvance(place) - smallMetrics.averageCharWidth();
    for (const QString& losses :
         QStringList { tr("%1 nats").arg(values) + choice, values + choice, values }) {
        if (smallMetrics.horizontalAdvance(losses) <= room) {
            painter->drawText(below, Qt::AlignRight | Qt::AlignVCenter, losses);
            break;
        }
    }
    if (option.state.testFlag(QStyle::State_HasFocus)) {
        painter->setRenderHint(QPainter::Antialiasing, false);
        painter->setBrush(Qt::NoBrush);
        painter->setPen(mixed(theme.accent, theme.selectedRow, 0.4));
        painter->drawRect(option.rect.adjusted(0, 0, -1, -2));
    }
    painter->restore();
}

} // namespace rankscope
