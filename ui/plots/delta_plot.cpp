// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/delta_plot.h"

#include "core/base/narrow.h"
#include "ui/format/numbers.h"
#include "ui/plots/plot_export.h"
#include "ui/plots/plot_theme.h"
#include "ui/plots/qcp.h"
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
    std::vector<RunningDelta::Point> points;
    int windowsTotal = 0;
    int windowLength = 0;
    Trust trust = Trust::Missing;

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
    plot->setMinimumHeight(120);
    makeSigned(*plot->yAxis);
    plot->yAxis->ticker()->setTickCount(4);
    makeIntegral(*plot->xAxis);
    m_impl->low = plot->addGraph();
    m_impl->high = plot->addGraph();
    m_impl->windows = plot->addGraph();
    m_impl->mean = plot->addGraph();
    m_impl->windows->setLineStyle(QCPGraph::lsNone);
    m_impl->high->setChannelFillGraph(m_impl->low);
    connect(plot, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        const int window
            = static_cast<int>(std::lround(m_impl->plot->xAxis->pixelToCoord(event->position().x())));
        if (window < 1 || window > std::ssize(m_impl->points)) {
            Q_EMIT hovered(QString());
            return;
        }
        const RunningDelta::Point& point = m_impl->points[idx(window - 1)];
        Q_EMIT hovered(tr("window %1: Δ %2 nats; mean over %1 windows %3 [%4, %5]")
                           .arg(window)
                           .arg(formatSigned(point.delta, 4), formatSigned(point.mean, 4),
                                formatSigned(point.low, 4), formatSigned(point.high, 4)));
    });
    plot->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(plot, &QCustomPlot::customContextMenuRequested, this, [this, plot](const QPoint& at) {
        QMenu menu(this);
        addPlotExportActions(menu, *plot, { u"quality"_s, [this] { return csv(); } }, m_impl->dialogs,
                             [this](const QString& sentence) { Q_EMIT problem(sentence); });
        menu.exec(plot->mapToGlobal(at));
    });
    refresh();
}

DeltaPlot::~DeltaPlot() = default;

QCustomPlot* DeltaPlot::plot() const
{
    return m_impl->plot;
}

void DeltaPlot::setData(const std::vector<RunningDelta::Point>& points, int windowsTotal, int windowLength,
                        Trust trust)
{
    m_impl->points = points;
    m_impl->windowsTotal = windowsTotal;
    m_impl->windowLength = windowLength;
    m_impl->trust = trust;
    refresh();
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
    double largest = 0.01;
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
    const bool stale = impl.trust == Trust::Stale;
    const QColor colour = stale ? theme.removed : theme.accent;
    QColor fill = colour;
    fill.setAlpha(48);
    impl.low->setPen(Qt::NoPen);
    impl.high->setPen(Qt::NoPen);
    impl.high->setBrush(fill);
    impl.mean->setPen(QPen(colour, 2.0));
    impl.windows->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc,
                                                  QPen(stale ? theme.removed : theme.muted, 1.0),
                                                  QBrush(stale ? theme.removed : theme.muted), 4));
    const double margin = 0.08 * (largest - smallest);
    plot->yAxis->setRange(smallest - margin, largest + margin);
    plot->xAxis->setRange(0.5, std::max(2, impl.windowsTotal) + 0.5);
    setAxisLabel(*plot->yAxis, tr("Δ NLL (nats per token)"));
    setAxisLabel(*plot->xAxis,
                 impl.windowLength > 0
                     ? tr("evaluation window (%1 tokens each), paired").arg(impl.windowLength)
                     : tr("evaluation window, paired"));
    plot->replot(QCustomPlot::rpQueuedReplot);
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

} // namespace rankscope
