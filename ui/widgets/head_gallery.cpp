// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/head_gallery.h"

#include "core/base/narrow.h"
#include "ui/theme/color_maps.h"
#include "ui/theme/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <array>
#include <cmath>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {
constexpr double kGap = 6.0;
}

HeadGallery::HeadGallery(QWidget* parent)
    : QWidget(parent)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("State of every head"));
    setToolTip(tr(
        "The state of every head after the selected token, each on its own colour range. Click to select."));
}

void HeadGallery::setHeadCount(int count)
{
    if (count != std::ssize(m_pictures)) {
        m_pictures.assign(idx(count), QImage());
        updateGeometry();
        update();
    }
}

void HeadGallery::setPicture(int head, const std::vector<double>& entries, int rows, int columns,
                             double range)
{
    const Theme& theme = themeOf(palette());
    std::array<QRgb, 65> colours {};
    for (int at = 0; at < 65; ++at) {
        colours[idx(at)] = diverging(theme, (at - 32) / 32.0).rgb();
    }
    QImage picture(columns, rows, QImage::Format_RGB32);
    for (int row = 0; row < rows; ++row) {
        auto* line = reinterpret_cast<QRgb*>(picture.scanLine(row));
        for (int column = 0; column < columns; ++column) {
            const double share
                = std::clamp(entries[idx(row * columns + column)] / std::max(range, 1e-300), -1.0, 1.0);
            line[column] = colours[idx(32 + static_cast<int>(std::lround(share * 32.0)))];
        }
    }
    m_pictures[idx(head)] = std::move(picture);
    update();
}

void HeadGallery::setSelected(int head)
{
    if (head != m_selected) {
        m_selected = head;
        update();
    }
}

void HeadGallery::setHoverMark(int head)
{
    if (head != m_hover) {
        m_hover = head;
        update();
    }
}

QSize HeadGallery::sizeHint() const
{
    const int unit = fontMetrics().height();
    const int columns = m_pictures.size() > 4 ? (m_pictures.size() > 12 ? 4 : 2) : 1;
    return QSize(columns * (unit * 4 + 6) + 6, unit * 12);
}

QSize HeadGallery::minimumSizeHint() const
{
    return QSize(sizeHint().width(), fontMetrics().height() * 4);
}

QRectF HeadGallery::tile(int head) const
{
    const int count = std::max(1, static_cast<int>(m_pictures.size()));
    const int columns = count > 4 ? (count > 12 ? 4 : 2) : 1;
    const int rows = (count + columns - 1) / columns;
    const double label = QFontMetricsF(smallFont(font())).height();
    const double side = std::max(
        8.0, std::min((width() - kGap * (columns + 1)) / columns, (height() - kGap) / rows - label - kGap));
    const double pitch = side + label + kGap;
    return QRectF(kGap + (head % columns) * (side + kGap), label + (head / columns) * pitch, side, side);
}

int HeadGallery::headAt(const QPointF& at) const
{
    for (int head = 0; head < std::ssize(m_pictures); ++head) {
        if (tile(head).adjusted(-2, -fontMetrics().height(), 2, 2).contains(at)) {
            return head;
        }
    }
    return -1;
}

void HeadGallery::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(palette());
    QPainter painter(this);
    painter.setFont(smallFont(font()));
    for (int head = 0; head < std::ssize(m_pictures); ++head) {
        const QRectF area = tile(head);
        const QImage& picture = m_pictures[idx(head)];
        if (picture.isNull()) {
            painter.fillRect(area, theme.field);
        } else {
            painter.drawImage(area, picture);
        }
        const bool selected = head == m_selected;
        painter.setBrush(Qt::NoBrush);
        painter.setPen(selected              ? QPen(theme.head(head), 2.0)
                           : head == m_hover ? QPen(theme.text, 1.0, Qt::DotLine)
                                             : QPen(theme.border, 1.0));
        painter.drawRect(area);
        painter.setPen(selected ? theme.text : theme.muted);
        const double label = QFontMetricsF(painter.font()).height();
        painter.drawText(QRectF(area.left(), area.top() - label, area.width(), label),
                         Qt::AlignLeft | Qt::AlignVCenter, u"h%1"_s.arg(head));
    }
}

void HeadGallery::mousePressEvent(QMouseEvent* event)
{
    const int head = headAt(event->position());
    if (head >= 0) {
        Q_EMIT headPicked(head);
    }
}

void HeadGallery::mouseMoveEvent(QMouseEvent* event)
{
    Q_EMIT hoverMoved(headAt(event->position()));
}

void HeadGallery::leaveEvent(QEvent*)
{
    Q_EMIT hoverMoved(-1);
}

void HeadGallery::keyPressEvent(QKeyEvent* event)
{
    const bool back = event->key() == Qt::Key_Up || event->key() == Qt::Key_Left;
    if (!back && event->key() != Qt::Key_Down && event->key() != Qt::Key_Right) {
        QWidget::keyPressEvent(event);
        return;
    }
    const int last = static_cast<int>(m_pictures.size()) - 1;
    if (last >= 0) {
        Q_EMIT headPicked(std::clamp(m_selected + (back ? -1 : 1), 0, last));
    }
}

} // namespace rankscope
