// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/importance_plot.h"

#include "core/base/narrow.h"
#include "ui/plots/channel_bars.h"
#include "ui/plots/draw_once.h"
#include "ui/plots/plot_theme.h"
#include "ui/plots/qcp.h"
#include "ui/theme/theme.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kGrab = 8.0; ///< pixels beside the cut that take hold of it
constexpr double kBottom = -0.09; ///< room for the cells under the zero line

} // namespace

struct ImportancePlot::Impl {
    std::unique_ptr<ChannelBars> bars;
    QCPItemText* handle = nullptr;
    QCPItemText* caption = nullptr;
    QSharedPointer<QCPAxisTicker> indices;
    QSharedPointer<QCPAxisTickerText> headNames { new QCPAxisTickerText };
    bool wholeLayer = false;
    int dragged = -1; ///< head whose cut is in the hand
    int lastCut = -1;
    int captionRoom = 0; ///< width of the axes that the caption was worded for
    double pitch = 0.0; ///< from one head's first column to the next head's
};

ImportancePlot::ImportancePlot(DialogPort& dialogs, QWidget* parent)
    : ChannelPlot(dialogs, u"importance"_s, parent)
    , m_impl(std::make_unique<Impl>())
{
    QCustomPlot& shown = *plot();
    shown.setAccessibleName(tr("Importance of key channels"));
    makeIntegral(*shown.xAxis);
    m_impl->indices = shown.xAxis->ticker();
    shown.axisRect()->setMinimumMargins(QMargins(0, 20, 4, 0));
    shown.xAxis->grid()->setVisible(false);
    connect(&shown, &QCustomPlot::afterLayout, this, [this] {
        if (plot()->axisRect()->width() != m_impl->captionRoom) {
            refreshCaption();
        }
    });
    const QSharedPointer<QCPAxisTickerFixed> quarters(new QCPAxisTickerFixed);
    quarters->setTickStep(0.25);
    shown.yAxis->setTicker(quarters);
    m_impl->bars = std::make_unique<ChannelBars>(shown.xAxis, shown.yAxis);
    m_impl->handle = new QCPItemText(&shown);
    m_impl->caption = new QCPItemText(&shown);
    for (QCPItemText* text : { m_impl->handle, m_impl->caption }) {
        text->setClipToAxisRect(false);
        text->position->setTypeX(QCPItemPosition::ptPlotCoords);
    }
    refresh();
}

ImportancePlot::~ImportancePlot() = default;

void ImportancePlot::setWholeLayer(bool whole)
{
    if (whole != m_impl->wholeLayer) {
        m_impl->wholeLayer = whole;
        refresh();
    }
}

std::vector<int> ImportancePlot::shownHeads() const
{
    std::vector<int> heads;
    for (int head = 0; head < std::ssize(channels().heads); ++head) {
        if (channels().known(head) && (m_impl->wholeLayer || head == marks().head)) {
            heads.push_back(head);
        }
    }
    return heads;
}

void ImportancePlot::refresh()
{
    Impl& impl = *m_impl;
    const LayerChannels& layer = channels();
    const int count = layer.keyDims;
    const double first = isSorted() ? 1.0 : 0.0; // places count from 1, channels from 0
    impl.pitch = impl.wholeLayer ? count + std::max(2.0, std::round(count * 0.06)) : 0.0;
    std::vector<ChannelColumn> columns;
    std::vector<ChannelCut> cuts;
    for (const int index : shownHeads()) {
        const HeadChannels& head = layer.heads[idx(index)];
        const double left = impl.pitch * index + first;
        const double largest = layer.largest(impl.wholeLayer ? -1 : index);
        const double largestOther = layer.largestOther(impl.wholeLayer ? -1 : index);
        const std::vector<int> order = displayOrder(index);
        for (int place = 0; place < count; ++place) {
            const int channel = order[idx(place)];
            ChannelColumn column;
            column.x = left + place;
            column.head = index;
            column.value = head.scores[idx(channel)] / largest;
            column.other = head.otherScores.empty() ? -1.0 : head.otherScores[idx(channel)] / largestOther;
            column.kept = head.keeps(channel);
            column.otherKept = head.otherKeeps(channel);
            column.force = head.force[idx(channel)];
            columns.push_back(column);
        }
        ChannelCut cut { left - 0.5, left + count - 0.5, left + head.wanted - 0.5 };
        if (!isSorted()) {
            cut.at = head.wanted == 0 ? 1.0 : head.scores[idx(head.order[idx(head.wanted - 1)])] / largest;
        }
        cuts.push_back(cut);
    }
    applyPlotTheme(*plot());
    impl.bars->setTheme(themeOf(palette()));
    impl.bars->setColumns(std::move(columns), std::move(cuts), isSorted());
    refreshAxes();
    refreshCaption();
    refreshMarks();
}

void ImportancePlot::refreshMarks()
{
    for (ChannelColumn& column : m_impl->bars->columns()) {
        const double left = m_impl->pitch * column.head + (isSorted() ? 1.0 : 0.0);
        const auto place = static_cast<int>(std::lround(column.x - left));
        const int channel = isSorted() ? channels().heads[idx(column.head)].order[idx(place)] : place;
        const bool selectedHead = column.head == marks().head;
        column.current = selectedHead && channel == marks().channel;
        column.selected
            = selectedHead && std::binary_search(marks().selected.begin(), marks().selected.end(), channel);
    }
    refreshHover();
    drawSoon(*plot());
}

void ImportancePlot::refreshHover()
{
    const ChannelAt& hover = marks().hover;
    const std::vector<int> heads = shownHeads();
    const bool selected = hover.head == marks().head
        && std::binary_search(marks().selected.begin(), marks().selected.end(), hover.channel);
    std::optional<double> x;
    if (!selected && std::find(heads.begin(), heads.end(), hover.head) != heads.end()) {
        const std::vector<int> order = displayOrder(hover.head);
        if (const auto found = std::find(order.begin(), order.end(), hover.channel); found != order.end()) {
            x = m_impl->pitch * hover.head + (isSorted() ? 1.0 : 0.0)
                + static_cast<double>(found - order.begin());
        }
    }
    m_impl->bars->setHovered(x);
}

void ImportancePlot::refreshAxes()
{
    Impl& impl = *m_impl;
    QCPAxis& x = *plot()->xAxis;
    const LayerChannels& layer = channels();
    const double first = isSorted() ? 1.0 : 0.0;
    impl.headNames->clear();
    if (impl.wholeLayer) {
        const auto heads = std::ssize(layer.heads);
        for (int head = 0; head < heads; ++head) {
            const bool off = layer.known(head) && layer.heads[idx(head)].isOff();
            impl.headNames->addTick(impl.pitch * head + first + (layer.keyDims - 1) / 2.0,
                                    off ? tr("head %1 off").arg(head) : tr("head %1").arg(head));
        }
        x.setTicker(impl.headNames);
        x.setRange(first - 1.0,
                   first + impl.pitch * static_cast<double>(std::max<std::ptrdiff_t>(0, heads - 1))
                       + layer.keyDims);
        setAxisLabel(
            x, isSorted() ? tr("key channels of each head, by importance") : tr("key channels of each head"));
    } else {
        x.setTicker(impl.indices);
        x.setRange(first - 1.0, first + layer.keyDims);
        setAxisLabel(x,
                     isSorted() ? tr("key channels of head %1, by importance").arg(marks().head)
                                : tr("key channel of head %1").arg(marks().head));
    }
    plot()->yAxis->setRange(kBottom, 1.05);
    const QString label = tr("importance (rel.)");
    layOutResized(*plot());
    const int room = plot()->axisRect()->height();
    const bool low = room > 0 && room < 5 * QFontMetrics(smallFont(font())).height();
    qSharedPointerCast<QCPAxisTickerFixed>(plot()->yAxis->ticker())->setTickStep(low ? 0.5 : 0.25);
    setAxisLabel(*plot()->yAxis,
                 QFontMetrics(smallFont(font())).horizontalAdvance(label) < room || room == 0 ? label
                                                                                              : QString());
    QString tip = tr("Importance: %1, relative to the largest %2.\n")
                      .arg(layer.scoreLabel, impl.wholeLayer ? tr("of the layer") : tr("of the head"));
    if (!layer.otherLabel.isEmpty()) {
        tip += tr("Dots: %1, %2, on its own scale; filled where it keeps the channel too.\n")
                   .arg(layer.otherLabel, layer.otherScoreLabel);
    }
    tip += tr("The row under the bars: kept channels solid, removed ones hatched. Pins: forced in (filled) "
              "or out.\n"
              "Drag the cut. Click selects a channel, a second click forces it the other way or frees it, "
              "Shift-click "
              "selects a range.\n"
              "Keys: arrows move, Shift extends, I forces in, O forces out, U frees, Ctrl+arrows move the "
              "cut, H switches "
              "the head.");
    plot()->setToolTip(layer.layer >= 0 ? tip : QString());
}

void ImportancePlot::refreshCaption()
{
    Impl& impl = *m_impl;
    const LayerChannels& layer = channels();
    const Theme& theme = themeOf(palette());
    const int index = marks().head;
    const bool shown = layer.known(index);
    impl.handle->setVisible(shown);
    impl.caption->setVisible(shown);
    if (!shown) {
        return;
    }
    const HeadChannels& head = layer.heads[idx(index)];
    QString text;
    QString brief; // where there is no room for all of it
    if (impl.wholeLayer) {
        double share = 0.0;
        const std::vector<int> heads = shownHeads();
        for (const int each : heads) {
            share += layer.heads[idx(each)].removedShare() / static_cast<double>(heads.size());
        }
        text = tr("cut: %1 of %2 per head, %3 % of the importance")
                   .arg(layer.keptKeyDims)
                   .arg(layer.keyDims)
                   .arg(100.0 * share, 0, 'f', 1);
        brief = tr("cut: %1 of %2 per head").arg(layer.keptKeyDims).arg(layer.keyDims);
    } else if (head.isOff()) {
        text = tr("head %1 is off: frees no bytes · H brings it back").arg(index);
    } else {
        text = tr("cut: %1 kept, %2 removed, %3 % of the importance")
                   .arg(head.wanted)
                   .arg(layer.keyDims - head.wanted)
                   .arg(100.0 * head.removedShare(), 0, 'f', 1);
        brief = tr("cut: %1 kept, %2 removed").arg(head.wanted).arg(layer.keyDims - head.wanted);
        if (head.wanted < layer.keptKeyDims) {
            text += tr(" · the layer keeps %1").arg(layer.keptKeyDims);
        }
    }
    const double start = impl.pitch * index + (isSorted() ? 1.0 : 0.0);
    const double last
        = impl.pitch * static_cast<double>(impl.wholeLayer ? std::ssize(layer.heads) - 1 : 0) + layer.keyDims;
    const double x = isSorted() ? start + head.wanted - 0.5 : start + layer.keyDims - 0.5;
    for (QCPItemText* item : { impl.handle, impl.caption }) {
        item->setFont(smallFont(font()));
    }
    impl.handle->setText(isSorted() ? u" ‖ "_s : u" ═ "_s);
    impl.handle->setColor(theme.onAccent);
    impl.handle->setBrush(layer.locked ? theme.removed : theme.accent);
    impl.handle->setPen(Qt::NoPen);
    if (isSorted()) {
        impl.handle->setPositionAlignment(Qt::AlignHCenter | Qt::AlignBottom);
        impl.handle->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
        impl.handle->position->setCoords(x, 0.0);
    } else {
        impl.handle->setPositionAlignment(Qt::AlignRight | Qt::AlignVCenter);
        impl.handle->position->setTypeY(QCPItemPosition::ptPlotCoords);
        const double level = head.isOff() ? 1.0
                                          : head.scores[idx(head.order[idx(head.wanted - 1)])]
                / layer.largest(impl.wholeLayer ? -1 : index);
        impl.handle->position->setCoords(x, level);
    }
    const bool flip = !isSorted() || x > last * 0.5;
    impl.caption->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    impl.caption->setPositionAlignment((flip ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignBottom);
    impl.caption->setPadding(QMargins(14, 0, isSorted() ? 14 : 2, 1));
    impl.caption->position->setCoords(isSorted() ? x : last - 0.5, 0.0);
    if (impl.wholeLayer) { // of all heads: on the side where the selected one's handle is not
        const bool left = 2 * index >= std::ssize(layer.heads);
        impl.caption->setPositionAlignment((left ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignBottom);
        impl.caption->setPadding(QMargins(0, 0, 2, 1));
        impl.caption->position->setCoords(left ? plot()->xAxis->range().lower : plot()->xAxis->range().upper,
                                          0.0);
    }
    impl.caption->setColor(head.isOff() && !impl.wholeLayer ? theme.worse : theme.text);
    const QString locked = layer.locked ? tr(" · locked") : QString();
    impl.captionRoom = plot()->axisRect()->width();
    const double side = impl.wholeLayer || !isSorted() ? 1.0 : std::max(x, last - x) / last;
    const bool fits
        = QFontMetrics(smallFont(font())).horizontalAdvance(text + locked) <= side * impl.captionRoom - 28;
    impl.caption->setText((fits || brief.isEmpty() ? text : brief) + locked);
}

ChannelAt ImportancePlot::channelAt(const QPointF& at) const
{
    const LayerChannels& layer = channels();
    const double x = plot()->xAxis->pixelToCoord(at.x()) - (isSorted() ? 1.0 : 0.0);
    if (layer.keyDims == 0 || !plot()->axisRect()->rect().adjusted(0, 0, 0, 2).contains(at.toPoint())) {
        return {};
    }
    const int head
        = m_impl->wholeLayer ? static_cast<int>(std::floor((x + 1.0) / m_impl->pitch)) : marks().head;
    const auto place = static_cast<int>(std::lround(x - m_impl->pitch * head));
    if (!layer.known(head)) {
        return {};
    }
    if (place < 0 || place >= layer.keyDims) {
        return { head, -1 };
    }
    return { head, displayOrder(head)[idx(place)] };
}

QPointF ImportancePlot::positionOf(const ChannelAt& at) const
{
    const std::vector<int> order = displayOrder(at.head);
    const auto place = std::find(order.begin(), order.end(), at.channel) - order.begin();
    const double x = m_impl->pitch * at.head + static_cast<double>(place) + (isSorted() ? 1.0 : 0.0);
    return { plot()->xAxis->coordToPixel(x), plot()->yAxis->coordToPixel(0.0) - 1.0 };
}

QPointF ImportancePlot::cutPosition(int head) const
{
    const std::vector<int> heads = shownHeads();
    const auto index = std::find(heads.begin(), heads.end(), head) - heads.begin();
    const ChannelCut& cut = m_impl->bars->cuts()[idx(index)];
    const QRect area = plot()->axisRect()->rect();
    return isSorted() ? QPointF(plot()->xAxis->coordToPixel(cut.at), area.center().y())
                      : QPointF(plot()->xAxis->coordToPixel((cut.left + cut.right) / 2.0),
                                plot()->yAxis->coordToPixel(cut.at));
}

int ImportancePlot::cutAt(const QPointF& at) const
{
    const std::vector<int> heads = shownHeads();
    int nearest = -1;
    double distance = kGrab;
    for (std::size_t index = 0; index < heads.size(); ++index) {
        const ChannelCut& cut = m_impl->bars->cuts()[index];
        const double left = plot()->xAxis->coordToPixel(cut.left) - kGrab;
        const double right = plot()->xAxis->coordToPixel(cut.right) + kGrab;
        const double away = isSorted() ? std::abs(plot()->xAxis->coordToPixel(cut.at) - at.x())
                                       : std::abs(plot()->yAxis->coordToPixel(cut.at) - at.y());
        if (at.x() >= left && at.x() <= right && away < distance) {
            nearest = heads[index];
            distance = away;
        }
    }
    return nearest;
}

int ImportancePlot::keptAt(int head, const QPointF& at) const
{
    const LayerChannels& layer = channels();
    const HeadChannels& of = layer.heads[idx(head)];
    if (isSorted()) {
        const double x = plot()->xAxis->pixelToCoord(at.x()) - m_impl->pitch * head;
        return std::clamp(static_cast<int>(std::lround(x - 0.5)), 0, layer.keyDims);
    }
    const double level = plot()->yAxis->pixelToCoord(at.y()) * layer.largest(m_impl->wholeLayer ? -1 : head);
    return narrow<int>(
        std::count_if(of.scores.begin(), of.scores.end(), [level](double score) { return score >= level; }));
}

bool ImportancePlot::press(const QPointF& at)
{
    m_impl->dragged = channels().locked ? -1 : cutAt(at);
    m_impl->lastCut = -1;
    return m_impl->dragged >= 0;
}

bool ImportancePlot::move(const QPointF& at, bool pressed)
{
    Impl& impl = *m_impl;
    if (!pressed) {
        const bool grip = !channels().locked && cutAt(at) >= 0;
        plot()->setCursor(!grip ? Qt::ArrowCursor : isSorted() ? Qt::SplitHCursor : Qt::SplitVCursor);
        return false;
    }
    if (impl.dragged < 0 || !channels().known(impl.dragged)) {
        return false;
    }
    const int cut = keptAt(impl.dragged, at);
    if (cut != impl.lastCut) {
        const bool first = impl.lastCut < 0;
        impl.lastCut = cut;
        Q_EMIT cutDragged(impl.dragged, cut, first);
    }
    return true;
}

void ImportancePlot::release()
{
    m_impl->dragged = -1;
}

} // namespace rankscope
