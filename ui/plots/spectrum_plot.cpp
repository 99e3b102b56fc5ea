// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/spectrum_plot.h"

#include "ui/actions/definitions.h"
#include "ui/actions/what_is_this.h"
#include "ui/plots/axis_navigation.h"
#include "ui/plots/draw_once.h"
#include "ui/plots/plot_theme.h"
#include "ui/plots/qcp.h"
#include "ui/plots/spectrum_plot_impl.h"
#include "ui/plots/view_export.h"
#include "ui/theme/theme.h"

#include <QBoxLayout>
#include <QMenu>

#include <initializer_list>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Values 1, 2, … at whole numbers, never under the floor.
template <typename Value> QVector<QCPGraphData> curveOf(int count, double floor, Value valueAt)
{
    QVector<QCPGraphData> points;
    for (int at = 0; at < count; ++at) {
        points.append(QCPGraphData(at + 1, std::max(static_cast<double>(valueAt(at)), floor)));
    }
    return points;
}

double quantileOf(std::vector<double>& values, double share)
{
    const double position = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (values[above] - values[below]) * (position - static_cast<double>(below));
}

bool sameHeads(const std::vector<HeadSpectrum>& one, const std::vector<HeadSpectrum>& other)
{
    return std::ranges::equal(one, other, [](const HeadSpectrum& a, const HeadSpectrum& b) {
        return a.median == b.median && a.low == b.low && a.high == b.high
            && a.ranks.stableRank == b.ranks.stableRank && a.ranks.entropyRank == b.ranks.entropyRank
            && a.ranks.thresholdRank == b.ranks.thresholdRank;
    });
}

/// Whether two views differ in nothing but the line of the kept dims.
bool sameCurves(const SpectrumView& one, const SpectrumView& other)
{
    return one.layer == other.layer && one.head == other.head && one.token == other.token
        && one.windows == other.windows && one.prunedStale == other.prunedStale && one.stale == other.stale
        && one.largest == other.largest && sameHeads(one.heads, other.heads)
        && sameHeads(one.pruned, other.pruned);
}

QColor withAlpha(QColor colour, int alpha)
{
    colour.setAlpha(alpha);
    return colour;
}

} // namespace

SpectrumPlot::SpectrumPlot(DialogPort& dialogs, QWidget* parent)
    : QWidget(parent)
    , m_impl(std::make_unique<Impl>(dialogs))
{
    build();
    refresh();
}

SpectrumPlot::~SpectrumPlot() = default;

void SpectrumPlot::build()
{
    Impl& impl = *m_impl;
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 4, 10, 2);
    auto* plot = new QCustomPlot(this);
    impl.plot = plot;
    layout->addWidget(plot);
    plot->setAccessibleName(tr("Singular values of the state"));
    plot->setMinimumHeight(110);
    plot->setFocusPolicy(Qt::StrongFocus); // what it does not take itself comes to keyPressEvent
    setFocusProxy(plot);
    plot->installEventFilter(this);
    setToolTip(definitionTip({ u"singularValues"_s },
                             tr("▲ entropy rank, ◇ stable rank, ○ threshold rank. A click selects the head; "
                                "the wheel zooms the axis under the pointer, a double click fits it.")));
    makeLogarithmic(*plot->yAxis);
    makeIntegral(*plot->xAxis);
    plot->axisRect()->setMinimumMargins(QMargins(0, fontMetrics().height() + 6, 4, 0));
    installNavigation(*plot, *plot->axisRect(),
                      { [this](const QCPAxis& axis) {
                           const Impl& now = *m_impl;
                           return axis.orientation() == Qt::Horizontal
                               ? QCPRange(1.0 - 0.01 * now.rank(), now.rank() * 1.01)
                               : QCPRange(now.floor, now.top * 1.02);
                       },
                        [this](const QCPAxis& axis, bool fitted) {
                            (axis.orientation() == Qt::Horizontal ? m_impl->userX : m_impl->userY) = !fitted;
                            refreshKeptLine();
                        } });
    for (QCPGraph** graph :
         { &impl.outer[0], &impl.outer[1], &impl.inner[0], &impl.inner[1], &impl.middle }) {
        *graph = plot->addGraph();
    }
    // What moves with the pointer or with an edit lies above the curves, which are not drawn again for it.
    impl.hoverCurve = plot->addGraph();
    impl.hoverCurve->setVisible(false);
    impl.keptLine = new QCPItemStraightLine(plot);
    impl.keptText = new QCPItemText(plot);
    for (QCPLayerable* moving :
         std::initializer_list<QCPLayerable*> { impl.hoverCurve, impl.keptLine, impl.keptText }) {
        moving->setLayer(u"overlay"_s);
    }
    impl.tracer = new QCPItemTracer(plot);
    impl.tracer->setStyle(QCPItemTracer::tsCircle);
    impl.tracer->setSize(7);
    impl.tracer->setVisible(false);
    impl.stableMark = plot->addGraph();
    impl.thresholdMark = plot->addGraph();
    for (QCPGraph* mark : { impl.stableMark, impl.thresholdMark }) {
        mark->setLineStyle(QCPGraph::lsNone);
        mark->setLayer(u"overlay"_s);
    }
    impl.tracer->setLayer(u"overlay"_s);
    connect(plot, &QCustomPlot::mouseMove, this,
            [this](QMouseEvent* event) { onMouseMove(event->position()); });
    connect(plot, &QCustomPlot::mousePress, this,
            [this](QMouseEvent* event) { m_impl->pressedAt = event->position(); });
    connect(plot, &QCustomPlot::mouseRelease, this, [this](QMouseEvent* event) {
        const QPointF travelled = event->position() - m_impl->pressedAt;
        const int head = headNear(event->position());
        if (event->button() == Qt::LeftButton && travelled.manhattanLength() < 4.0 && head >= 0) {
            Q_EMIT headClicked(head);
        }
    });
    auto* give = new ViewExport(
        *plot, u"spectra"_s, [this] { return csv(); }, m_impl->dialogs);
    connect(give, &ViewExport::problem, this, &SpectrumPlot::problem);
    plot->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(plot, &QCustomPlot::customContextMenuRequested, this, [this, plot, give](const QPoint& at) {
        QMenu menu(this);
        give->addActions(menu);
        menu.addSeparator();
        menu.addAction(tr("Fit the axes"), this, &SpectrumPlot::fit);
        addWhatIsThis(menu, *this, Topic::Spectra);
        menu.exec(plot->mapToGlobal(at));
    });
}

QCustomPlot* SpectrumPlot::plot() const
{
    return m_impl->plot;
}

const SpectrumView& SpectrumPlot::view() const
{
    return m_impl->view;
}

void SpectrumPlot::setView(SpectrumView view)
{
    Impl& impl = *m_impl;
    if (sameCurves(view, impl.view)) {
        if (view.kept != impl.view.kept) {
            impl.view.kept = view.kept;
            refreshKeptLine();
            drawOverlayOnce(*impl.plot);
        }
        return;
    }
    const int before = impl.rank();
    impl.view = std::move(view);
    impl.userX = impl.userX && impl.rank() == before;
    refresh();
}

void SpectrumPlot::setFloor(int exponent)
{
    if (exponent != m_impl->floorExponent) {
        m_impl->floorExponent = exponent;
        m_impl->userY = false;
        refresh();
    }
}

void SpectrumPlot::setHoverMark(int head)
{
    if (head != m_impl->hoverHead) {
        m_impl->hoverHead = head;
        refreshHover();
        drawOverlayOnce(*m_impl->plot);
    }
}

void SpectrumPlot::fit()
{
    m_impl->userX = false;
    m_impl->userY = false;
    refresh();
}

void SpectrumPlot::refresh()
{
    Impl& impl = *m_impl;
    QCustomPlot* plot = impl.plot;
    applyPlotTheme(*plot);
    impl.top = impl.view.largest > 0.0F
        ? std::pow(10.0, std::ceil(std::log10(static_cast<double>(impl.view.largest)) - 1e-9))
        : 1.0;
    impl.floor = impl.top * std::pow(10.0, impl.floorExponent);
    if (!impl.userX) {
        plot->xAxis->setRange(1.0 - 0.01 * impl.rank(), impl.rank() * 1.01);
    }
    if (!impl.userY) {
        plot->yAxis->setRange(impl.floor, impl.top * 1.02);
    }
    refreshCurves();
    refreshBands();
    refreshMarks();
    refreshKeptLine();
    setAxisLabel(*plot->yAxis, tr("σ after token %1").arg(impl.view.token));
    // The floor is named where it is drawn: the row of the legend may be too narrow for it.
    const std::vector<Impl::Entry> entries = impl.entries(palette());
    setAxisLabel(*plot->xAxis,
                 entries.empty()
                     ? tr("singular value index")
                     : tr("singular value index (%1: smaller values lie on it)").arg(entries.back().text));
    refreshLegend();
    drawSoon(*plot);
}

void SpectrumPlot::refreshCurves()
{
    Impl& impl = *m_impl;
    QCustomPlot* plot = impl.plot;
    const Theme& theme = themeOf(palette());
    const int count = impl.count();
    while (std::ssize(impl.heads) < (impl.banded() ? 1 : count)) {
        Impl::HeadGraphs graphs;
        graphs.low = plot->addGraph();
        graphs.high = plot->addGraph();
        graphs.pruned = plot->addGraph();
        graphs.curve = plot->addGraph();
        graphs.entropy = plot->addGraph();
        graphs.entropy->setLineStyle(QCPGraph::lsNone);
        impl.heads.push_back(graphs);
    }
    for (int at = 0; at < std::ssize(impl.heads); ++at) {
        const Impl::HeadGraphs& graphs = impl.heads[idx(at)];
        const int head = impl.banded() ? impl.view.head : at;
        const bool visible = head < count && (!impl.banded() || at == 0);
        const bool spread = visible && impl.view.windows > 1;
        const bool pruned = visible && head < std::ssize(impl.view.pruned);
        graphs.curve->setVisible(visible);
        graphs.low->setVisible(spread);
        graphs.high->setVisible(spread);
        graphs.entropy->setVisible(visible);
        graphs.pruned->setVisible(pruned);
        if (!visible) {
            continue;
        }
        const HeadSpectrum& spectrum = impl.view.heads[idx(head)];
        const int rank = static_cast<int>(spectrum.median.size());
        const bool selected = head == impl.view.head;
        const QColor colour = impl.view.stale ? mixed(theme.head(head), theme.panel, 0.6) : theme.head(head);
        graphs.curve->data()->set(curveOf(rank, impl.floor, [&](int i) { return spectrum.median[idx(i)]; }),
                                  true);
        graphs.curve->setPen(
            QPen(colour, selected ? 2.0 : 1.2, head < 8 || impl.banded() ? Qt::SolidLine : Qt::DashLine));
        if (spread) {
            graphs.low->data()->set(curveOf(rank, impl.floor, [&](int i) { return spectrum.low[idx(i)]; }),
                                    true);
            graphs.high->data()->set(curveOf(rank, impl.floor, [&](int i) { return spectrum.high[idx(i)]; }),
                                     true);
            graphs.low->setPen(Qt::NoPen);
            graphs.high->setPen(Qt::NoPen);
            graphs.high->setBrush(withAlpha(colour, selected ? 52 : 26));
            graphs.high->setChannelFillGraph(graphs.low);
        }
        if (pruned) {
            const HeadSpectrum& after = impl.view.pruned[idx(head)];
            graphs.pruned->data()->set(curveOf(static_cast<int>(after.median.size()), impl.floor,
                                               [&](int i) { return after.median[idx(i)]; }),
                                       true);
            QPen pen(withAlpha(impl.view.prunedStale ? theme.muted : colour, selected ? 255 : 170),
                     selected ? 2.0 : 1.2);
            pen.setDashPattern({ 2.0, 2.0 });
            graphs.pruned->setPen(pen);
        }
        const double entropy = std::max(1.0, spectrum.ranks.entropyRank);
        const double above = impl.floor * std::pow(impl.top / impl.floor, 0.02);
        graphs.entropy->data()->set({ QCPGraphData(entropy, above) }, true);
        graphs.entropy->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssTriangle, QPen(colour, 1.0),
                                                        QBrush(colour), selected ? 9 : 7));
    }
    refreshHover();
}

/// The curve under the pointer, thicker; the selected one is already.
void SpectrumPlot::refreshHover()
{
    Impl& impl = *m_impl;
    const bool shown = !impl.banded() && impl.hoverHead >= 0 && impl.hoverHead < impl.count()
        && impl.hoverHead != impl.view.head;
    impl.hoverCurve->setVisible(shown);
    if (shown) {
        const QCPGraph& curve = *impl.heads[idx(impl.hoverHead)].curve;
        QPen pen = curve.pen();
        pen.setWidthF(2.6);
        impl.hoverCurve->setPen(pen);
        impl.hoverCurve->setData(curve.data());
    }
}

void SpectrumPlot::refreshBands()
{
    Impl& impl = *m_impl;
    const Theme& theme = themeOf(palette());
    const bool banded = impl.banded();
    QCPGraph* graphs[] = { impl.outer[0], impl.inner[0], impl.middle, impl.inner[1], impl.outer[1] };
    for (QCPGraph* graph : graphs) {
        graph->setVisible(banded);
    }
    if (!banded) {
        return;
    }
    constexpr double kShares[] = { 0.1, 0.25, 0.5, 0.75, 0.9 };
    QVector<QCPGraphData> points[5];
    std::vector<double> values;
    for (int index = 0; index < impl.rank(); ++index) {
        values.clear();
        for (const HeadSpectrum& head : impl.view.heads) {
            values.push_back(static_cast<double>(head.median[idx(index)]));
        }
        std::sort(values.begin(), values.end());
        for (std::size_t at = 0; at < 5; ++at) {
            points[at].append(QCPGraphData(index + 1, impl.drawn(quantileOf(values, kShares[at]))));
        }
    }
    for (std::size_t at = 0; at < 5; ++at) {
        graphs[at]->data()->set(points[at], true);
        graphs[at]->setPen(Qt::NoPen);
    }
    impl.middle->setPen(QPen(theme.muted, 1.2));
    impl.outer[1]->setBrush(withAlpha(theme.muted, 36));
    impl.outer[1]->setChannelFillGraph(impl.outer[0]);
    impl.inner[1]->setBrush(withAlpha(theme.muted, 60));
    impl.inner[1]->setChannelFillGraph(impl.inner[0]);
}

void SpectrumPlot::refreshMarks()
{
    Impl& impl = *m_impl;
    const Theme& theme = themeOf(palette());
    const bool have = impl.view.head >= 0 && impl.view.head < impl.count();
    impl.stableMark->setVisible(have);
    impl.thresholdMark->setVisible(have);
    if (!have) {
        return;
    }
    const HeadSpectrum& spectrum = impl.view.heads[idx(impl.view.head)];
    const QColor colour = theme.head(impl.view.head);
    const auto onCurve = [&](double rank) {
        const int at = std::clamp(static_cast<int>(std::lround(rank)), 1, impl.rank());
        return std::max(static_cast<double>(spectrum.median[idx(at - 1)]),
                        impl.floor * std::pow(impl.top / impl.floor, 0.012));
    };
    const double stable = std::max(1.0, spectrum.ranks.stableRank);
    const double threshold = std::max(1, spectrum.ranks.thresholdRank);
    impl.stableMark->data()->set({ QCPGraphData(stable, onCurve(stable)) }, true);
    impl.thresholdMark->data()->set({ QCPGraphData(threshold, onCurve(threshold)) }, true);
    impl.stableMark->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssDiamond, QPen(colour, 1.6), QBrush(theme.panel), 9));
    impl.thresholdMark->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(colour, 1.6), QBrush(theme.panel), 7));
}

void SpectrumPlot::refreshKeptLine()
{
    Impl& impl = *m_impl;
    const Theme& theme = themeOf(palette());
    const bool shown = impl.view.kept.has_value() && impl.count() > 0;
    impl.keptLine->setVisible(shown);
    impl.keptText->setVisible(shown);
    if (!shown) {
        return;
    }
    const double x = *impl.view.kept + 0.5;
    impl.keptLine->point1->setCoords(x, impl.floor);
    impl.keptLine->point2->setCoords(x, impl.top);
    impl.keptLine->setPen(QPen(theme.accent, 1.2, Qt::DashLine));
    const bool flip = x > impl.plot->xAxis->range().center();
    impl.keptText->setFont(smallFont(font()));
    impl.keptText->setColor(theme.accent);
    impl.keptText->setText(tr("kept %1").arg(*impl.view.kept));
    impl.keptText->setPositionAlignment((flip ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignTop);
    impl.keptText->position->setTypeX(QCPItemPosition::ptPlotCoords);
    impl.keptText->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    impl.keptText->position->setCoords(x, 0.02);
    impl.keptText->setPadding(QMargins(5, 1, 5, 1));
}

void SpectrumPlot::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        refresh();
    }
}

void SpectrumPlot::leaveEvent(QEvent* event)
{
    QWidget::leaveEvent(event);
    hideValue();
}

void SpectrumPlot::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    refreshLegend();
}

} // namespace rankscope
