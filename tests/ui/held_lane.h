// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/jobs/lane.h"

#include <latch>
#include <limits>
#include <memory>
#include <thread>

namespace rankscope::test {

/// Lets nothing that is started on `lane` from now on begin before release(), or the end of this object.
class HeldLane {
public:
    explicit HeldLane(Lane& lane)
    {
        // Of a pool one task per thread that there may be: the most urgent ones begin first.
        const unsigned threads = std::thread::hardware_concurrency() + 2;
        for (unsigned thread = 0; thread < threads; ++thread) {
            lane.start(LaneTask { [released = m_released] { released->wait(); },
                                  std::numeric_limits<int>::max(), 0, std::make_shared<RunMeter>() });
        }
    }
    HeldLane(const HeldLane&) = delete;
    HeldLane& operator=(const HeldLane&) = delete;
    ~HeldLane() { release(); }

    void release()
    {
        if (!m_released->try_wait()) {
            m_released->count_down();
        }
    }

private:
    std::shared_ptr<std::latch> m_released = std::make_shared<std::latch>(1);
};

} // namespace rankscope::test
