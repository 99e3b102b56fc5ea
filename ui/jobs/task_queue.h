// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/jobs/lane.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace rankscope {

/// Tasks that wait for a thread of a lane: the most urgent leaves first, equal ones in their order. Not
/// thread-safe.
class TaskQueue {
public:
    static constexpr int kNone = std::numeric_limits<int>::min(); ///< below every priority

    void push(LaneTask task);
    /// Takes the most urgent task if its priority is above `priority`.
    [[nodiscard]] bool takeAbove(int priority, LaneTask& task);
    [[nodiscard]] std::size_t size() const { return m_waiting.size(); }
    /// The highest priority that waits; kNone when nothing does.
    [[nodiscard]] int mostUrgent() const;

private:
    struct Waiting {
        LaneTask task;
        std::uint64_t order = 0;
    };

    std::vector<Waiting> m_waiting;
    std::uint64_t m_nextOrder = 0;
};

} // namespace rankscope
