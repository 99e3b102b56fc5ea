// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace rankscope {

/// Draws the rows of TokenLossModel as a concordance: the tokens below each other, their text to both sides,
/// what their loss became beneath.
class TokenDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    /// Numbers of an earlier plan are drawn grey.
    void setStale(bool stale) { m_stale = stale; }
    /// The right column shows the divergence instead of the difference in loss.
    void setDivergence(bool divergence) { m_divergence = divergence; }

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    bool m_stale = false;
    bool m_divergence = false;
};

} // namespace rankscope
