// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/engine_lane.h"

#include "core/base/engine_state.h"

#include <utility>

namespace rankscope {

EngineLane::EngineLane()
    : m_thread([this] { loop(); })
{
#ifdef __linux__
    pthread_setname_np(m_thread.native_handle(), "engine");
#endif
}

EngineLane::~EngineLane()
{
    drain();
    {
        const std::lock_guard lock(m_mutex);
        m_stopping = true;
    }
    m_changed.notify_all();
    m_thread.join();
}

void EngineLane::start(LaneTask task)
{
    {
        const std::lock_guard lock(m_mutex);
        m_waiting.push(std::move(task));
        m_mostUrgent.store(m_waiting.mostUrgent(), std::memory_order_relaxed);
    }
    m_changed.notify_all();
}

bool EngineLane::takeAbove(int priority, LaneTask& task)
{
    if (!m_waiting.takeAbove(priority, task)) {
        return false;
    }
    m_mostUrgent.store(m_waiting.mostUrgent(), std::memory_order_relaxed);
    ++m_running;
    return true;
}

void EngineLane::execute(const LaneTask& task)
{
    const LaneTask* const outer = m_current;
    m_current = &task;
    if (outer != nullptr) {
        outer->meter->pause(task.job);
    }
    task.meter->resume();
    if (outer != nullptr) {
        withFreshEngineState(task.run);
    } else {
        task.run();
    }
    task.meter->pause(0);
    if (outer != nullptr) {
        outer->meter->resume();
    }
    m_current = outer;
    {
        const std::lock_guard lock(m_mutex);
        --m_running;
    }
    m_changed.notify_all();
}

void EngineLane::runMoreUrgent()
{
    // Polls come from the lane's own thread; a task that polls from threads of its own gains nothing by it.
    if (std::this_thread::get_id() != m_thread.get_id() || m_current == nullptr) {
        return;
    }
    const int priority = m_current->priority;
    while (m_mostUrgent.load(std::memory_order_relaxed) > priority) {
        LaneTask task;
        {
            const std::lock_guard lock(m_mutex);
            if (!takeAbove(priority, task)) {
                return;
            }
        }
        execute(task);
    }
}

void EngineLane::loop()
{
    for (;;) {
        LaneTask task;
        {
            std::unique_lock lock(m_mutex);
            m_changed.wait(lock, [this] { return m_stopping || m_waiting.size() > 0; });
            if (m_waiting.size() == 0) {
                return;
            }
            if (!takeAbove(TaskQueue::kNone, task)) {
                continue;
            }
        }
        execute(task);
    }
}

bool EngineLane::idle() const
{
    const std::lock_guard lock(m_mutex);
    return m_running == 0 && m_waiting.size() == 0;
}

void EngineLane::drain()
{
    TaskQueue forgotten; // destroyed without the lock: what a task holds may be heavy
    std::unique_lock lock(m_mutex);
    std::swap(forgotten, m_waiting);
    m_mostUrgent.store(TaskQueue::kNone, std::memory_order_relaxed);
    m_changed.wait(lock, [this] { return m_running == 0; });
}

} // namespace rankscope
