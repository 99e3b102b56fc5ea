// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/quality_panel.h"

#include "core/base/narrow.h"
#include "core/evaluation/intervals.h"
#include "ui/actions/definitions.h"
#include "ui/actions/what_is_this.h"
#include "ui/document/candidate_history.h"
#include "ui/document/token_losses.h"
#include "ui/document/workbench.h"
#include "ui/format/numbers.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/dock_panel.h"
#include "ui/plots/delta_plot.h"
#include "ui/theme/theme.h"

#include <QBoxLayout>
#include <QClipboard>
#include <QComboBox>
#include <QEvent>
#include <QGridLayout>
#include <QGuiApplication>
#include <QLabel>
#include <QMenu>
#include <QStackedLayout>

#include <cmath>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Half width of the interval that the advice on windows is for, nats per token.
constexpr double kWantedHalfWidth = 0.01;

QString inColour(const QColor& colour, const QString& text, bool bold)
{
    return u"<span style=\"color:%1\">%2%3%4</span>"_s.arg(colour.name(), bold ? u"<b>"_s : QString(), text,
                                                           bold ? u"</b>"_s : QString());
}

/// Lighter while partial, grey with a mark when stale.
QString number(const Theme& theme, const QString& value, Trust trust, const QColor& finalColour)
{
    switch (trust) {
    case Trust::Final:
        return inColour(finalColour, value, true);
    case Trust::Partial:
        return inColour(partialTone(finalColour, theme.panel), value, true);
    case Trust::Stale:
        return inColour(theme.muted, u"↻ "_s + value, true);
    case Trust::Missing:
        break;
    }
    return inColour(theme.muted, u"–"_s, false);
}

} // namespace

QualityPanel::QualityPanel(QualitySources sources, DialogPort& dialogs, QWidget* parent)
    : QWidget(parent)
    , m_sources(sources)
    , m_numbers(new QWidget(this))
    , m_baselineName(new QLabel(this))
    , m_baseline(new QLabel(this))
    , m_candidate(new QLabel(this))
    , m_delta(new QLabel(this))
    , m_kl(new QLabel(this))
    , m_sameTop(new QLabel(this))
    , m_advice(new QLabel(this))
    , m_windowCount(new QComboBox(this))
    , m_windowLength(new QComboBox(this))
    , m_plot(nullptr)
    , m_empty(new EmptyNote(this))
    , m_plotArea(new QWidget(this))
    , m_stack(new QStackedLayout(m_plotArea))
{
    m_plot = new DeltaPlot(dialogs, m_plotArea);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 8, 0, 6);
    layout->setSpacing(2);
    auto* grid = new QGridLayout(m_numbers);
    grid->setContentsMargins(10, 0, 10, 0);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(3);
    // Room for stale numbers from the start: what comes and goes does not move the docks.
    QFont bold = font();
    bold.setBold(true);
    const QFontMetrics metrics(bold);
    grid->setColumnMinimumWidth(1, metrics.horizontalAdvance(u"↻ 000.00 0.000"_s));
    grid->setColumnMinimumWidth(3, metrics.horizontalAdvance(u"↻ 0.000 ±0.000"_s));
    grid->setColumnStretch(1, 3);
    grid->setColumnStretch(3, 2);
    const auto addNumber = [&](int row, int column, QLabel* name, QLabel* value, const QString& toolTip) {
        name->setForegroundRole(QPalette::PlaceholderText);
        name->setToolTip(toolTip);
        value->setToolTip(toolTip);
        value->setTextInteractionFlags(Qt::TextSelectableByMouse);
        grid->addWidget(name, row, column);
        grid->addWidget(value, row, column + 1);
    };
    addNumber(0, 0, m_baselineName, m_baseline, definitionTip({ u"perplexity"_s, u"nll"_s }));
    addNumber(1, 0, new QLabel(tr("Candidate"), this), m_candidate,
              definitionTip({ u"perplexity"_s, u"nll"_s }));
    addNumber(0, 2, new QLabel(tr("KL"), this), m_kl,
              definitionTip({ u"kl"_s }, tr("Shown with half of its 95 % interval.")));
    addNumber(1, 2, new QLabel(tr("Same top"), this), m_sameTop,
              definitionTip({ u"sameTop"_s }, tr("Shown with half of its interval.")));
    auto* deltaName = new QLabel(tr("Δ NLL"), this);
    deltaName->setForegroundRole(QPalette::PlaceholderText);
    grid->addWidget(deltaName, 2, 0);
    grid->addWidget(m_delta, 2, 1, 1, 3);
    m_delta->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_delta->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    for (QLabel* label : { m_delta, deltaName }) {
        label->setToolTip(definitionTip({ u"deltaNll"_s, u"interval"_s }));
    }
    layout->addWidget(m_numbers);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_plot);
    layout->addWidget(m_plotArea, 1);

    auto* row = new QHBoxLayout;
    row->setContentsMargins(10, 0, 10, 0);
    row->setSpacing(6);
    row->addWidget(m_windowCount);
    auto* times = new QLabel(tr("windows ×"), this);
    times->setForegroundRole(QPalette::PlaceholderText);
    row->addWidget(times);
    row->addWidget(m_windowLength);
    row->addWidget(m_advice, 1);
    layout->addLayout(row);
    for (const int count : { 4, 8, 16, 32, 64, 128, 0 }) {
        m_windowCount->addItem(count == 0 ? tr("all") : QString::number(count), count);
    }
    for (const int length : { 128, 256, 512, 1024, 2048 }) {
        m_windowLength->addItem(QString::number(length), length);
    }
    m_windowCount->setAccessibleName(tr("How many windows are scored"));
    m_windowCount->setToolTip(tr("How many windows of the evaluation text are scored"));
    m_windowLength->setAccessibleName(tr("Window length in tokens"));
    m_windowLength->setToolTip(tr("Tokens per window; every window starts from a zero state"));
    m_advice->setForegroundRole(QPalette::PlaceholderText);
    m_advice->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_advice->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);

    connect(m_windowCount, &QComboBox::activated, this, &QualityPanel::chooseWindows);
    connect(m_windowLength, &QComboBox::activated, this, &QualityPanel::chooseWindows);
    connect(&sources.workbench, &Workbench::baselineChanged, this, &QualityPanel::refresh);
    connect(&sources.workbench, &Workbench::candidateChanged, this, &QualityPanel::refresh);
    connect(&sources.workbench, &Workbench::textsChanged, this, &QualityPanel::refresh);
    connect(&sources.document, &PlanDocument::planChanged, this, &QualityPanel::refresh);
    connect(&sources.candidates, &CandidateHistory::marksChanged, this, &QualityPanel::refresh);
    connect(&sources.tokens, &TokenLosses::changed, this, &QualityPanel::refreshAgreement);
    connect(m_plot, &DeltaPlot::hovered, this, &QualityPanel::hovered);
    connect(m_plot, &DeltaPlot::problem, this, &QualityPanel::problem);
    connect(m_plot, &DeltaPlot::windowClicked, &sources.selection, &LayerSelection::setWindow);
    connect(m_plot, &DeltaPlot::windowHovered, this, [this](int window) {
        LayerSelection::Hover hover;
        hover.window = window;
        m_sources.selection.setHover(hover);
    });
    connect(&sources.selection, &LayerSelection::hoverChanged, this,
            [this] { m_plot->setHoverMark(m_sources.selection.hover().window); });
    setContextMenuPolicy(Qt::CustomContextMenu);
    connect(this, &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
        QMenu menu(this);
        menu.addAction(tr("Copy the numbers"), this, &QualityPanel::copyNumbers);
        addWhatIsThis(menu, *this, Topic::Quality);
        menu.exec(mapToGlobal(at));
    });
    refresh();
}

QString QualityPanel::numbersText() const
{
    const Workbench& workbench = m_sources.workbench;
    QStringList lines { u"quantity\tvalue\tlow\thigh\trests_on\tstate"_s };
    const auto add = [&](const QString& name, double value, std::optional<std::pair<double, double>> interval,
                         const QString& basis, Trust trust) {
        lines << QStringList { name,
                               QString::number(value, 'g', 12),
                               interval ? QString::number(interval->first, 'g', 12) : QString(),
                               interval ? QString::number(interval->second, 'g', 12) : QString(),
                               basis,
                               trust == Trust::Final       ? u"final"_s
                                   : trust == Trust::Stale ? u"stale"_s
                                                           : u"partial"_s }
                     .join(u'\t');
    };
    const auto addEstimate
        = [&](const QString& name, const std::shared_ptr<const PerplexityEstimate>& estimate, Trust trust) {
              if (estimate != nullptr) {
                  const QString basis = tr("%1 tokens").arg(estimate->tokens());
                  add(name + u"_perplexity"_s, estimate->perplexity(), std::nullopt, basis, trust);
                  add(name + u"_mean_nll"_s, estimate->meanNll(), std::nullopt, basis, trust);
              }
          };
    addEstimate(u"baseline"_s, workbench.baseline(), workbench.baselineTrust());
    addEstimate(u"candidate"_s, workbench.candidate(), workbench.candidateTrust());
    if (const std::optional<PairedDelta>& delta = workbench.delta().delta()) {
        add(u"delta_nll"_s, delta->meanNll, std::pair(delta->low, delta->high),
            tr("%1 windows, against %2").arg(delta->windows).arg(referenceName()),
            workbench.candidateTrust());
    }
    if (m_sources.tokens.trust() == Trust::Final) {
        const MeanInterval& kl = m_sources.tokens.kl();
        const MeanInterval& top = m_sources.tokens.sameTop();
        add(u"kl"_s, kl.mean, std::pair(kl.low, kl.high), tr("%1 windows").arg(kl.count), Trust::Final);
        add(u"same_top"_s, top.mean, std::pair(top.low, top.high), tr("%1 tokens").arg(top.count),
            Trust::Final);
    }
    return lines.join(u'\n') + u'\n';
}

void QualityPanel::copyNumbers()
{
    QGuiApplication::clipboard()->setText(numbersText());
}

void QualityPanel::scoreMoreWindows(int direction)
{
    refreshWindows(); // a hidden panel may be behind
    const int at = m_windowCount->currentIndex() + direction;
    if (at >= 0 && at < m_windowCount->count()) {
        m_windowCount->setCurrentIndex(at);
        chooseWindows();
    }
}

QString QualityPanel::whyNotOtherWindows(int direction) const
{
    const Workbench& workbench = m_sources.workbench;
    if (workbench.overview() == nullptr) {
        return tr("Open a model first.");
    }
    const int wanted = workbench.options().evaluationWindows; // 0: all
    const std::shared_ptr<const TokenWindows>& text = workbench.texts().evaluation;
    if (direction > 0 && (wanted == 0 || (text != nullptr && text->count < wanted))) {
        return tr("The whole text is scored already.");
    }
    return direction < 0 && wanted != 0 && wanted <= m_windowCount->itemData(0).toInt()
        ? tr("Fewer windows say too little.")
        : QString();
}

void QualityPanel::refresh()
{
    if (!isVisible()) {
        return; // showEvent catches up
    }
    refreshNumbers();
    refreshAgreement();
    refreshWindows();
    refreshPlot();
    const Workbench& workbench = m_sources.workbench;
    const auto progress = [](const std::shared_ptr<const PerplexityEstimate>& estimate) {
        return estimate == nullptr || estimate->complete
            ? tr("running")
            : tr("running · %1 of %2 windows").arg(estimate->windows()).arg(estimate->windowsTotal);
    };
    QString caption;
    switch (workbench.candidateTrust()) {
    case Trust::Partial:
        caption = progress(workbench.candidate());
        break;
    case Trust::Stale:
        caption = (workbench.candidateNote().isEmpty() ? u"↻ "_s : u"⚠ "_s) + workbench.staleReason();
        break;
    case Trust::Final:
        caption = tr("final · %1 tokens").arg(formatCount(workbench.candidate()->tokens())) + QChar(0x9c)
            + tr("final");
        break;
    case Trust::Missing:
        caption = workbench.baselineTrust() == Trust::Partial ? progress(workbench.baseline())
            : workbench.baselineTrust() == Trust::Final       ? tr("dense model")
                                                              : QString();
        break;
    }
    if (workbench.scoresCalibrationText() && workbench.candidate() != nullptr) {
        caption = tr("⚠ scored on its calibration text · %1").arg(caption);
    }
    Q_EMIT captionChanged(caption);
}

void QualityPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    if (isVisible()) {
        refreshWindows(); // the advice has a shorter wording for narrow panels
    }
}

QString QualityPanel::referenceName() const
{
    const CandidateRecord* pinned = m_sources.candidates.find(m_sources.candidates.pinnedId());
    return pinned != nullptr && !pinned->isDense() && m_sources.workbench.deltaReference() == pinned->estimate
        ? pinned->name
        : tr("the dense model");
}

void QualityPanel::refreshNumbers()
{
    const Workbench& workbench = m_sources.workbench;
    const Theme& theme = themeOf(palette());
    const auto describe
        = [&](const std::shared_ptr<const PerplexityEstimate>& estimate, Trust trust) -> QString {
        if (estimate == nullptr || trust == Trust::Missing) {
            return number(theme, {}, Trust::Missing, theme.text);
        }
        return number(theme, formatPerplexity(estimate->perplexity()), trust, theme.text) + u' '
            + inColour(theme.muted, QString::number(estimate->meanNll(), 'f', 3), false);
    };
    const CandidateRecord* pinned = m_sources.candidates.find(m_sources.candidates.pinnedId());
    const bool usesPinned
        = pinned != nullptr && !pinned->isDense() && m_sources.candidates.isComparable(*pinned);
    m_baselineName->setText(usesPinned ? tr("Pinned") : tr("Baseline"));
    m_baseline->setText(
        describe(usesPinned ? pinned->estimate : workbench.baseline(), workbench.baselineTrust()));
    m_candidate->setText(describe(workbench.candidate(), workbench.candidateTrust()));
    const std::optional<PairedDelta>& delta = workbench.delta().delta();
    if (!delta || workbench.candidate() == nullptr) {
        m_delta->setText(number(theme, {}, Trust::Missing, theme.text));
        return;
    }
    const bool worse = delta->meanNll > 0.0;
    const QColor tone = !delta->significant() ? theme.text : worse ? theme.worse : theme.better;
    const Trust trust = workbench.candidateTrust();
    const QString verdict = !delta->significant()
        ? inColour(theme.muted, tr("includes zero"), false)
        : inColour(trust == Trust::Stale ? theme.muted : tone, worse ? tr("▲ worse") : tr("▼ better"), false);
    m_delta->setText(
        number(theme, formatSigned(delta->meanNll, 3), trust, tone) + u' '
        + inColour(theme.muted,
                   tr("[%1, %2] nats").arg(formatSigned(delta->low, 3), formatSigned(delta->high, 3)), false)
        + u"&nbsp; "_s + verdict);
}

void QualityPanel::refreshAgreement()
{
    if (!isVisible()) {
        return;
    }
    const Theme& theme = themeOf(palette());
    const TokenLosses& tokens = m_sources.tokens;
    const Trust trust = tokens.comparison() == nullptr ? Trust::Missing : tokens.trust();
    const auto half = [](const MeanInterval& interval) { return 0.5 * (interval.high - interval.low); };
    const MeanInterval& kl = tokens.kl();
    const MeanInterval& top = tokens.sameTop();
    m_kl->setText(number(theme, QString::number(kl.mean, 'f', 3), trust, theme.text)
                  + (trust == Trust::Missing
                         ? QString()
                         : u' ' + inColour(theme.muted, u"±"_s + QString::number(half(kl), 'f', 3), false)));
    m_sameTop->setText(
        number(theme, tr("%1 %").arg(100.0 * top.mean, 0, 'f', 1), trust, theme.text)
        + (trust == Trust::Missing
               ? QString()
               : u' ' + inColour(theme.muted, u"±"_s + QString::number(100.0 * half(top), 'f', 1), false)));
}

void QualityPanel::refreshWindows()
{
    const Workbench& workbench = m_sources.workbench;
    const auto choose = [](QComboBox* box, int value) {
        int at = box->findData(value);
        if (at < 0) { // a size that was asked for elsewhere: in its place, before "all"
            at = 0;
            while (at < box->count() && box->itemData(at).toInt() != 0 && box->itemData(at).toInt() < value) {
                ++at;
            }
            box->insertItem(at, QString::number(value), value);
        }
        box->setCurrentIndex(at);
    };
    choose(m_windowCount, workbench.options().evaluationWindows);
    choose(m_windowLength, workbench.options().windowLength);
    const std::shared_ptr<const TokenWindows>& text = workbench.texts().evaluation;
    const bool cutShort = text != nullptr && workbench.options().evaluationWindows > text->count;
    QString advice = cutShort ? tr("the text has %1").arg(text->count) : QString();
    QString toolTip = text == nullptr
        ? QString()
        : tr("%1: %2 windows scored; %3 tokens, %4 of them beyond the last whole window")
              .arg(QString::fromStdString(text->sourceName), QString::number(text->count),
                   formatCount(text->textTokens), formatCount(text->droppedTokens));
    std::vector<double> differences;
    for (const RunningDelta::Point& point : workbench.delta().points()) {
        differences.push_back(point.delta);
    }
    if (const std::int64_t needed = valuesForHalfWidth(differences, kWantedHalfWidth); needed > 0) {
        advice = tr("±0.01 needs %1 windows").arg(formatCount(needed));
        if (m_advice->fontMetrics().horizontalAdvance(advice) > m_advice->width()) {
            advice = tr("%1 for ±0.01").arg(formatCount(needed));
        }
        toolTip += u'\n'
            + tr("From the spread between the windows, an interval of ±0.01 nats needs about %1 windows of "
                 "%2 "
                 "tokens.")
                  .arg(needed)
                  .arg(workbench.options().windowLength)
            + (cutShort && needed > text->count ? u' ' + tr("This text has %1 of them.").arg(text->count)
                                                : QString());
    }
    m_advice->setText(advice);
    m_advice->setToolTip(toolTip);
}

QString QualityPanel::emptySentence() const
{
    const Workbench& workbench = m_sources.workbench;
    if (workbench.overview() == nullptr) {
        return tr("No model open. Open a checkpoint folder with Ctrl+O.");
    }
    if (workbench.candidate() != nullptr) {
        return {}; // stale ones of another device too: the caption says so
    }
    if (!workbench.blockingSentence().isEmpty()) {
        return workbench.blockedNote();
    }
    if (workbench.baseline() == nullptr) {
        return workbench.baselineNote().isEmpty() ? tr("Waiting for the baseline…")
                                                  : workbench.baselineNote();
    }
    if (!workbench.candidateNote().isEmpty()) {
        return workbench.candidateNote();
    }
    return m_sources.document.isOpen() && m_sources.document.plan().keepsAll()
        ? tr("The plan keeps everything. Lower a fader, a ratio or the cut: its cost appears here.")
        : tr("Waiting for the first window…");
}

void QualityPanel::refreshPlot()
{
    const QString sentence = emptySentence();
    m_empty->setText(sentence);
    m_stack->setCurrentWidget(sentence.isEmpty() ? static_cast<QWidget*>(m_plot) : m_empty);
    const std::shared_ptr<const PerplexityEstimate>& candidate = m_sources.workbench.candidate();
    m_plot->setData(m_sources.workbench.delta().points(), candidate != nullptr ? candidate->windowsTotal : 0,
                    candidate != nullptr ? candidate->length : 0, m_sources.workbench.candidateTrust(),
                    referenceName());
}

void QualityPanel::chooseWindows()
{
    Workbench::Options options = m_sources.workbench.options();
    options.evaluationWindows = m_windowCount->currentData().toInt();
    options.windowLength = m_windowLength->currentData().toInt();
    m_sources.workbench.setOptions(options);
}

void QualityPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_sources.tokens.setWatching(this, true);
    refresh();
}

void QualityPanel::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    m_sources.tokens.setWatching(this, false);
}

void QualityPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        refresh();
    }
}

} // namespace rankscope
