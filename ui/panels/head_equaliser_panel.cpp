// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/head_equaliser_panel.h"

#include "core/base/narrow.h"
#include "ui/document/plan_document.h"
#include "ui/document/size_snap.h"
#include "ui/document/workbench.h"
#include "ui/models/layer_selection.h"
#include "ui/widgets/equaliser.h"

#include <QBoxLayout>
#include <QMenu>

#include <algorithm>
#include <utility>

namespace rankscope {

HeadEqualiserPanel::HeadEqualiserPanel(Workbench& workbench, PlanDocument& document,
                                       LayerSelection& selection, SizeSnap& snap, DialogPort& dialogs,
                                       QWidget* parent)
    : QWidget(parent)
    , m_workbench(workbench)
    , m_document(document)
    , m_selection(selection)
    , m_snap(snap)
    , m_dialogs(dialogs)
    , m_equaliser(new Equaliser(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_equaliser);
    m_equaliser->setAccessibleName(tr("Equaliser: kept key dims per head of the layer"));
    m_equaliser->setGestureSource([this] { return m_document.newGesture(); });
    m_equaliser->setSizes([this](int size) { return m_snap.sizes(size); });
    connect(&m_document, &PlanDocument::planChanged, this, &HeadEqualiserPanel::refresh);
    connect(&m_workbench, &Workbench::spectraChanged, this, &HeadEqualiserPanel::refresh);
    connect(&m_selection, &LayerSelection::layersChanged, this, &HeadEqualiserPanel::refresh);
    connect(&m_selection, &LayerSelection::headChanged, this, &HeadEqualiserPanel::refresh);
    connect(&m_selection, &LayerSelection::hoverChanged, this, [this] {
        const LayerSelection::Hover& hover = m_selection.hover();
        const bool here = hover.layer < 0 || hover.layer == m_selection.currentLayer();
        m_equaliser->setHovered(here && hover.head >= 0 ? hover.head / group() : -1);
    });
    connect(&m_workbench, &Workbench::candidateChanged, this, [this] {
        const Trust trust = m_workbench.candidateTrust();
        if (trust == Trust::Partial || trust == Trust::Final || m_document.plan().keepsAll()) {
            m_equaliser->clearGhost();
        }
    });
    connect(m_equaliser, &Equaliser::picked, this, [this](int head) {
        if (head != m_selection.head() / group()) {
            m_selection.setHead(head * group());
        }
    });
    connect(m_equaliser, &Equaliser::edited, this, &HeadEqualiserPanel::setHeads);
    connect(m_equaliser, &Equaliser::resetWanted, this, [this](int head, quint64 gesture) {
        m_document.setHeadsKept(m_selection.currentLayer(), { { head, std::nullopt } }, gesture);
    });
    connect(m_equaliser, &Equaliser::menuWanted, this, &HeadEqualiserPanel::showMenu);
    connect(m_equaliser, &Equaliser::hovered, this, [this](const QString& text, int head) {
        LayerSelection::Hover hover;
        if (head >= 0) {
            hover.layer = m_selection.currentLayer();
            hover.head = head * group();
        }
        m_selection.setHover(hover);
        Q_EMIT hovered(text);
    });
    refresh();
}

int HeadEqualiserPanel::group() const
{
    const int layer = m_selection.currentLayer();
    if (layer < 0 || layer >= m_document.spec().layerCount()) {
        return 1;
    }
    const LayerSpec& spec = m_document.spec().layers[idx(layer)];
    return std::max(1, spec.valueHeads / std::max(1, spec.heads));
}

void HeadEqualiserPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    refresh();
}

void HeadEqualiserPanel::refresh()
{
    if (!isVisible()) {
        return;
    }
    const int layer = m_selection.currentLayer();
    const bool prunable = m_document.isPrunable(layer);
    m_equaliser->setWords(
        tr("head %1"), tr("▬ kept") + u'\n' + tr("┄ entropy rank") + u'\n' + tr("○ σ > 10⁻⁴ σ₁"),
        !m_document.isOpen() ? tr("No model open.")
            : layer < 0      ? tr("Select a layer.")
                             : tr("Layer %1 is softmax attention: its heads have no state.").arg(layer),
        0);
    std::vector<Equaliser::Fader> faders;
    if (prunable) {
        const LayerPlan& plan = m_document.plan().layers[idx(layer)];
        const std::shared_ptr<const SpectraSummary>& spectra = m_workbench.spectra();
        const std::vector<HeadSpectrum>* spectrum = nullptr;
        if (spectra != nullptr && layer < std::ssize(spectra->layers)
            && !spectra->layers[idx(layer)].at.empty()) {
            spectrum = &spectra->layers[idx(layer)].at.back();
        }
        for (int head = 0; head < m_document.spec().layers[idx(layer)].heads; ++head) {
            Equaliser::Fader fader;
            fader.id = head;
            fader.track = { plan.keptKeyDims, plan.keptKeyDimsOf(head), plan.locked, 1 };
            fader.proposal = plan.keptKeyDims;
            fader.colour = head * group();
            for (int value = head * group();
                 spectrum != nullptr && value < (head + 1) * group() && value < std::ssize(*spectrum);
                 ++value) {
                const RankMeasures& ranks = (*spectrum)[idx(value)].ranks;
                fader.entropyRank = std::max(fader.entropyRank, ranks.entropyRank);
                fader.thresholdRank = std::max(fader.thresholdRank, static_cast<double>(ranks.thresholdRank));
            }
            fader.ranksStale = m_workbench.spectraTrust() == Trust::Stale;
            if (plan.keptKeyDimsOf(head) == 0) {
                fader.note = tr("switched off");
            } else if (plan.locked) {
                fader.note = tr("its layer is locked");
            }
            faders.push_back(std::move(fader));
        }
    }
    if (std::exchange(m_shownLayer, layer) != layer) {
        m_equaliser->startAfresh();
    }
    m_equaliser->setFaders(std::move(faders));
    m_equaliser->setCurrent(m_selection.head() / group());
    if (!prunable) {
        Q_EMIT captionChanged(QString());
        return;
    }
    const int most = m_document.plan().layers[idx(layer)].keptKeyDims;
    Q_EMIT captionChanged(tr("layer %1 · at most the layer's %2").arg(layer).arg(most) + QChar(0x9c)
                          + tr("layer %1 · at most %2").arg(layer).arg(most));
}

void HeadEqualiserPanel::setHeads(const std::map<int, int>& keptOfHead, quint64 gesture)
{
    const int layer = m_selection.currentLayer();
    if (!m_document.isPrunable(layer)) {
        return;
    }
    std::map<int, std::optional<int>> wanted;
    for (const auto& [head, kept] : keptOfHead) {
        const bool whole = kept >= m_document.plan().layers[idx(layer)].keptKeyDims;
        wanted[head] = whole ? std::nullopt : std::optional(kept); // all of the layer's: follows it again
    }
    m_document.setHeadsKept(layer, wanted, gesture);
}

void HeadEqualiserPanel::showMenu(int head, const QPoint& at)
{
    const int layer = m_selection.currentLayer();
    if (!m_document.isPrunable(layer)) {
        return;
    }
    QMenu menu(this);
    const LayerPlan& plan = m_document.plan().layers[idx(layer)];
    if (head >= 0) {
        const bool off = plan.keptKeyDimsOf(head) == 0;
        menu.addAction(off ? tr("Switch head %1 on").arg(head) : tr("Switch head %1 off").arg(head), this,
                       [this, layer, head, off] { m_document.setHeadOn(layer, head, off); })
            ->setEnabled(!plan.locked);
        menu.addAction(tr("Reset head %1").arg(head), this,
                       [this, layer, head] { m_document.resetHead(layer, head); })
            ->setEnabled(!plan.locked && plan.editOf(head) != nullptr);
    }
    menu.addAction(tr("Reset all heads of layer %1").arg(layer), this,
                   [this, layer] { m_document.resetHeads({ layer }); })
        ->setEnabled(!plan.locked && !plan.headEdits.empty());
    menu.addSeparator();
    m_equaliser->addGivingActions(menu, QStringLiteral("kept-dims-of-heads"), m_dialogs,
                                  [this](const QString& sentence) { Q_EMIT problem(sentence); });
    menu.exec(at);
}

} // namespace rankscope
