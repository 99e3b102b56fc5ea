// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rankscope {

/// Log lines on their way to the log panel: any thread adds, the panel drains. Keeps the newest two thousand.
class LogQueue {
public:
    void add(std::string line);
    [[nodiscard]] std::vector<std::string> take();

private:
    std::mutex m_mutex;
    std::vector<std::string> m_lines;
};

/// Installs the sinks of the window's process: warnings and errors to stderr, everything to `queue`, for the
/// loggers "rankscope" and those that are made from it.
void installLogSinks(const std::shared_ptr<LogQueue>& queue);

/// A line of "rankscope.ui", for messages that come from elsewhere. `level` is spdlog's number.
void logUi(int level, const std::string& text);

} // namespace rankscope
