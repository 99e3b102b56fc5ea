// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/main_window.h"

#include "core/base/narrow.h"
#include "ui/actions/action_registry.h"
#include "ui/actions/command_palette.h"
#include "ui/dialogs/dialog_port.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/dialogs/file_view.h"
#include "ui/document/candidate_history.h"
#include "ui/document/candidate_store.h"
#include "ui/document/channel_choice.h"
#include "ui/document/document_session.h"
#include "ui/document/layer_probes.h"
#include "ui/document/local_model_list.h"
#include "ui/document/model_memory.h"
#include "ui/document/pruned_spectra.h"
#include "ui/document/resources.h"
#include "ui/document/size_snap.h"
#include "ui/document/text_scores.h"
#include "ui/document/token_losses.h"
#include "ui/document/token_ranks.h"
#include "ui/document/workbench.h"
#include "ui/format/menu_text.h"
#include "ui/format/numbers.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/jobs/memory_watch.h"
#include "ui/models/layer_selection.h"
#include "ui/models/layer_table_model.h"
#include "ui/panels/compare_panel.h"
#include "ui/panels/dock_panel.h"
#include "ui/panels/equaliser_panel.h"
#include "ui/panels/importance_panel.h"
#include "ui/panels/issues_panel.h"
#include "ui/panels/layer_panel.h"
#include "ui/panels/plan_panel.h"
#include "ui/panels/quality_panel.h"
#include "ui/panels/spectra_panel.h"
#include "ui/settings/settings.h"
#include "ui/theme/theme.h"
#include "ui/widgets/equaliser.h"
#include "ui/widgets/hint_strip.h"
#include "ui/widgets/jobs_button.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/status_strip.h"

#include <QAction>
#include <QBoxLayout>
#include <QCloseEvent>
#include <QDesktopServices>
#include <QFileInfo>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QScreen>
#include <QStatusBar>
#include <QTimer>
#include <QToolBar>
#include <QToolButton>
#include <QUndoStack>
#include <QUrl>

namespace rankscope {

using namespace Qt::StringLiterals;

MainWindow::MainWindow(WindowServices services, QWidget* parent)
    : QMainWindow(parent)
    , m_services(std::move(services))
    , m_selection(new LayerSelection(this))
    , m_tokenRanks(new TokenRanks(m_services.workbench, m_services.lanes, m_services.jobs,
                                  m_services.document, *m_selection, this))
    , m_channelChoice(new ChannelChoice(m_services.workbench, m_services.lanes, m_services.jobs,
                                        m_services.document, *m_selection, this))
    , m_prunedSpectra(new PrunedSpectra(m_services.workbench, m_services.lanes, m_services.jobs,
                                        m_services.document, this))
    , m_layerModel(new LayerTableModel(m_services.document, this))
    , m_session(new DocumentSession(
          { m_services.workbench, m_services.document, *m_selection, m_services.lanes, m_services.jobs },
          this))
    , m_recovery(m_services.stateFolder.isEmpty()
                     ? nullptr
                     : new RecoveryKeeper(*m_session, m_services.lanes,
                                          m_services.stateFolder + u"/recovery"_s, m_services.autosaveMs,
                                          this))
    , m_probes(
          new LayerProbes(m_services.workbench, m_services.lanes, m_services.jobs, m_services.document, this))
    , m_snap(new SizeSnap(m_services.settings, this))
    , m_localModels(new LocalModelList(m_services.lanes, m_services.jobs, this))
    , m_actions(new ActionRegistry(this))
    , m_memory(new MemoryWatch(m_services.lanes, this))
{
    m_layerModel->setProbes(m_probes);
    m_layerModel->setSnap(m_snap);
    setObjectName(u"mainWindow"_s);
    setAcceptDrops(true);
    auto* centre = new QWidget(this);
    auto* column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    m_messages = new MessageBar(centre);
    column->addWidget(m_messages);
    m_hints = new HintStrip(centre);
    column->addWidget(m_hints);
    auto* margin = new QVBoxLayout;
    margin->setContentsMargins(6, 6, 6, 0);
    column->addLayout(margin, 1);
    m_dockHost = new QMainWindow(centre);
    m_dockHost->setWindowFlags(Qt::Widget);
    m_dockHost->setDockNestingEnabled(true);
    m_dockHost->setAnimated(false);
    m_dockHost->installEventFilter(this);
    m_dockHost->setContextMenuPolicy(Qt::NoContextMenu);
    margin->addWidget(m_dockHost);
    setCentralWidget(centre);
    m_candidates = new CandidateHistory(m_services.workbench, m_services.document, this);
    if (!m_services.stateFolder.isEmpty()) {
        m_candidateStore
            = new CandidateStore(*m_candidates, m_services.lanes, m_services.stateFolder + u"/candidates"_s,
                                 m_services.autosaveMs, this);
        connect(m_candidateStore, &CandidateStore::problem, this,
                [this](const QString& sentence) { showProblem(sentence, IssueSeverity::Warning); });
        m_modelMemory = new ModelMemory(m_services.workbench, m_services.lanes,
                                        m_services.stateFolder + u"/models"_s, this);
        connect(m_modelMemory, &ModelMemory::problem, this,
                [this](const QString& sentence) { showProblem(sentence, IssueSeverity::Warning); });
    }
    m_tokenLosses
        = new TokenLosses(m_services.workbench, m_services.lanes, m_services.jobs, m_services.document, this);
    m_textScores
        = new TextScores(m_services.workbench, m_services.lanes, m_services.jobs, m_services.document, this);
    buildBars();
    buildDocks();
    attachViewExports();
    buildActions();
    buildMenus();
    m_palette = new CommandPalette(*m_actions, this);
    connectAll();
    connectSession();
    connect(m_localModels, &LocalModelList::changed, this, &MainWindow::refreshModelMenu);
    arrangeDocks();
    const QByteArray geometry = m_services.settings.get(setting::windowGeometry);
    if (geometry.isEmpty() || !restoreGeometry(geometry)) {
        resize(QSize(1440, 900).boundedTo(screen()->availableSize()));
    }
    restoreLayout();
    m_layerPanel->table()->setFocus();
    refreshModel();
    refreshNumbers();
    refreshDevices();
    refreshTexts();
    refreshStatus();
}

/// What belongs to the window goes after the window's own part: a panel that is hidden on the way says so,
/// and nothing of this class may hear it then.
MainWindow::~MainWindow()
{
    m_actions->dropRules();
    QObjectList senders = findChildren<QObject*>();
    senders << &m_services.workbench << &m_services.document << m_services.document.undoStack()
            << &m_services.jobs << qApp;
    for (QObject* sender : std::as_const(senders)) {
        disconnect(sender, nullptr, this, nullptr);
    }
}

ExportDialog* MainWindow::exportDialog() const
{
    return m_exportDialog;
}

void MainWindow::buildBars()
{
    m_strip = new StatusStrip(this);
    m_stripBar = new QToolBar(tr("Numbers"), this);
    m_stripBar->setObjectName(u"stripBar"_s);
    m_stripBar->setMovable(false);
    m_stripBar->setFloatable(false);
    m_stripBar->toggleViewAction()->setEnabled(false);
    m_stripBar->addWidget(m_strip);
    m_stripBar->setContextMenuPolicy(Qt::PreventContextMenu);
    addToolBar(Qt::TopToolBarArea, m_stripBar);
    setContextMenuPolicy(Qt::NoContextMenu);

    m_hoverText = new QLabel(this);
    m_activityText = new QLabel(this);
    m_hoverText->setForegroundRole(QPalette::PlaceholderText);
    m_activityText->setForegroundRole(QPalette::PlaceholderText);
    m_hoverText->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    statusBar()->setSizeGripEnabled(false);
    statusBar()->setContentsMargins(10, 0, 10, 0);
    statusBar()->addWidget(m_hoverText, 1);
    statusBar()->addPermanentWidget(m_activityText);
    m_memoryText = new QLabel(this);
    m_memoryText->setForegroundRole(QPalette::PlaceholderText);
    m_memoryText->hide();
    statusBar()->addPermanentWidget(m_memoryText);
    m_jobsButton = new JobsButton(m_services.jobs, this);
    statusBar()->addPermanentWidget(m_jobsButton);
}

void MainWindow::connectAll()
{
    PlanDocument& document = m_services.document;
    Workbench& workbench = m_services.workbench;
    connect(&workbench, &Workbench::overviewChanged, this, &MainWindow::refreshModel);
    connect(&workbench, &Workbench::modelChanged, this, &MainWindow::refreshDevices);
    connect(&workbench, &Workbench::devicesChanged, this, &MainWindow::refreshDevices);
    connect(&workbench, &Workbench::textsChanged, this, &MainWindow::refreshTexts);
    connect(&workbench, &Workbench::overviewChanged, this, &MainWindow::refreshTexts);
    connect(&workbench, &Workbench::baselineChanged, this, &MainWindow::refreshNumbers);
    connect(&workbench, &Workbench::candidateChanged, this, &MainWindow::refreshNumbers);
    connect(&workbench, &Workbench::activityChanged, this, &MainWindow::refreshStatus);
    connect(&workbench, &Workbench::overviewChanged, this, &MainWindow::refreshDevices);
    connect(&workbench, &Workbench::devicesChanged, this,
            [this] { m_memory->setDevice(m_services.workbench.device()); });
    connect(m_memory, &MemoryWatch::changed, this, &MainWindow::refreshMemory);
    connect(&workbench, &Workbench::problem, this, &MainWindow::showEngineProblem);
    connect(&workbench, &Workbench::deviceFailed, this, &MainWindow::offerDevice);
    connect(&workbench, &Workbench::modelChanged, this, [this] {
        if (m_services.workbench.model() != nullptr) {
            m_messages->withdraw(std::exchange(m_deviceOffer, QString()));
        }
    });
    for (const auto signal : { &Workbench::baselineChanged, &Workbench::modelChanged }) {
        connect(&workbench, signal, this, [this] {
            // What a way on was offered for holds no longer.
            if (!m_blockedMessage.isEmpty() && m_services.workbench.blockingSentence() != m_blockedMessage) {
                m_messages->withdraw(std::exchange(m_blockedMessage, QString()));
            }
        });
    }
    connect(&workbench, &Workbench::problem, this, [this](const QString& sentence, IssueSeverity severity) {
        // What comes up while the weights are read belongs to the checkpoint, like what its headers say.
        if (severity == IssueSeverity::Error && m_services.workbench.model() == nullptr) {
            m_issuesPanel->addIssue({ severity, sentence.toStdString(), {} });
            refreshIssueCount();
        }
    });
    connect(m_issuesPanel, &IssuesPanel::layerWanted, this, [this](int layer) {
        if (layer < m_selection->layerCount()) {
            m_selection->setCurrentLayer(layer);
        }
    });
    connect(m_issuesPanel, &IssuesPanel::fileWanted, this,
            [this](const QString& file, const QString& subject, const QString& issue) {
                if (const auto& overview = m_services.workbench.overview()) {
                    if (m_fileView == nullptr) {
                        m_fileView = new FileView(m_services.lanes, this);
                    }
                    m_fileView->show(QString::fromStdU16String(overview->folder.u16string()), file, subject,
                                     issue);
                }
            });
    connect(m_issuesPanel, &IssuesPanel::folderWanted, this, [this] {
        if (const auto& overview = m_services.workbench.overview()) {
            QDesktopServices::openUrl(
                QUrl::fromLocalFile(QString::fromStdU16String(overview->folder.u16string())));
        }
    });
    connect(&workbench, &Workbench::spectraChanged, this, [this] {
        m_layerModel->setSpectra(m_services.workbench.spectra(), m_services.workbench.spectraTrust());
    });
    connect(&document, &PlanDocument::planChanged, this, &MainWindow::refreshNumbers);
    connect(&document, &PlanDocument::planChanged, this, [this] {
        if (m_selection->layerCount() != m_services.document.spec().layerCount()) {
            const std::vector<int> prunable = m_services.document.prunableLayers();
            m_selection->reset(m_services.document.spec().layerCount(),
                               prunable.empty() ? 0 : prunable.back());
        }
    });
    connect(m_planPanel, &PlanPanel::calibrationTextWanted, this, &MainWindow::chooseCalibrationText);
    connect(m_strip->exportButton(), &QPushButton::clicked, this, &MainWindow::openExportDialog);
    connect(m_strip, &StatusStrip::hovered, this, &MainWindow::showHover);
    connect(m_comparePanel, &ComparePanel::candidateHovered, this, [this](int id) {
        LayerSelection::Hover hover;
        hover.candidate = id;
        m_selection->setHover(hover);
    });
    connect(m_selection, &LayerSelection::hoverChanged, this, [this] {
        const int id = m_selection->hover().candidate;
        m_comparePanel->setHoverMark(id);
        std::vector<int> kept;
        if (const CandidateRecord* record = m_candidates->find(id)) {
            for (const LayerPlan& layer : record->plan.layers) {
                kept.push_back(layer.keptKeyDims);
            }
        }
        m_equaliserPanel->equaliser()->setOutline(std::move(kept));
    });
}

void MainWindow::refreshModel()
{
    const std::shared_ptr<const CheckpointOverview>& overview = m_services.workbench.overview();
    m_issuesPanel->setIssues(overview != nullptr ? overview->issues : std::vector<CheckpointIssue> {},
                             overview != nullptr);
    refreshIssueCount();
    if (overview == nullptr) {
        m_strip->setModelText(tr("none"), tr("No model open"));
    } else {
        const QString name = QString::fromStdString(overview->name);
        const QString folder = QString::fromStdU16String(overview->folder.u16string());
        const bool demo
            = QFileInfo(folder).canonicalFilePath() == QFileInfo(demoFolder()).canonicalFilePath();
        m_strip->setModelText(
            demo ? tr("gdn-demo (bundled)") : name,
            tr("%1\n%2 · %3 parameters · %4 · %5 in %6")
                .arg(folder, QString::fromUtf8(familyName(overview->spec.family)),
                     formatCount(overview->parameters), QString::fromStdString(overview->dtype),
                     formatBytes(overview->weightBytes),
                     overview->weightFiles.size() == 1 ? tr("1 file")
                                                       : tr("%1 files").arg(overview->weightFiles.size())));
        if (!m_userLayout) {
            QTimer::singleShot(0, this, &MainWindow::fitDockSizes);
        }
        m_selection->reset(0, -1); // the document opens next and brings the new layers
    }
    refreshModelMenu();
    refreshTitle();
    refreshNumbers();
}

void MainWindow::refreshIssueCount()
{
    const int issues = m_issuesPanel->count();
    m_activityDock->setPageTitle(1, issues > 0 ? tr("Issues (%1)").arg(issues) : tr("Issues"));
}

void MainWindow::refreshTitle()
{
    const std::shared_ptr<const CheckpointOverview>& overview = m_services.workbench.overview();
    setWindowModified(m_session->hasUnsavedWork());
    const QString plan = QFileInfo(m_session->planFile()).fileName();
    setWindowTitle(overview == nullptr ? u"Rankscope"_s
                                       : (plan.isEmpty() ? u"[*]"_s : plan + u"[*] – "_s)
                           + QString::fromStdString(overview->name) + u" – Rankscope"_s);
    m_planDock->setCaption(isWindowModified() ? tr("edited") : QString());
}

void MainWindow::refreshStatus()
{
    const Workbench& workbench = m_services.workbench;
    const QString activity = workbench.activity();
    const auto lane = [&workbench](const QString& name, const Lane& of) {
        const auto [running, others] = workbench.laneActivity(of);
        const QString what = running.isEmpty() ? tr("idle") : running.left(1).toLower() + running.mid(1);
        return others > 0 ? tr("%1: %2, %n waiting", nullptr, others).arg(name, what)
                          : tr("%1: %2").arg(name, what);
    };
    m_activityText->setText(lane(tr("engine"), m_services.lanes.gpu()) + u"   "_s
                            + lane(tr("files"), m_services.lanes.cpu()));
    const int running = m_services.jobs.runningCount();
    m_activityDock->setCaption(running > 0 ? tr("%1 running").arg(running) : QString());
    if (m_hoverText->property("hover").toBool()) {
        return;
    }
    m_hoverText->setText(m_services.workbench.overview() == nullptr ? tr("No model open")
                             : activity.isEmpty()                   ? tr("Ready")
                                                                    : activity + u"…"_s);
}

void MainWindow::refreshMemory()
{
    const MemoryWatch::Reading& reading = m_memory->reading();
    const bool gpu = reading.device.kind == DeviceKind::Cuda;
    m_memoryText->setVisible(reading.memory.totalBytes > 0);
    m_memoryText->setText(
        (gpu ? tr("GPU memory %1 of %2") : tr("memory %1 of %2"))
            .arg(formatBytes(gpu ? reading.memory.usedBytes : reading.process.residentBytes),
                 formatBytes(reading.memory.totalBytes)));
    const QString process
        = tr("This program: %1 in memory, of it %2 its own and %3 pages of files.")
              .arg(formatBytes(reading.process.residentBytes), formatBytes(reading.process.privateBytes),
                   formatBytes(reading.process.mappedBytes));
    m_memoryText->setToolTip(
        gpu ? tr("%1: %2 of %3 used by all programs, %4 by tensors of this one (at most %5 so far).\n%6")
                  .arg(QString::fromStdString(toString(reading.device)),
                       formatBytes(reading.memory.usedBytes), formatBytes(reading.memory.totalBytes),
                       formatBytes(reading.memory.oursBytes), formatBytes(reading.memory.peakOursBytes),
                       process)
            : tr("%1\nAll programs together use %2 of %3.")
                  .arg(process, formatBytes(reading.memory.usedBytes),
                       formatBytes(reading.memory.totalBytes)));
}

void MainWindow::showHover(const QString& text)
{
    m_hoverText->setProperty("hover", !text.isEmpty());
    if (text.isEmpty()) {
        refreshStatus();
    } else {
        m_hoverText->setText(text);
    }
}

void MainWindow::showProblem(const QString& sentence, IssueSeverity severity)
{
    m_messages->showMessage(sentence, severity);
}

void MainWindow::showEngineProblem(const QString& sentence, IssueSeverity severity)
{
    const Workbench& workbench = m_services.workbench;
    if (severity != IssueSeverity::Error || sentence != workbench.blockingSentence()) {
        showProblem(sentence, severity);
        return;
    }
    m_blockedMessage = sentence;
    const bool ofText = workbench.modelSentence().isEmpty();
    const QAction* way = m_actions->find(ofText ? u"file.text"_s : u"file.open"_s);
    m_messages->showMessage(sentence, severity, { { readText(way->text()), [this, ofText] {
                                                       ofText ? chooseEvaluationText() : chooseModel();
                                                   } } });
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    // Answers hold for this closing only: whoever backs out is asked again the next time.
    const bool mayStopExport = std::exchange(m_mayStopExport, false);
    const bool mayLoseWork = std::exchange(m_mayLoseWork, false);
    const bool exporting = m_exportDialog != nullptr && m_exportDialog->isWriting();
    if (exporting && !mayStopExport
        && !m_services.dialogs.confirmLoss(this, tr("An export is being written. Stop it and close?"),
                                           tr("Stop and close"))) {
        event->ignore();
        return;
    }
    if (!mayLoseWork
        && (m_session->hasUnsavedWork() || m_session->isSaving() || m_session->hasBuriedWork())) {
        event->ignore(); // saving takes a moment: closing goes on when it is done
        guardUnsaved(tr("before closing"), [this, exporting] {
            m_mayStopExport = exporting;
            m_mayLoseWork = true;
            QTimer::singleShot(0, this, &QWidget::close); // a close inside a close event would be ignored
        });
        return;
    }
    saveLayout();
    if (m_candidateStore != nullptr) {
        m_candidateStore->flush();
        m_modelMemory->flush();
    }
    event->accept();
    Q_EMIT closed();
}

void MainWindow::changeEvent(QEvent* event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_strip != nullptr) {
        m_strip->update();
        menuBar()->update();
    }
}

} // namespace rankscope
