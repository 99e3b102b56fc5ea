// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/rank_plot.h"

#include "ui/actions/what_is_this.h"
#include "ui/plots/draw_once.h"
#include "ui/plots/plot_theme.h"
#include "ui/plots/qcp.h"
#include "ui/plots/rank_plot_impl.h"
#include "ui/plots/view_export.h"
#include "ui/theme/theme.h"

#include <QBoxLayout>
#include <QMenu>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

double quantileOf(std::vector<double> values, double at)
{
    std::sort(values.begin(), values.end());
    const double position = at * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (values[above] - values[below]) * (position - static_cast<double>(below));
}

/// Ticks where the labels of the tokens stand.
class TokenTicker : public QCPAxisTicker {
public:
    explicit TokenTicker(const TokenLabels& labels)
        : m_labels(labels)
    {
    }

protected:
    QVector<double> createTickVector(double, const QCPRange&) override
    {
        return { m_labels.ticks().begin(), m_labels.ticks().end() };
    }
    QString getTickLabel(double tick, const QLocale&, QChar, int) override
    {
        return m_labels.text(static_cast<int>(std::lround(tick)));
    }
    int getSubTickCount(double) override { return 0; }

private:
    const TokenLabels& m_labels; ///< of the plot, which outlives its axes
};

} // namespace

RankPlot::RankPlot(DialogPort& dialogs, QWidget* parent)
    : QWidget(parent)
    , m_impl(std::make_unique<Impl>(dialogs))
{
    build();
    refresh();
}

RankPlot::~RankPlot() = default;

void RankPlot::build()
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 0, 6, 0);
    auto* plot = new QCustomPlot(this);
    Impl& impl = *m_impl;
    impl.plot = plot;
    layout->addWidget(plot);
    plot->setAccessibleName(tr("Rank of each head over the tokens"));
    plot->setMinimumHeight(64);
    plot->setFocusPolicy(Qt::StrongFocus);
    setFocusProxy(plot);
    plot->installEventFilter(this);
    impl.margins = new QCPMarginGroup(plot);
    plot->axisRect()->setMinimumMargins(QMargins(0, 6, 0, 0));
    plot->plotLayout()->setColumnSpacing(2);
    plot->axisRect()->setMarginGroup(QCP::msTop | QCP::msBottom, impl.margins);
    impl.map = new QCPColorMap(plot->xAxis, plot->yAxis);
    impl.map->setInterpolate(false);
    impl.map->setTightBoundary(false);
    impl.map->setDataScaleType(QCPAxis::stLogarithmic);
    impl.map->setAntialiased(false);
    impl.scale = new QCPColorScale(plot);
    impl.scale->setType(QCPAxis::atRight);
    impl.scale->setBarWidth(8);
    impl.scale->setMarginGroup(QCP::msTop | QCP::msBottom, impl.margins);
    impl.scale->setRangeDrag(false);
    impl.scale->setRangeZoom(false);
    impl.scale->setDataScaleType(QCPAxis::stLogarithmic);
    makeBinary(*impl.scale->axis());
    plot->plotLayout()->addElement(0, 1, impl.scale);
    impl.map->setColorScale(impl.scale);
    impl.binaryTicker = impl.scale->axis()->ticker();
    plot->xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new TokenTicker(impl.tokens)));
    impl.headNames.reset(new QCPAxisTickerText);
    plot->xAxis->grid()->setVisible(false);
    impl.low = plot->addGraph();
    impl.high = plot->addGraph();
    const auto rectangle = [plot] {
        auto* item = new QCPItemRect(plot);
        item->setLayer(u"overlay"_s);
        item->setClipToAxisRect(true);
        return item;
    };
    impl.hover = rectangle();
    impl.cell = rectangle();
    impl.cursor = rectangle();
    connect(plot, &QCustomPlot::mousePress, this, [this](QMouseEvent* event) {
        if (event->button() == Qt::LeftButton) {
            onPress(event->position());
        }
    });
    connect(plot, &QCustomPlot::mouseMove, this,
            [this](QMouseEvent* event) { onMove(event->position(), event->buttons() & Qt::LeftButton); });
    connect(plot, &QCustomPlot::mouseRelease, this, [this](QMouseEvent* event) {
        if (event->button() == Qt::LeftButton && m_impl->drag != Impl::Drag::None) {
            if (!m_impl->moved) {
                Q_EMIT tokenPicked(tokenAt(event->position()));
                if (const int head = headAt(event->position()); head >= 0) {
                    Q_EMIT headPicked(head);
                }
            }
            m_impl->drag = Impl::Drag::None;
        }
    });
    connect(plot, &QCustomPlot::mouseDoubleClick, this, &RankPlot::fit);
    connect(plot, &QCustomPlot::mouseWheel, this,
            [this](QWheelEvent* event) { zoom(event->position(), event->angleDelta().y() / 120.0); });
    auto* give = new ViewExport(
        *plot, u"rank-over-tokens"_s, [this] { return csv(); }, m_impl->dialogs);
    connect(give, &ViewExport::problem, this, &RankPlot::problem);
    plot->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(plot, &QCustomPlot::customContextMenuRequested, this, [this, plot, give](const QPoint& at) {
        QMenu menu(this);
        give->addActions(menu);
        menu.addSeparator();
        menu.addAction(tr("Show all tokens"), this, &RankPlot::fit);
        addWhatIsThis(menu, *this, Topic::Ranks);
        menu.exec(plot->mapToGlobal(at));
    });
}

QCustomPlot* RankPlot::plot() const
{
    return m_impl->plot;
}

RankPlot::Form RankPlot::form() const
{
    return m_impl->form;
}

void RankPlot::setSpectra(std::shared_ptr<const TokenSpectra> spectra, bool stale)
{
    Impl& impl = *m_impl;
    if (spectra == impl.spectra && stale == impl.isStale) {
        return;
    }
    const bool otherLength = impl.count() != (spectra != nullptr ? static_cast<int>(spectra->tokens) : 0);
    impl.spectra = std::move(spectra);
    impl.isStale = stale;
    if (otherLength) {
        impl.userRange = false;
    }
    refresh();
}

void RankPlot::setLabels(const std::vector<QString>& labels)
{
    if (labels != m_impl->labels) {
        m_impl->labels = labels;
        refresh();
    }
}

void RankPlot::setMeasure(RankMeasure measure)
{
    if (measure != m_impl->measure) {
        m_impl->measure = measure;
        refresh();
    }
}

void RankPlot::setForm(Form form)
{
    if (form != m_impl->form) {
        m_impl->form = form;
        refresh();
    }
}

void RankPlot::setSelected(int token, int head)
{
    Impl& impl = *m_impl;
    if (token == impl.token && head == impl.head) {
        return;
    }
    const bool otherHead = head != impl.head;
    const bool otherToken = token != impl.token;
    impl.token = token;
    impl.head = head;
    // The cursor stays in view: the picture follows it by whole pages.
    if (otherToken && token >= 0 && impl.drag == Impl::Drag::None
        && (token < impl.lower || token > impl.upper)) {
        const double span = impl.upper - impl.lower;
        setRange(token - span * 0.2, token + span * 0.8);
    }
    if (otherHead) {
        refresh();
        return;
    }
    refreshMarks();
    drawOverlayOnce(*impl.plot);
}

void RankPlot::setHoverMark(int token, int head)
{
    Impl& impl = *m_impl;
    if (token != impl.hoverToken || head != impl.hoverHead) {
        impl.hoverToken = token;
        impl.hoverHead = head;
        refreshMarks();
        drawOverlayOnce(*impl.plot);
    }
}

void RankPlot::fit()
{
    m_impl->userRange = false;
    refresh();
}

std::pair<int, int> RankPlot::visibleTokens() const
{
    return { std::max(0, static_cast<int>(std::ceil(m_impl->lower))),
             std::min(m_impl->count() - 1, static_cast<int>(std::floor(m_impl->upper))) };
}

void RankPlot::refresh()
{
    Impl& impl = *m_impl;
    applyPlotTheme(*impl.plot);
    impl.tokens.setLabels(impl.labels, smallFont(font()));
    if (!impl.userRange) {
        impl.lower = -0.5;
        impl.upper = std::max(1, impl.count()) - 0.5;
    }
    refreshData();
    refreshAxes();
    refreshMarks();
    drawSoon(*impl.plot);
}

void RankPlot::refreshData()
{
    Impl& impl = *m_impl;
    const Theme& theme = themeOf(palette());
    const int count = impl.count();
    const int heads = impl.heads();
    const bool asMap = impl.form == Form::Map;
    impl.map->setVisible(asMap && count > 0);
    while (std::ssize(impl.lines) < std::min(heads, Impl::kMostLines)) {
        impl.lines.push_back(impl.plot->addGraph());
    }
    for (QCPGraph* line : impl.lines) {
        line->setVisible(false);
    }
    impl.low->setVisible(false);
    impl.high->setVisible(false);
    if (count == 0) {
        return;
    }
    std::vector<std::int64_t> known(idx(count));
    std::int64_t next = -1;
    for (std::int64_t token = count - 1; token >= 0; --token) {
        next = impl.spectra->known[idx(token)] != 0 ? token : next;
        known[idx(token)] = next >= 0 ? next : impl.spectra->nearestKnown(token);
    }
    if (asMap) {
        QCPColorMapData* cells = impl.map->data();
        cells->setSize(count, heads);
        cells->setRange(QCPRange(0, count - 1), QCPRange(0, heads - 1));
        for (int token = 0; token < count; ++token) {
            for (int head = 0; head < heads; ++head) {
                cells->setCell(token, head, impl.drawn(known[idx(token)], head));
            }
        }
        QCPColorGradient gradient = cividisGradient();
        gradient.setNanHandling(QCPColorGradient::nhNanColor);
        gradient.setNanColor(theme.removed);
        impl.map->setGradient(gradient);
        impl.map->setDataRange(QCPRange(1.0, std::max(2, impl.spectra->rank)));
        return;
    }
    const auto line = [&](const auto& valueAt) {
        QVector<QCPGraphData> points;
        for (int token = 0; token < count; ++token) {
            if (impl.spectra->known[idx(token)] != 0) {
                points.append(QCPGraphData(token, valueAt(token)));
            }
        }
        return points;
    };
    const bool bands = heads > Impl::kMostLines;
    for (int at = 0; at < (bands ? 1 : heads); ++at) {
        const int head = bands ? impl.head : at;
        QCPGraph* graph = impl.lines[idx(at)];
        graph->setVisible(head < heads);
        if (head < heads) {
            graph->data()->set(line([&](int token) { return impl.drawn(token, head); }), true);
            graph->setPen(QPen(theme.head(head), head == impl.head ? 2.0 : 1.0,
                               head < 8 || bands ? Qt::SolidLine : Qt::DashLine));
        }
    }
    if (bands) {
        const auto over = [&](double at) {
            return line([&, at](int token) {
                std::vector<double> values;
                for (int head = 0; head < heads; ++head) {
                    values.push_back(impl.drawn(token, head));
                }
                return quantileOf(std::move(values), at);
            });
        };
        impl.low->data()->set(over(0.1), true);
        impl.high->data()->set(over(0.9), true);
        QColor fill = theme.accent;
        fill.setAlpha(44);
        impl.low->setPen(Qt::NoPen);
        impl.high->setPen(Qt::NoPen);
        impl.high->setBrush(fill);
        impl.high->setChannelFillGraph(impl.low);
        impl.low->setVisible(true);
        impl.high->setVisible(true);
    }
}

void RankPlot::refreshAxes()
{
    Impl& impl = *m_impl;
    const Theme& theme = themeOf(palette());
    QCustomPlot* plot = impl.plot;
    const bool asMap = impl.form == Form::Map;
    const int heads = impl.heads();
    const bool scaleShown = asMap && heads > 0;
    if (scaleShown != (plot->plotLayout()->elementCount() > 1)) {
        if (scaleShown) {
            plot->plotLayout()->addElement(0, 1, impl.scale);
        } else {
            plot->plotLayout()->take(impl.scale);
            plot->plotLayout()->simplify();
        }
        impl.scale->setVisible(scaleShown);
    }
    applyScaleTheme(*impl.scale);
    layOutResized(*plot);
    if (asMap) {
        plot->yAxis->setScaleType(QCPAxis::stLinear);
        plot->yAxis->setRangeReversed(true);
        plot->yAxis->setTicker(impl.headNames);
        plot->yAxis->grid()->setVisible(false);
        plot->yAxis->setRange(-0.5, std::max(1, heads) - 0.5);
        impl.headNames->clear();
        const int room = std::max(1, plot->axisRect()->height() / (QFontMetrics(smallFont(font())).height()));
        const int stride = std::max(1, (heads + room - 1) / room);
        for (int head = 0; head < heads; head += stride) {
            impl.headNames->addTick(head, head == impl.head ? u"▸h%1"_s.arg(head) : u"h%1"_s.arg(head));
        }
        setAxisLabel(*plot->yAxis, QString());
    } else {
        plot->yAxis->setRangeReversed(false);
        plot->yAxis->setScaleType(QCPAxis::stLogarithmic);
        plot->yAxis->setTicker(impl.binaryTicker);
        plot->yAxis->setNumberFormat(u"g"_s);
        plot->yAxis->setNumberPrecision(6);
        plot->yAxis->grid()->setVisible(true);
        const int rank = impl.spectra != nullptr ? impl.spectra->rank : 2;
        plot->yAxis->setRange(0.93, rank * 1.08);
        setAxisLabel(*plot->yAxis, measureName(impl.measure));
    }
    plot->xAxis->setRange(impl.lower, impl.upper);
    impl.tokens.layOut(impl.lower, impl.upper, std::max(1, plot->axisRect()->width()));
    if (impl.isStale) {
        plot->xAxis->setTickLabelColor(mixed(theme.muted, theme.panel, 0.4));
    }
}

void RankPlot::refreshMarks()
{
    Impl& impl = *m_impl;
    const Theme& theme = themeOf(palette());
    const int count = impl.count();
    const int heads = impl.heads();
    const bool asMap = impl.form == Form::Map;
    const double perToken = impl.plot->axisRect()->width() / std::max(1e-9, impl.upper - impl.lower);
    // Never narrower than three pixels, however many tokens there are.
    const double half = std::max(0.5, 1.5 / std::max(1e-9, perToken));
    const auto place = [](QCPItemRect* item, double left, double top, double right, double bottom) {
        item->topLeft->setType(QCPItemPosition::ptPlotCoords);
        item->bottomRight->setType(QCPItemPosition::ptPlotCoords);
        item->topLeft->setCoords(left, top);
        item->bottomRight->setCoords(right, bottom);
    };
    const double top = asMap ? -0.5 : impl.plot->yAxis->range().upper;
    const double bottom = asMap ? heads - 0.5 : impl.plot->yAxis->range().lower;
    const bool haveToken = impl.token >= 0 && impl.token < count;
    impl.cursor->setVisible(haveToken);
    impl.cell->setVisible(haveToken && asMap && impl.head < heads && perToken >= 3.0);
    impl.hover->setVisible((impl.hoverToken >= 0 && impl.hoverToken < count)
                           || (asMap && impl.hoverHead >= 0 && impl.hoverHead < heads));
    if (haveToken) {
        place(impl.cursor, impl.token - half, top, impl.token + half, bottom);
        impl.cursor->setPen(QPen(theme.accent, 1.6));
        if (asMap) {
            place(impl.cell, impl.token - half, impl.head - 0.5, impl.token + half, impl.head + 0.5);
            impl.cell->setPen(QPen(theme.text, 1.6));
        }
    }
    if (impl.hover->visible()) {
        const bool token = impl.hoverToken >= 0;
        const bool head = asMap && impl.hoverHead >= 0;
        place(impl.hover, token ? impl.hoverToken - half : -0.5, head ? impl.hoverHead - 0.5 : top,
              token ? impl.hoverToken + half : count - 0.5, head ? impl.hoverHead + 0.5 : bottom);
        impl.hover->setPen(QPen(theme.text, 1.0, Qt::DotLine));
    }
}

void RankPlot::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        refresh();
    }
}

void RankPlot::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    refreshAxes();
    refreshMarks();
}

} // namespace rankscope
