// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"

#include <QList>
#include <QObject>
#include <QPalette>
#include <QSize>
#include <QString>
#include <QStringList>

#include <memory>
#include <optional>
#include <vector>

class QWidget;

namespace rankscope {

class LogQueue;
class MainWindow;
class StallWatchdog;

/// What the command line of the window asks for.
struct StartOptions {
    QString folder; ///< checkpoint to open; empty for the demo
    QString planFile; ///< loaded once the model is there
    QString theme; ///< "system", "light", "dark"; empty for the user's setting
    QString screenshot; ///< PNG to write once all numbers are final, then quit
    QString pictures; ///< folder for pictures of every view once all numbers are final, then quit
    QList<QSize> sizes; ///< of the window, the first to start with; empty for the remembered one
    std::vector<std::vector<int>>
        kept; ///< kept dims per layer to start with; several plans one after the other
    QString dialog; ///< "export": the picture shows that dialog
    QString target; ///< of that dialog: a folder that is written first
    QString moment; ///< of the picture: "loading", "partial", "stale", "stopped", of an export "writing",
                    ///< "verifying"; empty: all numbers are final
    QString text; ///< evaluation text instead of the demo's
    bool empty = false; ///< open no model
    QStringList actions; ///< ids of the action registry, triggered in turn whenever all numbers are final
    int layer = -1; ///< layer to select
    int head = -1;
    bool listActions = false; ///< print the ids of all actions and quit
    bool benchmark = false; ///< measure, print, quit
    bool json = false; ///< of the benchmark
    int repeats = 3; ///< of the benchmark
    std::optional<Device> device; ///< to run on from the start
    bool freshSettings = false; ///< neither read nor write the user's settings
};

/// Owns settings, lanes, documents and the window; shuts down in order.
class Application : public QObject {
    Q_OBJECT

public:
    Application(StartOptions options, std::shared_ptr<LogQueue> log, StallWatchdog& watchdog);
    ~Application() override;

    void start();

private:
    /// Needs the model alone: numbers may be long in coming, or never come.
    void loadStartPlan();
    void applyStartPlan();
    /// The next of several plans, once the one before has its number.
    void applyNextCounts();
    /// Actions, then pictures, then the end; without pictures the session goes on.
    void workWhenSettled();
    /// False when there are none.
    bool takeWantedPictures();
    /// Nothing that was asked for is still to come.
    [[nodiscard]] bool isSettled() const;
    /// What --moment names is on show.
    [[nodiscard]] bool isTheMoment() const;
    /// Takes the picture at that moment, or gives up once everything has settled without it.
    void takePictureAtTheMoment();
    /// Opens the dialog that the picture shows, then exports if that was asked for; false: nothing left to
    /// do.
    bool prepareDialog();
    void saveScreenshot(QWidget& shown);
    /// Triggers the next of the actions that were asked for; false when none is left.
    bool triggerNextAction();
    void printActions() const;
    void runBenchmark();
    void shutDown();

    struct Parts;
    StartOptions m_options;
    std::unique_ptr<Parts> m_parts;
    bool m_startPlanLoaded = false;
    bool m_startPlanApplied = false;
    std::size_t m_nextCounts = 0; ///< of the options' plans
    bool m_shuttingDown = false;
    StallWatchdog& m_watchdog;
    int m_exitCode = 0;
};

} // namespace rankscope
