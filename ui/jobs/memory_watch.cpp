// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/memory_watch.h"

#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"

#include <QTimer>

namespace rankscope {

namespace {
constexpr int kIntervalMs = 1000;
}

MemoryWatch::MemoryWatch(JobLanes& lanes, QObject* parent)
    : QObject(parent)
    , m_lanes(lanes)
    , m_timer(new QTimer(this))
{
    m_timer->setInterval(kIntervalMs);
    m_timer->setTimerType(Qt::VeryCoarseTimer);
    connect(m_timer, &QTimer::timeout, this, &MemoryWatch::ask);
    m_timer->start();
}

MemoryWatch::~MemoryWatch() = default;

void MemoryWatch::setDevice(const Device& device)
{
    m_device = device;
    ask();
}

void MemoryWatch::ask()
{
    if (m_job != nullptr && !isFinished(m_job->state())) {
        return; // the lane is busy with something longer
    }
    m_job = std::make_unique<Job>(0, tr("Memory"), nullptr);
    m_job->start(
        m_lanes.cpu(),
        [device = m_device](JobContext&) {
            return Result<Reading>(Reading { device, deviceMemory(device), processMemory() });
        },
        [this](const Result<Reading>& reading) {
            if (reading) {
                m_reading = *reading;
                Q_EMIT changed();
            }
        });
}

} // namespace rankscope
