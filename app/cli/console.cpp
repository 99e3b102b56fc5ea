// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/console.h"

#include "app/cli/text_table.h"
#include "core/base/size_text.h"

#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

namespace rankscope::cli {

namespace {

using std::chrono::duration;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

void writeAll(std::string_view text)
{
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

class ConsoleSink : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit ConsoleSink(Console& console)
        : m_console(console)
    {
    }

protected:
    void sink_it_(const spdlog::details::log_msg& message) override
    {
        spdlog::memory_buf_t buffer;
        formatter_->format(message, buffer);
        std::string_view line(buffer.data(), buffer.size());
        while (!line.empty() && line.back() == '\n') {
            line.remove_suffix(1);
        }
        m_console.writeLine(line);
    }
    void flush_() override { }

private:
    Console& m_console;
};

} // namespace

Console::Console(const Progress& progress, std::atomic<bool>& computing, bool showProgress)
    : m_progress(progress)
    , m_computing(computing)
    , m_terminal(isatty(STDERR_FILENO) == 1)
{
    if (showProgress) {
        m_thread = std::thread([this] { run(); });
    }
}

Console::~Console()
{
    {
        const std::lock_guard lock(m_mutex);
        m_finished = true;
    }
    m_wake.notify_all();
    if (m_thread.joinable()) {
        m_thread.join();
    }
}

void Console::writeLine(std::string_view line)
{
    const std::lock_guard lock(m_mutex);
    clearLine();
    writeAll(fmt::format("{}\n", line));
}

void Console::beginStage(std::string what, std::string unit, bool computing)
{
    const std::lock_guard lock(m_mutex);
    m_what = std::move(what);
    m_unit = std::move(unit);
    m_stageStart = steady_clock::now();
    m_lastShown = m_stageStart;
    m_computing.store(computing);
}

void Console::endStage()
{
    const std::lock_guard lock(m_mutex);
    m_computing.store(false);
    clearLine();
    m_what.clear();
}

void Console::run()
{
    std::unique_lock lock(m_mutex);
    while (!m_wake.wait_for(lock, 100ms, [this] { return m_finished; })) {
        const auto now = steady_clock::now();
        // The first 300 ms show nothing: short stages do not flicker.
        if (m_what.empty() || now - m_stageStart < 300ms) {
            continue;
        }
        if (m_terminal) {
            writeAll(fmt::format("\r\033[K{}", statusText()));
            m_lineOnScreen = true;
        } else if (now - m_lastShown >= 10s) {
            writeAll(statusText() + "\n");
            m_lastShown = now;
        }
    }
    clearLine();
}

void Console::clearLine()
{
    if (m_lineOnScreen) {
        writeAll("\r\033[K");
        m_lineOnScreen = false;
    }
}

std::string Console::statusText() const
{
    const std::int64_t done = m_progress.done();
    const std::int64_t total = m_progress.total();
    if (total <= 0) {
        return fmt::format("{} ...", m_what);
    }
    std::string text = m_unit == "bytes"
        ? fmt::format("{}: {} of {}", m_what, sizeText(done), sizeText(total))
        : fmt::format("{}: {} of {} {}", m_what, done, total, m_unit);
    const double share = static_cast<double>(done) / static_cast<double>(total);
    const double elapsed = duration<double>(steady_clock::now() - m_stageStart).count();
    if (done > 0 && done < total && (elapsed > 3.0 || share > 0.05)) {
        text += fmt::format(", {:.0f} s left", elapsed * (1.0 - share) / share + 0.5);
    }
    return text;
}

void installLog(Console& console, bool verbose, bool quiet)
{
    const auto sink = std::make_shared<ConsoleSink>(console);
    const auto level = quiet ? spdlog::level::warn : (verbose ? spdlog::level::debug : spdlog::level::info);
    for (const char* name : { "rankscope.io", "rankscope.model", "rankscope.prune", "rankscope.eval",
                              "rankscope.gpu", "rankscope.cli" }) {
        auto logger = std::make_shared<spdlog::logger>(name, sink);
        logger->set_level(level);
        logger->set_pattern(verbose ? "%H:%M:%S.%e %n %l: %v" : "%l: %v");
        spdlog::register_logger(logger);
    }
}

void removeLog()
{
    spdlog::drop_all();
}

} // namespace rankscope::cli
