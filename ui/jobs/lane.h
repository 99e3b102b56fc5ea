// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace rankscope {

/// How long a task has run, without its time in the queue and without the time that more urgent work took
/// inside it. One worker writes, any thread reads.
class RunMeter {
public:
    void resume();
    /// `forJob`: the job that runs meanwhile, 0 when the task has ended.
    void pause(int forJob);

    [[nodiscard]] double seconds() const;
    /// The job that this one waits for, 0 when it runs, has not begun or has ended.
    [[nodiscard]] int waitingFor() const { return m_waitingFor.load(std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> m_pastNs { 0 };
    std::atomic<std::int64_t> m_resumedNs { 0 }; ///< on the steady clock; 0 while it does not run
    std::atomic<int> m_waitingFor { 0 };
};

struct LaneTask {
    std::function<void()> run; ///< throws nothing
    int priority = 0;
    int job = 0;
    std::shared_ptr<RunMeter> meter;
};

/// Threads that run tasks, higher priorities first, equal ones in their order.
class Lane {
public:
    Lane() = default;
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;
    virtual ~Lane() = default;

    /// Any thread.
    virtual void start(LaneTask task) = 0;
    /// What a running task calls at its polls: runs the tasks that are more urgent than it, here and now.
    virtual void runMoreUrgent() = 0;
    /// Nothing runs or waits.
    [[nodiscard]] virtual bool idle() const = 0;
    /// Forgets what has not begun and waits for the rest. Only after the event loop has ended.
    virtual void drain() = 0;
};

} // namespace rankscope
