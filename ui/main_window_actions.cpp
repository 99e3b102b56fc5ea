// SPDX-License-Identifier: GPL-3.0-or-later
// What the commands of the main window do, and its menus.
#include "core/base/narrow.h"
#include "core/plan/plan_file.h"
#include "ui/actions/action_registry.h"
#include "ui/actions/command_palette.h"
#include "ui/actions/shortcut_sheet.h"
#include "ui/dialogs/dialog_port.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/document/resources.h"
#include "ui/document/workbench.h"
#include "ui/main_window.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/dock_panel.h"
#include "ui/panels/spectra_panel.h"
#include "ui/plots/spectrum_plot.h"
#include "ui/settings/settings.h"
#include "ui/theme/theme.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/status_strip.h"

#include <QAction>
#include <QActionGroup>
#include <QBoxLayout>
#include <QDialog>
#include <QDir>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileInfo>
#include <QMenu>
#include <QMenuBar>
#include <QMimeData>
#include <QPushButton>
#include <QTextBrowser>
#include <QToolButton>
#include <QUndoStack>
#include <QUrl>

namespace rankscope {

using namespace Qt::StringLiterals;

void MainWindow::buildActions()
{
    buildFileActions();
    buildViewActions();
    buildNavigationActions();
}

void MainWindow::buildFileActions()
{
    ActionRegistry& actions = *m_actions;
    Workbench& workbench = m_services.workbench;
    QUndoStack* undo = m_services.document.undoStack();
    const QString file = tr("File");
    actions.add(u"file.open"_s, file, tr("&Open folder…"), QKeySequence(u"Ctrl+O"_s),
                [this] { chooseFolder(); });
    actions.add(u"file.demo"_s, file, tr("Open the &demo"), {}, [this] { openFolder(demoFolder()); });
    actions.add(u"file.loadPlan"_s, file, tr("&Load plan…"), QKeySequence(u"Ctrl+Shift+O"_s),
                [this] { openPlan(); });
    actions.add(u"file.savePlan"_s, file, tr("&Save plan…"), QKeySequence(u"Ctrl+S"_s),
                [this] { savePlan(); });
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
    undoAction->setEnabled(false);
    redoAction->setEnabled(false);
    connect(undo, &QUndoStack::canUndoChanged, undoAction, &QAction::setEnabled);
    connect(undo, &QUndoStack::canRedoChanged, redoAction, &QAction::setEnabled);
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
    actions.add(u"run.analyse"_s, run, tr("&Analyse the state"), QKeySequence(u"F5"_s),
                [&workbench] { workbench.analyseAgain(); });
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
    actions.add(u"view.reset"_s, view, tr("&Reset layout"), QKeySequence(u"Ctrl+Shift+R"_s),
                [this] { resetLayout(); });
    actions.add(u"view.fit"_s, view, tr("&Fit the spectra"), QKeySequence(u"0"_s),
                [this] { m_spectraPanel->plot()->fit(); });
    actions.add(u"view.fullScreen"_s, view, tr("F&ull screen"), QKeySequence(u"F11"_s),
                [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
    const QString help = tr("Help");
    actions.add(u"help.definitions"_s, help, tr("&Definitions"), QKeySequence(u"F1"_s),
                [this] { showText(tr("Definitions"), definitionsHtml()); });
    actions.add(u"help.shortcuts"_s, help, tr("&Keyboard shortcuts"), QKeySequence(u"Ctrl+F1"_s),
                [this] { showText(tr("Keyboard shortcuts"), shortcutSheetHtml(*m_actions)); });
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
    const QString go = tr("Go");
    actions.add(u"go.previousLayer"_s, go, tr("&Previous layer"), QKeySequence(u"["_s),
                [this] { stepLayer(-1); });
    actions.add(u"go.nextLayer"_s, go, tr("&Next layer"), QKeySequence(u"]"_s), [this] { stepLayer(1); });
    actions.add(u"go.previousHead"_s, go, tr("P&revious head"), QKeySequence(u"{"_s),
                [this] { stepHead(-1); });
    actions.add(u"go.nextHead"_s, go, tr("N&ext head"), QKeySequence(u"}"_s), [this] { stepHead(1); });
    actions.add(u"go.earlier"_s, go, tr("Earl&ier token"), QKeySequence(u","_s),
                [this] { stepPosition(-1); });
    actions.add(u"go.later"_s, go, tr("L&ater token"), QKeySequence(u"."_s), [this] { stepPosition(1); });
}

void MainWindow::buildMenus()
{
    const auto fill = [this](QMenu* menu, const QStringList& ids) {
        for (const QString& id : ids) {
            if (id.isEmpty()) {
                menu->addSeparator();
            } else {
                menu->addAction(m_actions->find(id));
            }
        }
    };
    QMenu* file = menuBar()->addMenu(tr("&File"));
    fill(file, { u"file.open"_s });
    QMenu* recent = file->addMenu(tr("Open &recent"));
    connect(recent, &QMenu::aboutToShow, this, [this, recent] {
        recent->clear();
        for (const QString& folder : m_services.settings.get(setting::recentFolders)) {
            recent->addAction(QDir::toNativeSeparators(folder), this, [this, folder] { openFolder(folder); });
        }
        if (recent->isEmpty()) {
            recent->addAction(tr("No folders yet"))->setEnabled(false);
        }
    });
    fill(file,
         { u"file.demo"_s,
           {},
           u"file.text"_s,
           u"file.calibration"_s,
           {},
           u"file.loadPlan"_s,
           u"file.savePlan"_s,
           {},
           u"file.export"_s,
           {},
           u"file.quit"_s });
    fill(menuBar()->addMenu(tr("&Edit")), { u"edit.undo"_s, u"edit.redo"_s, {}, u"edit.palette"_s });
    QMenu* view = menuBar()->addMenu(tr("&View"));
    fill(view->addMenu(tr("&Theme")),
         { u"view.theme.system"_s, u"view.theme.light"_s, u"view.theme.dark"_s });
    view->addSeparator();
    for (DockPanel* dock : { m_layerDock, m_equaliserDock, m_activityDock, m_spectraDock, m_importanceDock,
                             m_planDock, m_qualityDock }) {
        view->addAction(dock->toggleViewAction());
    }
    view->addSeparator();
    fill(view, { u"view.fit"_s, u"view.fullScreen"_s, u"view.reset"_s });
    fill(menuBar()->addMenu(tr("&Plan")),
         { u"plan.lock"_s, u"plan.reset"_s, {}, u"file.loadPlan"_s, u"file.savePlan"_s });
    fill(menuBar()->addMenu(tr("&Go")),
         { u"go.previousLayer"_s, u"go.nextLayer"_s, u"go.previousHead"_s, u"go.nextHead"_s, u"go.earlier"_s,
           u"go.later"_s });
    fill(menuBar()->addMenu(tr("&Run")), { u"run.evaluate"_s, u"run.analyse"_s, {}, u"run.stop"_s });
    fill(menuBar()->addMenu(tr("&Help")), { u"help.definitions"_s, u"help.shortcuts"_s });
}

void MainWindow::refreshModelMenu()
{
    QMenu* menu = m_strip->modelButton()->menu();
    menu->clear();
    menu->addAction(m_actions->find(u"file.open"_s));
    menu->addAction(m_actions->find(u"file.demo"_s));
    const QStringList recent = m_services.settings.get(setting::recentFolders);
    if (!recent.isEmpty()) {
        menu->addSeparator();
    }
    for (const QString& folder : recent) {
        menu->addAction(QDir::toNativeSeparators(folder), this, [this, folder] { openFolder(folder); });
    }
}

void MainWindow::refreshDevices()
{
    const Workbench& workbench = m_services.workbench;
    const QString dtype = QString::fromUtf8(shortName(workbench.dtype()));
    m_strip->setDeviceText(QString::fromStdString(toString(workbench.device())) + u" · "_s + dtype,
                           tr("Where the engine runs, and its number format"));
    QMenu* menu = m_strip->deviceButton()->menu();
    menu->clear();
    for (const DeviceInfo& info : workbench.devices()) {
        const bool gpu = info.device.kind == DeviceKind::Cuda;
        for (const DType type :
             gpu ? std::vector { DType::BF16, DType::F32 } : std::vector { DType::F32, DType::BF16 }) {
            QAction* action = menu->addAction(
                u"%1 · %2"_s.arg(QString::fromStdString(info.name), QString::fromUtf8(shortName(type))), this,
                [this, device = info.device, type] { m_services.workbench.setDevice(device, type); });
            action->setCheckable(true);
            action->setChecked(info.device == workbench.device() && type == workbench.dtype());
        }
    }
    if (menu->isEmpty()) {
        menu->addAction(tr("Looking for devices…"))->setEnabled(false);
    }
    refreshNumbers();
}

void MainWindow::refreshTexts()
{
    const Workbench& workbench = m_services.workbench;
    const QString path = workbench.evaluationText();
    const bool bundled = path == demoEvaluationText();
    const std::shared_ptr<const TokenWindows>& text = workbench.texts().evaluation;
    QString name = bundled ? tr("demo text") : QFileInfo(path).fileName();
    QString tip = path;
    if (workbench.usesDemoTextForOtherModel()) {
        tip += u'\n' + tr("The bundled demo text stands in until you choose a text for this model.");
        name = tr("demo text (choose one)");
    }
    if (text != nullptr) {
        tip += u'\n' + tr("%1 windows of %2 tokens").arg(text->count).arg(text->length);
    }
    m_strip->setTextText(name, tip);
    QMenu* menu = m_strip->textButton()->menu();
    menu->clear();
    menu->addAction(m_actions->find(u"file.text"_s));
    menu->addAction(m_actions->find(u"file.calibration"_s));
    menu->addSeparator();
    QAction* own = menu->addAction(tr("Bundled demo text"), this,
                                   [this] { m_services.workbench.setEvaluationText(demoEvaluationText()); });
    own->setCheckable(true);
    own->setChecked(bundled);
}

void MainWindow::openFolder(const QString& folder)
{
    if (folder.isEmpty()) {
        showProblem(tr(
            "The bundled demo was not found: set RANKSCOPE_RESOURCE_DIR to the folder that holds it, or open "
            "a checkpoint folder of your own."));
        return;
    }
    m_messages->clear();
    const QString path = QFileInfo(folder).absoluteFilePath();
    if (path != QFileInfo(demoFolder()).absoluteFilePath() && QFileInfo(path + u"/config.json"_s).exists()) {
        m_services.settings.addRecentFolder(path);
    }
    m_services.workbench.open(path);
}

void MainWindow::chooseFolder()
{
    const QString folder = m_services.dialogs.chooseFolder(this, tr("Open a checkpoint folder"),
                                                           m_services.settings.get(setting::lastOpenFolder));
    if (!folder.isEmpty()) {
        m_services.settings.set(setting::lastOpenFolder, QFileInfo(folder).absolutePath());
        openFolder(folder);
    }
}

void MainWindow::chooseEvaluationText()
{
    const QString path = m_services.dialogs.chooseOpenFile(
        this, tr("Evaluation text: what only scoring sees"), m_services.settings.get(setting::lastTextFolder),
        tr("Text (*.txt *.md);;All files (*)"));
    if (!path.isEmpty()) {
        m_services.settings.set(setting::lastTextFolder, QFileInfo(path).absolutePath());
        m_services.workbench.setEvaluationText(path);
    }
}

void MainWindow::chooseCalibrationText()
{
    const QString path = m_services.dialogs.chooseOpenFile(this, tr("Calibration text: what selection sees"),
                                                           m_services.settings.get(setting::lastTextFolder),
                                                           tr("Text (*.txt *.md);;All files (*)"));
    if (!path.isEmpty()) {
        m_services.settings.set(setting::lastTextFolder, QFileInfo(path).absolutePath());
        m_services.workbench.setCalibrationText(path);
    }
}

void MainWindow::openPlan()
{
    const QString path = m_services.dialogs.chooseOpenFile(this, tr("Load a plan"),
                                                           m_services.settings.get(setting::lastPlanFolder),
                                                           tr("Plans (*.json);;All files (*)"));
    if (!path.isEmpty()) {
        loadPlan(path);
    }
}

void MainWindow::loadPlan(const QString& path)
{
    m_services.settings.set(setting::lastPlanFolder, QFileInfo(path).absolutePath());
    if (!m_services.document.isOpen()) {
        showProblem(tr("Open the plan's model first, then load \"%1\".").arg(QFileInfo(path).fileName()));
        return;
    }
    Result<PruningPlan> plan = readPlanFile(std::filesystem::path(path.toStdU16String()));
    if (!plan) {
        showProblem(QString::fromStdString(plan.error().message));
        return;
    }
    const CheckpointOverview& overview = *m_services.workbench.overview();
    const std::shared_ptr<const Model>& model = m_services.workbench.model();
    ModelIdentity identity;
    identity.name = overview.name;
    identity.digest = model != nullptr ? model->digest() : std::string();
    identity.fingerprint = overview.fingerprint;
    const Status fits = checkPlanForModel(*plan, overview.spec, identity);
    if (!fits) {
        showProblem(QString::fromStdString(fits.error().message));
        return;
    }
    m_services.document.replacePlan(*plan, tr("load %1").arg(QFileInfo(path).fileName()));
    m_services.document.undoStack()->setClean();
    m_planFile = path;
    refreshTitle();
}

void MainWindow::savePlan()
{
    const std::optional<PruningPlan>& realised = m_services.workbench.realisedPlan();
    PruningPlan plan = m_services.document.plan();
    if (realised) {
        plan = *realised;
    } else if (!m_services.document.isOpen() || !plan.keepsAll()) {
        showProblem(tr("The plan cannot be saved yet: its channels are still being selected. Try again when "
                       "the candidate's "
                       "number has arrived."),
                    IssueSeverity::Warning);
        return;
    } else {
        const PruningPlan dense = keepAllPlan(m_services.document.spec());
        for (int layer = 0; layer < std::ssize(plan.layers); ++layer) {
            plan.layers[idx(layer)].kept = dense.layers[idx(layer)].kept;
        }
    }
    for (int layer = 0; layer < std::ssize(plan.layers); ++layer) {
        plan.layers[idx(layer)].locked = m_services.document.plan().layers[idx(layer)].locked;
    }
    const QString start = !m_planFile.isEmpty()
        ? m_planFile
        : QDir(m_services.settings.get(setting::lastPlanFolder))
              .filePath(QString::fromStdString(m_services.workbench.overview()->name) + u".plan.json"_s);
    const QString path
        = m_services.dialogs.chooseSaveFile(this, tr("Save the plan"), start, tr("Plans (*.json)"));
    if (path.isEmpty()) {
        return;
    }
    const Status written = writePlanFile(plan, std::filesystem::path(path.toStdU16String()));
    if (!written) {
        showProblem(QString::fromStdString(written.error().message));
        return;
    }
    m_planFile = path;
    m_services.settings.set(setting::lastPlanFolder, QFileInfo(path).absolutePath());
    m_services.document.undoStack()->setClean();
    refreshTitle();
}

void MainWindow::openExportDialog()
{
    if (m_exportDialog == nullptr) {
        m_exportDialog = new ExportDialog({ m_services.workbench, m_services.document, m_services.lanes,
                                            m_services.jobs, m_services.settings, m_services.dialogs },
                                          this);
    }
    m_exportDialog->show();
    m_exportDialog->raise();
    m_exportDialog->activateWindow();
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

void MainWindow::stepPosition(int direction)
{
    if (const std::shared_ptr<const SpectraSummary>& spectra = m_services.workbench.spectra()) {
        const int count = static_cast<int>(spectra->positions.size());
        const int current = m_selection->position() < 0 ? count - 1 : m_selection->position();
        m_selection->setPosition(std::clamp(current + direction, 0, std::max(0, count - 1)));
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

void MainWindow::showText(const QString& title, const QString& html)
{
    auto* dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    auto* layout = new QVBoxLayout(dialog);
    auto* text = new QTextBrowser(dialog);
    text->setFrameShape(QFrame::NoFrame);
    text->setHtml(html);
    layout->addWidget(text);
    dialog->resize(fontMetrics().height() * 36, fontMetrics().height() * 28);
    dialog->show();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls() && event->mimeData()->urls().size() == 1
        && event->mimeData()->urls().first().isLocalFile()) {
        event->acceptProposedAction();
    }
}

void MainWindow::dropEvent(QDropEvent* event)
{
    const QString path = event->mimeData()->urls().first().toLocalFile();
    event->acceptProposedAction();
    const QFileInfo info(path);
    if (info.isDir()) {
        openFolder(path);
    } else if (info.suffix().compare(u"json"_s, Qt::CaseInsensitive) == 0
               && info.fileName() != u"config.json"_s) {
        loadPlan(path);
    } else if (info.suffix() == u"safetensors"_s || info.fileName() == u"config.json"_s) {
        openFolder(info.absolutePath());
    } else if (info.suffix() == u"txt"_s) {
        m_services.workbench.setEvaluationText(path);
    } else {
        showProblem(tr("\"%1\" cannot be opened: drop a checkpoint folder, a plan (.json) or a text (.txt).")
                        .arg(info.fileName()));
    }
}

} // namespace rankscope
