// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/token_losses.h"

#include "ui/document/workbench.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"

#include <QTimer>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Above what nobody looks at, below everything that leads to a number.
constexpr int kPriority = job_priority::kBackground + 1;
constexpr int kPartialPollMs = 100;

} // namespace

TokenLosses::TokenLosses(Workbench& workbench, JobLanes& lanes, JobListModel& jobs, PlanDocument& document,
                         QObject* parent)
    : QObject(parent)
    , m_workbench(workbench)
    , m_lanes(lanes)
    , m_jobs(jobs)
    , m_document(document)
    , m_startTimer(new QTimer(this))
    , m_partialTimer(new QTimer(this))
{
    m_startTimer->setSingleShot(true);
    m_startTimer->setInterval(0); // one start per burst of signals
    connect(m_startTimer, &QTimer::timeout, this, &TokenLosses::start);
    m_partialTimer->setInterval(kPartialPollMs);
    connect(m_partialTimer, &QTimer::timeout, this, [this] {
        if (m_box == nullptr) {
            m_partialTimer->stop();
        } else if (std::shared_ptr<const TokenComparison> part = m_box->take()) {
            take(std::move(part));
        }
    });
    connect(&m_workbench, &Workbench::overviewChanged, this, &TokenLosses::forget);
    connect(&m_workbench, &Workbench::modelChanged, this, &TokenLosses::forget);
    connect(&m_workbench, &Workbench::candidateChanged, this, [this] {
        schedule();
        Q_EMIT changed();
    });
    connect(&m_workbench, &Workbench::allStopped, this, [this] {
        if (m_startTimer->isActive()) {
            m_startTimer->stop();
            fail(cancelledError());
        }
    });
}

TokenLosses::~TokenLosses() = default;

void TokenLosses::setWatching(const QObject* view, bool watching)
{
    if (watching ? !m_watching.insert(view).second : m_watching.erase(view) == 0) {
        return;
    }
    if (watching) {
        connect(view, &QObject::destroyed, this, [this, view] { m_watching.erase(view); });
    }
    schedule();
}

bool TokenLosses::isWanted() const
{
    return !m_watching.empty() && m_workbench.evaluator() != nullptr && m_workbench.realisedPlan()
        && m_workbench.candidate() != nullptr && m_workbench.candidateTrust() == Trust::Final;
}

bool TokenLosses::isCurrent() const
{
    return m_comparison != nullptr && m_workbench.evaluator() != nullptr
        && m_evaluator.lock() == m_workbench.evaluator() && m_workbench.candidate() != nullptr
        && m_workbench.candidateTrust() == Trust::Final
        && m_comparison->planFingerprint == m_workbench.candidate()->planFingerprint;
}

Trust TokenLosses::trust() const
{
    if (m_comparison == nullptr || m_document.plan().keepsAll()) {
        return Trust::Missing;
    }
    return !isCurrent() ? Trust::Stale : m_comparison->complete ? Trust::Final : Trust::Partial;
}

QString TokenLosses::stopNote() const
{
    const bool failed = m_box == nullptr && !m_failure.isEmpty() && m_workbench.candidate() != nullptr
        && m_failedAt.lock() == m_workbench.candidate();
    return failed ? m_failure : QString();
}

QString TokenLosses::note() const
{
    if (!m_workbench.blockingSentence().isEmpty()) {
        return m_workbench.blockedNote();
    }
    if (m_workbench.overview() == nullptr) {
        return tr("No model open. Open a checkpoint folder with Ctrl+O.");
    }
    if (m_document.isOpen() && m_document.plan().keepsAll()) {
        return tr(
            "The plan keeps everything, so no token's loss changes. Lower a fader, a ratio or the cut.");
    }
    if (const QString stopped = stopNote(); !stopped.isEmpty()) {
        return stopped;
    }
    if (m_workbench.candidateTrust() == Trust::Final) {
        return tr("Comparing the tokens…");
    }
    return m_workbench.candidateNote().isEmpty() ? tr("Waiting for the candidate's number…")
                                                 : m_workbench.candidateNote();
}

void TokenLosses::forget()
{
    m_comparison.reset();
    m_windows.reset();
    m_evaluator.reset();
    dropRun();
    m_failure.clear();
    m_startTimer->stop();
    Q_EMIT changed();
}

void TokenLosses::schedule()
{
    const bool running = m_box != nullptr && m_workbench.candidate() != nullptr
        && m_runningEvaluator.lock() == m_workbench.evaluator()
        && m_runningPlan == m_workbench.candidate()->planFingerprint;
    // Who stops it does not want it to begin again with the next look at the same number.
    if (isWanted() && !running && !(isCurrent() && m_comparison->complete) && stopNote().isEmpty()) {
        m_startTimer->start();
    } else if (!running) {
        dropRun(); // of a plan that nobody asks for any more
    }
}

void TokenLosses::dropRun()
{
    if (m_box != nullptr) {
        m_box.reset();
        m_jobs.cancelKind(u"tokens"_s);
    }
    m_runningEvaluator.reset();
    m_runningWindows.reset();
}

void TokenLosses::start()
{
    if (!isWanted() || (isCurrent() && m_comparison->complete) || !stopNote().isEmpty()) {
        return;
    }
    m_failure.clear();
    m_box = std::make_shared<Mailbox<TokenComparison>>();
    m_runningPlan = m_workbench.candidate()->planFingerprint;
    const std::shared_ptr<LiveEvaluator> evaluator = m_workbench.evaluator();
    m_runningEvaluator = evaluator;
    m_runningWindows = evaluator->windows();
    Job* job = m_jobs.create(tr("Compare tokens"), u"tokens"_s);
    job->setUnit(tr("windows"));
    job->start(
        m_lanes.gpu(),
        [evaluator, plan = *m_workbench.realisedPlan(), box = m_box](JobContext& context) {
            return evaluator->compareTokens(
                plan, [box](std::shared_ptr<const TokenComparison> part) { box->post(std::move(part)); },
                context);
        },
        [this, box = m_box](Result<std::shared_ptr<const TokenComparison>> result) {
            if (box != m_box) {
                return;
            }
            m_box.reset();
            if (!result) {
                if (std::shared_ptr<const TokenComparison> part = box->take()) {
                    take(std::move(part)); // what was reached before it stopped
                }
                fail(result.error());
                return;
            }
            take(std::move(result).value());
        },
        kPriority);
    m_partialTimer->start();
}

void TokenLosses::fail(const Error& error)
{
    m_failedAt = m_workbench.candidate();
    m_failure = m_workbench.noteOf(error, tr("Press Ctrl+R to evaluate again."));
    m_workbench.report(error);
    Q_EMIT changed();
}

void TokenLosses::take(std::shared_ptr<const TokenComparison> comparison)
{
    m_comparison = std::move(comparison);
    m_evaluator = m_runningEvaluator;
    m_windows = m_runningWindows;
    m_kl = meanKl(*m_comparison);
    m_sameTop = topAgreement(*m_comparison);
    Q_EMIT changed();
}

} // namespace rankscope
