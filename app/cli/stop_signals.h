// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stop_token>
#include <thread>

namespace rankscope::cli {

/// Turns SIGINT, SIGTERM and SIGHUP into a stop request. The handler writes one byte to a pipe, a thread
/// reads it: nothing happens inside the handler that is not async-signal-safe. A second signal more than a
/// second after the first ends the process at once. Signals that the parent had set to be ignored stay
/// ignored. One object per process.
class StopSignals {
public:
    StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;
    ~StopSignals();

    [[nodiscard]] std::stop_token token() const { return m_source.get_token(); }

private:
    void listen();

    std::stop_source m_source;
    int m_readEnd = -1;
    std::thread m_listener;
};

} // namespace rankscope::cli
