// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/jobs/progress.h"

#include <stop_token>
#include <utility>

namespace rankscope {

/// What a piece of background work may know of the outside: whether to stop, and where to report progress.
/// Work polls stopRequested() at least every 100 ms.
class JobContext {
public:
    JobContext() = default;
    explicit JobContext(std::stop_token stop)
        : m_stop(std::move(stop))
    {
    }
    JobContext(const JobContext&) = delete;
    JobContext& operator=(const JobContext&) = delete;

    [[nodiscard]] bool stopRequested() const { return m_stop.stop_requested(); }
    [[nodiscard]] const std::stop_token& stopToken() const { return m_stop; }
    [[nodiscard]] Progress& progress() { return m_progress; }
    [[nodiscard]] const Progress& progress() const { return m_progress; }

private:
    std::stop_token m_stop;
    Progress m_progress;
};

/// What work returns when it found stopRequested().
[[nodiscard]] inline Error cancelledError()
{
    return Error { ErrorCode::Cancelled, "Cancelled.", {} };
}

} // namespace rankscope
