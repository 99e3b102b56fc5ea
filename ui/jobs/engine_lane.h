// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/jobs/lane.h"

#include <condition_variable>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace rankscope {

/// One thread that never expires. A task that is more urgent than the running one need not wait for its end:
/// it runs inside the running task's next poll, nested at most as deep as there are priorities. Tasks of
/// equal priority never interrupt each other.
class EngineLane final : public Lane {
public:
    EngineLane();
    ~EngineLane() override;

    void start(LaneTask task) override;
    void runMoreUrgent() override;
    [[nodiscard]] bool idle() const override;
    void drain() override;

private:
    struct Waiting {
        LaneTask task;
        std::uint64_t order = 0;
    };
    static constexpr int kNone = std::numeric_limits<int>::min();

    void loop();
    /// Takes the most urgent task if its priority is above `priority`; `m_mutex` is held.
    [[nodiscard]] bool takeAbove(int priority, LaneTask& task);
    void execute(const LaneTask& task);

    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<Waiting> m_waiting;
    std::uint64_t m_nextOrder = 0;
    int m_running = 0; ///< tasks begun and not ended, nested ones included
    bool m_stopping = false;
    std::atomic<int> m_mostUrgent { kNone }; ///< of those that wait: what a poll looks at
    const LaneTask* m_current = nullptr; ///< innermost; the lane's thread only
    std::thread m_thread;
};

} // namespace rankscope
