// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QThreadPool>

namespace rankscope {

/// Where work runs. gpu(): one thread that never expires, for everything that runs a model, whatever its
/// device; cpu(): all cores but one, for files and small analysis.
class JobLanes {
public:
    JobLanes();
    JobLanes(const JobLanes&) = delete;
    JobLanes& operator=(const JobLanes&) = delete;
    ~JobLanes();

    [[nodiscard]] QThreadPool& gpu() { return m_gpu; }
    [[nodiscard]] QThreadPool& cpu() { return m_cpu; }

    /// True when neither lane runs anything. Queued work counts as running.
    [[nodiscard]] bool idle() const;
    /// Forgets what has not begun and waits for the rest. Only after the event loop has ended.
    void drain();

private:
    QThreadPool m_gpu;
    QThreadPool m_cpu;
};

} // namespace rankscope
