// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/pool_lane.h"

#include <algorithm>
#include <utility>

namespace rankscope {

PoolLane::PoolLane(int threads)
    : m_mostThreads(static_cast<std::size_t>(std::max(1, threads)))
{
}

PoolLane::~PoolLane()
{
    drain();
    {
        const std::lock_guard lock(m_mutex);
        m_stopping = true;
    }
    m_arrived.notify_all();
    for (std::thread& thread : m_threads) {
        thread.join();
    }
}

void PoolLane::start(LaneTask task)
{
    {
        const std::lock_guard lock(m_mutex);
        m_queue.push(std::move(task));
        if (m_queue.size() > m_waitingThreads && m_threads.size() < m_mostThreads) {
            m_threads.emplace_back([this] { loop(); });
        }
    }
    m_arrived.notify_one();
}

void PoolLane::loop()
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        ++m_waitingThreads;
        m_arrived.wait(lock, [this] { return m_stopping || m_queue.size() > 0; });
        --m_waitingThreads;
        LaneTask task;
        if (!m_queue.takeAbove(TaskQueue::kNone, task)) {
            return;
        }
        ++m_running;
        lock.unlock();
        task.meter->resume();
        task.run();
        task.meter->pause(0);
        task = {}; // what it holds may be heavy, and has to be gone when the lane says that it is idle
        lock.lock();
        --m_running;
        m_done.notify_all();
    }
}

bool PoolLane::idle() const
{
    const std::lock_guard lock(m_mutex);
    return m_running == 0 && m_queue.size() == 0;
}

void PoolLane::drain()
{
    TaskQueue forgotten; // destroyed without the lock: what a task holds may be heavy
    std::unique_lock lock(m_mutex);
    std::swap(forgotten, m_queue);
    m_done.wait(lock, [this] { return m_running == 0; });
}

} // namespace rankscope
