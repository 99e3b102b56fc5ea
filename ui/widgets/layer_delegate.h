// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFontMetrics>
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
    /// Moves a dragged count to a size that may be stopped at.
    void setSnap(std::function<int(int kept, int keyDims)> snap) { m_snap = std::move(snap); }
    /// Room for "64→64" before the bar, for the largest Dk of the model.
    [[nodiscard]] static int keptTextWidth(const QFontMetrics& metrics, int largestKeyDims);
    void setLargestKeyDims(int keyDims) { m_largestKeyDims = keyDims; }
    /// The layer under the pointer, here or in another view; -1 for none.
    void setHoveredLayer(int layer) { m_hovered = layer; }
    [[nodiscard]] int hoveredLayer() const { return m_hovered; }

Q_SIGNALS:
    /// `layer` is the row of the source model (IndexColumn's text), not of a sorted view.
    void keptDragged(int layer, int kept, quint64 gesture);
    /// Typed into the cell: taken as it is.
    void keptEntered(int layer, int kept);
    void lockToggled(int layer, bool locked);
    /// A click, without a drag, on one of several selected layers.
    void layerPicked(int layer);

private:
    void paintKept(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
    void paintState(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
    void paintKind(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
    void paintDelta(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
    void paintCurve(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
    void paintSpectrum(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
    void paintLock(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
    bool dragBar(const QMouseEvent& mouse);
    [[nodiscard]] QRect barRect(const QStyleOptionViewItem& option) const;

    std::function<quint64()> m_newGesture;
    std::function<int(int, int)> m_snap;
    quint64 m_gesture = 0;
    int m_pressedLayer = -1; ///< whose bar is held; -1: none
    int m_pressedKeyDims = 0;
    QRect m_pressedBar;
    QPointF m_pressedAt;
    bool m_pressedGroup = false; ///< it was one of several selected layers
    bool m_dragging = false;
    int m_hovered = -1;
    int m_largestKeyDims = 64;
};

} // namespace rankscope
