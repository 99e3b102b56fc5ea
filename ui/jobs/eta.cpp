// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/eta.h"

namespace rankscope {

void EtaEstimator::update(double elapsedSeconds, std::int64_t done, std::int64_t total)
{
    if (done < m_lastDone || total <= 0) { // a new stage, or one of unknown length
        m_lastDone = done;
        m_lastSeconds = elapsedSeconds;
        m_rate = 0.0;
        m_secondsLeft.reset();
        return;
    }
    const double interval = elapsedSeconds - m_lastSeconds;
    if (interval < 0.2 || done == m_lastDone) {
        return;
    }
    const double rate = static_cast<double>(done - m_lastDone) / interval;
    m_rate = m_rate == 0.0 ? rate : 0.7 * m_rate + 0.3 * rate;
    m_lastDone = done;
    m_lastSeconds = elapsedSeconds;
    const bool known = elapsedSeconds > 3.0 || done * 20 > total;
    if (known && m_rate > 0.0) {
        m_secondsLeft = static_cast<double>(total - done) / m_rate;
    }
}

} // namespace rankscope
