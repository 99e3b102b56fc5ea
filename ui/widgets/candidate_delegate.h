// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace rankscope {

/// Draws the rows of CandidateTableModel: marks, kept dims as tiny bars, deltas coloured only where they are
/// significant.
class CandidateDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    /// Id of the candidate under the pointer, here or in another view; -1 for none.
    void setHovered(int id) { m_hovered = id; }
    [[nodiscard]] int hovered() const { return m_hovered; }
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    static void paintMark(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index);
    static void paintKept(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index);

    int m_hovered = -1;
};

} // namespace rankscope
