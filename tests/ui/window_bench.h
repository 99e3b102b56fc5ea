// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/paths.h"
#include "tests/ui/ui_support.h"
#include "ui/actions/action_registry.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/main_window.h"
#include "ui/settings/settings.h"

#include <QAction>
#include <QTemporaryDir>

namespace rankscope::test {

constexpr int kEngineMs = 60000;

/// The window with everything it is built on; small windows keep the engine quick. `stateFolder` outlives it,
/// as the user's folder does.
struct WindowBench {
    explicit WindowBench(const QString& stateFolder = {}, const QString& settingsFile = {},
                         const Workbench::Options& options = { 3, 2, 64, 2, 32 })
        : settings(settingsFile.isEmpty() ? folder.filePath(QStringLiteral("settings.ini")) : settingsFile)
        , workbench(lanes, jobs, document, options)
        , window({ settings, lanes, jobs, document, workbench, dialogs, {}, QPalette(), stateFolder, 10 })
    {
    }
    WindowBench(const WindowBench&) = delete;
    WindowBench& operator=(const WindowBench&) = delete;
    ~WindowBench()
    {
        workbench.stopAll();
        lanes.drain();
    }

    void openDemo()
    {
        window.show();
        window.openFolder(QString::fromStdU16String(demoDir().u16string()));
    }
    /// One gesture that changes two layers.
    void edit(int kept) { document.setKept({ 1, 2 }, kept, document.newGesture()); }
    [[nodiscard]] QAction* action(const QString& id) const { return window.actionRegistry().find(id); }

    QTemporaryDir folder;
    Settings settings;
    JobLanes lanes;
    JobListModel jobs;
    PlanDocument document;
    FakeDialogs dialogs;
    Workbench workbench;
    MainWindow window;
};

} // namespace rankscope::test
