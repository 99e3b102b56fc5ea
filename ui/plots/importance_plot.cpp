// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/importance_plot.h"

#include "core/base/narrow.h"
#include "ui/plots/plot_export.h"
#include "ui/plots/plot_theme.h"
#include "ui/plots/qcp.h"
#include "ui/theme/theme.h"

#include <QBoxLayout>
#include <QMenu>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace rankscope {

using namespace Qt::StringLiterals;

struct ImportancePlot::Impl {
    DialogPort& dialogs;
    QCustomPlot* plot = nullptr;
    QCPBars* kept = nullptr;
    QCPBars* removed = nullptr;
    QCPItemStraightLine* cut = nullptr;
    QCPItemText* handle = nullptr;
    QCPItemText* caption = nullptr;
    Data data;
    std::vector<int> order; ///< channels by falling importance
    bool dragging = false;
    int lastCut = -1;

    explicit Impl(DialogPort& port)
        : dialogs(port)
    {
    }
};

ImportancePlot::ImportancePlot(DialogPort& dialogs, QWidget* parent)
    : QWidget(parent)
    , m_impl(std::make_unique<Impl>(dialogs))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 4, 10, 2);
    auto* plot = new QCustomPlot(this);
    m_impl->plot = plot;
    layout->addWidget(plot);
    plot->setAccessibleName(tr("Importance of key channels"));
    plot->setMinimumHeight(110);
    makeIntegral(*plot->xAxis);
    plot->axisRect()->setMinimumMargins(QMargins(0, 22, 4, 0));
    m_impl->kept = new QCPBars(plot->xAxis, plot->yAxis);
    m_impl->removed = new QCPBars(plot->xAxis, plot->yAxis);
    for (QCPBars* bars : { m_impl->kept, m_impl->removed }) {
        bars->setWidth(0.82);
        bars->setAntialiased(false);
    }
    m_impl->cut = new QCPItemStraightLine(plot);
    m_impl->handle = new QCPItemText(plot);
    m_impl->caption = new QCPItemText(plot);
    m_impl->caption->setClipToAxisRect(false);
    m_impl->handle->setClipToAxisRect(false);
    plot->setMouseTracking(true);
    connect(plot, &QCustomPlot::mousePress, this, [this](QMouseEvent* event) {
        if (event->button() == Qt::LeftButton) {
            onMouse(event->position(), true, false);
        }
    });
    connect(plot, &QCustomPlot::mouseMove, this,
            [this](QMouseEvent* event) { onMouse(event->position(), false, false); });
    connect(plot, &QCustomPlot::mouseRelease, this,
            [this](QMouseEvent* event) { onMouse(event->position(), false, true); });
    plot->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(plot, &QCustomPlot::customContextMenuRequested, this, [this, plot](const QPoint& at) {
        QMenu menu(this);
        addPlotExportActions(menu, *plot, { u"importance"_s, [this] { return csv(); } }, m_impl->dialogs,
                             [this](const QString& sentence) { Q_EMIT problem(sentence); });
        menu.exec(plot->mapToGlobal(at));
    });
    refresh();
}

ImportancePlot::~ImportancePlot() = default;

QCustomPlot* ImportancePlot::plot() const
{
    return m_impl->plot;
}

void ImportancePlot::setData(Data shown)
{
    m_impl->data = std::move(shown);
    m_impl->order.resize(m_impl->data.scores.size());
    std::iota(m_impl->order.begin(), m_impl->order.end(), 0);
    std::stable_sort(m_impl->order.begin(), m_impl->order.end(), [this](int left, int right) {
        return m_impl->data.scores[idx(left)] > m_impl->data.scores[idx(right)];
    });
    refresh();
}

void ImportancePlot::refresh()
{
    Impl& impl = *m_impl;
    const Theme& theme = themeOf(palette());
    QCustomPlot* plot = impl.plot;
    applyPlotTheme(*plot);
    const int count = static_cast<int>(impl.order.size());
    const double largest = count > 0 ? std::max(1e-300, impl.data.scores[idx(impl.order.front())]) : 1.0;
    QVector<QCPBarsData> kept;
    QVector<QCPBarsData> removed;
    double keptShare = 0.0;
    double total = 0.0;
    for (int place = 0; place < count; ++place) {
        const int channel = impl.order[idx(place)];
        const double score = impl.data.scores[idx(channel)];
        total += score;
        const bool stays = std::binary_search(impl.data.kept.begin(), impl.data.kept.end(), channel);
        keptShare += stays ? score : 0.0;
        (stays ? kept : removed).append(QCPBarsData(place + 1, score / largest));
    }
    impl.kept->data()->set(kept, true);
    impl.removed->data()->set(removed, true);
    const QColor colour = impl.data.head >= 0 ? theme.head(impl.data.head) : theme.accent;
    impl.kept->setPen(Qt::NoPen);
    impl.kept->setBrush(colour);
    impl.removed->setPen(QPen(theme.removed, 1.0));
    impl.removed->setBrush(QBrush(theme.removed, Qt::BDiagPattern));
    plot->xAxis->setRange(0.0, count + 1.0);
    plot->yAxis->setRange(0.0, 1.05);
    const int keptCount = static_cast<int>(impl.data.kept.size());
    const double x = keptCount + 0.5;
    const bool shown = count > 0;
    for (QCPAbstractItem* item :
         { static_cast<QCPAbstractItem*>(impl.cut), static_cast<QCPAbstractItem*>(impl.handle),
           static_cast<QCPAbstractItem*>(impl.caption) }) {
        item->setVisible(shown);
    }
    impl.cut->point1->setCoords(x, 0.0);
    impl.cut->point2->setCoords(x, 1.0);
    impl.cut->setPen(QPen(theme.accent, 2.0));
    impl.handle->setText(u" ‖ "_s);
    impl.handle->setFont(smallFont(font()));
    impl.handle->setColor(theme.onAccent);
    impl.handle->setBrush(impl.data.editable ? theme.accent : theme.removed);
    impl.handle->setPen(Qt::NoPen);
    for (QCPItemText* text : { impl.handle, impl.caption }) {
        text->position->setTypeX(QCPItemPosition::ptPlotCoords);
        text->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    }
    impl.handle->setPositionAlignment(Qt::AlignHCenter | Qt::AlignBottom);
    impl.handle->position->setCoords(x, 0.0);
    const bool flip = x > count * 0.5;
    impl.caption->setPositionAlignment((flip ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignBottom);
    impl.caption->setPadding(QMargins(14, 0, 14, 1));
    impl.caption->position->setCoords(x, 0.0);
    impl.caption->setFont(smallFont(font()));
    impl.caption->setColor(theme.text);
    impl.caption->setText(tr("cut: %1 kept, %2 removed, %3 % of the importance")
                              .arg(keptCount)
                              .arg(count - keptCount)
                              .arg(total > 0.0 ? 100.0 * (total - keptShare) / total : 0.0, 0, 'f', 1));
    setAxisLabel(*plot->xAxis,
                 impl.data.head >= 0 ? tr("key channels of head %1, by importance").arg(impl.data.head)
                                     : tr("key channels, by importance"));
    setAxisLabel(*plot->yAxis, tr("importance (rel.)"));
    plot->setToolTip(
        impl.data.scoreLabel.isEmpty()
            ? QString()
            : tr("Importance: %1, relative to the largest of this head").arg(impl.data.scoreLabel));
    plot->replot(QCustomPlot::rpQueuedReplot);
}

void ImportancePlot::onMouse(const QPointF& at, bool pressed, bool released)
{
    Impl& impl = *m_impl;
    const int count = static_cast<int>(impl.order.size());
    if (count == 0) {
        return;
    }
    const double cutPixel = impl.plot->xAxis->coordToPixel(static_cast<double>(impl.data.kept.size()) + 0.5);
    const bool near = std::abs(cutPixel - at.x()) < 8.0;
    if (pressed && near && impl.data.editable) {
        impl.dragging = true;
        impl.lastCut = -1;
        return;
    }
    if (released) {
        impl.dragging = false;
    }
    impl.plot->setCursor(impl.dragging || (near && impl.data.editable) ? Qt::SplitHCursor : Qt::ArrowCursor);
    const double coordinate = impl.plot->xAxis->pixelToCoord(at.x());
    if (impl.dragging) {
        const int cut = std::clamp(static_cast<int>(std::lround(coordinate - 0.5)), 1, count);
        if (cut != impl.lastCut) {
            const bool first = impl.lastCut < 0;
            impl.lastCut = cut;
            Q_EMIT cutDragged(cut, first);
        }
        return;
    }
    const int place = static_cast<int>(std::lround(coordinate));
    if (place < 1 || place > count) {
        Q_EMIT hovered(QString());
        return;
    }
    const int channel = impl.order[idx(place - 1)];
    const bool stays = std::binary_search(impl.data.kept.begin(), impl.data.kept.end(), channel);
    Q_EMIT hovered(tr("layer %1, head %2, channel %3: %4 = %5, %6")
                       .arg(impl.data.layer)
                       .arg(impl.data.head)
                       .arg(channel)
                       .arg(impl.data.scoreLabel, QString::number(impl.data.scores[idx(channel)], 'g', 4),
                            stays ? tr("kept") : tr("removed")));
}

QString ImportancePlot::csv() const
{
    QString text = u"layer,head,place,channel,score,kept\n"_s;
    for (int place = 0; place < std::ssize(m_impl->order); ++place) {
        const int channel = m_impl->order[idx(place)];
        const bool stays = std::binary_search(m_impl->data.kept.begin(), m_impl->data.kept.end(), channel);
        text
            += u"%1,%2,%3,%4,%5,%6\n"_s.arg(m_impl->data.layer)
                   .arg(m_impl->data.head)
                   .arg(place + 1)
                   .arg(channel)
                   .arg(QString::number(m_impl->data.scores[idx(channel)], 'g', 12), stays ? u"1"_s : u"0"_s);
    }
    return text;
}

void ImportancePlot::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        refresh();
    }
}

} // namespace rankscope
