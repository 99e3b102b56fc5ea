// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/lane.h"

#include <chrono>

namespace rankscope {

namespace {

std::int64_t nowNs()
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

} // namespace

void RunMeter::resume()
{
    m_waitingFor.store(0, std::memory_order_relaxed);
    m_resumedNs.store(nowNs(), std::memory_order_relaxed);
}

void RunMeter::pause(int forJob)
{
    const std::int64_t since = m_resumedNs.exchange(0, std::memory_order_relaxed);
    if (since != 0) {
        m_pastNs.fetch_add(nowNs() - since, std::memory_order_relaxed);
    }
    m_waitingFor.store(forJob, std::memory_order_relaxed);
}

double RunMeter::seconds() const
{
    const std::int64_t since = m_resumedNs.load(std::memory_order_relaxed);
    const std::int64_t past = m_pastNs.load(std::memory_order_relaxed);
    return static_cast<double>(past + (since != 0 ? nowNs() - since : 0)) * 1e-9;
}

} // namespace rankscope
