// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/jobs/engine_lane.h"
#include "ui/jobs/pool_lane.h"

namespace rankscope {

/// The engine lane's order: a job that is more urgent than the running one runs inside its next poll.
namespace job_priority {
inline constexpr int kCandidate = 10; ///< the number that an edit waits for
inline constexpr int kDevices = 9;
inline constexpr int kLoad = 8;
inline constexpr int kSelector = 6;
inline constexpr int kBaseline = 5;
inline constexpr int kSpectra = 4;
inline constexpr int kStatistics = 3;
inline constexpr int kBackground = 1; ///< what nobody waits for
} // namespace job_priority

/// Where work runs. gpu(): one thread that never expires, for everything that runs a model, whatever its
/// device; cpu(): all cores but one, and at least two threads, for files and small
/// analysis.
class JobLanes {
public:
    JobLanes();
    JobLanes(const JobLanes&) = delete;
    JobLanes& operator=(const JobLanes&) = delete;
    ~JobLanes();

    [[nodiscard]] Lane& gpu() { return m_gpu; }
    [[nodiscard]] Lane& cpu() { return m_cpu; }

    /// True when neither lane runs anything. Queued work counts as running.
    [[nodiscard]] bool idle() const;
    /// Forgets what has not begun and waits for the rest. Only after the event loop has ended.
    void drain();

private:
    EngineLane m_gpu;
    PoolLane m_cpu;
};

} // namespace rankscope
