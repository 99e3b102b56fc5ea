// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <functional>
#include <stop_token>
#include <thread>

namespace rankscope::cli {

/// Turns SIGINT, SIGTERM and SIGHUP into a stop request. The handler writes one byte to a pipe, a thread
/// reads it: nothing happens inside the handler that is not async-signal-safe. Signals that the parent had
/// set to be ignored stay ignored. One object per process.
class StopSignals {
public:
    /// `computing` says that nothing but memory would be lost now. A stop request that finds the program
    /// inside one long operation (a block of a large model) and is not answered within 0.7 s ends the process
    /// with exit code 130 from the listener's thread, if `beforeForcedEnd`, called there first, returns true.
    /// A second signal more than a second after the first ends it in any case. Both arguments must outlive
    /// the object.
    StopSignals(const std::atomic<bool>& computing, std::function<bool()> beforeForcedEnd);
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;
    ~StopSignals();

    [[nodiscard]] std::stop_token token() const { return m_source.get_token(); }

private:
    void listen();

    const std::atomic<bool>& m_computing;
    std::function<bool()> m_beforeForcedEnd;
    std::stop_source m_source;
    int m_readEnd = -1;
    std::thread m_listener;
};

} // namespace rankscope::cli
