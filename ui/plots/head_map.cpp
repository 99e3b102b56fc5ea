// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/head_map.h"

#include "core/base/narrow.h"
#include "ui/actions/what_is_this.h"
#include "ui/format/numbers.h"
#include "ui/plots/draw_once.h"
#include "ui/plots/plot_theme.h"
#include "ui/plots/qcp.h"
#include "ui/plots/view_export.h"
#include "ui/theme/color_maps.h"
#include "ui/theme/theme.h"

#include <QBoxLayout>
#include <QMenu>

#include <algorithm>
#include <cmath>

namespace rankscope {

using namespace Qt::StringLiterals;

struct HeadMap::Impl {
    DialogPort& dialogs;
    QCustomPlot* plot = nullptr;
    QCPColorMap* map = nullptr;
    QCPColorScale* scale = nullptr;
    QSharedPointer<QCPAxisTickerText> layerNames;
    QSharedPointer<QCPAxisTickerText> headNames;
    QCPItemRect* halo = nullptr; ///< around the selected cell: its outline reads on every colour
    QCPItemRect* selected = nullptr;
    QCPItemRect* hover = nullptr;
    std::vector<QCPItemText*> numbers; ///< of cells that have room
    std::vector<QCPItemRect*> hatches; ///< layers without a state
    std::shared_ptr<const SpectraSummary> spectra;
    int position = 0;
    RankMeasure measure = RankMeasure::Entropy;
    bool stale = false;
    int layer = -1;
    int head = -1;
    int hoverLayer = -1;
    int hoverHead = -1;

    explicit Impl(DialogPort& port)
        : dialogs(port)
    {
    }
    [[nodiscard]] int layers() const
    {
        return spectra != nullptr ? static_cast<int>(spectra->layers.size()) : 0;
    }
    [[nodiscard]] int heads() const
    {
        int most = 0;
        for (int at = 0; at < layers(); ++at) {
            most = std::max(most, spectra->layers[idx(at)].heads);
        }
        return most;
    }
    [[nodiscard]] int rank() const
    {
        int most = 2;
        for (int at = 0; at < layers(); ++at) {
            most = std::max(most, spectra->layers[idx(at)].rank);
        }
        return most;
    }
    [[nodiscard]] const HeadSpectrum* at(int ofLayer, int ofHead) const
    {
        if (ofLayer < 0 || ofLayer >= layers() || ofHead < 0) {
            return nullptr;
        }
        const auto& positions = spectra->layers[idx(ofLayer)].at;
        if (position < 0 || position >= std::ssize(positions)
            || ofHead >= std::ssize(positions[idx(position)])) {
            return nullptr;
        }
        return &positions[idx(position)][idx(ofHead)];
    }
};

HeadMap::HeadMap(DialogPort& dialogs, QWidget* parent)
    : QWidget(parent)
    , m_impl(std::make_unique<Impl>(dialogs))
{
    build();
    refresh();
}

HeadMap::~HeadMap() = default;

void HeadMap::build()
{
    Impl& impl = *m_impl;
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 0, 6, 2);
    auto* plot = new QCustomPlot(this);
    impl.plot = plot;
    layout->addWidget(plot);
    plot->setAccessibleName(tr("Rank of every head of every layer"));
    plot->setMinimumHeight(110);
    plot->setFocusPolicy(Qt::StrongFocus);
    setFocusProxy(plot);
    plot->installEventFilter(this);
    plot->axisRect()->setMinimumMargins(QMargins(0, 6, 0, 0));
    plot->plotLayout()->setColumnSpacing(2);
    impl.map = new QCPColorMap(plot->xAxis, plot->yAxis);
    impl.map->setInterpolate(false);
    impl.map->setTightBoundary(false);
    impl.map->setAntialiased(false);
    impl.map->setDataScaleType(QCPAxis::stLogarithmic);
    impl.scale = new QCPColorScale(plot);
    impl.scale->setType(QCPAxis::atRight);
    impl.scale->setBarWidth(8);
    impl.scale->setRangeDrag(false);
    impl.scale->setRangeZoom(false);
    impl.scale->setDataScaleType(QCPAxis::stLogarithmic);
    makeBinary(*impl.scale->axis());
    plot->plotLayout()->addElement(0, 1, impl.scale);
    impl.map->setColorScale(impl.scale);
    auto* margins = new QCPMarginGroup(plot);
    plot->axisRect()->setMarginGroup(QCP::msTop | QCP::msBottom, margins);
    impl.scale->setMarginGroup(QCP::msTop | QCP::msBottom, margins);
    impl.layerNames.reset(new QCPAxisTickerText);
    impl.headNames.reset(new QCPAxisTickerText);
    plot->yAxis->setTicker(impl.layerNames);
    plot->xAxis->setTicker(impl.headNames);
    plot->yAxis->setRangeReversed(true);
    plot->xAxis->grid()->setVisible(false);
    plot->yAxis->grid()->setVisible(false);
    for (QCPItemRect** item : { &impl.hover, &impl.halo, &impl.selected }) {
        *item = new QCPItemRect(plot);
        (*item)->setLayer(u"overlay"_s);
    }
    connect(plot, &QCustomPlot::mousePress, this, [this](QMouseEvent* event) {
        const auto [layer, head] = cellAt(event->position());
        if (event->button() == Qt::LeftButton && head >= 0) {
            Q_EMIT headPicked(layer, head);
        }
    });
    connect(plot, &QCustomPlot::mouseDoubleClick, this, [this](QMouseEvent* event) {
        const auto [layer, head] = cellAt(event->position());
        if (head >= 0) {
            Q_EMIT headOpened(layer, head);
        }
    });
    connect(plot, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        const auto [layer, head] = cellAt(event->position());
        Q_EMIT hoverMoved(layer, head);
        Q_EMIT hovered(describe(layer, head));
    });
    auto* give = new ViewExport(
        *plot, u"ranks-of-heads"_s, [this] { return csv(); }, m_impl->dialogs);
    connect(give, &ViewExport::problem, this, &HeadMap::problem);
    plot->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(plot, &QCustomPlot::customContextMenuRequested, this, [this, plot, give](const QPoint& at) {
        QMenu menu(this);
        give->addActions(menu);
        addWhatIsThis(menu, *this, Topic::Ranks);
        menu.exec(plot->mapToGlobal(at));
    });
}

QCustomPlot* HeadMap::plot() const
{
    return m_impl->plot;
}

void HeadMap::setSpectra(std::shared_ptr<const SpectraSummary> spectra, int position)
{
    if (spectra != m_impl->spectra || position != m_impl->position) {
        m_impl->spectra = std::move(spectra);
        m_impl->position = position;
        refresh();
    }
}

void HeadMap::setMeasure(RankMeasure measure)
{
    if (measure != m_impl->measure) {
        m_impl->measure = measure;
        refresh();
    }
}

void HeadMap::setStale(bool stale)
{
    if (stale != m_impl->stale) {
        m_impl->stale = stale;
        refresh();
    }
}

void HeadMap::setSelected(int layer, int head)
{
    if (layer != m_impl->layer || head != m_impl->head) {
        m_impl->layer = layer;
        m_impl->head = head;
        refreshMarks();
        drawOverlayOnce(*m_impl->plot);
    }
}

void HeadMap::setHoverMark(int layer, int head)
{
    if (layer != m_impl->hoverLayer || head != m_impl->hoverHead) {
        m_impl->hoverLayer = layer;
        m_impl->hoverHead = head;
        refreshMarks();
        drawOverlayOnce(*m_impl->plot);
    }
}

void HeadMap::refresh()
{
    Impl& impl = *m_impl;
    QCustomPlot* plot = impl.plot;
    const Theme& theme = themeOf(palette());
    const int layers = impl.layers();
    const int heads = impl.heads();
    applyPlotTheme(*plot);
    applyScaleTheme(*impl.scale);
    setAxisLabel(*plot->xAxis, tr("head"));
    setAxisLabel(*plot->yAxis, tr("layer"));
    impl.map->setVisible(layers > 0 && heads > 0);
    plot->xAxis->setRange(-0.5, std::max(1, heads) - 0.5);
    plot->yAxis->setRange(-0.5, std::max(1, layers) - 0.5);
    impl.layerNames->clear();
    impl.headNames->clear();
    std::size_t hatched = 0;
    if (layers > 0 && heads > 0) {
        QCPColorMapData* cells = impl.map->data();
        cells->setSize(heads, layers);
        cells->setRange(QCPRange(0, heads - 1), QCPRange(0, layers - 1));
        const int line = QFontMetrics(smallFont(font())).height();
        const int room = std::max(line, height() - 4 * line); // the axis rect has not heard of a resize yet
        const int every = std::max(1, (layers * line + room - 1) / room);
        for (int layer = 0; layer < layers; ++layer) {
            if (layer % every == 0) {
                impl.layerNames->addTick(layer, QString::number(layer));
            }
            for (int head = 0; head < heads; ++head) {
                const HeadSpectrum* spectrum = impl.at(layer, head);
                cells->setCell(head, layer,
                               spectrum != nullptr ? std::max(1.0, rankOf(spectrum->ranks, impl.measure))
                                                   : std::nan(""));
            }
            if (impl.spectra->layers[idx(layer)].heads == 0) {
                if (hatched == impl.hatches.size()) {
                    impl.hatches.push_back(new QCPItemRect(plot));
                    impl.hatches.back()->setPen(Qt::NoPen);
                }
                QCPItemRect* hatch = impl.hatches[hatched++];
                hatch->topLeft->setCoords(-0.5, layer - 0.5);
                hatch->bottomRight->setCoords(heads - 0.5, layer + 0.5);
                hatch->setBrush(QBrush(theme.removed, Qt::BDiagPattern));
                hatch->setVisible(true);
            }
        }
        const int headStep = std::max(1, heads / 16);
        for (int head = 0; head < heads; head += headStep) {
            impl.headNames->addTick(head, u"h%1"_s.arg(head));
        }
        QCPColorGradient gradient = cividisGradient();
        gradient.setNanHandling(QCPColorGradient::nhTransparent);
        if (impl.stale) {
            const QMap<double, QColor> stops = gradient.colorStops();
            for (auto stop = stops.begin(); stop != stops.end(); ++stop) {
                gradient.setColorStopAt(stop.key(), mixed(stop.value(), theme.panel, 0.6));
            }
        }
        impl.map->setGradient(gradient);
        impl.map->setDataRange(QCPRange(1.0, impl.rank()));
    }
    for (std::size_t at = hatched; at < impl.hatches.size(); ++at) {
        impl.hatches[at]->setVisible(false);
    }
    refreshTexts();
    refreshMarks();
    drawSoon(*plot);
}

// The number itself in every cell that has room for it.
void HeadMap::refreshTexts()
{
    Impl& impl = *m_impl;
    const QFont face = smallFont(font());
    const QFontMetricsF metrics(face);
    const int layers = impl.layers();
    const int heads = impl.heads();
    // Less what axes and colour scale take: the axis rect has not heard of a resize yet.
    const QSizeF cell((width() - 7.0 * metrics.height()) / std::max(1, heads),
                      (height() - 4.0 * metrics.height()) / std::max(1, layers));
    const bool room = cell.width() > metrics.horizontalAdvance(u"88.8"_s) + 6.0
        && cell.height() > metrics.height() * 0.95 && layers * heads <= 1024;
    std::size_t used = 0;
    for (int layer = 0; room && layer < layers; ++layer) {
        for (int head = 0; head < heads; ++head) {
            const HeadSpectrum* spectrum = impl.at(layer, head);
            if (spectrum == nullptr) {
                continue;
            }
            if (used == impl.numbers.size()) {
                impl.numbers.push_back(new QCPItemText(impl.plot));
            }
            QCPItemText* text = impl.numbers[used++];
            const double rank = rankOf(spectrum->ranks, impl.measure);
            text->position->setCoords(head, layer);
            text->setText(formatRank(rank));
            text->setFont(face);
            text->setColor(inkOn(cividis(std::log2(std::max(1.0, rank)) / std::log2(impl.rank()))));
            text->setVisible(true);
        }
    }
    for (std::size_t at = used; at < impl.numbers.size(); ++at) {
        impl.numbers[at]->setVisible(false);
    }
}

void HeadMap::refreshMarks()
{
    Impl& impl = *m_impl;
    const Theme& theme = themeOf(palette());
    const auto place = [&](QCPItemRect* item, int layer, int head, const QPen& pen) {
        item->setVisible(layer >= 0 && layer < impl.layers());
        item->topLeft->setCoords(head >= 0 ? head - 0.5 : -0.5, layer - 0.5);
        item->bottomRight->setCoords(head >= 0 ? head + 0.5 : impl.heads() - 0.5, layer + 0.5);
        item->setPen(pen);
    };
    place(impl.halo, impl.layer, impl.head, QPen(theme.panel, 5.0));
    place(impl.selected, impl.layer, impl.head, QPen(theme.accent, 2.0));
    place(impl.hover, impl.hoverLayer, impl.hoverHead, QPen(theme.text, 1.0, Qt::DotLine));
}

std::pair<int, int> HeadMap::cellAt(const QPointF& at) const
{
    const Impl& impl = *m_impl;
    if (!impl.plot->axisRect()->rect().contains(at.toPoint())) {
        return { -1, -1 };
    }
    const auto layer = static_cast<int>(std::lround(impl.plot->yAxis->pixelToCoord(at.y())));
    const auto head = static_cast<int>(std::lround(impl.plot->xAxis->pixelToCoord(at.x())));
    return impl.at(layer, head) != nullptr ? std::pair(layer, head) : std::pair(-1, -1);
}

QPointF HeadMap::cellCentre(int layer, int head) const
{
    return { m_impl->plot->xAxis->coordToPixel(head), m_impl->plot->yAxis->coordToPixel(layer) };
}

QString HeadMap::describe(int layer, int head) const
{
    const HeadSpectrum* spectrum = m_impl->at(layer, head);
    if (spectrum == nullptr) {
        return {};
    }
    return tr("layer %1, head %2: entropy rank %3, stable %4 (%5 % of %6), threshold %7")
        .arg(layer)
        .arg(head)
        .arg(formatRank(spectrum->ranks.entropyRank), QString::number(spectrum->ranks.stableRank, 'f', 2),
             QString::number(100.0 * spectrum->ranks.utilisation, 'f', 1))
        .arg(spectrum->median.size())
        .arg(spectrum->ranks.thresholdRank);
}

QString HeadMap::csv() const
{
    QString text = u"layer,head,entropy_rank,stable_rank,utilisation,threshold_rank\n"_s;
    for (int layer = 0; layer < m_impl->layers(); ++layer) {
        for (int head = 0; head < m_impl->heads(); ++head) {
            if (const HeadSpectrum* spectrum = m_impl->at(layer, head)) {
                text += u"%1,%2,%3,%4,%5,%6\n"_s.arg(layer).arg(head).arg(
                    QString::number(spectrum->ranks.entropyRank, 'g', 9),
                    QString::number(spectrum->ranks.stableRank, 'g', 9),
                    QString::number(spectrum->ranks.utilisation, 'g', 9),
                    QString::number(spectrum->ranks.thresholdRank));
            }
        }
    }
    return text;
}

bool HeadMap::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Leave) {
        Q_EMIT hoverMoved(-1, -1);
        Q_EMIT hovered(QString());
    }
    if (event->type() == QEvent::KeyPress && m_impl->layers() > 0) {
        int layer = m_impl->layer;
        int head = m_impl->head;
        switch (static_cast<QKeyEvent*>(event)->key()) {
        case Qt::Key_Left:
            --head;
            break;
        case Qt::Key_Right:
            ++head;
            break;
        case Qt::Key_Up:
        case Qt::Key_Down: { // past layers without a state
            const int step = static_cast<QKeyEvent*>(event)->key() == Qt::Key_Up ? -1 : 1;
            layer += step;
            while (layer >= 0 && layer < m_impl->layers() && m_impl->at(layer, 0) == nullptr) {
                layer += step;
            }
            break;
        }
        case Qt::Key_Return:
        case Qt::Key_Enter:
            Q_EMIT headOpened(layer, head);
            return true;
        default:
            return QWidget::eventFilter(watched, event);
        }
        if (m_impl->at(layer, head) != nullptr) {
            Q_EMIT headPicked(layer, head);
        }
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

void HeadMap::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        refresh();
    }
}

void HeadMap::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    refresh();
}

} // namespace rankscope
