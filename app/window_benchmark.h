// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "ui/main_window.h"

#include <QString>

#include <optional>

namespace rankscope {

class StallWatchdog;

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
