// SPDX-License-Identifier: GPL-3.0-or-later
// What is opened, saved and dropped.
#include "core/io/path_kind.h"
#include "core/model/local_models.h"
#include "ui/dialogs/dialog_port.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/dialogs/open_dialog.h"
#include "ui/document/document_session.h"
#include "ui/document/recovery_keeper.h"
#include "ui/document/resources.h"
#include "ui/document/workbench.h"
#include "ui/main_window.h"
#include "ui/settings/settings.h"
#include "ui/widgets/hint_strip.h"
#include "ui/widgets/message_bar.h"

#include <QDir>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileInfo>
#include <QLocale>
#include <QMimeData>
#include <QStandardPaths>
#include <QTimer>
#include <QUrl>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kAskAgainMs = 100;

std::filesystem::path pathOf(const QString& text)
{
    return std::filesystem::path(text.toStdU16String());
}

QString textOf(const std::filesystem::path& path)
{
    return QString::fromStdU16String(path.u16string());
}

} // namespace

void MainWindow::openFolder(const QString& folder)
{
    if (folder.isEmpty()) {
        showProblem(tr(
            "The bundled demo was not found: set RANKSCOPE_RESOURCE_DIR to the folder that holds it, or open "
            "a checkpoint folder of your own."));
        return;
    }
    const QString path = textOf(checkpointFolderOf(pathOf(QFileInfo(folder).absoluteFilePath())));
    guardUnsaved(tr("before opening %1").arg(QFileInfo(path).fileName()), [this, path] {
        m_messages->clear();
        if (path != QFileInfo(demoFolder()).absoluteFilePath()
            && QFileInfo(path + u"/config.json"_s).exists()) {
            m_services.settings.addRecent(setting::recentFolders, path);
        }
        m_session->letGo();
        m_services.workbench.open(path);
    });
}

void MainWindow::guardUnsaved(const QString& occasion, const std::function<void()>& goOn)
{
    if (m_session->isWriting()) { // its end shows whether there is anything to ask
        m_afterSave = [this, occasion, goOn] { guardUnsaved(occasion, goOn); };
        return;
    }
    // A save that waits for its channels is work to lose, also when the plan has been undone meanwhile.
    if (!m_session->hasUnsavedWork() && !m_session->isSaving()) {
        if (!m_session->hasBuriedWork()
            || m_services.dialogs.confirmLoss(this,
                                              tr("A plan was loaded over edits that no file holds; Undo leads "
                                                 "back to them. Give them up %1?")
                                                  .arg(occasion),
                                              tr("Give them up"))) {
            goOn();
        }
        return;
    }
    const QString plan = m_session->planFile().isEmpty()
        ? tr("the plan for %1").arg(QString::fromStdString(m_services.workbench.overview()->name))
        : u'"' + QFileInfo(m_session->planFile()).fileName() + u'"';
    m_asking = true;
    const UnsavedAnswer answer = m_services.dialogs.askUnsaved(
        this, tr("Save the changes to %1 %2? They are lost otherwise.").arg(plan, occasion));
    m_asking = false;
    switch (answer) {
    case UnsavedAnswer::Cancel:
        break;
    case UnsavedAnswer::Discard:
        goOn();
        break;
    case UnsavedAnswer::Save:
        // Edits made until it is saved are asked about again.
        m_afterSave = [this, occasion, goOn] { guardUnsaved(occasion, goOn); };
        if (!m_session->isSaving() && !savePlan()) {
            m_afterSave = nullptr;
        }
        break;
    }
}

/// Asked when the model was chosen; again only about what was edited while its folder was read.
void MainWindow::adoptWhenAgreed(const std::function<void()>& adopt)
{
    if (m_session->isLetGo()) {
        adopt();
    } else if (m_asking) { // one question at a time
        QTimer::singleShot(kAskAgainMs, this, [this, adopt] { adoptWhenAgreed(adopt); });
    } else {
        guardUnsaved(tr("before the other model takes its place"), adopt);
    }
}

void MainWindow::chooseModel()
{
    if (m_openDialog == nullptr) {
        m_openDialog = new OpenDialog(*m_localModels, m_services.settings, this);
        connect(m_openDialog, &OpenDialog::folderChosen, this, &MainWindow::openFolder);
        connect(m_openDialog, &OpenDialog::folderWanted, this, &MainWindow::chooseFolder);
    }
    m_openDialog->show();
    m_openDialog->raise();
    m_openDialog->activateWindow();
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
    const QString path = m_services.dialogs.chooseOpenFile(this, tr("Load a plan or a recipe"),
                                                           m_services.settings.get(setting::lastPlanFolder),
                                                           tr("Plans and recipes (*.json);;All files (*)"));
    if (!path.isEmpty()) {
        loadPlan(path);
    }
}

void MainWindow::loadPlan(const QString& path)
{
    // One undo step: nothing is lost that there would be a reason to ask about.
    m_session->load(path);
}

bool MainWindow::savePlan()
{
    if (m_session->planFile().isEmpty()) {
        return savePlanAs();
    }
    m_session->save(m_session->planFile());
    return true;
}

bool MainWindow::savePlanAs()
{
    if (!m_services.document.isOpen()) {
        return false;
    }
    const QString name
        = fileNameFor(QString::fromStdString(m_services.workbench.overview()->name)) + u".plan.json"_s;
    QString folder = m_services.settings.get(setting::lastPlanFolder);
    if (folder.isEmpty() || !QFileInfo(folder).isDir()) {
        folder = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    }
    const QString start
        = !m_session->planFile().isEmpty() ? m_session->planFile() : QDir(folder).filePath(name);
    QString path = m_services.dialogs.chooseSaveFile(this, tr("Save the plan"), start, tr("Plans (*.json)"));
    if (path.isEmpty()) {
        return false;
    }
    if (QFileInfo(path).suffix().isEmpty()) {
        path += u".json"_s; // the dialog has not asked about a file of that name
        if (QFileInfo::exists(path)
            && !m_services.dialogs.confirmLoss(
                this, tr("\"%1\" is there already.").arg(QFileInfo(path).fileName()), tr("Replace"))) {
            return false;
        }
    }
    m_session->save(path);
    return true;
}

void MainWindow::connectSession()
{
    connect(m_session, &DocumentSession::changed, this, &MainWindow::refreshTitle);
    const auto remember = [this](const QString& path) {
        m_services.settings.set(setting::lastPlanFolder, QFileInfo(path).absolutePath());
        m_services.settings.addRecent(setting::recentPlans, QFileInfo(path).absoluteFilePath());
    };
    connect(m_session, &DocumentSession::loaded, this, remember);
    connect(m_session, &DocumentSession::notLoaded, this, [this](const QString& sentence, bool stopped) {
        showProblem(sentence, stopped ? IssueSeverity::Note : IssueSeverity::Error);
    });
    connect(m_session, &DocumentSession::saved, this, [this, remember](const QString& path) {
        m_messages->withdraw(m_saveWaits);
        remember(path);
        if (const auto goOn = std::exchange(m_afterSave, nullptr)) {
            goOn();
        }
    });
    connect(m_session, &DocumentSession::notSaved, this, [this](const QString& sentence, bool stopped) {
        m_messages->withdraw(m_saveWaits);
        m_afterSave = nullptr;
        showProblem(sentence, stopped ? IssueSeverity::Note : IssueSeverity::Error);
    });
    connect(m_session, &DocumentSession::saveReplaced, this,
            [this](const QString& sentence) { showProblem(sentence, IssueSeverity::Note); });
    connect(m_session, &DocumentSession::saveWaits, this, [this](const QString& sentence) {
        m_messages->withdraw(m_saveWaits);
        m_saveWaits = sentence;
        showProblem(sentence, IssueSeverity::Note);
    });
    connect(m_session, &DocumentSession::resumed, this, [this](const QString& failure) {
        if (!failure.isEmpty()) {
            showProblem(failure, IssueSeverity::Warning);
        }
        if (const auto offer = std::exchange(m_recovering, std::nullopt); offer && failure.isEmpty()) {
            forgetOffer(*offer);
        }
    });
    m_services.workbench.setAdoptionGate(
        [self = QPointer<MainWindow>(this)](const std::function<void()>& adopt) {
            if (self != nullptr) {
                self->adoptWhenAgreed(adopt);
            }
        });
    if (m_recovery == nullptr) {
        return;
    }
    connect(m_recovery, &RecoveryKeeper::problem, this,
            [this](const QString& sentence) { showProblem(sentence, IssueSeverity::Warning); });
    connect(m_recovery, &RecoveryKeeper::found, this, &MainWindow::offerRecovery);
    m_recovery->look();
}

QString MainWindow::describeOffer(const RecoveryKeeper::Offer& offer)
{
    int changed = 0;
    for (const LayerPlan& layer : offer.session.plan.layers) {
        changed += layer.keptKeyDims != layer.keyDims || !layer.headEdits.empty() ? 1 : 0;
    }
    return tr("Rankscope was closed unexpectedly. Unsaved work on %1 from %2 was kept: %3 pruned.")
        .arg(QString::fromStdString(offer.session.plan.modelName),
             QLocale().toString(offer.written, QLocale::ShortFormat),
             changed == 1 ? tr("1 layer") : tr("%1 layers").arg(changed));
}

void MainWindow::offerRecovery(const std::vector<RecoveryKeeper::Offer>& offers)
{
    m_offers = offers;
    // The newest is offered last, so that it is the one on show.
    for (auto offer = offers.rbegin(); offer != offers.rend(); ++offer) {
        m_messages->ask(describeOffer(*offer),
                        { { tr("Recover"), [this, offer = *offer] { recover(offer); } },
                          { tr("Discard"), [this, offer = *offer] {
                               forgetOffer(offer);
                               m_recovery->discard(offer);
                           } } });
    }
    refreshActions();
}

void MainWindow::recoverNewest()
{
    if (!m_offers.empty()) {
        recover(RecoveryKeeper::Offer(m_offers.front()));
    }
}

void MainWindow::recover(const RecoveryKeeper::Offer& offer)
{
    const auto goOn = [this, offer] {
        m_messages->withdraw(describeOffer(offer));
        m_recovering = offer;
        m_session->letGo();
        m_recovery->recover(offer);
    };
    const auto& overview = m_services.workbench.overview();
    if (overview != nullptr && overview->folder == offer.session.modelFolder) {
        goOn(); // one undo step
    } else {
        guardUnsaved(tr("before recovering earlier work"), goOn);
    }
}

void MainWindow::forgetOffer(const RecoveryKeeper::Offer& offer)
{
    std::erase_if(m_offers, [&](const RecoveryKeeper::Offer& other) { return other.text == offer.text; });
    m_messages->withdraw(describeOffer(offer));
    refreshActions();
}

void MainWindow::openExportDialog()
{
    if (m_exportDialog == nullptr) {
        m_exportDialog
            = new ExportDialog({ m_services.workbench, m_services.document, m_services.lanes, m_services.jobs,
                                 m_services.settings, m_services.dialogs, cliProgram() },
                               this);
        connect(m_exportDialog, &ExportDialog::written, m_session, &DocumentSession::setExported);
        connect(m_exportDialog, &ExportDialog::finished, this, [this](const QString& sentence, bool good) {
            if (m_exportDialog == nullptr || !m_exportDialog->isVisible()) {
                showProblem(sentence, good ? IssueSeverity::Note : IssueSeverity::Warning);
            }
        });
    }
    m_hints->did(hint::exportIt);
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
    event->acceptProposedAction();
    openPath(event->mimeData()->urls().first().toLocalFile());
}

void MainWindow::openPath(const QString& path)
{
    const QString name = QFileInfo(path).fileName();
    switch (kindOfPath(pathOf(path))) {
    case PathKind::Folder:
        openFolder(path);
        break;
    case PathKind::CheckpointFile:
        openFolder(QFileInfo(path).absolutePath());
        break;
    case PathKind::Plan:
    case PathKind::Recipe:
        loadPlan(path);
        break;
    case PathKind::Text:
        m_messages->ask(
            tr("Use \"%1\" as the text that only scoring sees, or as the one that selection sees?").arg(name),
            { { tr("Evaluation text"), [this, path] { m_services.workbench.setEvaluationText(path); } },
              { tr("Calibration text"), [this, path] { m_services.workbench.setCalibrationText(path); } } });
        break;
    case PathKind::Other:
        showProblem(
            tr("\"%1\" cannot be opened: drop a checkpoint folder or a file in it, a plan or recipe (.json), "
               "or a text.")
                .arg(name));
        break;
    }
}

} // namespace rankscope
