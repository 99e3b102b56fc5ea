// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/job_lanes.h"

#include <QThread>

namespace rankscope {

JobLanes::JobLanes()
{
    m_gpu.setMaxThreadCount(1);
    m_gpu.setExpiryTimeout(-1);
    m_cpu.setMaxThreadCount(qMax(1, QThread::idealThreadCount() - 1));
}

JobLanes::~JobLanes()
{
    drain();
}

bool JobLanes::idle() const
{
    return m_gpu.activeThreadCount() == 0 && m_cpu.activeThreadCount() == 0;
}

void JobLanes::drain()
{
    m_gpu.clear();
    m_cpu.clear();
    m_gpu.waitForDone();
    m_cpu.waitForDone();
}

} // namespace rankscope
