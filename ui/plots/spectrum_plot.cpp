// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/spectrum_plot.h"

#include "core/base/narrow.h"
#include "ui/format/numbers.h"
#include "ui/plots/plot_export.h"
#include "ui/plots/plot_theme.h"
#include "ui/plots/qcp.h"
#include "ui/theme/theme.h"

#include <QBoxLayout>
#include <QMenu>

#include <cmath>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Values below this share of the axis' top are drawn on the floor line.
constexpr double kFloorShare = 1e-4;
/// More curves than this show the selected head and medians only.
constexpr int kMostHeads = 16;

} // namespace

struct SpectrumPlot::Impl {
    DialogPort& dialogs;
    QCustomPlot* plot = nullptr;
    std::shared_ptr<const SpectraSummary> spectra;
    int layer = -1;
    int head = 0;
    int position = -1;
    std::optional<int> kept;
    bool userRange = false;
    std::vector<QCPGraph*> curves;
    std::vector<QCPGraph*> lows;
    std::vector<QCPGraph*> highs;
    std::vector<QCPGraph*> marks; ///< entropy rank per head
    QCPGraph* stableMark = nullptr;
    QCPGraph* thresholdMark = nullptr;
    QCPItemStraightLine* keptLine = nullptr;
    QCPItemText* keptText = nullptr;
    QCPItemTracer* tracer = nullptr;
    std::vector<QCPItemText*> legendTexts;
    double top = 1.0;
    double floor = kFloorShare;

    explicit Impl(DialogPort& port)
        : dialogs(port)
    {
    }
};

SpectrumPlot::SpectrumPlot(DialogPort& dialogs, QWidget* parent)
    : QWidget(parent)
    , m_impl(std::make_unique<Impl>(dialogs))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 4, 10, 2);
    auto* plot = new QCustomPlot(this);
    m_impl->plot = plot;
    layout->addWidget(plot);
    plot->setAccessibleName(tr("Singular values of the state"));
    plot->setMinimumHeight(140);
    makeLogarithmic(*plot->yAxis);
    enableNavigation(*plot);
    makeIntegral(*plot->xAxis);
    plot->axisRect()->setMinimumMargins(QMargins(0, 22, 4, 0));
    m_impl->keptLine = new QCPItemStraightLine(plot);
    m_impl->keptText = new QCPItemText(plot);
    m_impl->tracer = new QCPItemTracer(plot);
    m_impl->tracer->setStyle(QCPItemTracer::tsCircle);
    m_impl->tracer->setSize(7);
    m_impl->tracer->setVisible(false);
    m_impl->stableMark = plot->addGraph();
    m_impl->thresholdMark = plot->addGraph();
    for (QCPGraph* mark : { m_impl->stableMark, m_impl->thresholdMark }) {
        mark->setLineStyle(QCPGraph::lsNone);
        mark->setLayer(u"overlay"_s);
    }
    connect(plot, &QCustomPlot::mouseMove, this,
            [this](QMouseEvent* event) { onMouseMove(event->position()); });
    connect(plot, &QCustomPlot::mouseDoubleClick, this,
            [this](QMouseEvent* event) { onDoubleClick(event->position()); });
    connect(plot, &QCustomPlot::mouseWheel, this, [this] { m_impl->userRange = true; });
    connect(plot, &QCustomPlot::mouseRelease, this, [this, plot](QMouseEvent* event) {
        if (event->button() == Qt::LeftButton) {
            const int head = headNear(event->position());
            if (head >= 0) {
                Q_EMIT headClicked(head);
            }
            m_impl->userRange = plot->xAxis->range().lower > 1.001 || m_impl->userRange;
        }
    });
    plot->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(plot, &QCustomPlot::customContextMenuRequested, this, [this, plot](const QPoint& at) {
        QMenu menu(this);
        addPlotExportActions(menu, *plot, { u"spectra"_s, [this] { return csv(); } }, m_impl->dialogs,
                             [this](const QString& sentence) { Q_EMIT problem(sentence); });
        menu.addSeparator();
        menu.addAction(tr("Fit the axes"), this, &SpectrumPlot::fit);
        menu.exec(plot->mapToGlobal(at));
    });
    refresh();
}

SpectrumPlot::~SpectrumPlot() = default;

QCustomPlot* SpectrumPlot::plot() const
{
    return m_impl->plot;
}

void SpectrumPlot::setSpectra(std::shared_ptr<const SpectraSummary> spectra)
{
    if (spectra != m_impl->spectra) {
        m_impl->spectra = std::move(spectra);
        refresh();
    }
}

void SpectrumPlot::show(int layer, int head, int position)
{
    if (layer != m_impl->layer) {
        m_impl->userRange = false;
    }
    m_impl->layer = layer;
    m_impl->head = head;
    m_impl->position = position;
    refresh();
}

void SpectrumPlot::setKept(std::optional<int> kept)
{
    if (kept != m_impl->kept) {
        m_impl->kept = kept;
        refresh();
    }
}

void SpectrumPlot::fit()
{
    m_impl->userRange = false;
    refresh();
}

const std::vector<HeadSpectrum>* SpectrumPlot::heads() const
{
    const Impl& impl = *m_impl;
    if (impl.spectra == nullptr || impl.layer < 0 || impl.layer >= std::ssize(impl.spectra->layers)) {
        return nullptr;
    }
    const LayerSummary& layer = impl.spectra->layers[idx(impl.layer)];
    if (layer.at.empty()) {
        return nullptr;
    }
    const int last = static_cast<int>(layer.at.size()) - 1;
    return &layer.at[idx(impl.position < 0 ? last : std::min(impl.position, last))];
}

void SpectrumPlot::refresh()
{
    Impl& impl = *m_impl;
    QCustomPlot* plot = impl.plot;
    const Theme& theme = themeOf(palette());
    applyPlotTheme(*plot);
    const std::vector<HeadSpectrum>* shown = heads();
    const int count = shown != nullptr ? static_cast<int>(shown->size()) : 0;
    impl.top = impl.spectra != nullptr && impl.spectra->largest > 0.0F
        ? std::pow(10.0, std::ceil(std::log10(static_cast<double>(impl.spectra->largest)) - 1e-9))
        : 1.0;
    impl.floor = impl.top * kFloorShare;
    while (std::ssize(impl.curves) < count) {
        QCPGraph* low = plot->addGraph();
        QCPGraph* high = plot->addGraph();
        impl.lows.push_back(low);
        impl.highs.push_back(high);
        impl.curves.push_back(plot->addGraph());
        QCPGraph* mark = plot->addGraph();
        mark->setLineStyle(QCPGraph::lsNone);
        impl.marks.push_back(mark);
    }
    const bool bands = impl.spectra != nullptr && impl.spectra->windows > 1;
    int rank = 1;
    for (int head = 0; head < std::ssize(impl.curves); ++head) {
        const bool visible = head < count && (count <= kMostHeads || head == impl.head);
        const bool selected = head == impl.head;
        QColor colour = theme.head(head);
        impl.curves[idx(head)]->setVisible(visible);
        impl.lows[idx(head)]->setVisible(visible && bands);
        impl.highs[idx(head)]->setVisible(visible && bands);
        impl.marks[idx(head)]->setVisible(visible);
        if (!visible) {
            continue;
        }
        const HeadSpectrum& spectrum = (*shown)[idx(head)];
        rank = std::max(rank, static_cast<int>(spectrum.median.size()));
        const auto points = [&](const std::vector<float>& values) {
            QVector<QCPGraphData> line;
            for (int at = 0; at < std::ssize(values); ++at) {
                line.append(QCPGraphData(at + 1, std::max(static_cast<double>(values[idx(at)]), impl.floor)));
            }
            return line;
        };
        impl.curves[idx(head)]->data()->set(points(spectrum.median), true);
        impl.curves[idx(head)]->setPen(
            QPen(colour, selected ? 2.0 : 1.2, head < 8 ? Qt::SolidLine : Qt::DashLine));
        impl.curves[idx(head)]->setName(tr("head %1").arg(head));
        if (bands) {
            QColor fill = colour;
            fill.setAlpha(selected ? 52 : 26);
            impl.lows[idx(head)]->data()->set(points(spectrum.low), true);
            impl.highs[idx(head)]->data()->set(points(spectrum.high), true);
            impl.lows[idx(head)]->setPen(Qt::NoPen);
            impl.highs[idx(head)]->setPen(Qt::NoPen);
            impl.highs[idx(head)]->setBrush(fill);
            impl.highs[idx(head)]->setChannelFillGraph(impl.lows[idx(head)]);
        }
        const double entropy = std::max(1.0, spectrum.ranks.entropyRank);
        impl.marks[idx(head)]->data()->set({ QCPGraphData(entropy, impl.floor * 1.22) }, true);
        impl.marks[idx(head)]->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssTriangle, QPen(colour, 1.0),
                                                               QBrush(colour), selected ? 9 : 7));
    }
    const bool haveHead = shown != nullptr && impl.head >= 0 && impl.head < count;
    impl.stableMark->setVisible(haveHead);
    impl.thresholdMark->setVisible(haveHead);
    if (haveHead) {
        const HeadSpectrum& spectrum = (*shown)[idx(impl.head)];
        const QColor colour = theme.head(impl.head);
        const auto onCurve = [&](double rankValue) {
            const int at = std::clamp(static_cast<int>(std::lround(rankValue)), 1,
                                      std::max(1, static_cast<int>(spectrum.median.size())));
            return std::max(static_cast<double>(spectrum.median[idx(at - 1)]), impl.floor * 1.12);
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
    if (!impl.userRange) {
        plot->xAxis->setRange(1.0 - 0.01 * rank, rank * 1.01);
        plot->yAxis->setRange(impl.floor, impl.top * 1.02);
    }
    const bool keptShown = impl.kept.has_value() && count > 0;
    impl.keptLine->setVisible(keptShown);
    impl.keptText->setVisible(keptShown);
    if (keptShown) {
        const double x = *impl.kept + 0.5;
        impl.keptLine->point1->setCoords(x, impl.floor);
        impl.keptLine->point2->setCoords(x, impl.top);
        impl.keptLine->setPen(QPen(theme.accent, 1.2, Qt::DashLine));
        const bool flip = x > plot->xAxis->range().center();
        impl.keptText->setFont(smallFont(font()));
        impl.keptText->setColor(theme.accent);
        impl.keptText->setText(tr("kept %1").arg(*impl.kept));
        impl.keptText->setPositionAlignment((flip ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignTop);
        impl.keptText->position->setTypeX(QCPItemPosition::ptPlotCoords);
        impl.keptText->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
        impl.keptText->position->setCoords(x, 0.02);
        impl.keptText->setPadding(QMargins(5, 1, 5, 1));
    }
    const std::int64_t tokens = impl.spectra != nullptr && !impl.spectra->positions.empty()
        ? impl.spectra->positions[impl.position < 0
                                      ? impl.spectra->positions.size() - 1
                                      : std::min(idx(impl.position), impl.spectra->positions.size() - 1)]
        : 0;
    setAxisLabel(*plot->yAxis, tr("σ of the state, after token %1").arg(tokens));
    setAxisLabel(*plot->xAxis,
                 tr("singular value index (values below %1 lie on the floor)").arg(u"10%1"_s.arg([&] {
                     QString digits = QString::number(std::lround(std::log10(impl.floor)));
                     const QString super = u"⁰¹²³⁴⁵⁶⁷⁸⁹"_s;
                     QString out;
                     for (const QChar digit : digits) {
                         out += digit == u'-' ? QChar(u'⁻') : super[digit.digitValue()];
                     }
                     return out;
                 }())));
    refreshLegend();
    plot->replot(QCustomPlot::rpQueuedReplot);
}

void SpectrumPlot::refreshLegend()
{
    Impl& impl = *m_impl;
    const Theme& theme = themeOf(palette());
    const std::vector<HeadSpectrum>* shown = heads();
    const int count = shown != nullptr ? static_cast<int>(shown->size()) : 0;
    struct Entry {
        QString text;
        QColor colour;
        bool bold;
    };
    std::vector<Entry> entries;
    for (int head = 0; head < std::min(count, kMostHeads); ++head) {
        entries.push_back({ tr("━ head %1").arg(head), theme.head(head), head == impl.head });
    }
    if (count > 0) {
        entries.push_back({ tr("▲ entropy"), theme.muted, false });
        entries.push_back({ tr("◇ stable"), theme.muted, false });
        entries.push_back({ tr("○ threshold rank"), theme.muted, false });
        if (impl.spectra->windows > 1) {
            entries.push_back({ tr("▒ quartiles"), theme.muted, false });
        }
    }
    while (impl.legendTexts.size() < entries.size()) {
        auto* text = new QCPItemText(impl.plot);
        text->position->setType(QCPItemPosition::ptAbsolute);
        text->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
        text->setClipToAxisRect(false);
        text->setLayer(u"overlay"_s);
        impl.legendTexts.push_back(text);
    }
    double x = 52;
    const double right = impl.plot->width() - 4;
    for (std::size_t at = 0; at < impl.legendTexts.size(); ++at) {
        QCPItemText* text = impl.legendTexts[at];
        if (at >= entries.size()) {
            text->setVisible(false);
            continue;
        }
        QFont face = smallFont(font());
        face.setBold(entries[at].bold);
        const double width = QFontMetricsF(face).horizontalAdvance(entries[at].text);
        text->setVisible(x + width < right);
        text->setFont(face);
        text->setColor(entries[at].colour);
        text->setText(entries[at].text);
        text->position->setCoords(x, 2);
        x += width + 11;
    }
}

int SpectrumPlot::headNear(const QPointF& at) const
{
    const std::vector<HeadSpectrum>* shown = heads();
    if (shown == nullptr) {
        return -1;
    }
    const int index = static_cast<int>(std::lround(m_impl->plot->xAxis->pixelToCoord(at.x())));
    int best = -1;
    double distance = 24.0;
    for (int head = 0; head < std::ssize(*shown); ++head) {
        const HeadSpectrum& spectrum = (*shown)[idx(head)];
        if (index < 1 || index > std::ssize(spectrum.median)) {
            continue;
        }
        const double value = std::max(static_cast<double>(spectrum.median[idx(index - 1)]), m_impl->floor);
        const double pixels = std::abs(m_impl->plot->yAxis->coordToPixel(value) - at.y());
        if (pixels < distance) {
            distance = pixels;
            best = head;
        }
    }
    return best;
}

void SpectrumPlot::onMouseMove(const QPointF& at)
{
    const int head = headNear(at);
    const std::vector<HeadSpectrum>* shown = heads();
    if (head < 0 || shown == nullptr) {
        if (m_impl->tracer->visible()) {
            m_impl->tracer->setVisible(false);
            Q_EMIT hovered(QString());
            m_impl->plot->replot(QCustomPlot::rpQueuedReplot);
        }
        return;
    }
    const HeadSpectrum& spectrum = (*shown)[idx(head)];
    const int index = static_cast<int>(std::lround(m_impl->plot->xAxis->pixelToCoord(at.x())));
    const double value = static_cast<double>(spectrum.median[idx(index - 1)]);
    m_impl->tracer->setVisible(true);
    m_impl->tracer->position->setCoords(index, std::max(value, m_impl->floor));
    m_impl->tracer->setPen(QPen(themeOf(palette()).text, 1.2));
    m_impl->plot->replot(QCustomPlot::rpQueuedReplot);
    Q_EMIT hovered(
        tr("layer %1, head %2: σ%3 = %4 (quartiles %5 … %6), %7 of σ₁")
            .arg(m_impl->layer)
            .arg(head)
            .arg(index)
            .arg(QString::number(value, 'g', 4), QString::number(spectrum.low[idx(index - 1)], 'g', 3),
                 QString::number(spectrum.high[idx(index - 1)], 'g', 3))
            .arg(QString::number(value / std::max(1e-30, static_cast<double>(spectrum.median[0])), 'g', 3)));
}

void SpectrumPlot::onDoubleClick(const QPointF&)
{
    fit();
}

QString SpectrumPlot::csv() const
{
    QString text = u"layer,head,index,sigma_median,sigma_lower_quartile,sigma_upper_quartile\n"_s;
    const std::vector<HeadSpectrum>* shown = heads();
    for (int head = 0; shown != nullptr && head < std::ssize(*shown); ++head) {
        const HeadSpectrum& spectrum = (*shown)[idx(head)];
        for (int at = 0; at < std::ssize(spectrum.median); ++at) {
            text += u"%1,%2,%3,%4,%5,%6\n"_s.arg(m_impl->layer)
                        .arg(head)
                        .arg(at + 1)
                        .arg(QString::number(spectrum.median[idx(at)], 'g', 9),
                             QString::number(spectrum.low[idx(at)], 'g', 9),
                             QString::number(spectrum.high[idx(at)], 'g', 9));
        }
    }
    return text;
}

void SpectrumPlot::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        refresh();
    }
}

void SpectrumPlot::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    refreshLegend();
}

} // namespace rankscope
