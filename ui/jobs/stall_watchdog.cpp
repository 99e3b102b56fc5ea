// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/stall_watchdog.h"

#include "core/base/narrow.h"

#include <QAbstractEventDispatcher>
#include <QMetaEnum>
#include <QThread>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <functional>

#ifdef Q_OS_LINUX
#include <fcntl.h>
#include <unistd.h>
#endif

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

StallWatchdog* active = nullptr; // GUI thread only

std::int64_t nanoseconds(clockid_t clock)
{
    timespec time {};
    clock_gettime(clock, &time);
    return std::int64_t { time.tv_sec } * 1'000'000'000 + time.tv_nsec;
}

/// Second field of /proc/thread-self/schedstat: nanoseconds that this thread was ready and not running.
std::int64_t queuedNanoseconds(int file)
{
#ifdef Q_OS_LINUX
    std::array<char, 96> text {};
    const ssize_t length = file < 0 ? -1 : ::pread(file, text.data(), text.size() - 1, 0);
    if (length > 0) {
        const char* end = text.data() + length;
        const char* second = std::find<const char*>(text.data(), end, ' ');
        std::int64_t value = 0;
        if (second != end && std::from_chars(second + 1, end, value).ec == std::errc {}) {
            return value;
        }
    }
#else
    Q_UNUSED(file)
#endif
    return 0;
}

} // namespace

StallWatchdog::StallWatchdog(QObject* parent)
    : QObject(parent)
{
#ifdef Q_OS_LINUX
    m_schedulerFile = ::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
#endif
    active = this;
    // Which of the two comes before the work and which after it differs between event dispatchers: a stretch
    // begins with the first event and ends at either.
    QAbstractEventDispatcher* dispatcher = QAbstractEventDispatcher::instance();
    connect(dispatcher, &QAbstractEventDispatcher::aboutToBlock, this, &StallWatchdog::closeStretch);
    connect(dispatcher, &QAbstractEventDispatcher::awake, this, &StallWatchdog::closeStretch);
}

StallWatchdog::~StallWatchdog()
{
    active = nullptr;
#ifdef Q_OS_LINUX
    if (m_schedulerFile >= 0) {
        ::close(m_schedulerFile);
    }
#endif
}

void StallWatchdog::reset()
{
    m_longest = {};
    m_stallCount = 0;
    m_stretches = 0;
    m_handlers.clear();
    m_inStretch = false;
}

std::vector<StallWatchdog::Handler> StallWatchdog::slowHandlers() const
{
    std::vector<Handler> handlers(m_handlers.begin(), m_handlers.end());
    std::ranges::sort(handlers, [](const Handler& left, const Handler& right) {
        return left.longest.ownMs() > right.longest.ownMs();
    });
    return handlers;
}

void StallWatchdog::note(const QString& what)
{
    if (active != nullptr && !active->m_open.empty()) {
        active->m_open.front().note = what;
    }
}

/// Two of the clocks cost a system call: at two readings for each of a hundred small events they would be a
/// good part of what is measured. For a millisecond after a reading the thread counts as running.
StallWatchdog::Clock StallWatchdog::now()
{
    constexpr std::int64_t kExactNs = 1'000'000;
    const std::int64_t wallNs = nanoseconds(CLOCK_MONOTONIC);
    if (const std::int64_t since = wallNs - m_read.wallNs; since < kExactNs) {
        return { wallNs, m_read.cpuNs + since, m_read.queuedNs };
    }
    m_read = { wallNs, nanoseconds(CLOCK_THREAD_CPUTIME_ID), queuedNanoseconds(m_schedulerFile) };
    return m_read;
}

StallWatchdog::Times StallWatchdog::between(const Clock& from, const Clock& to)
{
    const auto ms = [](std::int64_t ns) { return static_cast<double>(ns) * 1e-6; };
    return { ms(to.wallNs - from.wallNs), ms(to.cpuNs - from.cpuNs), ms(to.queuedNs - from.queuedNs) };
}

QString StallWatchdog::describe(const Open& frame)
{
    const char* type = QMetaEnum::fromType<QEvent::Type>().valueToKey(frame.type);
    QString text = type != nullptr ? QString::fromLatin1(type) : QString::number(frame.type);
    text += u" to "_s + QString::fromLatin1(frame.receiverClass);
    if (!frame.name.isEmpty()) {
        text += u" \""_s + frame.name + u'"';
    }
    if (frame.parentClass != nullptr) {
        text += u" of "_s + QString::fromLatin1(frame.parentClass);
    }
    return frame.note.isEmpty() ? text : text + u" ("_s + frame.note + u')';
}

void StallWatchdog::begin(const QObject* receiver, const QEvent* event)
{
    Open frame;
    frame.start = now();
    frame.receiverClass = receiver->metaObject()->className();
    frame.parentClass
        = receiver->parent() != nullptr ? receiver->parent()->metaObject()->className() : nullptr;
    frame.name = receiver->objectName();
    frame.type = event->type();
    if (!m_inStretch) {
        m_inStretch = true;
        m_stretchStart = frame.start;
        m_slowestSelfMs = 0.0;
        m_slowest.clear();
        m_done.clear();
    }
    m_open.push_back(std::move(frame));
}

void StallWatchdog::end()
{
    const Open frame = std::move(m_open.back());
    m_open.pop_back();
    const Times times = between(frame.start, now());
    if (!m_open.empty()) {
        m_open.back().innerMs += times.wallMs;
        m_open.back().innerCpuMs += times.cpuMs;
    }
    if (frame.hasLoop) {
        return;
    }
    if (const double cpuMs = times.cpuMs - frame.innerCpuMs; cpuMs > 0.01) {
        m_done.emplace_back(frame, cpuMs);
    }
    const double self = times.wallMs - frame.innerMs;
    if (self > m_slowestSelfMs && self > 1.0) {
        m_slowestSelfMs = self;
        m_slowest = describe(frame);
    }
    if (times.ownMs() >= kSlowMs) {
        const QString what = describe(frame);
        Handler& handler = m_handlers[what];
        handler.what = what;
        ++handler.count;
        handler.longestSelfMs = std::max(handler.longestSelfMs, self);
        if (times.ownMs() > handler.longest.ownMs()) {
            handler.longest = times;
        }
    }
}

std::vector<StallWatchdog::Part> StallWatchdog::parts() const
{
    constexpr std::size_t kMost = 12;
    QHash<QString, Part> byKind;
    for (const auto& [frame, cpuMs] : m_done) {
        Part& part = byKind[describe(frame)];
        ++part.count;
        part.cpuMs += cpuMs;
    }
    std::vector<Part> sorted;
    for (auto part = byKind.begin(); part != byKind.end(); ++part) {
        part->what = part.key();
        sorted.push_back(*part);
    }
    std::ranges::sort(sorted, std::ranges::greater {}, &Part::cpuMs);
    sorted.resize(std::min(sorted.size(), kMost));
    return sorted;
}

void StallWatchdog::closeStretch()
{
    for (Open& frame : m_open) {
        frame.hasLoop = true;
    }
    if (!m_inStretch) {
        return;
    }
    m_inStretch = false;
    ++m_stretches;
    Stall stall { between(m_stretchStart, now()), m_slowest, {} };
    const bool longest = stall.times.ownMs() > m_longest.times.ownMs();
    if (longest || stall.times.ownMs() >= kStallMs) {
        stall.parts = parts();
    }
    if (longest) {
        m_longest = stall;
    }
    if (stall.times.ownMs() >= kStallMs) {
        ++m_stallCount;
        Q_EMIT stalled(stall);
    }
}

StallWatchdog::Frame::Frame(StallWatchdog& watchdog, const QObject* receiver, const QEvent* event)
    : m_watchdog(watchdog)
{
    m_watchdog.begin(receiver, event);
}

StallWatchdog::Frame::~Frame()
{
    m_watchdog.end();
}

bool WatchedApplication::notify(QObject* receiver, QEvent* event)
{
    if (m_watchdog == nullptr || QThread::currentThread() != thread()) {
        return QApplication::notify(receiver, event);
    }
    const StallWatchdog::Frame frame(*m_watchdog, receiver, event);
    return QApplication::notify(receiver, event);
}

} // namespace rankscope
