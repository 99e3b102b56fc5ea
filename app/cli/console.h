// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/jobs/progress.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace rankscope::cli {

/// stderr, shared by log lines and progress. On a terminal progress is one line that is refreshed ten times a
/// second and gives way to log lines; elsewhere it is a line every ten seconds of a stage that takes that
/// long. Any thread.
class Console {
public:
    /// `progress` and `computing` must outlive the console.
    Console(const Progress& progress, std::atomic<bool>& computing, bool showProgress);
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;
    ~Console();

    /// Writes a whole line of text (given without its newline).
    void writeLine(std::string_view line);

    /// From now on progress counts `unit` ("windows"; "bytes" are shown in MB) of `what` ("Scoring the
    /// text").
    /// `computing`: the stage touches nothing outside this process, so that it may be ended at any instant.
    void beginStage(std::string what, std::string unit, bool computing);
    void endStage();

private:
    void run();
    void clearLine();
    [[nodiscard]] std::string statusText() const;

    const Progress& m_progress;
    std::atomic<bool>& m_computing;
    const bool m_terminal;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    bool m_finished = false;
    std::string m_what; ///< empty between stages
    std::string m_unit;
    std::chrono::steady_clock::time_point m_stageStart;
    std::chrono::steady_clock::time_point m_lastShown;
    bool m_lineOnScreen = false;
    std::thread m_thread;
};

enum class StageKind {
    Computing, ///< nothing is written and no other process runs
    Outside, ///< files or processes are in the making: a stop has to be waited for
};

/// A stage as long as this object lives.
class Stage {
public:
    Stage(Console& console, std::string what, std::string unit, StageKind kind = StageKind::Computing)
        : m_console(console)
    {
        m_console.beginStage(std::move(what), std::move(unit), kind == StageKind::Computing);
    }
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    ~Stage() { m_console.endStage(); }

private:
    Console& m_console;
};

/// Routes the loggers rankscope.* (house style) to the console; `verbose` shows debug lines, `quiet` only
/// warnings and errors.
void installLog(Console& console, bool verbose, bool quiet);
/// Takes the console out again; nothing may be logged to it afterwards.
void removeLog();

} // namespace rankscope::cli
