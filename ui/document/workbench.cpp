// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/workbench.h"

#include "core/pruning/realise_plan.h"
#include "ui/document/plan_key.h"
#include "ui/document/resources.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"

#include <QDir>
#include <QTimer>

namespace rankscope {

using namespace Qt::StringLiterals;

Workbench::Workbench(JobLanes& lanes, JobListModel& jobs, PlanDocument& document, Options options,
                     QObject* parent)
    : QObject(parent)
    , m_lanes(lanes)
    , m_jobs(jobs)
    , m_document(document)
    , m_options(options)
    , m_evaluationText(demoEvaluationText())
    , m_calibrationText(demoCalibrationText())
    , m_liveTimer(new QTimer(this))
    , m_editTimer(new QTimer(this))
{
    m_wantedOptions = options;
    m_general = { m_evaluationText, m_calibrationText, m_options.evaluationWindows, m_options.windowLength };
    if (m_options.calibrationLength == 0) {
        m_options.calibrationLength = m_options.windowLength;
    }
    m_liveTimer->setSingleShot(true);
    connect(m_liveTimer, &QTimer::timeout, this, &Workbench::takeLive);
    m_editTimer->setSingleShot(true);
    connect(m_editTimer, &QTimer::timeout, this, &Workbench::startCandidate);
    connect(&m_document, &PlanDocument::planChanged, this, &Workbench::onPlanChanged);
    connect(&m_jobs, &JobListModel::activityChanged, this, &Workbench::activityChanged);
}

Workbench::~Workbench() = default;

Job* Workbench::newJob(const QString& title, const QString& kind)
{
    return m_jobs.create(title, kind);
}

void Workbench::setReference(std::shared_ptr<const PerplexityEstimate> estimate)
{
    if (estimate != m_reference) {
        m_reference = std::move(estimate);
        updateDelta();
        Q_EMIT candidateChanged();
    }
}

void Workbench::stopEngineWork()
{
    for (const QString& kind :
         { u"load"_s, u"baseline"_s, u"candidate"_s, u"spectra"_s, u"statistics"_s, u"selector"_s }) {
        m_jobs.cancelKind(kind);
    }
    m_loadingWeights = false;
    m_spectraUnderWay = false;
    m_statisticsUnderWay = false;
    m_selecting.reset();
}

const QString& Workbench::candidateNote() const
{
    const bool selected = isOfPlan(m_selector.get(), m_document.plan());
    return m_candidateNote.isEmpty() && !selected && needsSelection(m_document.plan()) ? m_selectorNote
                                                                                       : m_candidateNote;
}

void Workbench::stopAll()
{
    if (m_editTimer->isActive()) {
        m_editTimer->stop();
        m_candidateNote
            = noteOf(Error { ErrorCode::Cancelled, {}, {} }, tr("Press Ctrl+R to evaluate again."));
        Q_EMIT candidateChanged();
    }
    m_restartOnNumber = false;
    Q_EMIT allStopped();
    m_jobs.cancelAll();
}

QString Workbench::blockedNote() const
{
    if (blockingSentence().isEmpty() || (m_modelSentence.isEmpty() ? m_textStopped : m_modelStopped)) {
        return blockingSentence(); // a stop is no problem() and has no message of its own
    }
    return m_overview == nullptr
        ? tr("No model open. Open a checkpoint folder with Ctrl+O, or drop one here.")
        : !m_overview->loadable()
        ? tr("This checkpoint cannot be loaded; Issues says why. Ctrl+O opens another one.")
        : !m_modelSentence.isEmpty()
        ? tr("The weights could not be loaded; Issues says why. Ctrl+O opens another checkpoint, F5 tries "
             "again.")
        : tr("The evaluation text could not be used. Ctrl+T chooses another one, F5 tries again.");
}

bool Workbench::usesDemoTextForOtherModel() const
{
    return m_overview != nullptr && m_evaluationText == demoEvaluationText()
        && QDir(m_folder).canonicalPath() != QDir(demoFolder()).canonicalPath();
}

QString Workbench::activity() const
{
    return laneActivity(m_lanes.gpu()).first;
}

std::pair<QString, int> Workbench::laneActivity(const Lane& lane) const
{
    QString running;
    int others = 0;
    for (int row = 0; row < m_jobs.rowCount(); ++row) {
        const Job* job = m_jobs.jobAt(row);
        if (job->lane() != &lane || isFinished(job->state())) {
            continue;
        }
        if (running.isEmpty() && job->state() != JobState::Queued && job->waitingFor() == 0) {
            running = job->title();
        } else {
            ++others;
        }
    }
    return { running, others };
}

bool Workbench::settled() const
{
    const bool baselineDone = m_baselineTrust == Trust::Final || !m_baselineNote.isEmpty();
    const bool candidateDone
        = m_document.plan().keepsAll() || m_candidateTrust == Trust::Final || !candidateNote().isEmpty();
    return !m_jobs.anyActive() && !m_editTimer->isActive()
        && (!blockingSentence().isEmpty() || (baselineDone && candidateDone));
}

QString Workbench::describe(const Error& error) const
{
    const QString sentence = QString::fromStdString(error.message);
    if (error.code != ErrorCode::OutOfMemory) {
        return sentence;
    }
    return sentence + u' '
        + (m_device.kind == DeviceKind::Cuda
               ? tr("Choose fewer or shorter windows, bf16, or the CPU in the device menu.")
               : m_dtype == DType::BF16
               ? tr("Close other programs, or choose fewer or shorter windows.")
               : tr("Close other programs, choose bf16 in the device menu, or fewer or shorter windows."));
}

void Workbench::report(const Error& error)
{
    if (error.code == ErrorCode::Cancelled) {
        return;
    }
    if (error.code == ErrorCode::OutOfMemory) {
        // What the failed work left behind would otherwise stay reserved.
        Job* job = newJob(tr("Release memory"), u"release"_s);
        job->start(
            m_lanes.gpu(),
            [device = m_device](JobContext&) {
                releaseCachedMemory(device);
                return Result<Unit>(Unit {});
            },
            [](const Result<Unit>&) {}, job_priority::kDevices);
    }
    Q_EMIT problem(describe(error), IssueSeverity::Error);
}

QString Workbench::noteOf(const Error& error, const QString& wayOn) const
{
    return (error.code == ErrorCode::Cancelled ? tr("Stopped.") : describe(error)) + u' ' + wayOn;
}

void Workbench::tellBlocked()
{
    Q_EMIT baselineChanged();
    Q_EMIT spectraChanged();
    Q_EMIT selectorChanged();
    Q_EMIT candidateChanged();
}

void Workbench::forgetResults()
{
    m_spectra.reset();
    m_spectraTrust = Trust::Missing;
    m_spectraNote.clear();
    m_baseline.reset();
    m_candidate.reset();
    m_delta.clear();
    m_deltaReference.reset();
    m_baselineTrust = Trust::Missing;
    m_candidateTrust = Trust::Missing;
    ageEvaluation();
    forgetStatistics();
    Q_EMIT spectraChanged();
}

/// The windows are about to change: numbers stay as stale, runs under way are of no use any more.
void Workbench::ageEvaluation()
{
    m_evaluator.reset();
    if (m_baselineBox != nullptr) {
        m_jobs.cancelKind(u"baseline"_s);
        m_baselineBox.reset();
    }
    if (m_candidateBox != nullptr) {
        m_jobs.cancelKind(u"candidate"_s);
        m_candidateBox.reset();
    }
    m_baselineNote.clear();
    m_candidateNote.clear();
    m_baselineTrust = m_baseline != nullptr ? Trust::Stale : Trust::Missing;
    m_candidateTrust = m_candidate != nullptr ? Trust::Stale : Trust::Missing;
    Q_EMIT baselineChanged();
    Q_EMIT candidateChanged();
}

void Workbench::forgetStatistics()
{
    ++m_calibrationGeneration;
    m_statisticsUnderWay = false;
    m_selecting.reset();
    m_statistics.reset();
    m_selector.reset();
    m_selectorNote.clear();
    m_statisticsNote.clear();
    m_results.clear();
    m_realised.reset();
    m_selection.reset();
    m_selected.reset();
    // A run under way scores channels of the old text: it is started again with the new ones.
    if (m_candidateBox != nullptr) {
        m_jobs.cancelKind(u"candidate"_s);
        m_candidateBox.reset();
    }
    if (m_candidateTrust != Trust::Missing) {
        m_candidateTrust = Trust::Stale;
        Q_EMIT candidateChanged();
    }
    Q_EMIT selectorChanged();
}

std::optional<PruningPlan> Workbench::selectedPlan() const
{
    if (m_realised) {
        return m_realised;
    }
    const PruningPlan& plan = m_document.plan();
    if (m_selection == nullptr || m_selectedBy.lock() != m_selector || !m_document.isOpen()) {
        return std::nullopt;
    }
    if (std::shared_ptr<const PruningPlan> newest = m_selection->take()) {
        m_selected = std::move(newest);
    }
    return m_selected != nullptr && m_selected->method == plan.method && m_selected->seed == plan.seed
        ? std::optional(*m_selected)
        : std::nullopt;
}

std::optional<double> Workbench::knownLoss(const PruningPlan& plan) const
{
    const ResultMemory::Entry* known = m_baselineTrust == Trust::Final && m_baseline != nullptr
        ? m_results.find(plan, *m_baseline)
        : nullptr;
    return known != nullptr ? std::optional(known->estimate->meanNll() - m_baseline->meanNll())
                            : std::nullopt;
}

} // namespace rankscope
