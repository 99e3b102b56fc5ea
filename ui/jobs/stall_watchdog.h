// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QApplication>
#include <QEvent>
#include <QHash>
#include <QObject>
#include <QString>

#include <cstdint>
#include <utility>
#include <vector>

namespace rankscope {

/// Measures how long the GUI thread is busy: every stretch between two visits to the event loop (nobody is
/// served meanwhile), and every event in it. Three clocks tell our work from a busy machine: wall time, time
/// on a core, and time spent waiting for a core.
class StallWatchdog : public QObject {
    Q_OBJECT

public:
    struct Times {
        double wallMs = 0.0;
        double cpuMs = 0.0; ///< on a core
        double queuedMs = 0.0; ///< ready, but no core was free; 0 where the system does not tell

        /// What was not the machine's doing: on a core, or waiting for something else than a core.
        [[nodiscard]] double ownMs() const { return wallMs - queuedMs; }
    };
    /// Events of one kind in a stretch, without those that were handled inside them.
    struct Part {
        QString what;
        int count = 0;
        double cpuMs = 0.0;
    };
    struct Stall {
        Times times;
        QString what; ///< the event that took longest in it: type, receiver, what it did
        std::vector<Part> parts; ///< where its time on a core went: the costliest kinds of events first
    };
    struct Handler {
        QString what;
        int count = 0;
        Times longest; ///< with what it called
        double longestSelfMs = 0.0; ///< without the events that were handled inside it
    };

    explicit StallWatchdog(QObject* parent = nullptr);
    ~StallWatchdog() override;

    /// Stretches of at least this long are stalls, which `stalled` reports.
    static constexpr double kStallMs = 50.0;
    /// Events that take at least this long are listed.
    static constexpr double kSlowMs = 8.0;

    /// From now on; what was seen before is forgotten.
    void reset();
    [[nodiscard]] const Stall& longest() const { return m_longest; } ///< by ownMs()
    [[nodiscard]] int stallCount() const { return m_stallCount; }
    [[nodiscard]] std::int64_t stretches() const { return m_stretches; }
    /// Longest first.
    [[nodiscard]] std::vector<Handler> slowHandlers() const;

    /// Says what the event that is being handled is about; GUI thread, cheap, nothing without a watchdog.
    static void note(const QString& what);

    /// The time of one event, nested ones included; for the application's notify().
    class Frame {
    public:
        Frame(StallWatchdog& watchdog, const QObject* receiver, const QEvent* event);
        Frame(const Frame&) = delete;
        Frame& operator=(const Frame&) = delete;
        ~Frame();

    private:
        StallWatchdog& m_watchdog;
    };

Q_SIGNALS:
    void stalled(const rankscope::StallWatchdog::Stall& stall);

private:
    struct Clock {
        std::int64_t wallNs = 0;
        std::int64_t cpuNs = 0;
        std::int64_t queuedNs = 0;
    };
    struct Open {
        Clock start;
        const char* receiverClass = nullptr;
        const char* parentClass = nullptr;
        QString name;
        QEvent::Type type = QEvent::None;
        QString note;
        double innerMs = 0.0;
        double innerCpuMs = 0.0;
        bool hasLoop = false; ///< an event loop ran inside it: it was not busy all the time
    };

    [[nodiscard]] Clock now();
    [[nodiscard]] static Times between(const Clock& from, const Clock& to);
    [[nodiscard]] static QString describe(const Open& frame);
    [[nodiscard]] std::vector<Part> parts() const;
    void begin(const QObject* receiver, const QEvent* event);
    void end();
    void closeStretch();

    std::vector<Open> m_open;
    std::vector<std::pair<Open, double>> m_done; ///< in this stretch, with their own milliseconds on a core
    bool m_inStretch = false;
    Clock m_stretchStart;
    double m_slowestSelfMs = 0.0; ///< in this stretch
    QString m_slowest;
    Stall m_longest;
    int m_stallCount = 0;
    std::int64_t m_stretches = 0;
    QHash<QString, Handler> m_handlers;
    int m_schedulerFile = -1;
    Clock m_read; ///< all three clocks, when they were read last
};

/// An application that can be watched.
class WatchedApplication : public QApplication {
public:
    using QApplication::QApplication;

    /// null: not watched.
    void setWatchdog(StallWatchdog* watchdog) { m_watchdog = watchdog; }
    bool notify(QObject* receiver, QEvent* event) override;

private:
    StallWatchdog* m_watchdog = nullptr;
};

} // namespace rankscope
