// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/main_window.h"

#include <QString>

#include <functional>
#include <vector>

class QTimer;

namespace rankscope {

/// Milliseconds since the open was asked for; negative where it did not come.
struct OpenTimes {
    double overviewMs = -1.0;
    double weightsMs = -1.0;
    double firstNumberMs = -1.0;
    double baselineMs = -1.0;
    double spectraMs = -1.0;
    double selectorMs = -1.0;
};

struct EditTimes {
    int layer = 0;
    double firstMs = -1.0; ///< edit to the first number of the edited plan
    double finalMs = -1.0;
};

/// A slider that is moved all the time.
struct DragTimes {
    int edits = 0;
    int numbers = 0; ///< shown while the hand moved
    double longestGapMs = 0.0; ///< between two of them
    double afterReleaseMs = -1.0; ///< last edit to the first number of the last plan
};

/// A user in front of the real window: what benchmarks and tests drive it with. Every wait runs the event
/// loop, so this is for programs that measure, never for the window itself.
class WindowSession {
public:
    WindowSession(WindowServices services, MainWindow& window);
    ~WindowSession();
    WindowSession(const WindowSession&) = delete;
    WindowSession& operator=(const WindowSession&) = delete;

    /// False when the time ran out.
    bool waitFor(const std::function<bool()>& condition, int timeoutMs);
    void pause(int ms);

    /// Until weights, baseline, spectra and selection are there, or one of them cannot come.
    OpenTimes open(const QString& folder, int timeoutMs);
    /// Keeps `kept` dims of one layer and all of the others; waits for the final number.
    EditTimes edit(int layer, int kept, int timeoutMs);
    /// Moves the layer's slider back and forth, one step every `intervalMs`.
    DragTimes drag(int layer, int durationMs, int intervalMs);
    /// Engine work of low priority that never ends, besides what the window does itself.
    void setEngineBusy(bool busy);
    /// Every action that only changes what is seen, in both themes and some sizes, and the pointer over
    /// everything.
    void lookAround();
    /// Moves the pointer over the whole window in `steps` steps.
    void sweepPointer(int steps);
    /// Seconds until the export was verified; negative when it was not.
    double exportPlan(const QString& target, int timeoutMs);

private:
    void keepBusy();

    WindowServices m_services;
    MainWindow& m_window;
    QTimer* m_busyTimer;
};

} // namespace rankscope
