// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <cstdint>
#include <optional>

namespace rankscope {

/// Time left from a smoothed rate. Says nothing before 3 s or 5 % of the work.
class EtaEstimator {
public:
    /// `elapsedSeconds` since the stage began; call about ten times a second.
    void update(double elapsedSeconds, std::int64_t done, std::int64_t total);
    [[nodiscard]] std::optional<double> secondsLeft() const { return m_secondsLeft; }

private:
    double m_lastSeconds = 0.0;
    std::int64_t m_lastDone = 0;
    double m_rate = 0.0;
    std::optional<double> m_secondsLeft;
};

} // namespace rankscope
