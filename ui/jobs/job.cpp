// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/job.h"

#include "ui/jobs/eta.h"
#include "ui/jobs/stall_watchdog.h"

#include <QLoggingCategory>

namespace rankscope {

Q_LOGGING_CATEGORY(lcJobs, "rankscope.ui")

struct Job::Eta {
    EtaEstimator estimator;
};

bool isFinished(JobState state)
{
    return state == JobState::Succeeded || state == JobState::Failed || state == JobState::Cancelled;
}

Job::Job(int id, QString title, QObject* parent)
    : QObject(parent)
    , m_id(id)
    , m_title(std::move(title))
    , m_eta(std::make_unique<Eta>())
{
    openGuiInbox();
}

Job::~Job()
{
    m_shared->stop.request_stop();
}

std::optional<double> Job::secondsLeft() const
{
    return m_state == JobState::Running ? m_eta->estimator.secondsLeft() : std::nullopt;
}

void Job::cancel()
{
    if (isFinished(m_state) || m_state == JobState::Cancelling) {
        return;
    }
    m_shared->stop.request_stop();
    setState(m_shared->lane == nullptr ? JobState::Cancelled : JobState::Cancelling); // null: never started
}

void Job::abandon()
{
    m_abandoned = true;
    cancel();
}

void Job::poll()
{
    if (m_state == JobState::Running) {
        m_eta->estimator.update(elapsedSeconds(), done(), total());
    }
}

void Job::enqueue(Lane& lane, std::function<void()> run, int priority)
{
    m_shared->lane = &lane;
    lane.start(LaneTask { std::move(run), priority, m_id, m_shared->meter });
}

void Job::postStarted(const QPointer<Job>& self)
{
    postToGui([self] {
        if (self != nullptr && self->m_state == JobState::Queued) {
            self->setState(JobState::Running);
        }
    });
}

void Job::finish(const Error* error)
{
    StallWatchdog::note(m_title);
    if (error == nullptr) {
        if (m_id > 0) { // the others are looks at the clock, not worth a line
            qCDebug(lcJobs, "job %d done in %.2f s: %ls", m_id, elapsedSeconds(), qUtf16Printable(m_title));
        }
        setState(JobState::Succeeded);
    } else if (error->code == ErrorCode::Cancelled) {
        setState(JobState::Cancelled);
    } else {
        m_failure = QString::fromStdString(error->message);
        qCWarning(lcJobs, "job %d failed (%ls): %s [%s]", m_id, qUtf16Printable(m_title),
                  error->message.c_str(), error->context.c_str());
        setState(JobState::Failed);
    }
}

void Job::setState(JobState state)
{
    m_state = state;
    Q_EMIT stateChanged();
}

} // namespace rankscope
