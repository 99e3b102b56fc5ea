// SPDX-License-Identifier: GPL-3.0-or-later
// What is opened, saved and dropped.
#include "core/base/narrow.h"
#include "core/plan/plan_file.h"
#include "ui/dialogs/dialog_port.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/document/resources.h"
#include "ui/document/workbench.h"
#include "ui/main_window.h"
#include "ui/settings/settings.h"
#include "ui/widgets/message_bar.h"

#include <QDir>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QUndoStack>
#include <QUrl>

namespace rankscope {

using namespace Qt::StringLiterals;

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
