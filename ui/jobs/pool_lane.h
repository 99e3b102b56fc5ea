// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/jobs/task_queue.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace rankscope {

/// Several threads for work that does not touch the engine. They are started as they are needed and end with
/// the lane.
class PoolLane final : public Lane {
public:
    explicit PoolLane(int threads);
    ~PoolLane() override;

    void start(LaneTask task) override;
    void runMoreUrgent() override { }
    [[nodiscard]] bool idle() const override;
    void drain() override;

private:
    void loop();

    const std::size_t m_mostThreads;
    mutable std::mutex m_mutex;
    std::condition_variable m_arrived; ///< a task, or the end
    std::condition_variable m_done; ///< a task ended
    TaskQueue m_queue;
    std::size_t m_waitingThreads = 0;
    int m_running = 0; ///< tasks begun and not ended
    bool m_stopping = false;
    std::vector<std::thread> m_threads;
};

} // namespace rankscope
