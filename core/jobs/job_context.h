// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/jobs/progress.h"

#include <functional>
#include <stop_token>
#include <utility>

namespace rankscope {

/// What a piece of background work may know of the outside: whether to stop, and where to report progress.
/// Work polls stopRequested() at least every 100 ms, at points where it holds no lock and its data is
/// consistent: more urgent work of the same lane may run there, inside the call.
class JobContext {
public:
    JobContext() = default;
    /// `letOthersRun` (may be empty) is called at every poll, on the worker; it has to be cheap when nothing
    /// waits.
    explicit JobContext(std::stop_token stop, std::function<void()> letOthersRun = {})
        : m_stop(std::move(stop))
        , m_letOthersRun(std::move(letOthersRun))
    {
    }
    JobContext(const JobContext&) = delete;
    JobContext& operator=(const JobContext&) = delete;

    [[nodiscard]] bool stopRequested() const
    {
        if (m_letOthersRun && !m_stop.stop_requested()) {
            m_letOthersRun();
        }
        return m_stop.stop_requested();
    }
    [[nodiscard]] const std::stop_token& stopToken() const { return m_stop; }
    [[nodiscard]] Progress& progress() { return m_progress; }
    [[nodiscard]] const Progress& progress() const { return m_progress; }

private:
    std::stop_token m_stop;
    std::function<void()> m_letOthersRun;
    Progress m_progress;
};

/// What work returns when it found stopRequested().
[[nodiscard]] inline Error cancelledError()
{
    return Error { ErrorCode::Cancelled, "Cancelled.", {} };
}

} // namespace rankscope
