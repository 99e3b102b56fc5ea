// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/channel_map_plot.h"

#include "core/base/narrow.h"
#include "ui/plots/channel_bars.h"
#include "ui/plots/draw_once.h"
#include "ui/plots/plot_theme.h"
#include "ui/plots/qcp.h"
#include "ui/theme/color_maps.h"
#include "ui/theme/theme.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

struct Cell {
    double share = 0.0; ///< 0..1 of the colour scale
    bool kept = true;
    ChannelForce force = ChannelForce::Free;
    bool selected = false;
    bool current = false;
};

struct CellRow {
    int head = 0;
    double cut = 0.0; ///< x of the cut in sorted order
    std::vector<Cell> cells; ///< from left to right
};

class ChannelCells : public QCPAbstractPlottable {
public:
    ChannelCells(QCPAxis* keyAxis, QCPAxis* valueAxis)
        : QCPAbstractPlottable(keyAxis, valueAxis)
    {
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

    const Theme* theme = nullptr;
    double first = 0.0; ///< x of the first cell's middle
    bool showsCut = true;
    std::vector<CellRow> rows;

    [[nodiscard]] QRectF rectOf(const CellRow& row, std::size_t place) const
    {
        const double x = first + static_cast<double>(place);
        const QPointF a(std::round(keyAxis()->coordToPixel(x - 0.5)),
                        valueAxis()->coordToPixel(row.head - 0.5));
        const QPointF b(std::round(keyAxis()->coordToPixel(x + 0.5)),
                        valueAxis()->coordToPixel(row.head + 0.5));
        return QRectF(a, b).normalized().adjusted(0, 1, 0, -1);
    }

    void drawFrame(QCPPainter& painter, const QRectF& rect, const QColor& colour, bool current) const
    {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme->panel, current ? 4.0 : 3.0));
        painter.drawRect(rect);
        painter.setPen(QPen(colour, current ? 2.0 : 1.0));
        painter.drawRect(rect);
    }

protected:
    void draw(QCPPainter* painter) override
    {
        if (theme == nullptr) {
            return;
        }
        for (const CellRow& row : rows) {
            for (std::size_t place = 0; place < row.cells.size(); ++place) {
                drawCell(*painter, row.cells[place], rectOf(row, place));
            }
        }
        for (const CellRow& row : rows) {
            drawMarks(*painter, row);
        }
    }
    void drawLegendIcon(QCPPainter*, const QRectF&) const override { }

private:
    static void drawCell(QCPPainter& painter, const Cell& cell, const QRectF& rect)
    {
        const QColor colour = cividis(cell.share);
        painter.fillRect(rect, colour);
        if (!cell.kept) {
            fillRemoved(painter, rect, mixed(colour, inkOn(colour), 0.55));
        }
    }

    void drawMarks(QCPPainter& painter, const CellRow& row) const
    {
        for (std::size_t place = 0; place < row.cells.size(); ++place) {
            const Cell& cell = row.cells[place];
            const QRectF rect = rectOf(row, place);
            if (cell.selected || cell.current) {
                drawFrame(painter, rect, theme->accent, cell.current);
            }
            if (cell.force != ChannelForce::Free) {
                painter.setAntialiasing(true);
                const double size = std::clamp(rect.height() * 0.5, 7.0, 14.0);
                const QColor colour = cividis(cell.share);
                drawPin(painter, QPointF(rect.center().x(), rect.center().y() + size * 0.5), size, cell.force,
                        inkOn(colour), colour);
                painter.setAntialiasing(false);
            }
        }
        if (showsCut) {
            const double x = std::round(keyAxis()->coordToPixel(row.cut));
            const double top = valueAxis()->coordToPixel(row.head - 0.5);
            const double bottom = valueAxis()->coordToPixel(row.head + 0.5);
            for (const auto& [colour, width] :
                 { std::pair(theme->panel, 4.0), std::pair(theme->accent, 2.0) }) {
                painter.setPen(QPen(colour, width, Qt::SolidLine, Qt::FlatCap));
                painter.drawLine(QPointF(x, top), QPointF(x, bottom));
            }
        }
    }
};

/// The frame of the cell under the pointer, above all cells: they are not drawn again for it.
class HoveredCell : public QCPAbstractPlottable {
public:
    explicit HoveredCell(const ChannelCells& cells)
        : QCPAbstractPlottable(cells.keyAxis(), cells.valueAxis())
        , m_cells(cells)
    {
        setLayer(u"overlay"_s);
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

    std::optional<std::pair<std::size_t, std::size_t>> at; ///< row and place

protected:
    void draw(QCPPainter* painter) override
    {
        if (at && m_cells.theme != nullptr && at->first < m_cells.rows.size()) {
            m_cells.drawFrame(*painter, m_cells.rectOf(m_cells.rows[at->first], at->second),
                              m_cells.theme->text, false);
        }
    }
    void drawLegendIcon(QCPPainter*, const QRectF&) const override { }

private:
    const ChannelCells& m_cells;
};

/// Scores fall over orders of magnitude: colours are logarithmic, from a round fraction below the smallest
/// score of the layer, at least a hundredth, to the largest.
double lowestShown(const LayerChannels& layer, double largest)
{
    double smallest = 1.0;
    for (const HeadChannels& head : layer.heads) {
        for (const double score : head.scores) {
            smallest = std::min(smallest, score / largest);
        }
    }
    for (const double round : { 0.5, 0.2, 0.1, 0.05, 0.02 }) {
        if (smallest >= round) {
            return round;
        }
    }
    return 0.01;
}

} // namespace

struct ChannelMapPlot::Impl {
    ChannelCells* cells = nullptr;
    HoveredCell* hovered = nullptr;
    QCPColorScale* scale = nullptr;
    QSharedPointer<QCPAxisTickerText> headNames { new QCPAxisTickerText };
    QSharedPointer<QCPAxisTickerText> ticks { new QCPAxisTickerText };
};

ChannelMapPlot::ChannelMapPlot(DialogPort& dialogs, QWidget* parent)
    : ChannelPlot(dialogs, u"channel-map"_s, parent)
    , m_impl(std::make_unique<Impl>())
{
    QCustomPlot& shown = *plot();
    shown.setAccessibleName(tr("Importance of the key channels of every head"));
    makeIntegral(*shown.xAxis);
    shown.xAxis->grid()->setVisible(false);
    shown.yAxis->grid()->setVisible(false);
    shown.yAxis->setRangeReversed(true);
    shown.yAxis->setTicker(m_impl->headNames);
    shown.yAxis->setTickLength(0, 0);
    shown.axisRect()->setMinimumMargins(QMargins(0, 6, 4, 0));
    m_impl->cells = new ChannelCells(shown.xAxis, shown.yAxis);
    m_impl->hovered = new HoveredCell(*m_impl->cells);
    m_impl->scale = new QCPColorScale(&shown);
    m_impl->scale->setType(QCPAxis::atRight);
    m_impl->scale->setBarWidth(8);
    m_impl->scale->setRangeDrag(false);
    m_impl->scale->setRangeZoom(false);
    m_impl->scale->setGradient(cividisGradient());
    m_impl->scale->setDataScaleType(QCPAxis::stLogarithmic);
    for (const double tick : { 1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01 }) {
        m_impl->ticks->addTick(tick, QString::number(tick));
    }
    m_impl->scale->axis()->setTicker(m_impl->ticks);
    auto* margins = new QCPMarginGroup(&shown);
    shown.axisRect()->setMarginGroup(QCP::msTop | QCP::msBottom, margins);
    m_impl->scale->setMarginGroup(QCP::msTop | QCP::msBottom, margins);
    shown.plotLayout()->addElement(0, 1, m_impl->scale);
    refresh();
}

ChannelMapPlot::~ChannelMapPlot() = default;

std::vector<int> ChannelMapPlot::shownHeads() const
{
    std::vector<int> heads;
    for (int head = 0; head < std::ssize(channels().heads); ++head) {
        if (channels().known(head)) {
            heads.push_back(head);
        }
    }
    return heads;
}

void ChannelMapPlot::refresh()
{
    const LayerChannels& layer = channels();
    const Theme& theme = themeOf(palette());
    ChannelCells& cells = *m_impl->cells;
    cells.theme = &theme;
    cells.first = isSorted() ? 1.0 : 0.0;
    cells.showsCut = isSorted();
    cells.rows.clear();
    const double largest = layer.largest(-1);
    const double lowest = lowestShown(layer, largest);
    m_impl->scale->setDataRange(QCPRange(lowest, 1.0));
    for (const int index : shownHeads()) {
        const HeadChannels& head = layer.heads[idx(index)];
        CellRow& row = cells.rows.emplace_back();
        row.head = index;
        row.cut = head.wanted + 0.5;
        for (const int channel : displayOrder(index)) {
            Cell& cell = row.cells.emplace_back();
            const double share = std::clamp(head.scores[idx(channel)] / largest, lowest, 1.0);
            cell.share = 1.0 - std::log(share) / std::log(lowest);
            cell.kept = head.keeps(channel);
            cell.force = head.force[idx(channel)];
        }
    }
    const auto heads = static_cast<int>(layer.heads.size());
    m_impl->headNames->clear();
    const int step = std::max(1, heads / 16);
    for (int head = 0; head < heads; head += step) {
        const bool off = layer.known(head) && layer.heads[idx(head)].isOff();
        m_impl->headNames->addTick(head, off ? tr("h%1 off").arg(head) : tr("h%1").arg(head));
    }
    applyPlotTheme(*plot());
    QCPAxis& scale = *m_impl->scale->axis();
    scale.setTickLabelFont(smallFont(font()));
    scale.setTickLabelColor(theme.muted);
    scale.setLabelFont(smallFont(font()));
    scale.setLabelColor(theme.muted);
    scale.setBasePen(QPen(theme.border));
    scale.setTickPen(Qt::NoPen);
    scale.setSubTickPen(Qt::NoPen);
    setAxisLabel(scale, tr("of the largest"));
    plot()->xAxis->setRange(cells.first - 0.5, cells.first + std::max(1, layer.keyDims) - 0.5);
    plot()->yAxis->setRange(-0.5, std::max(1, heads) - 0.5);
    setAxisLabel(*plot()->xAxis,
                 isSorted() ? tr("key channels of each head, by importance") : tr("key channel"));
    plot()->setToolTip(layer.layer < 0 ? QString()
                                       : tr("Importance: %1, relative to the largest of the layer, the same "
                                            "scale for all heads.\nRemoved channels "
                                            "are hatched, forced ones carry a pin (filled: in). Click "
                                            "selects head and channel, a second click forces "
                                            "the channel the other way or frees it.")
                                             .arg(layer.scoreLabel));
    refreshMarks();
}

void ChannelMapPlot::refreshMarks()
{
    for (CellRow& row : m_impl->cells->rows) {
        const std::vector<int> order = displayOrder(row.head);
        for (std::size_t place = 0; place < row.cells.size(); ++place) {
            Cell& cell = row.cells[place];
            const bool selectedHead = row.head == marks().head;
            cell.current = selectedHead && order[place] == marks().channel;
            cell.selected = selectedHead
                && std::binary_search(marks().selected.begin(), marks().selected.end(), order[place]);
        }
    }
    refreshHover();
    drawSoon(*plot());
}

void ChannelMapPlot::refreshHover()
{
    const ChannelAt& hover = marks().hover;
    const std::vector<CellRow>& rows = m_impl->cells->rows;
    m_impl->hovered->at.reset();
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&hover](const CellRow& each) { return each.head == hover.head; });
    if (row != rows.end()) {
        const std::vector<int> order = displayOrder(hover.head);
        const auto place = std::find(order.begin(), order.end(), hover.channel);
        if (place != order.end() && !row->cells[idx(place - order.begin())].selected) {
            m_impl->hovered->at.emplace(idx(row - rows.begin()), idx(place - order.begin()));
        }
    }
    drawOverlayOnce(*plot());
}

ChannelAt ChannelMapPlot::channelAt(const QPointF& at) const
{
    if (channels().layer < 0 || !plot()->axisRect()->rect().contains(at.toPoint())) {
        return {};
    }
    const auto head = static_cast<int>(std::lround(plot()->yAxis->pixelToCoord(at.y())));
    const auto place
        = static_cast<int>(std::lround(plot()->xAxis->pixelToCoord(at.x()) - m_impl->cells->first));
    if (!channels().known(head) || place < 0 || place >= channels().keyDims) {
        return {};
    }
    return { head, displayOrder(head)[idx(place)] };
}

QPointF ChannelMapPlot::positionOf(const ChannelAt& at) const
{
    const std::vector<int> order = displayOrder(at.head);
    const auto place = std::find(order.begin(), order.end(), at.channel) - order.begin();
    return { plot()->xAxis->coordToPixel(static_cast<double>(place) + m_impl->cells->first),
             plot()->yAxis->coordToPixel(at.head) };
}

} // namespace rankscope
