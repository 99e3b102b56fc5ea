// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/job_lanes.h"

#include <QThread>

namespace rankscope {

namespace {

/// So that nothing has to wait for the end of an export.
constexpr int kFewestFileThreads = 2;

} // namespace

JobLanes::JobLanes()
    : m_cpu(qMax(kFewestFileThreads, QThread::idealThreadCount() - 1))
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
