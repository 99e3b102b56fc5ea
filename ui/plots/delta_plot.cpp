// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/delta_plot.h"

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

namespace rankscope {

using namespace Qt::StringLiterals;

struct DeltaPlot::Impl {
    DialogPort& dialogs;
    QCustomPlot* plot = nullptr;
    QCPGraph* low = nullptr;
    QCPGraph* high = nullptr;
    QCPGraph* mean = nullptr;
    QCPGraph* windows = nullptr;
    QCPGraph* marked = nullptr; ///< the window under the pointer
    QCPItemStraightLine* zero = nullptr;
    QCPItemText* last = nullptr; ///< the running mean's newest value, at its end
    std::vector<RunningDelta::Point> points;
    int windowsTotal = 0;
    int windowLength = 0;
    Trust trust = Trust::Missing;
    QString reference;
    QCPRange allX { 0.5, 2.5 }; ///< what there is to see
    QCPRange allY { 0.0, 1.0 };
    bool userX = false; ///< the user has moved on this axis
    bool userY = false;
    int hoverWindow = -1; ///< here
    int hoverElsewhere = -1;
    QPointF pressedAt;

    explicit Impl(DialogPort& port)
        : dialogs(port)
    {
    }
};

DeltaPlot::DeltaPlot(DialogPort& dialogs, QWidget* parent)
    : QWidget(parent)
    , m_impl(std::make_unique<Impl>(dialogs))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 2, 8, 2);
    auto* plot = new QCustomPlot(this);
    m_impl->plot = plot;
    layout->addWidget(plot);
    plot->setAccessibleName(tr("Paired difference over evaluation windows"));
    plot->setMinimumHeight(100);
    plot->setFocusPolicy(Qt::StrongFocus); // what it does not take itself comes to keyPressEvent
    setFocusProxy(plot);
    plot->installEventFilter(this);
    installNavigation(*plot, *plot->axisRect(),
                      { [this](const QCPAxis& axis) {
                           return axis.orientation() == Qt::Horizontal ? m_impl->allX : m_impl->allY;
                       },
                        [this](const QCPAxis& axis, bool fitted) {
                            (axis.orientation() == Qt::Horizontal ? m_impl->userX : m_impl->userY) = !fitted;
                        } });
    makeSigned(*plot->yAxis);
    plot->yAxis->ticker()->setTickCount(4);
    makeIntegral(*plot->xAxis);
    plot->xAxis->ticker()->setTickCount(6);
    m_impl->low = plot->addGraph();
    m_impl->high = plot->addGraph();
    m_impl->windows = plot->addGraph();
    m_impl->mean = plot->addGraph();
    m_impl->marked = plot->addGraph();
    m_impl->windows->setLineStyle(QCPGraph::lsNone);
    m_impl->marked->setLineStyle(QCPGraph::lsNone);
    m_impl->marked->setLayer(u"overlay"_s);
    m_impl->high->setChannelFillGraph(m_impl->low);
    m_impl->zero = new QCPItemStraightLine(plot);
    m_impl->zero->point1->setCoords(0.0, 0.0);
    m_impl->zero->point2->setCoords(1.0, 0.0);
    m_impl->zero->setLayer(u"grid"_s);
    m_impl->last = new QCPItemText(plot);
    m_impl->last->position->setType(QCPItemPosition::ptPlotCoords);
    m_impl->last->setPositionAlignment(Qt::AlignRight | Qt::AlignBottom);
    m_impl->last->setPadding(QMargins(0, 3, 0, 3));
    connect(plot, &QCustomPlot::beforeReplot, this, [this, plot] {
        // In a low plot it would lie on the points, and the panel says the same above.
        m_impl->last->setVisible(!m_impl->points.empty() && plot->height() > fontMetrics().height() * 9);
    });
    connect(plot, &QCustomPlot::mouseMove, this,
            [this](QMouseEvent* event) { showWindow(windowAt(event->position())); });
    connect(plot, &QCustomPlot::mousePress, this,
            [this](QMouseEvent* event) { m_impl->pressedAt = event->position(); });
    connect(plot, &QCustomPlot::mouseRelease, this, [this](QMouseEvent* event) {
        const QPointF travelled = event->position() - m_impl->pressedAt;
        const int window = windowAt(event->position());
        if (event->button() == Qt::LeftButton && travelled.manhattanLength() < 4.0 && window >= 0) {
            Q_EMIT windowClicked(window);
        }
    });
    auto* give = new ViewExport(
        *plot, u"quality"_s, [this] { return csv(); }, m_impl->dialogs);
    connect(give, &ViewExport::problem, this, &DeltaPlot::problem);
    plot->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(plot, &QCustomPlot::customContextMenuRequested, this, [this, plot, give](const QPoint& at) {
        QMenu menu(this);
        give->addActions(menu);
        menu.addSeparator();
        menu.addAction(tr("Fit the axes"), this, &DeltaPlot::fit);
        addWhatIsThis(menu, *this, Topic::Quality);
        menu.exec(plot->mapToGlobal(at));
    });
    setToolTip(
        definitionTip({ u"deltaNll"_s, u"runningBand"_s },
                      tr("Points: each window. Line and band: the running mean with its interval. A click "
                         "shows the window in the views over tokens.")));
    refresh();
}

DeltaPlot::~DeltaPlot() = default;

QCustomPlot* DeltaPlot::plot() const
{
    return m_impl->plot;
}

void DeltaPlot::setData(const std::vector<RunningDelta::Point>& points, int windowsTotal, int windowLength,
                        Trust trust, const QString& reference)
{
    m_impl->points = points;
    m_impl->windowsTotal = windowsTotal;
    m_impl->windowLength = windowLength;
    m_impl->trust = trust;
    m_impl->reference = reference;
    refresh();
}

void DeltaPlot::fit()
{
    m_impl->userX = false;
    m_impl->userY = false;
    refresh();
}

int DeltaPlot::windowAt(const QPointF& at) const
{
    const int window = static_cast<int>(std::lround(m_impl->plot->xAxis->pixelToCoord(at.x()))) - 1;
    return m_impl->plot->axisRect()->rect().contains(at.toPoint()) && window >= 0
            && window < std::ssize(m_impl->points)
        ? window
        : -1;
}

void DeltaPlot::showWindow(int window)
{
    if (window < 0) {
        Q_EMIT hovered(QString());
    } else {
        const RunningDelta::Point& point = m_impl->points[idx(window)];
        Q_EMIT hovered(tr("window %1: Δ %2 nats against %6; mean over %1 windows %3 [%4, %5]")
                           .arg(window + 1)
                           .arg(formatSigned(point.delta, 4), formatSigned(point.mean, 4),
                                formatSigned(point.low, 4), formatSigned(point.high, 4), m_impl->reference));
    }
    m_impl->hoverWindow = window;
    Q_EMIT windowHovered(window);
    refreshMark();
}

void DeltaPlot::setHoverMark(int window)
{
    if (window != m_impl->hoverElsewhere) {
        m_impl->hoverElsewhere = window;
        refreshMark();
    }
}

void DeltaPlot::refreshMark()
{
    Impl& impl = *m_impl;
    const int window = impl.hoverWindow >= 0 ? impl.hoverWindow : impl.hoverElsewhere;
    impl.marked->data()->clear();
    if (window >= 0 && window < std::ssize(impl.points)) {
        impl.marked->data()->set({ QCPGraphData(window + 1, impl.points[idx(window)].delta) }, true);
    }
    drawOverlayOnce(*impl.plot);
}

void DeltaPlot::keyPressEvent(QKeyEvent* event)
{
    Impl& impl = *m_impl;
    const int last = static_cast<int>(impl.points.size()) - 1;
    int window = std::min(impl.hoverWindow, last);
    switch (last < 0 ? 0 : event->key()) {
    case Qt::Key_Left:
        window = window < 0 ? last : std::max(0, window - 1);
        break;
    case Qt::Key_Right:
        window = std::min(last, window + 1);
        break;
    case Qt::Key_Home:
        window = 0;
        break;
    case Qt::Key_End:
        window = last;
        break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
    case Qt::Key_Minus:
        impl.userX = !zoomAxis(*impl.plot->xAxis, event->key() == Qt::Key_Minus ? 1.25 : 0.8,
                               std::max(0, window) + 1.0, impl.allX);
        return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (window >= 0) {
            Q_EMIT windowClicked(window);
            return;
        }
        [[fallthrough]];
    default:
        QWidget::keyPressEvent(event);
        return;
    }
    showWindow(window);
}

bool DeltaPlot::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::FocusOut) {
        showWindow(-1);
    }
    return QWidget::eventFilter(watched, event);
}

void DeltaPlot::refresh()
{
    Impl& impl = *m_impl;
    const Theme& theme = themeOf(palette());
    QCustomPlot* plot = impl.plot;
    applyPlotTheme(*plot);
    QVector<QCPGraphData> low;
    QVector<QCPGraphData> high;
    QVector<QCPGraphData> mean;
    QVector<QCPGraphData> windows;
    double smallest = 0.0;
    double largest = 0.0;
    for (int at = 0; at < std::ssize(impl.points); ++at) {
        const RunningDelta::Point& point = impl.points[idx(at)];
        low.append(QCPGraphData(at + 1, point.low));
        high.append(QCPGraphData(at + 1, point.high));
        mean.append(QCPGraphData(at + 1, point.mean));
        windows.append(QCPGraphData(at + 1, point.delta));
        smallest = std::min({ smallest, point.delta, point.low });
        largest = std::max({ largest, point.delta, point.high });
    }
    impl.low->data()->set(low, true);
    impl.high->data()->set(high, true);
    impl.mean->data()->set(mean, true);
    impl.windows->data()->set(windows, true);
    impl.hoverWindow = std::min(impl.hoverWindow, static_cast<int>(impl.points.size()) - 1);
    const bool stale = impl.trust == Trust::Stale;
    const QColor colour = stale ? theme.removed : theme.accent;
    QColor fill = colour;
    fill.setAlpha(theme.dark ? 46 : 36);
    const QColor dots = stale ? theme.removed : mixed(theme.muted, theme.panel, 0.15);
    impl.low->setPen(Qt::NoPen);
    impl.high->setPen(Qt::NoPen);
    impl.high->setBrush(fill);
    impl.mean->setPen(QPen(colour, 2.0, impl.trust == Trust::Partial ? Qt::DashLine : Qt::SolidLine));
    impl.windows->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, QPen(dots, 1.0), QBrush(dots), 4));
    impl.marked->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(theme.text, 1.3), Qt::NoBrush, 8));
    impl.zero->setPen(QPen(mixed(theme.border, theme.muted, 0.6), 1.0));
    const double span = std::max(largest - smallest, 1e-4);
    impl.allX = QCPRange(0.5, std::max(2, impl.windowsTotal) + 0.5);
    impl.allY = QCPRange(smallest - 0.08 * span, largest + 0.10 * span);
    if (!impl.userX) {
        plot->xAxis->setRange(impl.allX);
    }
    if (!impl.userY) {
        plot->yAxis->setRange(impl.allY);
    }
    if (!impl.points.empty()) {
        QFont face = smallFont(font());
        face.setBold(true);
        impl.last->setFont(face);
        impl.last->setColor(stale ? theme.muted : theme.accent);
        impl.last->setText(formatSigned(impl.points.back().mean, 3));
        const RunningDelta::Point& end = impl.points.back();
        const QCPRange shown = plot->yAxis->range();
        const bool below = end.high > shown.upper - 0.25 * shown.size(); // no room above
        const bool early = 3 * std::ssize(impl.points) < impl.windowsTotal;
        impl.last->setPositionAlignment((early ? Qt::AlignLeft : Qt::AlignRight)
                                        | (below ? Qt::AlignTop : Qt::AlignBottom));
        impl.last->position->setCoords(static_cast<double>(impl.points.size()), below ? end.low : end.high);
    }
    refreshMark();
    setAxisLabel(*plot->yAxis, tr("Δ NLL (nats)"));
    setAxisLabel(*plot->xAxis,
                 impl.windowLength > 0
                     ? tr("%1 windows of %2 tokens, paired").arg(impl.windowsTotal).arg(impl.windowLength)
                     : tr("evaluation windows, paired"));
    drawSoon(*plot);
}

QString DeltaPlot::csv() const
{
    QString text = u"window,delta_nats,running_mean,low,high\n"_s;
    for (int at = 0; at < std::ssize(m_impl->points); ++at) {
        const RunningDelta::Point& point = m_impl->points[idx(at)];
        text += u"%1,%2,%3,%4,%5\n"_s.arg(at + 1).arg(
            QString::number(point.delta, 'g', 12), QString::number(point.mean, 'g', 12),
            QString::number(point.low, 'g', 12), QString::number(point.high, 'g', 12));
    }
    return text;
}

void DeltaPlot::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        refresh();
    }
}

void DeltaPlot::leaveEvent(QEvent* event)
{
    QWidget::leaveEvent(event);
    showWindow(-1);
}

} // namespace rankscope
