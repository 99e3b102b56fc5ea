// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/spectra_panel.h"

#include "core/base/narrow.h"
#include "ui/document/workbench.h"
#include "ui/format/numbers.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/dock_panel.h"
#include "ui/plots/spectrum_plot.h"
#include "ui/theme/theme.h"

#include <QBoxLayout>
#include <QLabel>
#include <QSlider>
#include <QStackedLayout>

namespace rankscope {

using namespace Qt::StringLiterals;

SpectraPanel::SpectraPanel(Workbench& workbench, PlanDocument& document, LayerSelection& selection,
                           DialogPort& dialogs, QWidget* parent)
    : QWidget(parent)
    , m_workbench(workbench)
    , m_document(document)
    , m_selection(selection)
    , m_empty(new EmptyNote(this))
    , m_content(new QWidget(this))
    , m_stack(new QStackedLayout(this))
    , m_plot(new SpectrumPlot(dialogs, m_content))
    , m_position(new QSlider(Qt::Horizontal, m_content))
    , m_positionText(new QLabel(m_content))
    , m_ranks(new QLabel(m_content))
{
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_content);
    auto* layout = new QVBoxLayout(m_content);
    layout->setContentsMargins(0, 0, 0, 6);
    layout->setSpacing(2);
    layout->addWidget(m_plot, 1);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(12, 0, 12, 0);
    row->setSpacing(10);
    auto* label = new QLabel(tr("State after token"), m_content);
    label->setBuddy(m_position);
    row->addWidget(label);
    row->addWidget(m_position, 1);
    row->addWidget(m_positionText);
    row->addSpacing(12);
    row->addWidget(m_ranks);
    layout->addLayout(row);
    m_position->setAccessibleName(tr("Position in the text, tokens"));
    m_position->setPageStep(4);
    m_position->setMinimumWidth(80);
    m_ranks->setToolTip(tr("Of the selected head, median over windows.\n"
                           "Stable rank: ‖S‖²_F / ‖S‖²₂.\n"
                           "Entropy rank: exp of the entropy of σ/Σσ.\n"
                           "Threshold rank: singular values above 10⁻⁴ of the largest."));

    connect(&m_workbench, &Workbench::spectraChanged, this, &SpectraPanel::refresh);
    connect(&m_workbench, &Workbench::overviewChanged, this, &SpectraPanel::refresh);
    connect(&m_workbench, &Workbench::modelChanged, this, &SpectraPanel::refresh);
    connect(&m_selection, &LayerSelection::layersChanged, this, &SpectraPanel::refresh);
    connect(&m_selection, &LayerSelection::headChanged, this, &SpectraPanel::refresh);
    connect(&m_selection, &LayerSelection::positionChanged, this, &SpectraPanel::refresh);
    connect(&m_document, &PlanDocument::planChanged, this, &SpectraPanel::refreshKept);
    connect(m_position, &QSlider::valueChanged, &m_selection, &LayerSelection::setPosition);
    connect(m_plot, &SpectrumPlot::headClicked, &m_selection, &LayerSelection::setHead);
    connect(m_plot, &SpectrumPlot::hovered, this, &SpectraPanel::hovered);
    connect(m_plot, &SpectrumPlot::problem, this, &SpectraPanel::problem);
    refresh();
}

QString SpectraPanel::emptySentence() const
{
    if (!m_workbench.blockingSentence().isEmpty()) {
        return m_workbench.blockingSentence();
    }
    if (m_workbench.overview() == nullptr) {
        return tr("No model open. Open a checkpoint folder with Ctrl+O, or drop one here.");
    }
    const int layer = m_selection.currentLayer();
    if (layer >= 0 && !m_document.isPrunable(layer)) {
        return tr("Layer %1 is softmax attention: it has no recurrent state.").arg(layer);
    }
    if (m_workbench.model() == nullptr) {
        return tr("Loading the weights…");
    }
    if (m_workbench.spectra() == nullptr && !m_workbench.spectraNote().isEmpty()) {
        return m_workbench.spectraNote();
    }
    return m_workbench.spectra() == nullptr ? tr("Analysing the state…") : QString();
}

void SpectraPanel::refresh()
{
    const std::shared_ptr<const SpectraSummary>& spectra = m_workbench.spectra();
    const int layer = m_selection.currentLayer();
    const QString sentence
        = layer < 0 && m_workbench.overview() != nullptr ? tr("Select a layer.") : emptySentence();
    m_stack->setCurrentWidget(sentence.isEmpty() ? m_content : static_cast<QWidget*>(m_empty));
    m_empty->setText(sentence);
    if (!sentence.isEmpty()) {
        Q_EMIT captionChanged(QString());
        return;
    }
    const int positions = static_cast<int>(spectra->positions.size());
    const int position
        = m_selection.position() < 0 ? positions - 1 : std::min(m_selection.position(), positions - 1);
    const QSignalBlocker block(m_position);
    m_position->setRange(0, std::max(0, positions - 1));
    m_position->setValue(position);
    m_positionText->setText(positions > 0 ? u"<b>%1</b>"_s.arg(spectra->positions[idx(position)])
                                          : QString());
    m_positionText->setMinimumWidth(m_positionText->fontMetrics().horizontalAdvance(u"99999"_s));
    m_plot->setSpectra(spectra);
    m_plot->show(layer, m_selection.head(), position);
    refreshKept();
    refreshRanks();
    Q_EMIT captionChanged(tr("layer %1 · head %2 · %3 windows, %4 positions")
                              .arg(layer)
                              .arg(m_selection.head())
                              .arg(spectra->windows)
                              .arg(positions));
}

void SpectraPanel::refreshKept()
{
    const int layer = m_selection.currentLayer();
    if (!m_document.isPrunable(layer)) {
        m_plot->setKept(std::nullopt);
        return;
    }
    const LayerPlan& plan = m_document.plan().layers[idx(layer)];
    m_plot->setKept(plan.keptKeyDims < plan.keyDims ? std::optional(plan.keptKeyDims) : std::nullopt);
}

void SpectraPanel::refreshRanks()
{
    const std::shared_ptr<const SpectraSummary>& spectra = m_workbench.spectra();
    const int layer = m_selection.currentLayer();
    if (spectra == nullptr || layer < 0 || layer >= std::ssize(spectra->layers)
        || spectra->layers[idx(layer)].at.empty()) {
        m_ranks->clear();
        return;
    }
    const LayerSummary& summary = spectra->layers[idx(layer)];
    const auto last = static_cast<int>(summary.at.size()) - 1;
    const std::vector<HeadSpectrum>& heads
        = summary.at[idx(m_selection.position() < 0 ? last : std::min(m_selection.position(), last))];
    const RankMeasures& ranks = heads[idx(std::min(m_selection.head(), summary.heads - 1))].ranks;
    const QString muted = themeOf(palette()).muted.name();
    m_ranks->setText(
        tr("<span style=\"color:%1\">stable</span> <b>%2</b> &nbsp; <span style=\"color:%1\">entropy</span> "
           "<b>%3</b> "
           "&nbsp; <span style=\"color:%1\">threshold</span> <b>%4</b> <span style=\"color:%1\">of %5</span>")
            .arg(muted, QString::number(ranks.stableRank, 'f', 2), formatRank(ranks.entropyRank))
            .arg(ranks.thresholdRank)
            .arg(summary.rank));
}

} // namespace rankscope
