// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

#include <functional>

namespace rankscope {

/// Paints the rows of the layers table: the kept bar, the small spectrum, the lock. A drag on the bar edits
/// the kept dims; a double click on the cell opens a number.
class LayerDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    explicit LayerDelegate(QObject* parent = nullptr);

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const override;
    void setEditorData(QWidget* editor, const QModelIndex& index) const override;
    void setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const override;
    bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                     const QModelIndex& index) override;

    void setGestureSource(std::function<quint64()> source) { m_newGesture = std::move(source); }

Q_SIGNALS:
    /// `layer` is the row of the source model (IndexColumn's text), not of a sorted view.
    void keptDragged(int layer, int kept, quint64 gesture);
    void lockToggled(int layer, bool locked);

private:
    void paintKept(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
    void paintSpectrum(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
    void paintLock(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
    [[nodiscard]] static QRect barRect(const QStyleOptionViewItem& option);

    std::function<quint64()> m_newGesture;
    quint64 m_gesture = 0;
    int m_draggedLayer = -1;
};

} // namespace rankscope
