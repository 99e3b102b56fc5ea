// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/channel_bars.h"

#include "ui/plots/draw_once.h"
#include "ui/plots/qcp.h"
#include "ui/theme/theme.h"

#include <algorithm>
#include <cmath>

namespace rankscope {

namespace {

constexpr double kBarWidth = 0.82; ///< of the distance between columns
constexpr double kStripTop = 3.0; ///< pixels under the zero line
constexpr double kStripHeight = 5.0;
constexpr double kHatchStep = 4.0; ///< pixels between the lines
const QString kHoverLayer = QStringLiteral("hover");

/// Edges on whole device pixels: thin bars stay equally wide.
double snapped(double position, const QPainter& painter)
{
    const double scale = painter.device() != nullptr ? painter.device()->devicePixelRatioF() : 1.0;
    return std::round(position * scale) / scale;
}

} // namespace

void fillRemoved(QPainter& painter, const QRectF& rect, const QColor& colour)
{
    painter.save();
    painter.setClipRect(rect, Qt::IntersectClip);
    painter.setPen(QPen(colour, 1.0));
    // The lines run through all rectangles alike.
    const double first = std::floor((rect.left() + rect.top()) / kHatchStep) * kHatchStep;
    for (double at = first; at < rect.right() + rect.bottom(); at += kHatchStep) {
        painter.drawLine(QPointF(at - rect.top(), rect.top()), QPointF(at - rect.bottom(), rect.bottom()));
    }
    painter.restore();
}

void drawPin(QPainter& painter, const QPointF& tip, double size, ChannelForce force, const QColor& ink,
             const QColor& paper)
{
    const double radius = size * 0.32;
    const QPointF head(tip.x(), tip.y() - size + radius);
    painter.setPen(QPen(ink, 1.2));
    painter.drawLine(tip, head);
    painter.setBrush(force == ChannelForce::In ? ink : paper);
    painter.drawEllipse(head, radius, radius);
    if (force == ChannelForce::Out) {
        const QPointF corner(radius * 0.65, radius * 0.65);
        painter.drawLine(head - corner, head + corner);
    }
}

class ChannelBars::Plottable : public QCPAbstractPlottable {
public:
    Plottable(QCPAxis* keyAxis, QCPAxis* valueAxis)
        : QCPAbstractPlottable(keyAxis, valueAxis)
    {
        setAntialiased(false);
    }

    /// Channels are found by column, also where the bar is small.
    double selectTest(const QPointF&, bool, QVariant*) const override { return -1.0; }
    QCPRange getKeyRange(bool& found, QCP::SignDomain) const override
    {
        found = false;
        return {};
    }
    QCPRange getValueRange(bool& found, QCP::SignDomain, const QCPRange&) const override
    {
        found = false;
        return {};
    }

    const Theme* theme = nullptr;
    std::vector<ChannelColumn> columns;
    std::vector<ChannelCut> cuts;
    bool vertical = true;

protected:
    void draw(QCPPainter* painter) override;
    void drawLegendIcon(QCPPainter*, const QRectF&) const override { }

private:
    void drawMarks(QCPPainter& painter) const;
    void drawColumn(QCPPainter& painter, const ChannelColumn& column) const;
    void drawSymbols(QCPPainter& painter, const ChannelColumn& column) const;
    [[nodiscard]] QRectF span(const ChannelColumn& column, double width, double top, double bottom) const;
};

/// The ground of the column under the pointer: above the grid, under the columns.
class ChannelBars::Hover : public QCPAbstractPlottable {
public:
    Hover(QCPAxis* keyAxis, QCPAxis* valueAxis)
        : QCPAbstractPlottable(keyAxis, valueAxis)
    {
        QCustomPlot& plot = *parentPlot();
        if (plot.layer(kHoverLayer) == nullptr) {
            plot.addLayer(kHoverLayer, plot.layer(QStringLiteral("main")), QCustomPlot::limBelow);
            plot.layer(kHoverLayer)->setMode(QCPLayer::lmBuffered);
        }
        setLayer(kHoverLayer);
        setAntialiased(false);
    }

    double selectTest(const QPointF&, bool, QVariant*) const override { return -1.0; }
    QCPRange getKeyRange(bool& found, QCP::SignDomain) const override
    {
        found = false;
        return {};
    }
    QCPRange getValueRange(bool& found, QCP::SignDomain, const QCPRange&) const override
    {
        found = false;
        return {};
    }

    std::optional<double> x;
    QColor colour;

protected:
    void draw(QCPPainter* painter) override
    {
        if (x) {
            const QRect area = clipRect();
            painter->setPen(Qt::NoPen);
            painter->setBrush(colour);
            painter->drawRect(QRectF(QPointF(keyAxis()->coordToPixel(*x - 0.5), area.top()),
                                     QPointF(keyAxis()->coordToPixel(*x + 0.5), area.bottom() + 1)));
        }
    }
    void drawLegendIcon(QCPPainter*, const QRectF&) const override { }
};

ChannelBars::ChannelBars(QCPAxis* keyAxis, QCPAxis* valueAxis)
    : m_plottable(new Plottable(keyAxis, valueAxis))
    , m_hover(new Hover(keyAxis, valueAxis))
{
}

void ChannelBars::setHovered(std::optional<double> x)
{
    if (x != m_hover->x) {
        m_hover->x = x;
        drawLayerOnce(*m_hover->parentPlot(), kHoverLayer);
    }
}

void ChannelBars::setTheme(const Theme& theme)
{
    m_plottable->theme = &theme;
    m_hover->colour = theme.grid;
}

void ChannelBars::setColumns(std::vector<ChannelColumn> columns, std::vector<ChannelCut> cuts, bool vertical)
{
    m_plottable->columns = std::move(columns);
    m_plottable->cuts = std::move(cuts);
    m_plottable->vertical = vertical;
}

std::vector<ChannelColumn>& ChannelBars::columns()
{
    return m_plottable->columns;
}

const std::vector<ChannelCut>& ChannelBars::cuts() const
{
    return m_plottable->cuts;
}

QRectF ChannelBars::Plottable::span(const ChannelColumn& column, double width, double top,
                                    double bottom) const
{
    const double left = keyAxis()->coordToPixel(column.x - width / 2.0);
    const double right = keyAxis()->coordToPixel(column.x + width / 2.0);
    return QRectF(QPointF(left, top), QPointF(right, bottom));
}

void ChannelBars::Plottable::drawMarks(QCPPainter& painter) const
{
    const QRect area = clipRect();
    painter.setPen(Qt::NoPen);
    for (const ChannelColumn& column : columns) {
        if (column.selected) {
            painter.setBrush(theme->selectedRow);
            painter.drawRect(span(column, 1.0, area.top(), area.bottom() + 1));
        }
    }
}

void ChannelBars::Plottable::drawColumn(QCPPainter& painter, const ChannelColumn& column) const
{
    const double zero = snapped(valueAxis()->coordToPixel(0.0), painter);
    const auto rectangle = [&](double top, double bottom) {
        QRectF rect = span(column, kBarWidth, top, bottom);
        rect.setLeft(snapped(rect.left(), painter));
        rect.setRight(std::max(snapped(rect.right(), painter), rect.left() + 1.0));
        return rect;
    };
    const QRectF bar = rectangle(snapped(valueAxis()->coordToPixel(column.value), painter), zero);
    const QRectF cell = rectangle(zero + kStripTop, zero + kStripTop + kStripHeight);
    for (const QRectF& rect : { bar, cell }) {
        if (rect.height() <= 0.0) {
            continue;
        }
        if (column.kept) {
            painter.fillRect(rect, theme->head(column.head));
            continue;
        }
        if (rect.width() < 2.5) {
            painter.fillRect(rect, theme->removed);
            continue;
        }
        fillRemoved(painter, rect, theme->removed);
        painter.setPen(QPen(theme->removed, 1.0));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5));
    }
    if (column.current) {
        painter.setPen(QPen(theme->accent, 1.5));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(
            rectangle(bar.top(), zero + kStripTop + kStripHeight).adjusted(-1.5, -1.5, 1.5, 1.5));
    }
}

void ChannelBars::Plottable::drawSymbols(QCPPainter& painter, const ChannelColumn& column) const
{
    const double x = keyAxis()->coordToPixel(column.x);
    const double width = std::abs(keyAxis()->coordToPixel(column.x + 1.0) - x);
    if (column.other >= 0.0) {
        const double radius = std::clamp(width * 0.28, 1.0, 2.6);
        painter.setPen(QPen(theme->text, 1.0));
        painter.setBrush(column.otherKept ? theme->text : theme->panel);
        painter.drawEllipse(QPointF(x, valueAxis()->coordToPixel(column.other)), radius, radius);
    }
    if (column.force != ChannelForce::Free) {
        const double size = std::clamp(width * 1.6, 8.0, 15.0);
        const double top = clipRect().top() + size + 1.0;
        drawPin(painter, QPointF(x, std::max(top, valueAxis()->coordToPixel(column.value) - 1.0)), size,
                column.force, theme->text, theme->panel);
    }
}

void ChannelBars::Plottable::draw(QCPPainter* painter)
{
    if (theme == nullptr) {
        return;
    }
    drawMarks(*painter);
    for (const ChannelColumn& column : columns) {
        drawColumn(*painter, column);
    }
    painter->setPen(QPen(theme->accent, 2.0));
    for (const ChannelCut& cut : cuts) {
        if (vertical) {
            const double x = snapped(keyAxis()->coordToPixel(cut.at), *painter);
            painter->drawLine(QPointF(x, clipRect().top()), QPointF(x, clipRect().bottom()));
        } else {
            const double y = snapped(valueAxis()->coordToPixel(cut.at), *painter);
            painter->drawLine(QPointF(keyAxis()->coordToPixel(cut.left), y),
                              QPointF(keyAxis()->coordToPixel(cut.right), y));
        }
    }
    painter->setAntialiasing(true);
    for (const ChannelColumn& column : columns) {
        drawSymbols(*painter, column);
    }
    painter->setAntialiasing(false);
}

} // namespace rankscope
