// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/heads_panel.h"

#include "core/base/narrow.h"
#include "ui/document/workbench.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/dock_panel.h"
#include "ui/plots/head_map.h"
#include "ui/settings/settings.h"

#include <QBoxLayout>
#include <QComboBox>
#include <QLabel>
#include <QStackedLayout>

namespace rankscope {

using namespace Qt::StringLiterals;

HeadsPanel::HeadsPanel(StateSources sources, QWidget* parent)
    : QWidget(parent)
    , m_sources(sources)
    , m_empty(new EmptyNote(this))
    , m_content(new QWidget(this))
    , m_stack(new QStackedLayout(this))
    , m_map(new HeadMap(sources.dialogs, m_content))
    , m_measure(new QComboBox(m_content))
    , m_basis(new QLabel(m_content))
{
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_content);
    auto* layout = new QVBoxLayout(m_content);
    layout->setContentsMargins(0, 4, 0, 6);
    layout->setSpacing(2);
    layout->addWidget(m_map, 1);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(12, 0, 12, 0);
    row->setSpacing(10);
    row->addWidget(m_measure);
    row->addWidget(m_basis, 1);
    layout->addLayout(row);
    m_basis->setForegroundRole(QPalette::PlaceholderText);
    m_basis->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_measure->setAccessibleName(tr("Rank measure"));
    for (const RankMeasure measure : { RankMeasure::Entropy, RankMeasure::Stable, RankMeasure::Threshold }) {
        m_measure->addItem(measureName(measure), static_cast<int>(measure));
        m_measure->setItemData(m_measure->count() - 1, measureDefinition(measure), Qt::ToolTipRole);
    }
    m_measure->setCurrentIndex(
        std::max(0, m_measure->findData(m_sources.settings.get(setting::headsMeasure).toInt())));
    const auto adopt = [this] {
        const auto measure = static_cast<RankMeasure>(m_measure->currentData().toInt());
        m_map->setMeasure(measure);
        m_measure->setToolTip(measureDefinition(measure));
        m_map->setToolTip(measureDefinition(
            measure,
            tr("Median over the windows; a click selects the head, a double click opens its spectrum.")));
    };
    adopt();
    connect(m_measure, &QComboBox::currentIndexChanged, this, [this, adopt] {
        m_sources.settings.set(setting::headsMeasure, QString::number(m_measure->currentData().toInt()));
        adopt();
        refresh();
    });
    LayerSelection& selection = m_sources.selection;
    connect(&m_sources.workbench, &Workbench::spectraChanged, this, &HeadsPanel::refresh);
    connect(&m_sources.workbench, &Workbench::overviewChanged, this, &HeadsPanel::refresh);
    connect(&m_sources.workbench, &Workbench::modelChanged, this, &HeadsPanel::refresh);
    connect(&selection, &LayerSelection::layersChanged, this, &HeadsPanel::refresh);
    connect(&selection, &LayerSelection::headChanged, this, &HeadsPanel::refresh);
    connect(&selection, &LayerSelection::positionChanged, this, &HeadsPanel::refresh);
    connect(&selection, &LayerSelection::hoverChanged, this, [this] {
        const LayerSelection::Hover& hover = m_sources.selection.hover();
        m_map->setHoverMark(hover.layer, hover.head);
    });
    const auto go = [this](int layer, int head) {
        m_sources.selection.setCurrentLayer(layer);
        m_sources.selection.setHead(head);
    };
    connect(m_map, &HeadMap::headPicked, this, go);
    connect(m_map, &HeadMap::headOpened, this, [this, go](int layer, int head) {
        go(layer, head);
        Q_EMIT detailWanted();
    });
    connect(m_map, &HeadMap::hoverMoved, this, [this](int layer, int head) {
        LayerSelection::Hover hover;
        hover.layer = layer;
        hover.head = head;
        m_sources.selection.setHover(hover);
    });
    connect(m_map, &HeadMap::hovered, this, &HeadsPanel::hovered);
    connect(m_map, &HeadMap::problem, this, &HeadsPanel::problem);
}

void HeadsPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    refresh();
}

void HeadsPanel::refresh()
{
    if (!isVisible()) {
        return;
    }
    const Workbench& workbench = m_sources.workbench;
    const std::shared_ptr<const SpectraSummary>& spectra = workbench.spectra();
    // Stale ones of another device are better than none.
    QString sentence = spectra == nullptr ? workbench.blockedNote() : QString();
    if (sentence.isEmpty() && workbench.overview() == nullptr) {
        sentence = tr("No model open. Open a checkpoint folder with Ctrl+O, or drop one here.");
    } else if (sentence.isEmpty() && workbench.model() == nullptr && spectra == nullptr) {
        sentence = tr("Loading the weights…");
    } else if (sentence.isEmpty() && spectra == nullptr) {
        sentence = workbench.spectraNote().isEmpty() ? tr("Analysing the state…") : workbench.spectraNote();
    }
    m_stack->setCurrentWidget(sentence.isEmpty() ? m_content : static_cast<QWidget*>(m_empty));
    m_empty->setText(sentence);
    if (!sentence.isEmpty()) {
        Q_EMIT captionChanged(QString());
        return;
    }
    const int last = static_cast<int>(spectra->positions.size()) - 1;
    const int chosen = m_sources.selection.position();
    const int position = chosen < 0 ? last : std::min(chosen, last);
    m_map->setSpectra(spectra, position);
    m_map->setSelected(m_sources.selection.currentLayer(), m_sources.selection.head());
    m_basis->setText(tr("median of %1 windows, after token %2")
                         .arg(spectra->windows)
                         .arg(position >= 0 ? spectra->positions[idx(position)] : 0));
    const bool stale = workbench.spectraTrust() == Trust::Stale;
    m_map->setStale(stale);
    Q_EMIT captionChanged(
        (stale ? tr("of an earlier text or device · ") : QString())
        + tr("%1 of every head, log scale")
              .arg(measureName(static_cast<RankMeasure>(m_measure->currentData().toInt()))));
}

} // namespace rankscope
