// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/jobs/task_queue.h"

#include <condition_variable>
#include <mutex>
#include <thread>

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
    void loop();
    /// Takes the most urgent task if its priority is above `priority`; `m_mutex` is held.
    [[nodiscard]] bool takeAbove(int priority, LaneTask& task);
    void execute(const LaneTask& task);

    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    TaskQueue m_waiting;
    int m_running = 0; ///< tasks begun and not ended, nested ones included
    bool m_stopping = false;
    std::atomic<int> m_mostUrgent { TaskQueue::kNone }; ///< of those that wait: what a poll looks at
    const LaneTask* m_current = nullptr; ///< innermost; the lane's thread only
    std::thread m_thread;
};

} // namespace rankscope
