// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/candidate_delegate.h"

#include "ui/models/candidate_table_model.h"
#include "ui/theme/theme.h"

#include <QPainter>

#include <algorithm>

namespace rankscope {

QSize CandidateDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const
{
    return QSize(20, option.fontMetrics.height() * 19 / 10);
}

void CandidateDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                              const QModelIndex& index) const
{
    const Theme& theme = themeOf(option.palette);
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    painter->save();
    const bool hovered = index.data(CandidateTableModel::IdRole).toInt() == m_hovered;
    painter->fillRect(option.rect,
                      selected      ? theme.selectedRow
                          : hovered ? mixed(theme.panel, theme.selectedRow, 0.45)
                                    : theme.panel);
    painter->fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), theme.grid);
    switch (index.column()) {
    case CandidateTableModel::MarkColumn:
        paintMark(painter, option, index);
        break;
    case CandidateTableModel::KeptColumn:
        paintKept(painter, option, index);
        break;
    default: {
        QFont font = option.font;
        const bool name = index.column() == CandidateTableModel::NameColumn;
        font.setBold(name && index.data(CandidateTableModel::CurrentRole).toBool());
        QColor colour = index.data(CandidateTableModel::ComparableRole).toBool() ? theme.text : theme.muted;
        if (index.column() == CandidateTableModel::DeltaColumn) {
            const int tone = index.data(CandidateTableModel::ToneRole).toInt();
            colour = tone > 0 ? theme.worse : tone < 0 ? theme.better : colour;
        } else if (index.column() == CandidateTableModel::IntervalColumn
                   || index.column() == CandidateTableModel::MethodColumn) {
            colour = theme.muted;
        }
        painter->setFont(font);
        painter->setPen(colour);
        const QRect room = option.rect.adjusted(name ? 2 : 6, 0, -6, 0);
        painter->drawText(
            room, index.data(Qt::TextAlignmentRole).toInt(),
            QFontMetrics(font).elidedText(index.data().toString(), Qt::ElideRight, room.width()));
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

void CandidateDelegate::paintMark(QPainter* painter, const QStyleOptionViewItem& option,
                                  const QModelIndex& index)
{
    const Theme& theme = themeOf(option.palette);
    const bool current = index.data(CandidateTableModel::CurrentRole).toBool();
    const bool pinned = index.data(CandidateTableModel::PinnedRole).toBool();
    const double unit = option.fontMetrics.height();
    painter->setRenderHint(QPainter::Antialiasing);
    QPointF centre = QRectF(option.rect).center();
    if (current && pinned) {
        centre.rx() -= unit * 0.28;
    }
    if (current) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(theme.text);
        painter->drawEllipse(centre, unit * 0.22, unit * 0.22);
        centre.rx() += unit * 0.62;
    }
    if (pinned) {
        painter->setPen(QPen(theme.text, 1.3));
        painter->setBrush(theme.text);
        const QPointF foot(centre.x() - unit * 0.2, centre.y() + unit * 0.34);
        const QPointF head(foot.x(), centre.y() - unit * 0.34);
        painter->drawLine(foot, head);
        const QPointF flag[]
            = { head, head + QPointF(unit * 0.42, unit * 0.17), head + QPointF(0, unit * 0.36) };
        painter->drawPolygon(flag, 3);
    }
}

void CandidateDelegate::paintKept(QPainter* painter, const QStyleOptionViewItem& option,
                                  const QModelIndex& index)
{
    const auto shares = index.data(CandidateTableModel::KeptSharesRole).value<QList<float>>();
    if (shares.isEmpty()) {
        return;
    }
    const Theme& theme = themeOf(option.palette);
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const QRectF area = QRectF(option.rect).adjusted(6, 5, -6, -5);
    const double step = std::min(area.width() / static_cast<double>(shares.size()),
                                 static_cast<double>(option.fontMetrics.height()) * 0.6);
    const double gap = step > 3.0 ? 1.0 : 0.0;
    const QColor track = mixed(theme.removed, selected ? theme.selectedRow : theme.panel, 0.5);
    const QColor kept = index.data(CandidateTableModel::ComparableRole).toBool() ? theme.accent : theme.muted;
    for (qsizetype at = 0; at < shares.size(); ++at) {
        const QRectF bar(area.left() + step * static_cast<double>(at), area.top(), std::max(1.0, step - gap),
                         area.height());
        painter->fillRect(bar, track);
        const double height = area.height() * static_cast<double>(shares[at]);
        painter->fillRect(QRectF(bar.left(), area.bottom() - height, bar.width(), height), kept);
    }
}

} // namespace rankscope
