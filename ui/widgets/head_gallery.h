// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QWidget>

#include <vector>

namespace rankscope {

/// Small pictures of all heads of a layer, in a grid; the selected one is outlined, a click selects.
class HeadGallery : public QWidget {
    Q_OBJECT

public:
    explicit HeadGallery(QWidget* parent = nullptr);

    void setHeadCount(int count);
    /// Entries [rows, columns] row-major, drawn on -range..range.
    void setPicture(int head, const std::vector<double>& entries, int rows, int columns, double range);
    void setSelected(int head);
    void setHoverMark(int head);
    [[nodiscard]] int headAt(const QPointF& at) const;
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void headPicked(int head);
    void hoverMoved(int head);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    /// Place of one head's picture, its label above it.
    [[nodiscard]] QRectF tile(int head) const;

    std::vector<QImage> m_pictures;
    int m_selected = 0;
    int m_hover = -1;
};

} // namespace rankscope
