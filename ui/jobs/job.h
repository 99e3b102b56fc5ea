// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/jobs/job_context.h"
#include "ui/jobs/gui_inbox.h"
#include "ui/jobs/lane.h"

#include <QObject>
#include <QPointer>
#include <QString>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>

namespace rankscope {

enum class JobState { Queued, Running, Cancelling, Succeeded, Failed, Cancelled };

[[nodiscard]] bool isFinished(JobState state);

/// GUI-thread handle of one piece of background work. The worker posts its result to the event loop through
/// the inbox of the GUI thread; whether anybody still wants it is tested on the GUI thread only. Destroying
/// the handle requests a stop and drops the result.
class Job : public QObject {
    Q_OBJECT

public:
    Job(int id, QString title, QObject* parent);
    ~Job() override;

    [[nodiscard]] int id() const { return m_id; }
    [[nodiscard]] const QString& title() const { return m_title; }
    [[nodiscard]] JobState state() const { return m_state; }
    [[nodiscard]] std::int64_t done() const { return m_shared->context.progress().done(); }
    [[nodiscard]] std::int64_t total() const { return m_shared->context.progress().total(); }
    /// Of running: without the queue, and without more urgent jobs that ran inside this one.
    [[nodiscard]] double elapsedSeconds() const { return m_shared->meter->seconds(); }
    /// Where it was started; null before.
    [[nodiscard]] const Lane* lane() const { return m_shared->lane; }
    /// The id of the more urgent job that runs inside this one, 0 when there is none.
    [[nodiscard]] int waitingFor() const { return m_shared->meter->waitingFor(); }
    [[nodiscard]] std::optional<double> secondsLeft() const;
    /// The sentence of a failed job.
    [[nodiscard]] const QString& failure() const { return m_failure; }
    /// A word for what progress counts, "windows"; empty when bytes or nothing sensible.
    [[nodiscard]] const QString& unit() const { return m_unit; }
    void setUnit(const QString& unit) { m_unit = unit; }

    /// Runs `work(JobContext&) -> Result<T>` on `lane`, then `whenDone(Result<T>)` on the GUI thread, once,
    /// unless the handle is gone by then. After a cancel the result is a Cancelled error, whatever the work
    /// returned. Higher priorities leave the queue first, and on the engine lane run inside less urgent work.
    template <typename Work, typename Done> void start(Lane& lane, Work work, Done whenDone, int priority = 0)
    {
        using R = std::invoke_result_t<Work&, JobContext&>;
        auto shared = m_shared;
        auto sharedWork = std::make_shared<Work>(std::move(work)); // std::function copies its callable
        auto sharedDone = std::make_shared<Done>(std::move(whenDone));
        enqueue(
            lane,
            [shared, sharedWork, sharedDone, self = QPointer<Job>(this)]() mutable {
                auto result = std::make_shared<R>(cancelledError());
                if (!shared->context.stopToken().stop_requested()) {
                    postStarted(self);
                    *result = runGuarded<R>(*sharedWork, shared->context);
                }
                sharedWork.reset(); // inputs are released on the worker, where they may be heavy
                postToGui([self, shared, result, sharedDone] {
                    if (self == nullptr || self->m_abandoned) {
                        return;
                    }
                    R outcome = shared->context.stopToken().stop_requested() ? R(cancelledError())
                                                                             : std::move(*result);
                    self->finish(outcome ? nullptr : &outcome.error());
                    (*sharedDone)(std::move(outcome));
                });
            },
            priority);
    }

    /// Returns at once; the work stops within a second.
    void cancel();

    /// As cancel(), and `whenDone` is not called any more: for a handle that will be destroyed.
    void abandon();

    /// For the 10 Hz timer of the job list.
    void poll();

Q_SIGNALS:
    void stateChanged();

private:
    struct Shared {
        std::stop_source stop;
        Lane* lane = nullptr; ///< set before the work begins; outlives it
        std::shared_ptr<RunMeter> meter = std::make_shared<RunMeter>();
        JobContext context { stop.get_token(), [this] { lane->runMoreUrgent(); } };
    };

    template <typename R, typename Work> static R runGuarded(Work& work, JobContext& context)
    {
        try {
            return work(context);
        } catch (const std::exception& exception) { // last resort: core functions do not throw
            return R(Error { ErrorCode::Internal, "The job stopped because of a fault in Rankscope.",
                             exception.what() });
        } catch (...) { // must not unwind the less urgent work that this one may run inside
            return R(Error { ErrorCode::Internal, "The job stopped because of a fault in Rankscope.",
                             "an exception of an unknown type" });
        }
    }
    static void postStarted(const QPointer<Job>& self);
    void enqueue(Lane& lane, std::function<void()> run, int priority);
    void finish(const Error* error);
    void setState(JobState state);

    int m_id;
    QString m_title;
    QString m_unit;
    QString m_failure;
    JobState m_state = JobState::Queued;
    bool m_abandoned = false;
    std::shared_ptr<Shared> m_shared = std::make_shared<Shared>();
    struct Eta;
    std::unique_ptr<Eta> m_eta;
};

} // namespace rankscope
