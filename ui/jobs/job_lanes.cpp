// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/job_lanes.h"

#include <QThread>

namespace rankscope {

PoolLane::PoolLane(int threads)
{
    m_pool.setMaxThreadCount(threads);
}

PoolLane::~PoolLane()
{
    drain();
}

void PoolLane::start(LaneTask task)
{
    const int priority = task.priority;
    m_pool.start(
        [task = std::move(task)] {
            task.meter->resume();
            task.run();
            task.meter->pause(0);
        },
        priority);
}

bool PoolLane::idle() const
{
    return m_pool.activeThreadCount() == 0;
}

void PoolLane::drain()
{
    m_pool.clear();
    m_pool.waitForDone();
}

JobLanes::JobLanes()
    : m_cpu(qMax(1, QThread::idealThreadCount() - 1))
{
}

JobLanes::~JobLanes()
{
    drain();
}

bool JobLanes::idle() const
{
    return m_gpu.idle() && m_cpu.idle();
}

void JobLanes::drain()
{
    m_gpu.drain();
    m_cpu.drain();
}

} // namespace rankscope
