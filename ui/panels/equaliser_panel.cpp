// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/equaliser_panel.h"

#include "core/base/narrow.h"
#include "ui/document/plan_document.h"
#include "ui/models/layer_selection.h"
#include "ui/widgets/equaliser.h"

#include <QBoxLayout>

namespace rankscope {

EqualiserPanel::EqualiserPanel(PlanDocument& document, LayerSelection& selection, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_selection(selection)
    , m_equaliser(new Equaliser(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_equaliser);
    m_equaliser->setGestureSource([this] { return m_document.newGesture(); });
    connect(&m_document, &PlanDocument::planChanged, this, &EqualiserPanel::refresh);
    connect(&m_selection, &LayerSelection::layersChanged, this,
            [this] { m_equaliser->setCurrent(m_selection.currentLayer()); });
    connect(m_equaliser, &Equaliser::layerPicked, &m_selection, &LayerSelection::setCurrentLayer);
    connect(m_equaliser, &Equaliser::edited, this, [this](const std::map<int, int>& kept, quint64 gesture) {
        m_document.setKeptPerLayer(kept, gesture);
    });
    connect(m_equaliser, &Equaliser::hovered, this, &EqualiserPanel::hovered);
}

void EqualiserPanel::setSpectra(std::shared_ptr<const SpectraSummary> spectra)
{
    m_spectra = std::move(spectra);
    refresh();
}

void EqualiserPanel::refresh()
{
    std::vector<Equaliser::Fader> faders;
    for (int layer = 0; layer < std::ssize(m_document.plan().layers); ++layer) {
        const LayerPlan& plan = m_document.plan().layers[idx(layer)];
        Equaliser::Fader fader { layer, plan.keyDims, plan.keptKeyDims, plan.locked, 0.0, 0.0 };
        if (m_spectra != nullptr && layer < std::ssize(m_spectra->layers)) {
            fader.entropyRank = m_spectra->layers[idx(layer)].entropy.median;
            fader.thresholdRank = m_spectra->layers[idx(layer)].threshold.median;
        }
        faders.push_back(fader);
    }
    m_equaliser->setFaders(std::move(faders));
}

} // namespace rankscope
