// SPDX-License-Identifier: GPL-3.0-or-later
// The commands of the main window.
#include "core/base/narrow.h"
#include "ui/actions/action_registry.h"
#include "ui/actions/command_palette.h"
#include "ui/document/layer_probes.h"
#include "ui/document/pruned_spectra.h"
#include "ui/document/resources.h"
#include "ui/document/token_ranks.h"
#include "ui/document/workbench.h"
#include "ui/main_window.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/dock_panel.h"
#include "ui/panels/layer_panel.h"
#include "ui/panels/plan_panel.h"
#include "ui/panels/rank_panel.h"
#include "ui/panels/spectra_panel.h"
#include "ui/plots/spectrum_plot.h"
#include "ui/settings/settings.h"
#include "ui/theme/theme.h"

#include <QAction>
#include <QActionGroup>
#include <QComboBox>
#include <QSpinBox>
#include <QUndoStack>

namespace rankscope {

using namespace Qt::StringLiterals;

void MainWindow::buildActions()
{
    buildFileActions();
    buildViewActions();
    buildNavigationActions();
    buildChannelActions();
    buildQualityActions();
    buildHelpActions();
    buildViewExportActions();
    buildStripActions();
    connectRules();
}

void MainWindow::buildFileActions()
{
    ActionRegistry& actions = *m_actions;
    Workbench& workbench = m_services.workbench;
    QUndoStack* undo = m_services.document.undoStack();
    const QString file = tr("File");
    actions.add(u"file.open"_s, file, tr("&Open model…"), QKeySequence(u"Ctrl+O"_s),
                [this] { chooseModel(); });
    actions.add(u"file.openFolder"_s, file, tr("Open &folder…"), QKeySequence(u"Ctrl+Alt+O"_s),
                [this] { chooseFolder(); });
    actions.add(u"file.demo"_s, file, tr("Open the &demo"), {}, [this] { openFolder(demoFolder()); });
    actions.add(u"file.loadPlan"_s, file, tr("&Load plan or recipe…"), QKeySequence(u"Ctrl+Shift+O"_s),
                [this] { openPlan(); });
    actions.add(u"file.savePlan"_s, file, tr("&Save plan"), QKeySequence(u"Ctrl+S"_s),
                [this] { savePlan(); });
    actions.add(u"file.savePlanAs"_s, file, tr("Save plan &as…"), QKeySequence(u"Ctrl+Shift+S"_s),
                [this] { savePlanAs(); });
    actions.add(u"file.recover"_s, file, tr("&Recover unsaved work"), {}, [this] { recoverNewest(); });
    actions.add(u"file.text"_s, file, tr("Choose evaluation &text…"), QKeySequence(u"Ctrl+T"_s),
                [this] { chooseEvaluationText(); });
    actions.add(u"file.calibration"_s, file, tr("Choose &calibration text…"), QKeySequence(u"Ctrl+Shift+T"_s),
                [this] { chooseCalibrationText(); });
    actions.add(u"file.export"_s, file, tr("&Export…"), QKeySequence(u"Ctrl+E"_s),
                [this] { openExportDialog(); });
    actions.add(u"file.quit"_s, file, tr("&Quit"), QKeySequence(u"Ctrl+Q"_s), [this] { close(); });

    const QString edit = tr("Edit");
    QAction* undoAction
        = actions.add(u"edit.undo"_s, edit, tr("&Undo"), QKeySequence(u"Ctrl+Z"_s), [undo] { undo->undo(); });
    QAction* redoAction = actions.add(u"edit.redo"_s, edit, tr("&Redo"), QKeySequence(u"Ctrl+Shift+Z"_s),
                                      [undo] { undo->redo(); });
    connect(undo, &QUndoStack::undoTextChanged, undoAction, [undoAction](const QString& text) {
        undoAction->setText(text.isEmpty() ? tr("&Undo") : tr("&Undo %1").arg(text));
    });
    connect(undo, &QUndoStack::redoTextChanged, redoAction, [redoAction](const QString& text) {
        redoAction->setText(text.isEmpty() ? tr("&Redo") : tr("&Redo %1").arg(text));
    });
    actions.add(u"edit.palette"_s, edit, tr("Find a &command…"), QKeySequence(u"Ctrl+K"_s),
                [this] { m_palette->open(); });

    const QString run = tr("Run");
    actions.add(u"run.evaluate"_s, run, tr("&Evaluate again"), QKeySequence(u"Ctrl+R"_s),
                [&workbench] { workbench.evaluateAgain(); });
    actions.add(u"run.probes"_s, run, tr("Measure the &layers"), QKeySequence(u"Shift+F5"_s),
                [this] { m_probes->measureNow(); });
    actions.add(u"run.analyse"_s, run, tr("&Analyse the state"), QKeySequence(u"F5"_s), [this, &workbench] {
        workbench.analyseAgain();
        m_tokenRanks->retry();
        m_prunedSpectra->retry();
    });
    actions.add(u"run.stop"_s, run, tr("&Stop all jobs"), QKeySequence(u"Ctrl+."_s),
                [&workbench] { workbench.stopAll(); });
}

void MainWindow::buildViewActions()
{
    ActionRegistry& actions = *m_actions;
    const QString view = tr("View");
    auto* group = new QActionGroup(this);
    const QString current = m_services.settings.get(setting::theme);
    const std::pair<QString, QString> themes[] = { { u"system"_s, tr("Theme: &system") },
                                                   { u"light"_s, tr("Theme: &light") },
                                                   { u"dark"_s, tr("Theme: &dark") } };
    for (const auto& [name, text] : themes) {
        QAction* action
            = actions.add(u"view.theme."_s + name, view, text, {}, [this, name = name] { setTheme(name); });
        action->setCheckable(true);
        action->setChecked(current == name);
        group->addAction(action);
    }
    // Every view by name: "view.show.spectra" for the page SpectraPanel, the first nine on Alt+1 to Alt+9.
    int number = 0;
    for (const DockEntry& entry : m_docks) {
        for (int page = 0; page < entry.dock->pageCount(); ++page) {
            ++number;
            actions.add(u"view.show."_s + DockPanel::pageName(entry.dock->page(page)), view,
                        tr("Go to %1").arg(entry.dock->pageTitle(page)),
                        number <= 9 ? QKeySequence(u"Alt+%1"_s.arg(number)) : QKeySequence(),
                        [page = entry.dock->page(page)] { DockPanel::of(page)->reveal(page); });
        }
    }
    actions.add(u"view.rankForm"_s, view, tr("Ranks over tokens: &map or lines"), {}, [this] {
        QComboBox* form = m_rankPanel->formBox();
        form->setCurrentIndex(1 - form->currentIndex());
    });
    actions.add(u"view.rankModel"_s, view, tr("State of the &dense or the pruned model"), {}, [this] {
        QComboBox* model = m_rankPanel->modelBox();
        model->setCurrentIndex(1 - model->currentIndex());
    });
    actions.add(u"view.reset"_s, view, tr("&Reset layout"), QKeySequence(u"Ctrl+Shift+R"_s),
                [this] { resetLayout(); });
    actions.add(u"view.fit"_s, view, tr("&Fit the spectra"), QKeySequence(u"0"_s),
                [this] { m_spectraPanel->plot()->fit(); });
    actions.add(u"view.layerFaders"_s, view, tr("Faders of the la&yers"), {}, [this] {
        m_equaliserDock->show();
        m_equaliserDock->showPage(0);
    });
    actions.add(u"view.headFaders"_s, view, tr("Faders of the &heads"), {}, [this] {
        m_equaliserDock->show();
        m_equaliserDock->showPage(1);
    });
    actions.add(u"view.fullScreen"_s, view, tr("F&ull screen"), QKeySequence(u"F11"_s),
                [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
}

void MainWindow::buildNavigationActions()
{
    ActionRegistry& actions = *m_actions;
    const QString plan = tr("Plan");
    PlanDocument& document = m_services.document;
    actions.add(u"plan.reset"_s, plan, tr("&Keep everything"), QKeySequence(u"Ctrl+Shift+K"_s),
                [&document] { document.keepEverything(); });
    actions.add(u"plan.lock"_s, plan, tr("&Lock or unlock the selected layers"), QKeySequence(u"L"_s),
                [this] { toggleLock(); });
    actions.add(u"plan.resetLayers"_s, plan, tr("Reset the selected layers to the &ratio"), {},
                [this] { m_layerPanel->resetSelected(); });
    actions.add(u"plan.bySensitivity"_s, plan, tr("Distribute by &sensitivity"), {},
                [this] { m_planPanel->distributeBySensitivity(); });
    actions.add(u"plan.byRank"_s, plan, tr("Distribute by ran&k"), {},
                [this] { m_planPanel->distributeByRank(); });
    const QString layers = tr("Layers");
    actions.add(u"layers.filter"_s, layers, tr("&Filter the layers"), QKeySequence(u"Ctrl+F"_s),
                [this] { m_layerPanel->openFilter(); });
    actions.add(u"layers.copy"_s, layers, tr("&Copy the layers table"), QKeySequence(u"Ctrl+Shift+C"_s),
                [this] { m_layerPanel->copyTable(); });
    actions.add(u"layers.csv"_s, layers, tr("&Save the layers table as CSV…"), {},
                [this] { m_layerPanel->exportCsv(); });
    const QString go = tr("Go");
    actions.add(u"go.previousLayer"_s, go, tr("&Previous layer"), QKeySequence(u"["_s),
                [this] { stepLayer(-1); });
    actions.add(u"go.nextLayer"_s, go, tr("&Next layer"), QKeySequence(u"]"_s), [this] { stepLayer(1); });
    actions.add(u"go.previousHead"_s, go, tr("P&revious head"), QKeySequence(u"{"_s),
                [this] { stepHead(-1); });
    actions.add(u"go.nextHead"_s, go, tr("N&ext head"), QKeySequence(u"}"_s), [this] { stepHead(1); });
    actions.add(u"go.earlier"_s, go, tr("Earl&ier token"), QKeySequence(u","_s),
                [this] { m_rankPanel->stepToken(-1); });
    actions.add(u"go.later"_s, go, tr("L&ater token"), QKeySequence(u"."_s),
                [this] { m_rankPanel->stepToken(1); });
    actions.add(u"go.play"_s, go, tr("Pla&y or pause the tokens"), QKeySequence(u"Space"_s),
                [this] { m_rankPanel->togglePlay(); });
    actions.add(u"go.previousWindow"_s, go, tr("Previous &window of the text"), QKeySequence(u"<"_s),
                [this] { m_rankPanel->windowBox()->stepDown(); });
    actions.add(u"go.nextWindow"_s, go, tr("Next win&dow of the text"), QKeySequence(u">"_s),
                [this] { m_rankPanel->windowBox()->stepUp(); });
}

void MainWindow::setTheme(const QString& name)
{
    m_services.settings.set(setting::theme, name);
    applyTheme(name == u"light"_s      ? ThemeChoice::Light
                   : name == u"dark"_s ? ThemeChoice::Dark
                                       : ThemeChoice::System,
               m_services.systemPalette);
}

void MainWindow::stepLayer(int direction)
{
    m_selection->setCurrentLayer(
        std::clamp(m_selection->currentLayer() + direction, 0, std::max(0, m_selection->layerCount() - 1)));
}

void MainWindow::stepHead(int direction)
{
    const int layer = m_selection->currentLayer();
    if (layer >= 0) {
        const int heads = std::max(1, m_services.document.spec().layers[idx(layer)].valueHeads);
        m_selection->setHead((m_selection->head() + direction + heads) % heads);
    }
}

void MainWindow::toggleLock()
{
    bool allLocked = true;
    for (const int layer : m_selection->layers()) {
        allLocked = allLocked
            && (!m_services.document.isPrunable(layer)
                || m_services.document.plan().layers[idx(layer)].locked);
    }
    m_services.document.setLocked(m_selection->layers(), !allLocked);
}

} // namespace rankscope
