// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/stop_signals.h"

#include "core/base/error.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <utility>

namespace rankscope::cli {

namespace {

constexpr std::array kSignals { SIGINT, SIGTERM, SIGHUP };
constexpr char kSignalled = 's';
constexpr char kFinished = 'f';

std::atomic<int> writeEnd { -1 };
static_assert(std::atomic<int>::is_always_lock_free, "read in a signal handler");

void onSignal(int /*number*/)
{
    const int saved = errno;
    // A full pipe already holds the news.
    [[maybe_unused]] const ssize_t written = write(writeEnd.load(), &kSignalled, 1);
    errno = saved;
}

} // namespace

StopSignals::StopSignals(const std::atomic<bool>& computing, std::function<bool()> beforeForcedEnd)
    : m_computing(computing)
    , m_beforeForcedEnd(std::move(beforeForcedEnd))
{
    std::array<int, 2> ends {};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        return; // out of descriptors: signals keep their default, which ends the process
    }
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    m_readEnd = ends[0];
    writeEnd.store(ends[1]);
    m_listener = std::thread([this] { listen(); });
    for (const int number : kSignals) {
        struct sigaction before { };
        struct sigaction ours { };
        ours.sa_handler = onSignal;
        ours.sa_flags = SA_RESTART;
        sigemptyset(&ours.sa_mask);
        if (sigaction(number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) {
            sigaction(number, &ours, nullptr);
        }
    }
}

StopSignals::~StopSignals()
{
    if (!m_listener.joinable()) {
        return;
    }
    [[maybe_unused]] const ssize_t written = write(writeEnd.load(), &kFinished, 1);
    m_listener.join();
    // The descriptors stay open: a late signal may still write.
}

void StopSignals::listen()
{
    using Clock = std::chrono::steady_clock;
    std::optional<Clock::time_point> first;
    while (true) {
        pollfd entry { m_readEnd, POLLIN, 0 };
        const int ready = poll(&entry, 1, first ? 50 : -1);
        if (first && m_computing.load() && Clock::now() - *first > std::chrono::milliseconds(700)
            && m_beforeForcedEnd()) {
            _exit(exitCodeOf(ErrorCode::Cancelled));
        }
        if (ready <= 0) {
            continue;
        }
        char what = 0;
        const ssize_t got = read(m_readEnd, &what, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got != 1 || what == kFinished) {
            return;
        }
        if (!first) {
            first = Clock::now();
            m_source.request_stop();
        } else if (Clock::now() - *first > std::chrono::seconds(1)) {
            _exit(exitCodeOf(ErrorCode::Cancelled));
        }
    }
}

} // namespace rankscope::cli
