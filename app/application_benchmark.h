// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "ui/dialogs/dialog_port.h"
#include "ui/main_window.h"

#include <QString>

#include <optional>

namespace rankscope {

class StallWatchdog;

/// Nobody is there to answer: chooses nothing, and lets work that was not saved go.
class UnattendedDialogs : public DialogPort {
public:
    [[nodiscard]] QString chooseFolder(QWidget*, const QString&, const QString&) override { return {}; }
    [[nodiscard]] QString chooseOpenFile(QWidget*, const QString&, const QString&, const QString&) override
    {
        return {};
    }
    [[nodiscard]] QString chooseSaveFile(QWidget*, const QString&, const QString&, const QString&) override
    {
        return {};
    }
    [[nodiscard]] bool confirmLoss(QWidget*, const QString&, const QString&) override { return true; }
    [[nodiscard]] UnsavedAnswer askUnsaved(QWidget*, const QString&) override
    {
        return UnsavedAnswer::Discard;
    }
};

struct WindowBenchmarkOptions {
    QString folder; ///< opened and measured
    QString otherFolder; ///< opened in between; empty for none
    std::optional<Device> device; ///< none: what the window chooses
    int repeats = 3; ///< of every edit
    bool json = false;
};

/// Drives the window as a user would, measures reactions and stalls, and prints the result: one JSON object
/// or a table. Runs the event loop. The exit code: 0, or 1 when something that had to come did not.
[[nodiscard]] int runWindowBenchmark(const WindowBenchmarkOptions& options, const WindowServices& services,
                                     MainWindow& window, StallWatchdog& watchdog);

} // namespace rankscope
