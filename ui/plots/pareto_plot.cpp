// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/pareto_plot.h"

#include "core/base/narrow.h"
#include "ui/actions/definitions.h"
#include "ui/actions/what_is_this.h"
#include "ui/format/numbers.h"
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
#include <numeric>

namespace rankscope {

using namespace Qt::StringLiterals;

std::vector<std::size_t> paretoFront(std::span<const ParetoPoint> points)
{
    std::vector<std::size_t> order(points.size());
    std::iota(order.begin(), order.end(), std::size_t { 0 });
    std::ranges::stable_sort(order, [&](std::size_t left, std::size_t right) {
        return points[left].stateBytes != points[right].stateBytes
            ? points[left].stateBytes < points[right].stateBytes
            : points[left].delta < points[right].delta;
    });
    std::vector<std::size_t> front;
    for (const std::size_t at : order) {
        if (front.empty() || points[at].delta < points[front.back()].delta) {
            front.push_back(at);
        }
    }
    return front;
}

struct ParetoPlot::Impl {
    DialogPort& dialogs;
    QCustomPlot* plot = nullptr;
    QCPGraph* ceiling = nullptr; ///< far above everything: the fill of the front reaches up to it
    QCPGraph* front = nullptr;
    QCPGraph* dots = nullptr;
    QCPGraph* frontDots = nullptr;
    QCPGraph* current = nullptr;
    QCPGraph* ring = nullptr; ///< around the selected point
    QCPErrorBars* whiskers = nullptr;
    QCPItemText* note = nullptr;
    std::vector<ParetoPoint> points;
    QString reference;
    int leftOut = 0;
    int selected = -1;
    QCPRange allX { 0.0, 1.0 }; ///< what there is to see
    QCPRange allY { 0.0, 1.0 };
    bool userX = false; ///< the user has moved on this axis
    bool userY = false;
    int hoverElsewhere = -1; ///< id

    explicit Impl(DialogPort& port)
        : dialogs(port)
    {
    }
};

ParetoPlot::ParetoPlot(DialogPort& dialogs, QWidget* parent)
    : QWidget(parent)
    , m_impl(std::make_unique<Impl>(dialogs))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 4, 8, 2);
    auto* plot = new QCustomPlot(this);
    m_impl->plot = plot;
    layout->addWidget(plot);
    plot->setAccessibleName(tr("State size against loss of all candidates"));
    plot->setMinimumHeight(60);
    plot->setFocusPolicy(Qt::StrongFocus); // what it does not take itself comes to keyPressEvent
    setFocusProxy(plot);
    installNavigation(*plot, *plot->axisRect(),
                      { [this](const QCPAxis& axis) {
                           return axis.orientation() == Qt::Horizontal ? m_impl->allX : m_impl->allY;
                       },
                        [this](const QCPAxis& axis, bool fitted) {
                            (axis.orientation() == Qt::Horizontal ? m_impl->userX : m_impl->userY) = !fitted;
                        } });
    makeSigned(*plot->yAxis);
    plot->yAxis->ticker()->setTickCount(4);
    plot->xAxis->ticker()->setTickCount(4);
    m_impl->ceiling = plot->addGraph();
    m_impl->front = plot->addGraph();
    m_impl->dots = plot->addGraph();
    m_impl->frontDots = plot->addGraph();
    m_impl->current = plot->addGraph();
    m_impl->ring = plot->addGraph();
    m_impl->ceiling->setPen(Qt::NoPen);
    m_impl->front->setLineStyle(QCPGraph::lsStepLeft);
    m_impl->front->setChannelFillGraph(m_impl->ceiling);
    for (QCPGraph* graph : { m_impl->dots, m_impl->frontDots, m_impl->current, m_impl->ring }) {
        graph->setLineStyle(QCPGraph::lsNone);
    }
    m_impl->whiskers = new QCPErrorBars(plot->xAxis, plot->yAxis);
    m_impl->whiskers->setDataPlottable(m_impl->dots);
    m_impl->whiskers->setWhiskerWidth(4.0);
    m_impl->whiskers->setSymbolGap(0.0);
    m_impl->note = new QCPItemText(plot);
    m_impl->note->position->setType(QCPItemPosition::ptAxisRectRatio);
    m_impl->note->position->setCoords(1.0, 0.0);
    m_impl->note->setPositionAlignment(Qt::AlignRight | Qt::AlignTop);
    connect(plot, &QCustomPlot::beforeReplot, this, [this, plot] {
        // In a low dock the points go before the words.
        const bool low = plot->height() < fontMetrics().height() * 9;
        setAxisLabel(*plot->xAxis, low ? QString() : tr("state per sequence (KiB)"));
        setAxisLabel(*plot->yAxis, low ? QString() : tr("Δ NLL (nats)"));
        plot->yAxis->ticker()->setTickCount(low ? 2 : 4);
    });
    connect(plot, &QCustomPlot::mouseMove, this,
            [this](QMouseEvent* event) { showPoint(nearest(event->position())); });
    connect(plot, &QCustomPlot::mousePress, this, [this](QMouseEvent* event) {
        const int at = nearest(event->position());
        if (event->button() == Qt::LeftButton && at >= 0) {
            Q_EMIT clicked(m_impl->points[idx(at)].id);
        }
    });
    connect(plot, &QCustomPlot::mouseDoubleClick, this, [this](QMouseEvent* event) {
        const int at = nearest(event->position());
        if (at >= 0) {
            Q_EMIT activated(m_impl->points[idx(at)].id);
        }
    });
    auto* give = new ViewExport(
        *plot, u"pareto"_s, [this] { return csv(); }, m_impl->dialogs);
    connect(give, &ViewExport::problem, this, &ParetoPlot::problem);
    plot->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(plot, &QCustomPlot::customContextMenuRequested, this, [this, plot, give](const QPoint& at) {
        QMenu menu(this);
        give->addActions(menu);
        menu.addSeparator();
        menu.addAction(tr("Fit the axes"), this, &ParetoPlot::fit);
        addWhatIsThis(menu, *this, Topic::Candidates);
        menu.exec(plot->mapToGlobal(at));
    });
    setToolTip(definitionTip({ u"paretoFront"_s, u"stateBytes"_s, u"deltaNll"_s, u"interval"_s }));
    refresh();
}

ParetoPlot::~ParetoPlot() = default;

QCustomPlot* ParetoPlot::plot() const
{
    return m_impl->plot;
}

void ParetoPlot::setPoints(std::vector<ParetoPoint> points, const QString& reference, int leftOut)
{
    m_impl->points = std::move(points);
    m_impl->reference = reference;
    m_impl->leftOut = leftOut;
    refresh();
}

void ParetoPlot::setSelected(int id)
{
    if (id != m_impl->selected) {
        m_impl->selected = id;
        refresh();
    }
}

void ParetoPlot::setHoverMark(int id)
{
    if (id != m_impl->hoverElsewhere) {
        m_impl->hoverElsewhere = id;
        refresh();
    }
}

void ParetoPlot::showPoint(int at)
{
    Q_EMIT pointHovered(at < 0 ? -1 : m_impl->points[idx(at)].id);
    if (at < 0) {
        Q_EMIT hovered(QString());
        return;
    }
    const ParetoPoint& point = m_impl->points[idx(at)];
    Q_EMIT hovered(tr("%1: state %2, Δ %3 nats [%4, %5] against %6")
                       .arg(point.name, formatBytes(static_cast<std::int64_t>(point.stateBytes)),
                            formatSigned(point.delta, 4), formatSigned(point.low, 4),
                            formatSigned(point.high, 4), m_impl->reference));
}

/// Left and right go through the candidates by size, Enter loads the selected one, + and − zoom.
void ParetoPlot::keyPressEvent(QKeyEvent* event)
{
    Impl& impl = *m_impl;
    std::vector<std::size_t> order(impl.points.size());
    std::iota(order.begin(), order.end(), std::size_t { 0 });
    std::ranges::stable_sort(order, {}, [&](std::size_t at) { return impl.points[at].stateBytes; });
    const auto selected
        = std::ranges::find(order, impl.selected, [&](std::size_t at) { return impl.points[at].id; });
    const int last = static_cast<int>(order.size()) - 1;
    int place = selected == order.end() ? -1 : static_cast<int>(selected - order.begin());
    switch (last < 0 ? 0 : event->key()) {
    case Qt::Key_Left:
        place = place < 0 ? last : std::max(0, place - 1);
        break;
    case Qt::Key_Right:
        place = std::min(last, place + 1);
        break;
    case Qt::Key_Home:
        place = 0;
        break;
    case Qt::Key_End:
        place = last;
        break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
    case Qt::Key_Minus: {
        const double factor = event->key() == Qt::Key_Minus ? 1.25 : 0.8;
        impl.userX = !zoomAxis(*impl.plot->xAxis, factor, impl.plot->xAxis->range().center(), impl.allX);
        impl.userY = !zoomAxis(*impl.plot->yAxis, factor, impl.plot->yAxis->range().center(), impl.allY);
        return;
    }
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (place >= 0) {
            Q_EMIT activated(impl.selected);
            return;
        }
        [[fallthrough]];
    default:
        QWidget::keyPressEvent(event);
        return;
    }
    Q_EMIT clicked(impl.points[order[idx(place)]].id);
    showPoint(static_cast<int>(order[idx(place)]));
}

void ParetoPlot::fit()
{
    m_impl->userX = false;
    m_impl->userY = false;
    refresh();
}

int ParetoPlot::nearest(const QPointF& at) const
{
    int best = -1;
    double closest = 14.0;
    for (int index = 0; index < std::ssize(m_impl->points); ++index) {
        const ParetoPoint& point = m_impl->points[idx(index)];
        const double distance
            = std::hypot(m_impl->plot->xAxis->coordToPixel(point.stateBytes / 1024.0) - at.x(),
                         m_impl->plot->yAxis->coordToPixel(point.delta) - at.y());
        if (distance < closest) {
            closest = distance;
            best = index;
        }
    }
    return best;
}

void ParetoPlot::refresh()
{
    Impl& impl = *m_impl;
    const Theme& theme = themeOf(palette());
    QCustomPlot* plot = impl.plot;
    applyPlotTheme(*plot);
    const std::vector<std::size_t> front = paretoFront(impl.points);
    QVector<QCPGraphData> dots;
    QVector<double> below;
    QVector<double> above;
    QVector<QCPGraphData> current;
    QVector<QCPGraphData> ring;
    double right = 1.0;
    double left = 1e30;
    double bottom = 0.0;
    double top = 0.01;
    std::vector<std::size_t> order(impl.points.size());
    std::iota(order.begin(), order.end(), std::size_t { 0 });
    std::ranges::stable_sort(order, {}, [&](std::size_t at) { return impl.points[at].stateBytes; });
    for (const std::size_t at : order) {
        const ParetoPoint& point = impl.points[at];
        const double x = point.stateBytes / 1024.0;
        dots.append(QCPGraphData(x, point.delta));
        below.append(point.delta - point.low);
        above.append(point.high - point.delta);
        if (point.current) {
            current.append(QCPGraphData(x, point.delta));
        }
        if (point.id == impl.selected || point.id == impl.hoverElsewhere) {
            ring.append(QCPGraphData(x, point.delta));
        }
        left = std::min(left, x);
        right = std::max(right, x);
        bottom = std::min(bottom, point.low);
        top = std::max(top, point.high);
    }
    left = std::min(left, right);
    const double margin = std::max(0.06 * (right - left), 0.04 * right);
    QVector<QCPGraphData> steps;
    QVector<QCPGraphData> onFront;
    for (const std::size_t at : front) {
        steps.append(QCPGraphData(impl.points[at].stateBytes / 1024.0, impl.points[at].delta));
        onFront.append(steps.last());
    }
    if (!steps.isEmpty()) {
        steps.append(QCPGraphData(right + 20.0 * margin, steps.last().value));
        impl.ceiling->data()->set(
            { QCPGraphData(steps.first().key, 1e6), QCPGraphData(steps.last().key, 1e6) }, true);
    } else {
        impl.ceiling->data()->clear();
    }
    impl.front->data()->set(steps, true);
    impl.dots->data()->set(dots, true);
    impl.whiskers->setData(below, above);
    impl.frontDots->data()->set(onFront, true);
    impl.current->data()->set(current, true);
    impl.ring->data()->set(ring, true);
    QColor fill = theme.accent;
    fill.setAlpha(theme.dark ? 30 : 22);
    impl.front->setPen(QPen(mixed(theme.accent, theme.panel, 0.25), 1.5));
    impl.front->setBrush(fill);
    impl.dots->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(theme.muted, 1.3), QBrush(theme.panel), 6));
    impl.frontDots->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(theme.accent, 1.3), QBrush(theme.accent), 6));
    impl.current->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(theme.text, 1.6), QBrush(theme.text), 7));
    impl.ring->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(theme.accent, 1.6), Qt::NoBrush, 13));
    impl.whiskers->setPen(QPen(mixed(theme.muted, theme.panel, 0.35), 1.0));
    impl.note->setVisible(impl.leftOut > 0);
    impl.note->setFont(smallFont(font()));
    impl.note->setColor(theme.muted);
    impl.note->setText(tr("%n of other windows not shown", nullptr, impl.leftOut));
    const double space = 0.08 * (top - bottom);
    impl.allX = QCPRange(left - margin, right + margin);
    impl.allY = QCPRange(bottom - space, top + space);
    if (!impl.userX) {
        plot->xAxis->setRange(impl.allX);
    }
    if (!impl.userY) {
        plot->yAxis->setRange(impl.allY);
    }
    plot->yAxis->grid()->setZeroLinePen(QPen(theme.muted, 1.0));
    drawSoon(*plot);
}

QString ParetoPlot::csv() const
{
    QString text = u"name,state_bytes,delta_nats,low,high,on_front\n"_s;
    const std::vector<std::size_t> front = paretoFront(m_impl->points);
    for (std::size_t at = 0; at < m_impl->points.size(); ++at) {
        const ParetoPoint& point = m_impl->points[at];
        QString name = point.name;
        text += u"\"%1\",%2,%3,%4,%5,%6\n"_s.arg(
            name.replace(u'"', u"\"\""_s), QString::number(point.stateBytes, 'f', 0),
            QString::number(point.delta, 'g', 12), QString::number(point.low, 'g', 12),
            QString::number(point.high, 'g', 12),
            std::ranges::find(front, at) != front.end() ? u"1"_s : u"0"_s);
    }
    return text;
}

void ParetoPlot::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        refresh();
    }
}

void ParetoPlot::leaveEvent(QEvent* event)
{
    QWidget::leaveEvent(event);
    Q_EMIT pointHovered(-1);
    Q_EMIT hovered(QString());
}

} // namespace rankscope
