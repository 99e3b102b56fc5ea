// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/state_heatmap.h"

#include "core/base/narrow.h"
#include "ui/actions/definitions.h"
#include "ui/actions/what_is_this.h"
#include "ui/plots/axis_navigation.h"
#include "ui/plots/draw_once.h"
#include "ui/plots/plot_theme.h"
#include "ui/plots/qcp.h"
#include "ui/plots/view_export.h"
#include "ui/theme/theme.h"

#include <QBoxLayout>
#include <QMenu>

#include <algorithm>
#include <cmath>

namespace rankscope {

using namespace Qt::StringLiterals;

struct StateHeatmap::Impl {
    DialogPort& dialogs;
    QCustomPlot* plot = nullptr;
    QCPColorMap* map = nullptr;
    QCPColorScale* scale = nullptr;
    QCPAxisRect* side = nullptr; ///< row norms, beside the map
    QCPBars* kept = nullptr;
    QCPBars* removed = nullptr;
    std::vector<QCPItemRect*> hatches; ///< one per run of removed rows
    QCPItemRect* selected[2] = {}; ///< over the map, over the bars
    QCPItemRect* hover[2] = {};
    StateImage state;
    std::vector<double> norms;
    int channel = -1;
    int hoverChannel = -1;
    bool userRange = false;

    explicit Impl(DialogPort& port)
        : dialogs(port)
    {
    }
    [[nodiscard]] bool isRemoved(int at) const
    {
        return at < std::ssize(state.removed) && state.removed[idx(at)];
    }
};

StateHeatmap::StateHeatmap(DialogPort& dialogs, QWidget* parent)
    : QWidget(parent)
    , m_impl(std::make_unique<Impl>(dialogs))
{
    build();
    refresh();
}

StateHeatmap::~StateHeatmap() = default;

void StateHeatmap::build()
{
    Impl& impl = *m_impl;
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 0, 6, 0);
    auto* plot = new QCustomPlot(this);
    impl.plot = plot;
    layout->addWidget(plot);
    plot->setAccessibleName(tr("State matrix"));
    setToolTip(
        definitionTip({ u"state"_s, u"stateMap"_s },
                      tr("Bars: norms of the rows, one per key channel. Hatched rows go under the plan.")));
    plot->setMinimumHeight(120);
    plot->setFocusPolicy(Qt::StrongFocus);
    setFocusProxy(plot);
    plot->installEventFilter(this);
    plot->axisRect()->setMinimumMargins(QMargins(0, 6, 0, 0));
    plot->plotLayout()->setColumnSpacing(6);

    impl.side = new QCPAxisRect(plot);
    plot->plotLayout()->addElement(0, 1, impl.side);
    plot->plotLayout()->setColumnStretchFactor(0, 6);
    impl.side->setMinimumMargins(QMargins(0, 6, 0, 0));
    impl.scale = new QCPColorScale(plot);
    impl.scale->setType(QCPAxis::atRight);
    impl.scale->setBarWidth(8);
    impl.scale->setRangeDrag(false);
    impl.scale->setRangeZoom(false);
    makeSigned(*impl.scale->axis());
    plot->plotLayout()->addElement(0, 2, impl.scale);
    auto* margins = new QCPMarginGroup(plot);
    for (QCPLayoutElement* element :
         std::initializer_list<QCPLayoutElement*> { plot->axisRect(), impl.side, impl.scale }) {
        element->setMarginGroup(QCP::msTop | QCP::msBottom, margins);
    }

    impl.map = new QCPColorMap(plot->xAxis, plot->yAxis);
    impl.map->setInterpolate(false);
    impl.map->setTightBoundary(false);
    impl.map->setAntialiased(false);
    impl.map->setColorScale(impl.scale);
    plot->yAxis->setRangeReversed(true);
    makeIntegral(*plot->xAxis);
    makeIntegral(*plot->yAxis);
    plot->xAxis->grid()->setVisible(false);
    plot->yAxis->grid()->setVisible(false);

    QCPAxis* rows = impl.side->axis(QCPAxis::atLeft);
    rows->setRangeReversed(true);
    rows->setTickLabels(false);
    rows->setTicks(false);
    rows->grid()->setVisible(false);
    QCPAxis* norms = impl.side->axis(QCPAxis::atBottom);
    norms->grid()->setVisible(false);
    norms->ticker()->setTickCount(2);
    impl.kept = new QCPBars(rows, norms);
    impl.removed = new QCPBars(rows, norms);
    for (QCPBars* bars : { impl.kept, impl.removed }) {
        bars->setWidth(0.8);
        bars->setAntialiased(false);
    }
    for (int at = 0; at < 2; ++at) {
        for (QCPItemRect** item : { &impl.hover[at], &impl.selected[at] }) {
            *item = new QCPItemRect(plot);
            (*item)->setLayer(u"overlay"_s);
            (*item)->setClipAxisRect(at == 0 ? plot->axisRect() : impl.side);
            for (QCPItemPosition* corner : { (*item)->topLeft, (*item)->bottomRight }) {
                corner->setTypeX(QCPItemPosition::ptAxisRectRatio);
                corner->setTypeY(QCPItemPosition::ptPlotCoords);
                corner->setAxisRect(at == 0 ? plot->axisRect() : impl.side);
                corner->setAxes(at == 0 ? plot->xAxis : norms, at == 0 ? plot->yAxis : rows);
            }
        }
    }
    installNavigation(*plot, *plot->axisRect(),
                      { [this](const QCPAxis& axis) {
                           const StateImage& state = m_impl->state;
                           const int count
                               = axis.orientation() == Qt::Horizontal ? state.valueDims : state.keyDims;
                           return QCPRange(-0.5, std::max(1, count) - 0.5);
                       },
                        [this, rows](const QCPAxis& axis, bool fitted) {
                            m_impl->userRange = !fitted || m_impl->userRange;
                            if (axis.orientation() == Qt::Vertical) {
                                rows->setRange(axis.range());
                            }
                        } });
    connect(plot, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        const int channel = channelAt(event->position());
        Q_EMIT hoverMoved(channel);
        Q_EMIT hovered(channel >= 0 ? describe(channel, valueDimAt(event->position())) : QString());
    });
    // A press that does not travel picks the row; one that does has panned.
    connect(plot, &QCustomPlot::mousePress, this,
            [plot](QMouseEvent* event) { plot->setProperty("pressedAt", event->position()); });
    connect(plot, &QCustomPlot::mouseRelease, this, [this, plot](QMouseEvent* event) {
        const QPointF travelled = event->position() - plot->property("pressedAt").toPointF();
        const int channel = channelAt(event->position());
        if (event->button() == Qt::LeftButton && travelled.manhattanLength() < 4.0 && channel >= 0) {
            Q_EMIT channelPicked(channel);
        }
    });
    auto* give = new ViewExport(
        *plot, u"state"_s, [this] { return csv(); }, m_impl->dialogs);
    connect(give, &ViewExport::problem, this, &StateHeatmap::problem);
    plot->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(plot, &QCustomPlot::customContextMenuRequested, this, [this, plot, give](const QPoint& at) {
        QMenu menu(this);
        give->addActions(menu);
        menu.addSeparator();
        menu.addAction(tr("Show the whole matrix"), this, &StateHeatmap::fit);
        addWhatIsThis(menu, *this, Topic::State);
        menu.exec(plot->mapToGlobal(at));
    });
}

QCustomPlot* StateHeatmap::plot() const
{
    return m_impl->plot;
}

const StateImage& StateHeatmap::state() const
{
    return m_impl->state;
}

void StateHeatmap::setState(StateImage state)
{
    Impl& impl = *m_impl;
    if (state.keyDims != impl.state.keyDims || state.valueDims != impl.state.valueDims) {
        impl.userRange = false;
    }
    impl.state = std::move(state);
    impl.norms.assign(idx(impl.state.keyDims), 0.0);
    for (int row = 0; row < impl.state.keyDims; ++row) {
        double squares = 0.0;
        for (int column = 0; column < impl.state.valueDims; ++column) {
            const double entry = impl.state.entries[idx(row * impl.state.valueDims + column)];
            squares += entry * entry;
        }
        impl.norms[idx(row)] = std::sqrt(squares);
    }
    refresh();
}

void StateHeatmap::setChannel(int channel)
{
    if (channel != m_impl->channel) {
        m_impl->channel = channel;
        refreshMarks();
        drawOverlayOnce(*m_impl->plot);
    }
}

void StateHeatmap::setHoverMark(int channel)
{
    if (channel != m_impl->hoverChannel) {
        m_impl->hoverChannel = channel;
        refreshMarks();
        drawOverlayOnce(*m_impl->plot);
    }
}

void StateHeatmap::fit()
{
    m_impl->userRange = false;
    refresh();
}

void StateHeatmap::refresh()
{
    Impl& impl = *m_impl;
    const Theme& theme = themeOf(palette());
    QCustomPlot* plot = impl.plot;
    const StateImage& state = impl.state;
    applyPlotTheme(*plot);
    QCPAxis* rows = impl.side->axis(QCPAxis::atLeft);
    QCPAxis* norms = impl.side->axis(QCPAxis::atBottom);
    applyScaleTheme(*impl.scale);
    for (QCPAxis* axis : { rows, norms }) {
        axis->setBasePen(QPen(theme.border));
        axis->setTickPen(QPen(theme.border));
        axis->setSubTickPen(Qt::NoPen);
        axis->setTickLabelFont(smallFont(font()));
        axis->setTickLabelColor(theme.muted);
        axis->setLabelFont(smallFont(font()));
        axis->setLabelColor(theme.muted);
        axis->setTickLengthIn(0);
        axis->setTickLengthOut(3);
    }
    setAxisLabel(*plot->xAxis, tr("value dim"));
    setAxisLabel(*plot->yAxis, tr("key channel"));
    setAxisLabel(*norms, tr("‖\u2009row\u2009‖"));
    const bool have = state.keyDims > 0 && state.valueDims > 0;
    impl.map->setVisible(have);
    if (have) {
        QCPColorMapData* cells = impl.map->data();
        cells->setSize(state.valueDims, state.keyDims);
        cells->setRange(QCPRange(0, state.valueDims - 1), QCPRange(0, state.keyDims - 1));
        for (int row = 0; row < state.keyDims; ++row) {
            for (int column = 0; column < state.valueDims; ++column) {
                cells->setCell(column, row, state.entries[idx(row * state.valueDims + column)]);
            }
        }
    }
    impl.map->setGradient(divergingGradient(theme));
    impl.map->setDataRange(QCPRange(-state.range, state.range));
    QVector<QCPBarsData> kept;
    QVector<QCPBarsData> removed;
    double longest = 1e-30;
    for (int row = 0; row < state.keyDims; ++row) {
        (impl.isRemoved(row) ? removed : kept).append(QCPBarsData(row, impl.norms[idx(row)]));
        longest = std::max(longest, impl.norms[idx(row)]);
    }
    impl.kept->data()->set(kept, true);
    impl.removed->data()->set(removed, true);
    const QColor colour = state.stale ? theme.removed : theme.head(state.head);
    impl.kept->setBrush(colour);
    impl.kept->setPen(Qt::NoPen);
    impl.removed->setBrush(QBrush(theme.muted, Qt::BDiagPattern));
    impl.removed->setPen(QPen(theme.removed, 1.0));
    norms->setRange(0.0, longest * 1.05);
    // Runs of removed rows, hatched over the map: their entries stay visible.
    std::size_t used = 0;
    for (int row = 0; row < state.keyDims;) {
        if (!impl.isRemoved(row)) {
            ++row;
            continue;
        }
        int end = row;
        while (end < state.keyDims && impl.isRemoved(end)) {
            ++end;
        }
        if (used == impl.hatches.size()) {
            impl.hatches.push_back(new QCPItemRect(plot));
            impl.hatches.back()->setPen(Qt::NoPen);
        }
        QCPItemRect* hatch = impl.hatches[used++];
        hatch->topLeft->setCoords(-0.5, row - 0.5);
        hatch->bottomRight->setCoords(state.valueDims - 0.5, end - 0.5);
        QColor ink = theme.muted;
        ink.setAlpha(150);
        hatch->setBrush(QBrush(ink, Qt::BDiagPattern));
        hatch->setVisible(true);
        row = end;
    }
    for (std::size_t at = used; at < impl.hatches.size(); ++at) {
        impl.hatches[at]->setVisible(false);
    }
    if (!impl.userRange) {
        plot->xAxis->setRange(-0.5, std::max(1, state.valueDims) - 0.5);
        plot->yAxis->setRange(-0.5, std::max(1, state.keyDims) - 0.5);
    }
    rows->setRange(plot->yAxis->range());
    refreshMarks();
    drawSoon(*plot);
}

void StateHeatmap::refreshMarks()
{
    Impl& impl = *m_impl;
    const Theme& theme = themeOf(palette());
    for (int at = 0; at < 2; ++at) {
        const auto place = [&](QCPItemRect* item, int channel, const QPen& pen) {
            item->setVisible(channel >= 0 && channel < impl.state.keyDims);
            item->topLeft->setCoords(0.0, channel - 0.5);
            item->bottomRight->setCoords(1.0, channel + 0.5);
            item->setPen(pen);
        };
        place(impl.selected[at], impl.channel, QPen(theme.accent, 1.6));
        place(impl.hover[at], impl.hoverChannel, QPen(theme.text, 1.0, Qt::DotLine));
    }
}

int StateHeatmap::channelAt(const QPointF& at) const
{
    const Impl& impl = *m_impl;
    if (!impl.plot->axisRect()->rect().contains(at.toPoint()) && !impl.side->rect().contains(at.toPoint())) {
        return -1;
    }
    const auto row = static_cast<int>(std::lround(impl.plot->yAxis->pixelToCoord(at.y())));
    return row >= 0 && row < impl.state.keyDims ? row : -1;
}

int StateHeatmap::valueDimAt(const QPointF& at) const
{
    if (!m_impl->plot->axisRect()->rect().contains(at.toPoint())) {
        return -1;
    }
    const auto column = static_cast<int>(std::lround(m_impl->plot->xAxis->pixelToCoord(at.x())));
    return column >= 0 && column < m_impl->state.valueDims ? column : -1;
}

QString StateHeatmap::describe(int channel, int valueDim) const
{
    const StateImage& state = m_impl->state;
    QString text
        = tr("layer %1, head %2, after token %3: ").arg(state.layer).arg(state.head).arg(state.token);
    if (valueDim >= 0) {
        text += tr("S[%1, %2] = %3, ")
                    .arg(channel)
                    .arg(valueDim)
                    .arg(QString::number(state.entries[idx(channel * state.valueDims + valueDim)], 'g', 4));
    }
    text += tr("channel %1 has row norm %2")
                .arg(channel)
                .arg(QString::number(m_impl->norms[idx(channel)], 'g', 4));
    return m_impl->isRemoved(channel) ? text + tr(" (removed by the plan)") : text;
}

QString StateHeatmap::csv() const
{
    const StateImage& state = m_impl->state;
    QString text = u"layer,head,token,channel,removed,row_norm"_s;
    for (int column = 0; column < state.valueDims; ++column) {
        text += u",v%1"_s.arg(column);
    }
    text += u'\n';
    for (int row = 0; row < state.keyDims; ++row) {
        text += u"%1,%2,%3,%4,%5,"_s.arg(state.layer)
                    .arg(state.head)
                    .arg(state.token)
                    .arg(row)
                    .arg(m_impl->isRemoved(row) ? 1 : 0)
            + QString::number(m_impl->norms[idx(row)], 'g', 9);
        for (int column = 0; column < state.valueDims; ++column) {
            text += u',' + QString::number(state.entries[idx(row * state.valueDims + column)], 'g', 9);
        }
        text += u'\n';
    }
    return text;
}

bool StateHeatmap::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Leave) {
        Q_EMIT hoverMoved(-1);
        Q_EMIT hovered(QString());
    }
    if (event->type() == QEvent::KeyPress && m_impl->state.keyDims > 0) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Up || key == Qt::Key_Down) {
            const int from
                = m_impl->channel < 0 ? (key == Qt::Key_Up ? m_impl->state.keyDims : -1) : m_impl->channel;
            Q_EMIT channelPicked(
                std::clamp(from + (key == Qt::Key_Up ? -1 : 1), 0, m_impl->state.keyDims - 1));
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void StateHeatmap::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        refresh();
    }
}

} // namespace rankscope
