// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/spectra_panel.h"

#include "core/base/narrow.h"
#include "ui/document/pruned_spectra.h"
#include "ui/document/token_ranks.h"
#include "ui/document/workbench.h"
#include "ui/format/numbers.h"
#include "ui/format/rank_measure.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/dock_panel.h"
#include "ui/plots/spectrum_plot.h"
#include "ui/settings/settings.h"
#include "ui/theme/theme.h"

#include <QBoxLayout>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QSlider>
#include <QStackedLayout>

namespace rankscope {

using namespace Qt::StringLiterals;

SpectraPanel::SpectraPanel(StateSources sources, QWidget* parent)
    : QWidget(parent)
    , m_sources(sources)
    , m_empty(new EmptyNote(this))
    , m_content(new QWidget(this))
    , m_stack(new QStackedLayout(this))
    , m_plot(new SpectrumPlot(sources.dialogs, m_content))
    , m_position(new QSlider(Qt::Horizontal, m_content))
    , m_positionText(new QLabel(m_content))
    , m_basis(new QComboBox(m_content))
    , m_floor(new QComboBox(m_content))
    , m_overlay(new QCheckBox(tr("Pruned"), m_content))
    , m_rankTitle(new QLabel(m_content))
{
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_content);
    buildControls();
    connectAll();
    refresh();
}

void SpectraPanel::buildControls()
{
    auto* layout = new QVBoxLayout(m_content);
    layout->setContentsMargins(0, 0, 0, 6);
    layout->setSpacing(4);
    layout->addWidget(m_plot, 1);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(12, 0, 10, 0);
    row->setSpacing(8);
    auto* label = new QLabel(tr("After token"), m_content);
    label->setBuddy(m_position);
    row->addWidget(label);
    row->addWidget(m_position, 1);
    row->addWidget(m_positionText);
    row->addWidget(m_basis);
    row->addWidget(m_floor);
    row->addWidget(m_overlay);
    layout->addLayout(row);
    auto* line = new QWidget(m_content);
    auto* ranks = new QHBoxLayout(line);
    ranks->setContentsMargins(12, 0, 12, 0);
    ranks->setSpacing(16);
    ranks->addWidget(m_rankTitle);
    const RankMeasure measures[] = { RankMeasure::Stable, RankMeasure::Entropy, RankMeasure::Threshold };
    for (std::size_t at = 0; at < m_ranks.size(); ++at) {
        m_ranks[at] = new QLabel(m_content);
        m_ranks[at]->setToolTip(measureDefinition(
            measures[at],
            tr("Of the selected head, median over the windows shown. \"of\" is min(Dk, Dv), the most that "
               "there can be.")));
        m_ranks[at]->setTextFormat(Qt::RichText);
        ranks->addWidget(m_ranks[at]);
    }
    ranks->addStretch(1);
    line->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred); // numbers do not move the docks
    layout->addWidget(line);

    m_position->setAccessibleName(tr("Position in the text, tokens"));
    m_position->setPageStep(4);
    m_position->setMinimumWidth(70);
    m_basis->setAccessibleName(tr("Text that the spectra rest on"));
    m_basis->setToolTip(tr("Several windows: median and quartiles, at some positions.\n"
                           "One window: the window of Rank over tokens, at every token."));
    m_basis->addItem(tr("several windows"), false);
    m_basis->addItem(tr("one window"), true);
    m_basis->setCurrentIndex(m_sources.settings.get(setting::spectraBasis) == u"one"_s ? 1 : 0);
    m_floor->setAccessibleName(tr("Decades of the axis"));
    m_floor->setToolTip(tr("How many powers of ten the axis shows. Smaller singular values lie on its floor, "
                           "which the legend names."));
    for (int decades = 3; decades <= 6; ++decades) {
        m_floor->addItem(tr("%1 decades").arg(decades), -decades);
    }
    m_floor->setCurrentIndex(
        std::max(0, m_floor->findData(m_sources.settings.get(setting::spectraFloor).toInt())));
    m_plot->setFloor(m_floor->currentData().toInt());
    m_overlay->setToolTip(tr("Draws the spectrum of the pruned model, dotted, over the dense one."));
    m_overlay->setChecked(m_sources.settings.get(setting::spectraOverlay) == u"1"_s);
}

void SpectraPanel::connectAll()
{
    Workbench& workbench = m_sources.workbench;
    LayerSelection& selection = m_sources.selection;
    connect(&workbench, &Workbench::spectraChanged, this, &SpectraPanel::refresh);
    connect(&workbench, &Workbench::overviewChanged, this, &SpectraPanel::refresh);
    connect(&workbench, &Workbench::modelChanged, this, &SpectraPanel::refresh);
    connect(&selection, &LayerSelection::layersChanged, this, &SpectraPanel::refresh);
    connect(&selection, &LayerSelection::headChanged, this, &SpectraPanel::refresh);
    connect(&selection, &LayerSelection::positionChanged, this, &SpectraPanel::refresh);
    connect(&selection, &LayerSelection::tokenChanged, this, &SpectraPanel::onToken);
    connect(&selection, &LayerSelection::hoverChanged, this, [this] {
        const LayerSelection::Hover& hover = m_sources.selection.hover();
        const bool here = hover.layer < 0 || hover.layer == m_sources.selection.currentLayer();
        m_plot->setHoverMark(here ? hover.head : -1);
    });
    connect(&m_sources.tokenRanks, &TokenRanks::changed, this, [this] {
        if (ofOneWindow()) {
            refresh();
        }
    });
    connect(&m_sources.prunedSpectra, &PrunedSpectra::changed, this, &SpectraPanel::refresh);
    connect(&m_sources.document, &PlanDocument::planChanged, this, &SpectraPanel::refresh);
    connect(m_position, &QSlider::valueChanged, this, &SpectraPanel::onSlider);
    connect(m_plot, &SpectrumPlot::headClicked, &selection, &LayerSelection::setHead);
    connect(m_plot, &SpectrumPlot::headHovered, this, [this](int head) {
        LayerSelection::Hover hover;
        if (head >= 0) {
            hover.layer = m_sources.selection.currentLayer();
            hover.head = head;
        }
        m_sources.selection.setHover(hover);
    });
    connect(m_plot, &SpectrumPlot::hovered, this, &SpectraPanel::hovered);
    connect(m_plot, &SpectrumPlot::problem, this, &SpectraPanel::problem);
    connect(m_basis, &QComboBox::currentIndexChanged, this, [this] {
        m_sources.settings.set(setting::spectraBasis, ofOneWindow() ? u"one"_s : u"several"_s);
        refreshWanted();
        refresh();
    });
    connect(m_floor, &QComboBox::currentIndexChanged, this, [this] {
        m_sources.settings.set(setting::spectraFloor, QString::number(m_floor->currentData().toInt()));
        m_plot->setFloor(m_floor->currentData().toInt());
    });
    connect(m_overlay, &QCheckBox::toggled, this, [this](bool on) {
        m_sources.settings.set(setting::spectraOverlay, on ? u"1"_s : u"0"_s);
        refreshWanted();
        refresh();
    });
}

bool SpectraPanel::ofOneWindow() const
{
    return m_basis->currentData().toBool();
}

void SpectraPanel::refreshWanted()
{
    m_sources.tokenRanks.setWatching(this, isVisible() && ofOneWindow());
    m_sources.prunedSpectra.setWanted(isVisible() && m_overlay->isChecked() && !ofOneWindow());
}

void SpectraPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    refreshWanted();
    refresh();
}

void SpectraPanel::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    refreshWanted();
}

void SpectraPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        refresh();
    }
}

int SpectraPanel::position() const
{
    const int last = static_cast<int>(m_sources.workbench.spectra()->positions.size()) - 1;
    const int chosen = m_sources.selection.position();
    return chosen < 0 ? last : std::min(chosen, last);
}

// The token is shared by all views; the analysed position next to it follows.
void SpectraPanel::onToken()
{
    const std::shared_ptr<const SpectraSummary>& spectra = m_sources.workbench.spectra();
    if (spectra != nullptr && !spectra->positions.empty()) {
        const int token = m_sources.selection.token();
        if (token < 0) {
            m_sources.selection.setPosition(-1);
        } else {
            const auto& positions = spectra->positions;
            const auto above
                = std::lower_bound(positions.begin(), positions.end(), std::int64_t { token } + 1);
            auto nearest = above == positions.end() ? above - 1 : above;
            if (nearest != positions.begin() && *nearest > token + 1
                && token + 1 - *(nearest - 1) < *nearest - (token + 1)) {
                --nearest;
            }
            m_sources.selection.setPosition(static_cast<int>(nearest - positions.begin()));
        }
    }
    if (ofOneWindow()) {
        refresh();
    }
}

void SpectraPanel::onSlider(int value)
{
    if (ofOneWindow()) {
        m_sources.selection.setToken(value);
    } else if (const auto& spectra = m_sources.workbench.spectra();
               spectra != nullptr && value < std::ssize(spectra->positions)) {
        m_sources.selection.setPosition(value);
        m_sources.selection.setToken(static_cast<int>(spectra->positions[idx(value)]) - 1);
    }
}

QString SpectraPanel::emptySentence() const
{
    const Workbench& workbench = m_sources.workbench;
    const bool staleOnes = !ofOneWindow() && workbench.spectra() != nullptr; // of another device
    if (!workbench.blockingSentence().isEmpty() && !staleOnes) {
        return workbench.blockedNote();
    }
    if (workbench.overview() == nullptr) {
        return tr("No model open. Open a checkpoint folder with Ctrl+O, or drop one here.");
    }
    const int layer = m_sources.selection.currentLayer();
    if (layer < 0) {
        return tr("Select a layer.");
    }
    if (!m_sources.document.isPrunable(layer)) {
        return tr("Layer %1 is softmax attention: it has no recurrent state.").arg(layer);
    }
    if (workbench.model() == nullptr && !staleOnes) {
        return tr("Loading the weights…");
    }
    if (ofOneWindow()) {
        const TokenRanks& ranks = m_sources.tokenRanks;
        if (ranks.shown().spectra != nullptr || !ranks.note().isEmpty()) {
            return ranks.note();
        }
        return ranks.stopNote().isEmpty() ? tr("Decomposing the state of layer %1…").arg(layer)
                                          : ranks.stopNote();
    }
    if (workbench.spectra() == nullptr) {
        return workbench.spectraNote().isEmpty() ? tr("Analysing the state…") : workbench.spectraNote();
    }
    return layer < std::ssize(workbench.spectra()->layers)
            && !workbench.spectra()->layers[idx(layer)].at.empty()
        ? QString()
        : tr("Analysing the state…");
}

void SpectraPanel::refresh()
{
    if (!isVisible()) {
        return;
    }
    const QString sentence = emptySentence();
    m_stack->setCurrentWidget(sentence.isEmpty() ? m_content : static_cast<QWidget*>(m_empty));
    m_empty->setText(sentence);
    if (!sentence.isEmpty()) {
        Q_EMIT captionChanged(QString());
        return;
    }
    const Workbench& workbench = m_sources.workbench;
    const std::shared_ptr<const SpectraSummary>& medians = workbench.spectra();
    // One window may still be that of the layer before.
    const int layer
        = ofOneWindow() ? m_sources.tokenRanks.shown().spectra->layer : m_sources.selection.currentLayer();
    const LayerPlan& plan = m_sources.document.plan().layers[idx(layer)];
    const QSignalBlocker block(m_position);
    SpectrumView view;
    view.layer = layer;
    const LayerSpec& spec = m_sources.document.spec().layers[idx(layer)];
    const int kept
        = plan.keptKeyDimsOf(m_sources.selection.head() * spec.heads / std::max(1, spec.valueHeads));
    view.kept = kept < plan.keyDims ? std::optional(kept) : std::nullopt;
    view.largest = medians != nullptr ? medians->largest : 0.0F;
    QString caption;
    if (ofOneWindow()) {
        const TokenRanks& ranks = m_sources.tokenRanks;
        const TokenSpectra& spectra = *ranks.shown().spectra;
        const auto token = static_cast<int>(spectra.nearestKnown(ranks.token()));
        view.token = token + 1;
        view.windows = 1;
        view.heads = headSpectra(spectra, token);
        view.stale = ranks.trust() == Trust::Stale;
        view.largest = std::max(
            view.largest, *std::max_element(spectra.singularValues.begin(), spectra.singularValues.end()));
        m_position->setRange(0, static_cast<int>(spectra.tokens) - 1);
        m_position->setValue(ranks.token());
        caption = view.stale ? ranks.staleCaption()
                             : tr("layer %1 · window %2%3")
                                   .arg(layer)
                                   .arg(spectra.window + 1)
                                   .arg(ranks.pruned() ? tr(" · pruned model") : QString());
    } else {
        const LayerSummary& summary = medians->layers[idx(layer)];
        view.token = medians->positions[idx(position())];
        view.windows = medians->windows;
        view.heads = summary.at[idx(position())];
        const PrunedSpectra& pruned = m_sources.prunedSpectra;
        if (m_overlay->isChecked() && pruned.spectra() != nullptr
            && layer < std::ssize(pruned.spectra()->layers)
            && position() < std::ssize(pruned.spectra()->layers[idx(layer)].at)) {
            view.pruned = pruned.spectra()->layers[idx(layer)].at[idx(position())];
            view.prunedStale = pruned.trust() == Trust::Stale;
        }
        m_position->setRange(0, std::max(0, static_cast<int>(medians->positions.size()) - 1));
        m_position->setValue(position());
        view.stale = workbench.spectraTrust() == Trust::Stale;
        caption = (view.stale ? tr("of an earlier text or device · ") : QString())
            + tr("layer %1 · %2 windows, %3 positions")
                  .arg(layer)
                  .arg(medians->windows)
                  .arg(medians->positions.size());
        if (m_overlay->isChecked() && view.pruned.empty() && !m_sources.document.plan().keepsAll()) {
            caption += pruned.note().isEmpty() ? tr(" · pruned: computing…") : u" · "_s + pruned.note();
        }
    }
    m_overlay->setEnabled(!ofOneWindow());
    view.head
        = std::clamp(m_sources.selection.head(), 0, std::max(0, static_cast<int>(view.heads.size()) - 1));
    m_positionText->setText(u"<b>%1</b>"_s.arg(view.token));
    m_positionText->setMinimumWidth(m_positionText->fontMetrics().horizontalAdvance(u"9999"_s));
    showRanks(view.heads.empty() ? nullptr : &view.heads[idx(view.head)],
              view.head < std::ssize(view.pruned) ? &view.pruned[idx(view.head)] : nullptr,
              view.heads.empty() ? 0 : static_cast<int>(view.heads.front().median.size()));
    m_rankTitle->setText(tr("Ranks of head %1").arg(view.head));
    m_plot->setView(std::move(view));
    Q_EMIT captionChanged(caption);
}

void SpectraPanel::showRanks(const HeadSpectrum* dense, const HeadSpectrum* pruned, int rank)
{
    if (dense == nullptr) {
        for (QLabel* label : m_ranks) {
            label->clear();
        }
        return;
    }
    const Theme& theme = themeOf(palette());
    const auto text = [&](const QString& name, const QString& value, const QString& after,
                          const QString& tail) {
        QString line = u"<span style=\"color:%1\">%2</span> <b>%3</b>"_s.arg(theme.muted.name(), name, value);
        if (!after.isEmpty()) {
            line += u" <span style=\"color:%1\">→</span> <b>%2</b>"_s.arg(theme.muted.name(), after);
        }
        return tail.isEmpty() ? line
                              : line + u" <span style=\"color:%1\">%2</span>"_s.arg(theme.muted.name(), tail);
    };
    const auto two = [](double value) { return QString::number(value, 'f', 2); };
    const RankMeasures& before = dense->ranks;
    m_ranks[0]->setText(text(tr("stable"), two(before.stableRank),
                             pruned != nullptr ? two(pruned->ranks.stableRank) : QString(), {}));
    m_ranks[1]->setText(text(tr("entropy"), formatRank(before.entropyRank),
                             pruned != nullptr ? formatRank(pruned->ranks.entropyRank) : QString(), {}));
    m_ranks[2]->setText(text(tr("σ &gt; 10⁻⁴ σ₁"), QString::number(before.thresholdRank),
                             pruned != nullptr ? QString::number(pruned->ranks.thresholdRank) : QString(),
                             tr("of %1").arg(rank)));
}

} // namespace rankscope
