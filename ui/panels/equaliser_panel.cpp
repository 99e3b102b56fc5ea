// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/equaliser_panel.h"

#include "core/base/narrow.h"
#include "ui/actions/definitions.h"
#include "ui/document/layer_probes.h"
#include "ui/document/plan_document.h"
#include "ui/document/size_snap.h"
#include "ui/document/workbench.h"
#include "ui/models/layer_selection.h"
#include "ui/widgets/equaliser.h"

#include <QActionGroup>
#include <QBoxLayout>
#include <QMenu>

namespace rankscope {

using namespace Qt::StringLiterals;

EqualiserPanel::EqualiserPanel(Workbench& workbench, PlanDocument& document, LayerProbes& probes,
                               LayerSelection& selection, SizeSnap& snap, DialogPort& dialogs,
                               QWidget* parent)
    : QWidget(parent)
    , m_workbench(workbench)
    , m_document(document)
    , m_probes(probes)
    , m_selection(selection)
    , m_snap(snap)
    , m_dialogs(dialogs)
    , m_equaliser(new Equaliser(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_equaliser);
    m_equaliser->setWords(tr("layer %1"),
                          tr("▬ kept") + u'\n' + tr("┄ entropy rank") + u'\n' + tr("○ σ > 10⁻⁴ σ₁") + u'\n'
                              + tr("shading: loss of this layer alone"),
                          tr("No model open."), 1);
    m_equaliser->setAccessibleName(tr("Equaliser: kept key dims per layer"));
    m_equaliser->setToolTip(
        definitionTip({ u"keptDims"_s, u"entropyRank"_s, u"thresholdRank"_s, u"sensitivity"_s },
                      tr("A click selects; drag across faders to draw, Shift moves all, Alt "
                         "keeps the total, double click goes back to the ratio.")));
    m_equaliser->setGestureSource([this] { return m_document.newGesture(); });
    m_equaliser->setSizes([this](int size) { return m_snap.sizes(size); });
    connect(&m_document, &PlanDocument::planChanged, this, &EqualiserPanel::refresh);
    connect(&m_probes, &LayerProbes::changed, this, &EqualiserPanel::refresh);
    connect(&m_workbench, &Workbench::spectraChanged, this, &EqualiserPanel::refresh);
    connect(&m_snap, &SizeSnap::ruleChanged, this, &EqualiserPanel::refresh);
    connect(&m_workbench, &Workbench::candidateChanged, this, [this] {
        const Trust trust = m_workbench.candidateTrust();
        if (trust == Trust::Partial || trust == Trust::Final || m_document.plan().keepsAll()) {
            m_equaliser->clearGhost();
        }
    });
    connect(&m_selection, &LayerSelection::layersChanged, this,
            [this] { m_equaliser->setCurrent(m_selection.currentLayer()); });
    connect(&m_selection, &LayerSelection::hoverChanged, this,
            [this] { m_equaliser->setHovered(m_selection.hover().layer); });
    connect(m_equaliser, &Equaliser::picked, &m_selection, &LayerSelection::setCurrentLayer);
    connect(m_equaliser, &Equaliser::edited, this, [this](const std::map<int, int>& kept, quint64 gesture) {
        m_document.setKeptPerLayer(kept, gesture);
    });
    connect(m_equaliser, &Equaliser::resetWanted, this, &EqualiserPanel::resetLayer);
    connect(m_equaliser, &Equaliser::menuWanted, this, &EqualiserPanel::showMenu);
    connect(m_equaliser, &Equaliser::hovered, this, [this](const QString& text, int layer) {
        LayerSelection::Hover hover;
        hover.layer = layer;
        m_selection.setHover(hover);
        Q_EMIT hovered(text);
    });
}

void EqualiserPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    refresh();
}

void EqualiserPanel::refresh()
{
    if (!isVisible()) {
        return; // catches up when it is shown
    }
    std::vector<Equaliser::Fader> faders;
    const PruningPlan& plan = m_document.plan();
    const std::shared_ptr<const SpectraSummary>& spectra = m_workbench.spectra();
    for (int layer = 0; layer < std::ssize(plan.layers); ++layer) {
        const LayerPlan& planned = plan.layers[idx(layer)];
        Equaliser::Fader fader;
        fader.id = layer;
        fader.track = { planned.keyDims, planned.keptKeyDims, planned.locked,
                        m_document.spec().layers[idx(layer)].stateBytes(1) };
        fader.proposal = m_snap.proposal(plan.requestedRatio, planned.keyDims);
        if (spectra != nullptr && layer < std::ssize(spectra->layers)) {
            fader.entropyRank = spectra->layers[idx(layer)].entropy.median;
            fader.thresholdRank = spectra->layers[idx(layer)].threshold.median;
        }
        fader.ranksStale = m_workbench.spectraTrust() == Trust::Stale;
        fader.costs = m_probes.costs(layer);
        fader.costsStale = m_probes.of(layer).curveTrust == Trust::Stale;
        if (planned.keyDims == 0) {
            fader.note = tr("softmax attention, nothing to prune");
        } else if (planned.locked) {
            fader.note = tr("locked");
        }
        faders.push_back(std::move(fader));
    }
    m_equaliser->setFaders(std::move(faders));
    Q_EMIT captionChanged(m_probes.measuring() && !m_probes.haveCosts()
                              ? tr("measuring sensitivities…")
                              : tr("drag to draw · Shift all · Alt keeps the total") + QChar(0x9c)
                                  + tr("Shift all · Alt total"));
}

void EqualiserPanel::resetLayer(int layer, quint64 gesture)
{
    if (m_document.isPrunable(layer)) {
        const int proposal
            = m_snap.proposal(m_document.plan().requestedRatio, m_document.plan().layers[idx(layer)].keyDims);
        m_document.setKept({ layer }, proposal, gesture);
    }
}

void EqualiserPanel::showMenu(int layer, const QPoint& at)
{
    QMenu menu(this);
    if (m_document.isPrunable(layer)) {
        const bool locked = m_document.plan().layers[idx(layer)].locked;
        menu.addAction(locked ? tr("Unlock layer %1").arg(layer) : tr("Lock layer %1").arg(layer), this,
                       [this, layer, locked] { m_document.setLocked({ layer }, !locked); });
        menu.addAction(tr("Reset layer %1 to the ratio").arg(layer), this,
                       [this, layer] { resetLayer(layer, m_document.newGesture()); })
            ->setEnabled(!locked);
        menu.addSeparator();
    }
    QMenu* snap = menu.addMenu(tr("Snap to"));
    auto* group = new QActionGroup(snap);
    for (const SizeRule rule : { SizeRule::Any, SizeRule::MultiplesOf4, SizeRule::MultiplesOf8,
                                 SizeRule::MultiplesOf16, SizeRule::OwnKernel }) {
        QAction* action
            = snap->addAction(SizeSnap::label(rule), this, [this, rule] { m_snap.setRule(rule); });
        action->setCheckable(true);
        action->setChecked(rule == m_snap.rule());
        action->setToolTip(SizeSnap::description(rule));
        group->addAction(action);
    }
    snap->setToolTipsVisible(true);
    menu.addSeparator();
    m_equaliser->addGivingActions(menu, QStringLiteral("kept-dims"), m_dialogs,
                                  [this](const QString& sentence) { Q_EMIT problem(sentence); });
    menu.exec(at);
}

} // namespace rankscope
