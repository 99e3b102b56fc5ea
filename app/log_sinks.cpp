// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/log_sinks.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace rankscope {

namespace {

constexpr std::size_t kMostLines = 2000;

class QueueSink : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit QueueSink(std::shared_ptr<LogQueue> queue)
        : m_queue(std::move(queue))
    {
    }

protected:
    void sink_it_(const spdlog::details::log_msg& message) override
    {
        spdlog::memory_buf_t formatted;
        formatter_->format(message, formatted);
        std::string line(formatted.data(), formatted.size());
        while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) {
            line.pop_back();
        }
        m_queue->add(std::move(line));
    }
    void flush_() override { }

private:
    std::shared_ptr<LogQueue> m_queue;
};

} // namespace

void LogQueue::add(std::string line)
{
    const std::lock_guard lock(m_mutex);
    m_lines.push_back(std::move(line));
    if (m_lines.size() > kMostLines) {
        m_lines.erase(m_lines.begin(), m_lines.begin() + kMostLines / 2);
    }
}

std::vector<std::string> LogQueue::take()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_lines, {});
}

void installLogSinks(const std::shared_ptr<LogQueue>& queue)
{
    const auto terminal = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    const char* wanted = std::getenv("RANKSCOPE_LOG"); // "debug", "info": for bug reports
    terminal->set_level(wanted != nullptr ? spdlog::level::from_str(wanted) : spdlog::level::warn);
    const auto panel = std::make_shared<QueueSink>(queue);
    std::vector<spdlog::sink_ptr> sinks { terminal, panel };
    for (const char* name : { "rankscope", "rankscope.io", "rankscope.model", "rankscope.prune",
                              "rankscope.eval", "rankscope.gpu", "rankscope.ui" }) {
        spdlog::drop(name);
        auto logger = std::make_shared<spdlog::logger>(name, sinks.begin(), sinks.end());
        logger->set_level(spdlog::level::debug);
        spdlog::register_logger(logger);
    }
    terminal->set_pattern("%H:%M:%S.%e %-7l %n  %v");
    panel->set_pattern("%H:%M:%S %L  %v"); // the panel is narrow
}

void logUi(int level, const std::string& text)
{
    if (const auto logger = spdlog::get("rankscope.ui")) {
        logger->log(static_cast<spdlog::level::level_enum>(std::clamp(level, 0, 5)), "{}", text);
    }
}

} // namespace rankscope
