// SPDX-License-Identifier: GPL-3.0-or-later
// When a command can work, and what is said where it cannot.
#include "core/base/narrow.h"
#include "core/plan/pruning_plan.h"
#include "core/pruning/method_registry.h"
#include "ui/actions/action_registry.h"
#include "ui/document/candidate_history.h"
#include "ui/document/document_session.h"
#include "ui/document/layer_probes.h"
#include "ui/document/resources.h"
#include "ui/document/size_snap.h"
#include "ui/document/token_losses.h"
#include "ui/document/token_ranks.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job_list_model.h"
#include "ui/main_window.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/compare_panel.h"
#include "ui/panels/dock_panel.h"
#include "ui/panels/importance_panel.h"
#include "ui/panels/plan_panel.h"
#include "ui/panels/quality_panel.h"
#include "ui/panels/rank_panel.h"
#include "ui/widgets/status_strip.h"

#include <QAction>
#include <QPushButton>
#include <QSpinBox>
#include <QUndoStack>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

QString MainWindow::whyNoModel() const
{
    return m_services.document.isOpen() ? QString() : tr("Open a model first.");
}

QString MainWindow::whyNoWeights() const
{
    const Workbench& workbench = m_services.workbench;
    if (QString why = whyNoModel(); !why.isEmpty()) {
        return why;
    }
    return workbench.model() != nullptr       ? QString()
        : workbench.modelSentence().isEmpty() ? tr("The weights are still being loaded.")
                                              : workbench.modelSentence();
}

QString MainWindow::whyNoEngine() const
{
    const Workbench& workbench = m_services.workbench;
    if (QString why = whyNoWeights(); !why.isEmpty()) {
        return why;
    }
    return workbench.texts().evaluation != nullptr ? QString()
        : workbench.blockingSentence().isEmpty()   ? tr("The text is still being read.")
                                                   : workbench.blockingSentence();
}

QString MainWindow::whyNoSelectedLayer(bool unlocked) const
{
    if (QString why = whyNoModel(); !why.isEmpty()) {
        return why;
    }
    const PlanDocument& document = m_services.document;
    const std::vector<int>& selected = m_selection->layers();
    if (selected.empty()) {
        return tr("Select a layer first.");
    }
    bool prunable = false;
    for (const int layer : selected) {
        if (document.isPrunable(layer)) {
            prunable = true;
            if (!unlocked || !document.plan().layers[idx(layer)].locked) {
                return {};
            }
        }
    }
    return prunable ? tr("The selected layers are locked.")
                    : tr("The selected layers have no state that could be pruned.");
}

QString MainWindow::whyNoReset() const
{
    if (QString why = whyNoSelectedLayer(true); !why.isEmpty()) {
        return why;
    }
    const PruningPlan& plan = m_services.document.plan();
    const bool departs
        = std::any_of(m_selection->layers().begin(), m_selection->layers().end(), [&](int layer) {
              const LayerPlan& planned = plan.layers[idx(layer)];
              return planned.keyDims > 0 && !planned.locked
                  && planned.keptKeyDims != m_snap->proposal(plan.requestedRatio, planned.keyDims);
          });
    return departs ? QString() : tr("The selected layers keep what the ratio says already.");
}

QString MainWindow::whyNoEvaluation() const
{
    const Workbench& workbench = m_services.workbench;
    if (workbench.canResume()) {
        return {};
    }
    if (QString why = whyNoEngine(); !why.isEmpty()) {
        return why;
    }
    if (!m_services.document.plan().keepsAll()) {
        return {};
    }
    return workbench.baselineTrust() == Trust::Final  ? tr("The dense model's number is final, and the plan "
                                                            "removes nothing.")
        : workbench.baselineTrust() == Trust::Partial ? tr("The dense model is being evaluated.")
                                                      : QString();
}

QString MainWindow::whyNoToken(int direction) const
{
    if (QString why = whyNoEngine(); !why.isEmpty()) {
        return why;
    }
    // Of a layer without a state there is a sentence, also while the tokens of the last layer are still
    // known.
    if (QString note = m_tokenRanks->note(); !note.isEmpty()) {
        return note;
    }
    const int token = m_tokenRanks->token();
    if (token < 0) {
        return tr("Show “Rank over tokens” first.");
    }
    const int last = static_cast<int>(m_tokenRanks->labels().size()) - 1;
    return direction < 0 && token == 0   ? tr("This is the first token.")
        : direction > 0 && token >= last ? tr("This is the last token of the window.")
                                         : QString();
}

QString MainWindow::whyNoTextWindow(int direction) const
{
    if (QString why = whyNoEngine(); !why.isEmpty()) {
        return why;
    }
    const int window = m_selection->window() + direction;
    return window < 0                           ? tr("This is the first window of the text.")
        : window >= m_tokenRanks->windowCount() ? tr("This is the last window of the text.")
                                                : QString();
}

QString MainWindow::whyNoCandidate(CandidateUse use) const
{
    const int id = m_comparePanel->selectedId();
    if (id < 0) {
        return m_candidates->records().empty() ? tr("No plan has a final number yet.")
                                               : tr("Select a candidate in the list first.");
    }
    switch (use) {
    case CandidateUse::Load:
        return id == m_candidates->currentId() ? tr("This candidate is the present plan.") : QString();
    case CandidateUse::Pin:
        return id == m_candidates->pinnedId() ? tr("Deltas are taken against this candidate already.")
                                              : QString();
    case CandidateUse::Change:
        break;
    }
    return id == 0 ? tr("The dense model stays as it is.") : QString();
}

void MainWindow::setRules()
{
    ActionRegistry& actions = *m_actions;
    const Workbench& workbench = m_services.workbench;
    const PlanDocument& document = m_services.document;
    const auto otherwise = [](bool works, const QString& reason) { return works ? QString() : reason; };
    const auto rule
        = [&actions](const QStringList& ids, ActionRegistry::Rule why) { actions.setRule(ids, why); };

    rule({ u"file.demo"_s },
         [reason = otherwise(!demoFolder().isEmpty(), tr("The demo was not found."))] { return reason; });
    rule({ u"file.loadPlan"_s, u"layers.filter"_s, u"layers.copy"_s, u"layers.csv"_s, u"quality.addText"_s },
         [this] { return whyNoModel(); });
    rule({ u"file.savePlan"_s, u"file.savePlanAs"_s }, [this] {
        const QString why = whyNoModel();
        // While the weights are loaded, saving waits for them.
        return !why.isEmpty() || m_services.workbench.model() != nullptr
            ? why
            : m_services.workbench.modelSentence();
    });
    rule({ u"file.recover"_s }, [this, otherwise] {
        return otherwise(!m_offers.empty(), tr("No unsaved work of an earlier session was found."));
    });
    rule({ u"file.export"_s }, [this] { return whyNoWeights(); });
    rule({ u"edit.undo"_s }, [&document, otherwise] {
        return otherwise(document.undoStack()->canUndo(), tr("There is nothing to undo."));
    });
    rule({ u"edit.redo"_s }, [&document, otherwise] {
        return otherwise(document.undoStack()->canRedo(), tr("There is nothing to redo."));
    });

    rule({ u"plan.reset"_s }, [this, &document, otherwise] {
        const QString why = whyNoModel();
        const bool pruned = std::any_of(
            document.plan().layers.begin(), document.plan().layers.end(), [](const LayerPlan& planned) {
                return planned.keptKeyDims != planned.keyDims || planned.locked || !planned.headEdits.empty();
            });
        return !why.isEmpty() ? why : otherwise(pruned, tr("The plan keeps everything already."));
    });
    rule({ u"plan.lock"_s }, [this] { return whyNoSelectedLayer(false); });
    rule({ u"plan.resetLayers"_s }, [this] { return whyNoReset(); });
    rule({ u"plan.bySensitivity"_s }, [this] { return m_planPanel->whyNotBySensitivity(); });
    rule({ u"plan.byRank"_s }, [this] { return m_planPanel->whyNotByRank(); });
    for (const auto& [id, force] :
         { std::pair(u"plan.forceIn"_s, ChannelForce::In), std::pair(u"plan.forceOut"_s, ChannelForce::Out),
           std::pair(u"plan.freeChannels"_s, ChannelForce::Free) }) {
        rule({ id }, [this, force = force] { return m_importancePanel->whyNotForce(force); });
    }
    rule({ u"plan.switchHead"_s }, [this] { return m_importancePanel->whyNotEditHead(); });
    rule({ u"plan.resetHead"_s }, [this] { return m_importancePanel->whyNotResetHead(); });
    rule({ u"plan.resetLayerHeads"_s }, [this] { return m_importancePanel->whyNotResetLayer(); });

    const auto stepLayers = [this, otherwise](int direction) {
        const QString why = whyNoModel();
        const int next = m_selection->currentLayer() + direction;
        return !why.isEmpty()
            ? why
            : otherwise(next >= 0 && next < m_selection->layerCount(),
                        direction < 0 ? tr("This is the first layer.") : tr("This is the last layer."));
    };
    rule({ u"go.previousLayer"_s }, [stepLayers] { return stepLayers(-1); });
    rule({ u"go.nextLayer"_s }, [stepLayers] { return stepLayers(1); });
    rule({ u"go.previousHead"_s, u"go.nextHead"_s }, [this, &document, otherwise] {
        const QString why = whyNoModel();
        const int layer = m_selection->currentLayer();
        const int layers = document.spec().layerCount();
        const int heads = layer >= 0 && layer < layers ? document.spec().layers[idx(layer)].valueHeads : 0;
        return !why.isEmpty() ? why : otherwise(heads > 1, tr("The selected layer has no further heads."));
    });
    rule({ u"go.earlier"_s }, [this] { return whyNoToken(-1); });
    rule({ u"go.later"_s }, [this] { return whyNoToken(1); });
    rule({ u"go.play"_s }, [this] { return whyNoToken(0); });
    rule({ u"go.previousWindow"_s }, [this] { return whyNoTextWindow(-1); });
    rule({ u"go.nextWindow"_s }, [this] { return whyNoTextWindow(1); });

    rule({ u"run.evaluate"_s }, [this] { return whyNoEvaluation(); });
    rule({ u"run.analyse"_s },
         [this] { return m_services.workbench.canResume() ? QString() : whyNoEngine(); });
    rule({ u"run.probes"_s }, [this] {
        const QString why = whyNoEngine();
        return why.isEmpty() ? m_probes->whyNotMeasure() : why;
    });
    rule({ u"run.stop"_s },
         [this, otherwise] { return otherwise(m_services.jobs.anyActive(), tr("Nothing is running.")); });
    rule({ u"view.fit"_s }, [this, &workbench] {
        const QString why = whyNoEngine();
        return !why.isEmpty() || workbench.spectra() != nullptr ? why : tr("There are no spectra yet.");
    });
    rule({ u"view.rankModel"_s }, [this, &document, otherwise] {
        const QString why = whyNoModel();
        return !why.isEmpty() ? why
                              : otherwise(m_tokenRanks->pruned() || !document.plan().keepsAll(),
                                          tr("The plan removes nothing: there is only the dense model."));
    });
    for (const MethodInfo& method : pruningMethods()) {
        const QString id = QString::fromUtf8(method.id);
        rule({ u"view.importance."_s + id }, [this, &document, otherwise, id] {
            const QString why = whyNoModel();
            return !why.isEmpty()
                ? why
                : otherwise(document.plan().method != id.toStdString(), tr("This is the plan's own method."));
        });
    }

    rule({ u"quality.moreWindows"_s }, [this] { return m_qualityPanel->whyNotOtherWindows(1); });
    rule({ u"quality.fewerWindows"_s }, [this] { return m_qualityPanel->whyNotOtherWindows(-1); });
    rule({ u"quality.copy"_s, u"quality.copyTexts"_s }, [this, &workbench] {
        const QString why = whyNoEngine();
        return !why.isEmpty() || workbench.baseline() != nullptr ? why : tr("There are no numbers yet.");
    });
    rule({ u"quality.copyTokens"_s }, [this, otherwise] {
        const QString why = whyNoEngine();
        return !why.isEmpty() ? why
                              : otherwise(m_tokenLosses->comparison() != nullptr,
                                          tr("No tokens have been compared yet: show Quality › Tokens."));
    });
    rule({ u"compare.load"_s }, [this] { return whyNoCandidate(CandidateUse::Load); });
    rule({ u"compare.pin"_s }, [this] { return whyNoCandidate(CandidateUse::Pin); });
    rule({ u"compare.rename"_s, u"compare.remove"_s },
         [this] { return whyNoCandidate(CandidateUse::Change); });
    rule({ u"compare.unpin"_s }, [this, otherwise] {
        return otherwise(m_candidates->pinnedId() != 0, tr("Deltas are taken against the dense model."));
    });
    rule({ u"compare.copy"_s, u"compare.export"_s }, [this, otherwise] {
        return otherwise(!m_candidates->records().empty(), tr("No plan has a final number yet."));
    });
    rule({ u"compare.plot"_s }, [this, otherwise] {
        return m_candidates->records().empty()
            ? tr("No plan has a final number yet.")
            : otherwise(!m_comparePanel->showsBoth(), tr("Table and plot are both on show."));
    });
}

/// Everything that a rule looks at asks for the rules again.
void MainWindow::connectRules()
{
    setRules();
    for (EmptyNote* note : findChildren<EmptyNote*>()) {
        // One button for the whole window, in the middle of it.
        note->setActions(*m_actions,
                         m_spectraDock->isAncestorOf(note) ? QStringList()
                                                           : QStringList { u"file.open"_s, u"file.text"_s });
    }
    const auto refresh = [this] { refreshActions(); };
    Workbench& workbench = m_services.workbench;
    for (const auto signal :
         { &Workbench::overviewChanged, &Workbench::modelChanged, &Workbench::textsChanged,
           &Workbench::spectraChanged, &Workbench::selectorChanged, &Workbench::baselineChanged,
           &Workbench::candidateChanged, &Workbench::activityChanged }) {
        connect(&workbench, signal, this, refresh);
    }
    for (const auto signal :
         { &LayerSelection::layersChanged, &LayerSelection::tokenChanged, &LayerSelection::windowChanged }) {
        connect(m_selection, signal, this, refresh);
    }
    connect(&m_services.document, &PlanDocument::planChanged, this, refresh);
    connect(m_services.document.undoStack(), &QUndoStack::indexChanged, this, refresh);
    connect(m_session, &DocumentSession::changed, this, refresh);
    connect(m_session, &DocumentSession::saved, this, refresh);
    connect(m_session, &DocumentSession::notSaved, this, refresh);
    connect(m_session, &DocumentSession::saveWaits, this, refresh);
    connect(m_probes, &LayerProbes::changed, this, refresh);
    connect(m_snap, &SizeSnap::ruleChanged, this, refresh);
    connect(m_tokenRanks, &TokenRanks::changed, this, refresh);
    connect(m_tokenLosses, &TokenLosses::changed, this, refresh);
    connect(m_candidates, &CandidateHistory::marksChanged, this, refresh);
    connect(m_importancePanel, &ImportancePanel::stateChanged, this, refresh);
    connect(m_comparePanel, &ComparePanel::selectionChanged, this, refresh);
    refresh();
}

void MainWindow::refreshActions()
{
    m_actions->refresh();
    const QAction* exporting = m_actions->find(u"file.export"_s);
    m_strip->exportButton()->setEnabled(exporting->isEnabled());
    m_strip->exportButton()->setToolTip(exporting->isEnabled()
                                            ? tr("Write the pruned checkpoint and verify it")
                                            : m_actions->reason(u"file.export"_s));
}

} // namespace rankscope
