// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/application.h"

#include "app/application_benchmark.h"
#include "app/application_pictures.h"
#include "app/log_sinks.h"
#include "ui/actions/action_registry.h"
#include "ui/dialogs/dialog_port.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/dialogs/saved_file.h"
#include "ui/document/resources.h"
#include "ui/document/workbench.h"
#include "ui/format/menu_text.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/jobs/stall_watchdog.h"
#include "ui/main_window.h"
#include "ui/models/layer_selection.h"
#include "ui/settings/settings.h"
#include "ui/theme/theme.h"

#include <QAction>
#include <QApplication>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QPixmap>
#include <QPushButton>
#include <QScreen>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTimer>

#include <cstdio>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kShutdownLimitMs = 5000;

/// A moment of an export, which has to be started first.
bool isOfExport(const QString& moment)
{
    return moment == u"writing"_s || moment == u"verifying"_s;
}

ThemeChoice themeFromName(const QString& name)
{
    return name == u"light"_s ? ThemeChoice::Light
        : name == u"dark"_s   ? ThemeChoice::Dark
                              : ThemeChoice::System;
}

} // namespace

/// In order of construction; destroyed in reverse, the lanes last.
struct Application::Parts {
    QPalette systemPalette = QApplication::palette();
    QTemporaryDir temporary;
    std::unique_ptr<Settings> settings;
    JobLanes lanes;
    JobListModel jobs;
    PlanDocument document;
    std::unique_ptr<DialogPort> dialogs;
    std::unique_ptr<Workbench> workbench;
    std::shared_ptr<LogQueue> log;
    std::unique_ptr<MainWindow> window;
};

Application::Application(StartOptions options, std::shared_ptr<LogQueue> log, StallWatchdog& watchdog)
    : m_options(std::move(options))
    , m_parts(std::make_unique<Parts>())
    , m_watchdog(watchdog)
{
    Parts& parts = *m_parts;
    parts.log = std::move(log);
    parts.settings = m_options.freshSettings
        ? std::make_unique<Settings>(parts.temporary.filePath(u"settings.ini"_s))
        : std::make_unique<Settings>();
    if (m_options.freshSettings) {
        parts.settings->set(setting::hints, u"off"_s); // pictures show the window of somebody who knows it
    }
    const QString theme = m_options.theme.isEmpty() ? parts.settings->get(setting::theme) : m_options.theme;
    applyTheme(themeFromName(theme), parts.systemPalette);
    if (m_options.benchmark) {
        parts.dialogs = std::make_unique<UnattendedDialogs>();
    } else {
        parts.dialogs = std::make_unique<SystemDialogs>();
    }
    parts.workbench
        = std::make_unique<Workbench>(parts.lanes, parts.jobs, parts.document, Workbench::Options {});
    parts.window = std::make_unique<MainWindow>(WindowServices {
        *parts.settings, parts.lanes, parts.jobs, parts.document, *parts.workbench, *parts.dialogs,
        [queue = parts.log] {
            QStringList lines;
            for (const std::string& line : queue->take()) {
                lines << QString::fromStdString(line);
            }
            return lines;
        },
        parts.systemPalette,
        m_options.freshSettings ? QString()
                                : QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation) });
    QApplication::setQuitOnLastWindowClosed(false);
    connect(parts.window.get(), &MainWindow::closed, this, &Application::shutDown);
    connect(&m_watchdog, &StallWatchdog::stalled, this, [](const StallWatchdog::Stall& stall) {
        logUi(3,
              qUtf8Printable(tr("The window stood still for %1 ms (%2 ms on a core): %3")
                                 .arg(stall.times.wallMs, 0, 'f', 0)
                                 .arg(stall.times.cpuMs, 0, 'f', 0)
                                 .arg(stall.what)));
    });
}

Application::~Application()
{
    m_parts->window.reset();
    m_parts->workbench.reset();
    m_parts->jobs.cancelAll(); // what began at the end of what was stopped
    m_parts->lanes.drain();
}

void Application::start()
{
    Parts& parts = *m_parts;
    if (!m_options.sizes.isEmpty()) {
        parts.window->resize(m_options.sizes.front());
    }
    if (m_options.listActions) {
        printActions();
        QTimer::singleShot(0, this, &Application::shutDown);
        return;
    }
    parts.window->show();
    parts.workbench->refreshDevices();
    if (m_options.benchmark) {
        QTimer::singleShot(0, this, &Application::runBenchmark);
        return;
    }
    if (m_options.device) {
        parts.workbench->setDevice(*m_options.device,
                                   m_options.device->kind == DeviceKind::Cuda ? DType::BF16 : DType::F32);
    }
    if (!m_options.text.isEmpty()) {
        parts.workbench->setEvaluationText(m_options.text);
    }
    if (!m_options.empty) {
        parts.window->openFolder(m_options.folder.isEmpty() ? demoFolder() : m_options.folder);
    }
    for (const auto signal :
         { &Workbench::modelChanged, &Workbench::selectorChanged, &Workbench::baselineChanged }) {
        connect(parts.workbench.get(), signal, this, &Application::applyStartPlan);
    }
    if (!m_options.moment.isEmpty() && !isOfExport(m_options.moment)) {
        takePictureAtTheMoment();
    } else if (!m_options.screenshot.isEmpty() || !m_options.pictures.isEmpty()
               || !m_options.actions.isEmpty()) {
        workWhenSettled();
    }
}

void Application::printActions() const
{
    for (const ActionRegistry::Entry& entry : m_parts->window->actionRegistry().entries()) {
        const QString text = readText(entry.action->text());
        const QString keys = entry.action->shortcut().toString(QKeySequence::NativeText);
        std::printf("%-32s %s%s\n", qUtf8Printable(entry.id), qUtf8Printable(text),
                    keys.isEmpty() ? "" : qUtf8Printable(u"  ("_s + keys + u')'));
    }
}

void Application::runBenchmark()
{
    Parts& parts = *m_parts;
    WindowBenchmarkOptions options;
    options.folder = m_options.folder.isEmpty() ? demoFolder() : m_options.folder;
    options.otherFolder = m_options.folder.isEmpty() ? QString() : demoFolder();
    options.device = m_options.device;
    options.repeats = m_options.repeats;
    options.json = m_options.json;
    m_exitCode = runWindowBenchmark(options, parts.window->services(), *parts.window, m_watchdog);
    shutDown();
}

void Application::loadStartPlan()
{
    Parts& parts = *m_parts;
    const Workbench& workbench = *parts.workbench;
    if (m_startPlanLoaded || !parts.document.isOpen()
        || (workbench.model() == nullptr && workbench.modelSentence().isEmpty())) {
        return;
    }
    m_startPlanLoaded = true;
    if (m_options.layer >= 0) {
        parts.window->selection().setCurrentLayer(m_options.layer);
    }
    if (m_options.head >= 0) {
        parts.window->selection().setHead(m_options.head);
    }
    if (!m_options.planFile.isEmpty()) {
        parts.window->loadPlan(m_options.planFile);
    }
}

void Application::applyStartPlan()
{
    Parts& parts = *m_parts;
    loadStartPlan();
    if (m_startPlanApplied || parts.workbench->selector() == nullptr
        || parts.workbench->baselineTrust() != Trust::Final) {
        return;
    }
    m_startPlanApplied = true;
    applyNextCounts();
    connect(
        parts.workbench.get(), &Workbench::candidateChanged, this,
        [this] {
            if (m_parts->workbench->candidateTrust() == Trust::Final) {
                applyNextCounts();
            }
        },
        Qt::QueuedConnection);
}

void Application::applyNextCounts()
{
    if (m_nextCounts == m_options.kept.size()) {
        return;
    }
    std::map<int, int> kept;
    for (const int count : m_options.kept[m_nextCounts++]) {
        kept[static_cast<int>(kept.size())] = count;
    }
    m_parts->document.setKeptPerLayer(kept, m_parts->document.newGesture());
}

bool Application::isSettled() const
{
    const Parts& parts = *m_parts;
    if (m_options.empty) {
        return parts.lanes.idle();
    }
    return parts.workbench->settled() && parts.lanes.idle()
        && ((m_startPlanApplied && m_nextCounts == m_options.kept.size())
            || !parts.workbench->blockingSentence().isEmpty() || !parts.workbench->selectorNote().isEmpty());
}

void Application::workWhenSettled()
{
    auto* timer = new QTimer(this);
    auto settledTicks = std::make_shared<int>(0);
    timer->setInterval(100);
    connect(timer, &QTimer::timeout, this, [this, timer, settledTicks] {
        *settledTicks = isSettled() ? *settledTicks + 1 : 0;
        if (*settledTicks < 5) {
            return;
        }
        if (triggerNextAction()) {
            *settledTicks = 0;
            return;
        }
        if (prepareDialog()) {
            *settledTicks = 0;
            return;
        }
        if (m_shuttingDown) {
            return;
        }
        timer->stop();
        if (takeWantedPictures()) {
            shutDown();
        }
    });
    timer->start();
}

bool Application::takeWantedPictures()
{
    Parts& parts = *m_parts;
    if (!m_options.screenshot.isEmpty()) {
        ExportDialog* dialog = parts.window->exportDialog();
        saveScreenshot(m_options.dialog == u"export"_s && dialog != nullptr ? static_cast<QWidget&>(*dialog)
                                                                            : *parts.window);
    }
    if (!m_options.pictures.isEmpty()
        && takePictures({ m_options.pictures, m_options.theme, m_options.sizes }, parts.window->services(),
                        *parts.window, [this] { return isSettled(); })
            != 0) {
        m_exitCode = 1;
    }
    return !m_options.screenshot.isEmpty() || !m_options.pictures.isEmpty();
}

bool Application::isTheMoment() const
{
    const Workbench& workbench = *m_parts->workbench;
    if (m_options.moment == u"loading"_s) {
        return workbench.overview() != nullptr && workbench.model() == nullptr;
    }
    const bool lastPlan = m_startPlanApplied && m_nextCounts == m_options.kept.size();
    const Trust wanted = m_options.moment == u"stale"_s ? Trust::Stale : Trust::Partial;
    return lastPlan && workbench.candidateTrust() == wanted;
}

void Application::takePictureAtTheMoment()
{
    auto* watch = new QObject(this);
    const auto look = [this, watch] {
        if (!isTheMoment()) {
            return;
        }
        watch->deleteLater();
        disconnect(m_parts->workbench.get(), nullptr, watch, nullptr);
        if (m_options.moment == u"stopped"_s) {
            m_parts->workbench->stopAll();
            workWhenSettled();
            return;
        }
        saveScreenshot(*m_parts->window);
        shutDown();
    };
    for (const auto signal : { &Workbench::overviewChanged, &Workbench::candidateChanged }) {
        connect(m_parts->workbench.get(), signal, watch, look, Qt::QueuedConnection);
    }
    auto* giveUp = new QTimer(watch);
    connect(giveUp, &QTimer::timeout, watch, [this, ticks = 0]() mutable {
        ticks = isSettled() ? ticks + 1 : 0;
        if (ticks == 10) {
            std::fprintf(stderr, "There was no moment \"%s\" to take a picture of.\n",
                         qUtf8Printable(m_options.moment));
            m_exitCode = 1;
            shutDown();
        }
    });
    giveUp->start(100);
}

bool Application::prepareDialog()
{
    MainWindow& window = *m_parts->window;
    if (m_options.dialog != u"export"_s) {
        return false;
    }
    if (ExportDialog* dialog = window.exportDialog(); dialog != nullptr) {
        if (m_options.target.isEmpty()) {
            return false;
        }
        if (dialog->target()->text() != m_options.target) {
            dialog->target()->setText(m_options.target);
            return true;
        }
        m_options.target.clear();
        const auto take = [this, dialog] {
            saveScreenshot(*dialog);
            shutDown();
        };
        if (m_options.moment == u"verifying"_s) {
            connect(dialog, &ExportDialog::written, this, take, Qt::QueuedConnection);
        }
        dialog->exportButton()->click();
        if (m_options.moment == u"writing"_s) {
            take();
        }
        return true;
    }
    window.openExportDialog();
    return window.exportDialog() != nullptr;
}

void Application::saveScreenshot(QWidget& shown)
{
    if (const QString error = writeFileBytes(m_options.screenshot, pngBytes(shown.grab()));
        !error.isEmpty()) {
        m_exitCode = 1;
        std::fprintf(stderr, "%s\n", qUtf8Printable(error));
    }
    std::printf("reaction_ms %.0f\n", m_parts->workbench->lastReactionMs());
}

bool Application::triggerNextAction()
{
    if (m_options.actions.isEmpty()) {
        return false;
    }
    const QString id = m_options.actions.takeFirst();
    QAction* action = m_parts->window->actionRegistry().find(id);
    if (action == nullptr || !action->isEnabled()) {
        m_exitCode = 1;
        std::fprintf(stderr, "There is no action \"%s\" that could run now. Those that can:\n",
                     qUtf8Printable(id));
        for (const ActionRegistry::Entry& entry : m_parts->window->actionRegistry().entries()) {
            if (entry.action->isEnabled()) {
                std::fprintf(stderr, "  %s\n", qUtf8Printable(entry.id));
            }
        }
        return true;
    }
    action->trigger();
    return true;
}

void Application::shutDown()
{
    if (m_shuttingDown) {
        return;
    }
    m_shuttingDown = true;
    m_parts->workbench->stopAll();
    // Lets the event loop run until the jobs have reported, or the limit has passed.
    auto* timer = new QTimer(this);
    auto clock = std::make_shared<QElapsedTimer>();
    clock->start();
    connect(timer, &QTimer::timeout, this, [this, clock] {
        if (m_parts->lanes.idle() || clock->elapsed() > kShutdownLimitMs) {
            QCoreApplication::exit(m_exitCode); // quit() would ask the windows once more
        }
    });
    timer->start(20);
}

} // namespace rankscope
