// SPDX-License-Identifier: GPL-3.0-or-later
// The order of engine work: what starts once model and texts are there, and what an edit of the plan starts.
#include "core/base/narrow.h"
#include "core/pruning/method_registry.h"
#include "core/pruning/realise_plan.h"
#include "ui/document/plan_key.h"
#include "ui/document/workbench.h"
#include "ui/format/numbers.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"

#include <QPointer>
#include <QTimer>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Edits that follow each other this closely are one drag. While it goes on, a run may live until its first
/// number, so that numbers of a moment ago appear while the hand moves; when the hand rests, or the edits are
/// no drag, the newest plan replaces the run at once.
constexpr int kDragMs = 150;
/// A run that takes longer than this to its first number is not waited for.
constexpr int kMostPatienceMs = 3000;
/// Live numbers are shown at most this often, the first ones of a run at once.
constexpr int kLiveIntervalMs = 30;

bool sameNumbers(const PruningPlan& left, const PruningPlan& right)
{
    return left.method == right.method && left.seed == right.seed
        && planFingerprint(left) == planFingerprint(right);
}

} // namespace

void Workbench::startWhenReady()
{
    if (m_model == nullptr) {
        return;
    }
    // What was stopped or failed waits to be asked for.
    if (m_texts.calibration != nullptr && m_statistics == nullptr && !m_statisticsUnderWay
        && m_statisticsNote.isEmpty()) {
        if (m_analyseAtOnce) {
            startStatistics();
        } else {
            m_selectorNote = m_statisticsNote = askFirstNote();
            Q_EMIT selectorChanged();
            Q_EMIT candidateChanged();
        }
    }
    if (m_texts.evaluation == nullptr) {
        return;
    }
    if (m_evaluator == nullptr) {
        m_evaluator = std::make_shared<LiveEvaluator>(m_model, m_texts.evaluation);
        startBaseline();
        if (!m_document.plan().keepsAll()) {
            scheduleCandidate();
        }
    } else if (const PruningPlan& plan = m_document.plan(); m_candidateTrust != Trust::Final
               && m_candidateBox == nullptr && m_candidateNote.isEmpty() && !plan.keepsAll()
               && !needsSelection(plan)) {
        scheduleCandidate(); // no selection from a new text will start it
    }
    // The states of the first windows; more of the same windows change nothing.
    const std::pair spectraBasis(m_texts.evaluation->sourceSha256, m_texts.evaluation->length);
    const int spectraWindows = std::min(m_options.spectraWindows, m_texts.evaluation->count);
    const bool analysed = m_spectraTrust == Trust::Final && m_spectra->windows == spectraWindows;
    if (m_spectraBasis != spectraBasis || (!analysed && !m_spectraUnderWay && m_spectraNote.isEmpty())) {
        m_spectraBasis = spectraBasis;
        m_spectraTrust = m_spectra != nullptr ? Trust::Stale : Trust::Missing;
        if (m_analyseAtOnce) {
            startSpectra();
        } else {
            m_spectraNote = askFirstNote();
        }
        Q_EMIT spectraChanged();
    }
}

QString Workbench::askFirstNote() const
{
    return tr("Spectra and channel selection of this model take about %1 on this CPU. Press F5 to start.")
        .arg(formatSeconds(m_analysisSeconds));
}

void Workbench::startBaseline()
{
    m_baselineTrust = Trust::Partial;
    m_baselineBox = newLiveNumbers();
    Job* job = newJob(tr("Evaluate baseline"), u"baseline"_s);
    job->setUnit(tr("windows"));
    job->start(
        m_lanes.gpu(),
        [evaluator = m_evaluator, box = m_baselineBox](JobContext& context) {
            return evaluator->baseline(
                [box](std::shared_ptr<const PerplexityEstimate> part) { box->post(std::move(part)); },
                context);
        },
        [this, evaluator = m_evaluator](Result<std::shared_ptr<const PerplexityEstimate>> result) {
            if (evaluator != m_evaluator) {
                return;
            }
            m_baselineBox.reset();
            m_baselineNote.clear();
            if (!result) {
                m_baselineNote = noteOf(result.error(), tr("Press Ctrl+R to evaluate again."));
                m_baselineTrust = m_baseline != nullptr ? Trust::Stale : Trust::Missing;
                report(result.error());
            } else {
                m_baselineTrust = Trust::Final;
                showBaseline(std::move(result).value());
            }
            Q_EMIT baselineChanged();
            Q_EMIT candidateChanged();
        },
        job_priority::kBaseline);
    Q_EMIT baselineChanged();
}

void Workbench::startSpectra()
{
    m_spectraUnderWay = true;
    m_spectraNote.clear();
    Job* job = newJob(tr("Analyse state spectra"), u"spectra"_s);
    job->start(
        m_lanes.gpu(),
        [model = m_model, windows = m_texts.evaluation,
         options = m_options](JobContext& context) -> Result<std::shared_ptr<const SpectraSummary>> {
            const int count = std::min(options.spectraWindows, windows->count);
            Result<std::shared_ptr<const StateSpectra>> spectra
                = computeStateSpectra(*model, *windows, count, options.spectraEvery, nullptr, context);
            if (!spectra) {
                return spectra.error();
            }
            return std::make_shared<const SpectraSummary>(summariseSpectra(**spectra));
        },
        [this, generation = m_generation,
         textGeneration = m_textGeneration](Result<std::shared_ptr<const SpectraSummary>> result) {
            if (generation != m_generation || textGeneration != m_textGeneration) {
                return;
            }
            m_spectraUnderWay = false;
            if (!result) {
                m_spectraNote = noteOf(result.error(), tr("Press F5 to analyse again."));
                Q_EMIT spectraChanged();
                report(result.error());
                return;
            }
            m_spectraNote.clear();
            m_spectra = std::move(result).value();
            m_spectraTrust = Trust::Final;
            Q_EMIT spectraChanged();
        },
        job_priority::kSpectra);
}

void Workbench::startStatistics()
{
    m_statisticsUnderWay = true;
    m_statisticsNote.clear();
    m_selectorNote.clear();
    Job* job = newJob(tr("Collect channel statistics"), u"statistics"_s);
    job->setUnit(tr("windows"));
    job->start(
        m_lanes.gpu(),
        [model = m_model, windows = m_texts.calibration](JobContext& context) {
            return collectChannelStatistics(*model, *windows, context);
        },
        [this, generation = m_generation,
         calibration = m_calibrationGeneration](Result<std::shared_ptr<const ChannelStatistics>> result) {
            if (generation != m_generation || calibration != m_calibrationGeneration) {
                return;
            }
            m_statisticsUnderWay = false;
            if (!result) {
                m_selectorNote = m_statisticsNote
                    = noteOf(result.error(), tr("Press F5 to read the calibration text again."));
                Q_EMIT selectorChanged();
                Q_EMIT candidateChanged();
                report(result.error());
                return;
            }
            m_selectorNote.clear();
            m_statistics = std::move(result).value();
            Q_EMIT selectorChanged(); // others make selectors of their own from it
            Q_EMIT candidateChanged();
            ensureSelector();
        },
        job_priority::kStatistics);
}

void Workbench::ensureSelector()
{
    if (isOfPlan(m_selector.get(), m_document.plan())) {
        return;
    }
    const std::string method = m_document.plan().method;
    const std::uint64_t seed = m_document.plan().seed;
    const MethodInfo* info = findMethod(method);
    if (info == nullptr) {
        const QString note = tr("This version has no method \"%1\": choose another one in Plan.")
                                 .arg(QString::fromStdString(method));
        if (m_selectorNote != note) {
            m_selectorNote = note;
            m_selector.reset();
            Q_EMIT selectorChanged();
            Q_EMIT candidateChanged();
        }
        return;
    }
    if (m_model == nullptr || (info->needsStatistics && m_statistics == nullptr)) {
        return;
    }
    if (m_selecting == std::pair(method, seed)) {
        return;
    }
    m_selecting = { method, seed };
    m_selector.reset();
    m_selectorNote.clear();
    Q_EMIT selectorChanged();
    Job* job = newJob(tr("Prepare %1").arg(QString::fromUtf8(info->label)), u"selector"_s);
    job->setUnit(tr("heads"));
    job->start(
        m_lanes.gpu(),
        [method, seed, model = m_model, statistics = m_statistics](JobContext& context) {
            return makeChannelSelector(method, seed, model, statistics, context);
        },
        [this, generation = m_generation,
         calibration = m_calibrationGeneration](Result<std::shared_ptr<const ChannelSelector>> result) {
            if (generation != m_generation || calibration != m_calibrationGeneration) {
                return;
            }
            m_selecting.reset();
            if (!result) {
                m_selectorNote = noteOf(result.error(), tr("Press F5 to try again."));
                Q_EMIT selectorChanged();
                Q_EMIT candidateChanged();
                report(result.error());
                return;
            }
            m_selectorNote.clear();
            m_selector = std::move(result).value();
            Q_EMIT selectorChanged();
            scheduleCandidate();
        },
        job_priority::kSelector);
}

bool Workbench::runFitsPlan() const
{
    return sameNumbers(m_document.plan(), m_evaluatedPlan);
}

void Workbench::onPlanChanged()
{
    const bool fits = runFitsPlan();
    if (m_realised && !fits) {
        m_realised.reset();
    }
    if (m_candidateTrust != Trust::Missing && !fits) {
        m_candidateTrust = Trust::Stale;
        Q_EMIT candidateChanged();
    }
    const bool drag = m_sinceEdit.isValid() && m_sinceEdit.elapsed() < kDragMs;
    m_sinceEdit.start();
    m_awaitingFirstNumber = true;
    if (fits && m_candidateBox != nullptr) {
        m_editTimer->stop();
        m_restartOnNumber = false;
        return; // back at the plan of the running evaluation
    }
    const qint64 age = m_candidateBox != nullptr ? m_sinceStart.elapsed() : 0;
    m_restartOnNumber = drag && m_candidateBox != nullptr && !m_runHasNumber && age < kMostPatienceMs;
    if (m_restartOnNumber) {
        m_editTimer->start(kDragMs);
    } else {
        scheduleCandidate();
    }
}

/// Once per turn of the event loop, however many edits it brings.
void Workbench::scheduleCandidate()
{
    if (m_model != nullptr) {
        m_editTimer->start(0);
    }
}

void Workbench::startCandidate()
{
    m_restartOnNumber = false;
    ensureSelector();
    if (m_evaluator == nullptr) {
        return;
    }
    const PruningPlan plan = m_document.plan();
    if (plan.keepsAll()) {
        if (m_candidateBox != nullptr) {
            m_jobs.cancelKind(u"candidate"_s);
        }
        m_candidateBox.reset();
        m_candidate.reset();
        m_realised.reset();
        updateDelta();
        m_candidateTrust = Trust::Missing;
        m_candidateNote.clear();
        m_evaluatedPlan = plan;
        Q_EMIT candidateChanged();
        return;
    }
    if (showKnown(plan)) {
        return;
    }
    if (needsSelection(plan) && !isOfPlan(m_selector.get(), plan)) {
        return; // starts when the selector arrives
    }
    if (m_candidateTrust == Trust::Final && sameNumbers(plan, m_evaluatedPlan)) {
        return;
    }
    m_evaluatedPlan = plan;
    m_sinceStart.start();
    m_runHasNumber = false;
    m_candidateBox = newLiveNumbers();
    static_cast<void>(selectedPlan()); // that of the run before is still good for the layers it has
    m_selection = std::make_shared<Mailbox<PruningPlan>>();
    if (m_selectedBy.lock() != m_selector) {
        m_selected.reset();
        m_selectedBy = m_selector;
    }
    if (!std::exchange(m_candidateNote, {}).isEmpty()) {
        Q_EMIT candidateChanged(); // no longer stopped
    }
    Job* job = newJob(tr("Evaluate candidate"), u"candidate"_s);
    job->setUnit(tr("windows"));
    job->start(
        m_lanes.gpu(),
        [plan, selector = m_selector, evaluator = m_evaluator, box = m_candidateBox,
         selection = m_selection](JobContext& context) -> Result<CandidateOutcome> {
            Result<PruningPlan> realised
                = realisePlan(plan, selector.get(), evaluator->model()->spec(), context);
            if (!realised) {
                return realised.error();
            }
            realised->modelDigest = evaluator->model()->digest();
            selection->post(std::make_shared<const PruningPlan>(*realised));
            Result<std::shared_ptr<const PerplexityEstimate>> estimate = evaluator->candidate(
                *realised,
                [box](std::shared_ptr<const PerplexityEstimate> part) { box->post(std::move(part)); },
                context);
            if (!estimate) {
                return estimate.error();
            }
            return CandidateOutcome { std::move(*realised), std::move(*estimate) };
        },
        [this, box = m_candidateBox](Result<CandidateOutcome> result) {
            if (box != m_candidateBox) {
                return;
            }
            m_candidateBox.reset();
            if (m_restartOnNumber) {
                scheduleCandidate();
            }
            m_candidateNote.clear();
            if (!result) {
                m_candidateNote = noteOf(result.error(), tr("Press Ctrl+R to evaluate again."));
                m_candidateTrust = m_candidate != nullptr ? Trust::Stale : Trust::Missing;
                report(result.error());
                Q_EMIT candidateChanged();
                return;
            }
            m_realised = std::move(result->plan);
            m_results.add(m_evaluatedPlan, *m_realised, result->estimate);
            if (!runFitsPlan()) {
                m_realised.reset();
            }
            showCandidate(std::move(result->estimate), Trust::Final);
        },
        job_priority::kCandidate);
}

bool Workbench::showKnown(const PruningPlan& plan)
{
    const ResultMemory::Entry* known = m_baselineTrust == Trust::Final && m_baseline != nullptr
        ? m_results.find(plan, *m_baseline)
        : nullptr;
    if (known == nullptr) {
        return false;
    }
    if (m_candidateBox != nullptr) {
        m_jobs.cancelKind(u"candidate"_s);
        m_candidateBox.reset();
    }
    m_evaluatedPlan = plan;
    m_candidateNote.clear();
    m_realised = known->realised;
    showCandidate(known->estimate, Trust::Final);
    return true;
}

Workbench::LiveNumbers Workbench::newLiveNumbers()
{
    return std::make_shared<LiveBox<PerplexityEstimate>>([self = QPointer<Workbench>(this)] {
        if (self != nullptr) {
            self->liveArrived();
        }
    });
}

void Workbench::liveArrived()
{
    const qint64 since = m_sinceTaken.isValid() ? m_sinceTaken.elapsed() : kLiveIntervalMs;
    const bool first = m_candidateBox != nullptr && !m_runHasNumber;
    if (first || since >= kLiveIntervalMs) {
        takeLive();
    } else if (!m_liveTimer->isActive()) {
        m_liveTimer->start(static_cast<int>(kLiveIntervalMs - since));
    }
}

void Workbench::takeLive()
{
    m_sinceTaken.start();
    if (m_baselineBox != nullptr) {
        if (std::shared_ptr<const PerplexityEstimate> part = m_baselineBox->take()) {
            const bool other = m_candidate != nullptr && m_candidate->basis != part->basis;
            showBaseline(std::move(part));
            Q_EMIT baselineChanged();
            if (other) {
                Q_EMIT candidateChanged();
            }
        }
    }
    if (m_candidateBox != nullptr) {
        if (std::shared_ptr<const PerplexityEstimate> part = m_candidateBox->take()) {
            m_runHasNumber = true;
            if (m_restartOnNumber) {
                scheduleCandidate();
            }
            showCandidate(std::move(part), Trust::Partial);
        }
    }
}

/// Numbers of two texts never stand beside each other: the first number of other windows takes those of the
/// old ones away.
void Workbench::showBaseline(std::shared_ptr<const PerplexityEstimate> estimate)
{
    if (m_candidate != nullptr && m_candidate->basis != estimate->basis) {
        m_candidate.reset();
        m_candidateTrust = Trust::Missing;
    }
    m_baseline = std::move(estimate);
    updateDelta();
}

/// A number of an earlier plan, as they come during a drag, is stale from the start.
void Workbench::showCandidate(std::shared_ptr<const PerplexityEstimate> estimate, Trust trust)
{
    const bool fits = runFitsPlan();
    if (fits && m_awaitingFirstNumber && m_sinceEdit.isValid()) {
        m_lastReactionMs = static_cast<double>(m_sinceEdit.nsecsElapsed()) * 1e-6;
        m_awaitingFirstNumber = false;
    }
    const bool otherWindows = m_baseline != nullptr && m_baseline->basis != estimate->basis;
    if (otherWindows) {
        m_baseline.reset();
        m_baselineTrust = m_baselineTrust == Trust::Stale ? Trust::Missing : m_baselineTrust;
    }
    m_candidate = std::move(estimate);
    m_candidateTrust = fits ? trust : Trust::Stale;
    updateDelta();
    if (otherWindows) {
        Q_EMIT baselineChanged();
    }
    Q_EMIT candidateChanged();
}

QString Workbench::staleReason() const
{
    if (candidateTrust() != Trust::Stale && baselineTrust() != Trust::Stale) {
        return {};
    }
    if (!blockingSentence().isEmpty()) {
        return blockingSentence();
    }
    if (m_model == nullptr) {
        return tr("From before the change of device: the weights are being loaded.");
    }
    if (m_pendingTexts != 0) {
        return (m_pendingTexts & EvaluationText) != 0
            ? tr("From other windows: the text is being read.")
            : tr("From another calibration text: the new one is being read.");
    }
    if (m_baselineTrust == Trust::Stale) {
        return m_baselineNote;
    }
    const bool otherWindows
        = m_baseline != nullptr && m_candidate != nullptr && m_baseline->basis != m_candidate->basis;
    const QString from = otherWindows ? tr("From other windows") : tr("From an earlier plan");
    if (m_candidateBox != nullptr || m_editTimer->isActive()) {
        return tr("%1: measuring…").arg(from);
    }
    if (!candidateNote().isEmpty()) {
        return candidateNote();
    }
    const PruningPlan& plan = m_document.plan();
    return needsSelection(plan) && !isOfPlan(m_selector.get(), plan)
        ? tr("%1: the channels of the new one are being ranked.").arg(from)
        : tr("%1: measuring…").arg(from);
}

void Workbench::updateDelta()
{
    if (m_candidate == nullptr) {
        m_delta.clear();
        m_deltaReference.reset();
        return;
    }
    const auto fits = [this](const std::shared_ptr<const PerplexityEstimate>& estimate) {
        return estimate != nullptr && estimate->basis == m_candidate->basis;
    };
    if (fits(m_reference)) {
        m_deltaReference = m_reference;
    } else if (fits(m_baseline)) {
        m_deltaReference = m_baseline;
    } else {
        m_delta.clear();
        m_deltaReference.reset();
        return;
    }
    m_delta.update(m_deltaReference, m_candidate);
}

std::optional<PairedDelta> Workbench::denseDelta() const
{
    if (m_candidate == nullptr || m_baseline == nullptr || m_candidate->basis != m_baseline->basis) {
        return std::nullopt;
    }
    if (m_deltaReference == m_baseline) {
        return m_delta.delta();
    }
    if (m_denseDelta.baseline != m_baseline || m_denseDelta.candidate != m_candidate) {
        m_denseDelta = { m_baseline, m_candidate, pairedDelta(*m_baseline, *m_candidate) };
    }
    return m_denseDelta.delta;
}

void Workbench::evaluateAgain()
{
    resumeOpening();
    if (m_evaluator == nullptr) {
        return;
    }
    if (m_baselineTrust != Trust::Final && m_baselineBox == nullptr) {
        startBaseline();
    }
    if (m_candidateTrust == Trust::Final) {
        m_candidateTrust = Trust::Stale;
    }
    m_results.clear(); // asked for: really again
    startCandidate();
}

void Workbench::analyseAgain()
{
    m_analyseAtOnce = true;
    resumeOpening();
    if (m_model == nullptr) {
        return; // starts when it is there
    }
    if (m_texts.evaluation != nullptr) {
        m_spectraNote.clear();
        startSpectra();
    }
    resumeSelection();
}

void Workbench::resumeSelection()
{
    if (m_model == nullptr || m_texts.calibration == nullptr) {
        resumeOpening();
    } else if (m_statistics == nullptr && !m_statisticsUnderWay) {
        m_selectorNote.clear();
        startStatistics();
        Q_EMIT selectorChanged();
    }
    ensureSelector();
}

} // namespace rankscope
