// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/pruned_spectra.h"

#include "core/base/narrow.h"
#include "ui/document/plan_key.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"

#include <utility>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {
constexpr int kPriority = 4; ///< as the dense spectra
}

PrunedSpectra::PrunedSpectra(Workbench& workbench, JobLanes& lanes, JobListModel& jobs,
                             PlanDocument& document, QObject* parent)
    : QObject(parent)
    , m_workbench(workbench)
    , m_lanes(lanes)
    , m_jobs(jobs)
    , m_document(document)
{
    connect(&m_workbench, &Workbench::overviewChanged, this, &PrunedSpectra::forget);
    connect(&m_workbench, &Workbench::modelChanged, this, &PrunedSpectra::forget);
    connect(&m_workbench, &Workbench::textsChanged, this, [this] {
        if (m_text != m_workbench.texts().evaluation) {
            forget();
        }
    });
    connect(&m_workbench, &Workbench::spectraChanged, this, &PrunedSpectra::refresh);
    connect(&m_workbench, &Workbench::candidateChanged, this, [this] {
        refresh();
        // What stopped the candidate stopped these.
        if (const QString now = note(); now != std::exchange(m_said, now)) {
            Q_EMIT changed();
        }
    });
    const auto tellAge = [this] {
        if (m_spectra != nullptr) {
            Q_EMIT changed(); // stale now, or fresh again
        }
    };
    connect(&m_document, &PlanDocument::planChanged, this, tellAge);
    connect(&m_workbench, &Workbench::selectorChanged, this, tellAge);
}

void PrunedSpectra::setWanted(bool wanted)
{
    if (wanted != m_wanted) {
        m_wanted = wanted;
        retry();
        Q_EMIT changed();
    }
}

void PrunedSpectra::retry()
{
    m_failedKey.clear();
    m_note.clear();
    refresh();
}

Trust PrunedSpectra::trust() const
{
    if (m_spectra == nullptr) {
        return Trust::Missing;
    }
    return m_shownKey == wantedKey() ? Trust::Final : Trust::Stale;
}

QString PrunedSpectra::note() const
{
    if (!m_failedKey.empty() && m_failedKey == wantedKey()) {
        return m_note;
    }
    return m_workbench.realisedPlan() ? QString() : m_workbench.candidateNote();
}

std::string PrunedSpectra::wantedKey() const
{
    const std::string plan = planKey(m_document.plan(), m_workbench.selector().get());
    const std::shared_ptr<const SpectraSummary>& dense = m_workbench.spectra();
    return plan.empty() || dense == nullptr || dense->positions.empty()
        ? plan
        : plan + " at " + std::to_string(dense->windows) + '/' + std::to_string(dense->positions.front());
}

void PrunedSpectra::forget()
{
    ++m_generation;
    m_text = m_workbench.texts().evaluation;
    m_spectra.reset();
    m_shownKey.clear();
    if (!m_runningKey.empty()) {
        m_runningKey.clear();
        m_jobs.cancelKind(u"prunedSpectra"_s);
    }
    m_failedKey.clear();
    m_note.clear();
    Q_EMIT changed();
}

void PrunedSpectra::refresh()
{
    const std::string key = wantedKey();
    if (key.empty() && m_spectra != nullptr) {
        m_spectra.reset();
        m_shownKey.clear();
        Q_EMIT changed();
    }
    const std::shared_ptr<const SpectraSummary>& dense = m_workbench.spectra();
    const std::optional<PruningPlan>& realised = m_workbench.realisedPlan();
    if (!m_wanted || key.empty() || key == m_shownKey || key == m_runningKey || key == m_failedKey
        || dense == nullptr || dense->positions.empty() || m_workbench.spectraTrust() != Trust::Final
        || !realised || m_workbench.model() == nullptr || m_workbench.texts().evaluation == nullptr) {
        return;
    }
    m_runningKey = key;
    m_note.clear();
    Job* job = m_jobs.create(tr("Spectra of the pruned model"), u"prunedSpectra"_s);
    job->start(
        m_lanes.gpu(),
        [model = m_workbench.model(), text = m_workbench.texts().evaluation, windows = dense->windows,
         every = dense->positions.front(),
         plan = *realised](JobContext& context) -> Result<std::shared_ptr<const SpectraSummary>> {
            Result<std::shared_ptr<const StateSpectra>> spectra
                = computeStateSpectra(*model, *text, std::min(windows, text->count), every, &plan, context);
            if (!spectra) {
                return spectra.error();
            }
            return std::make_shared<const SpectraSummary>(summariseSpectra(**spectra));
        },
        [this, key, generation = m_generation](Result<std::shared_ptr<const SpectraSummary>> result) {
            if (generation != m_generation) {
                return;
            }
            m_runningKey.clear();
            if (!result) {
                m_failedKey = key;
                m_note = m_workbench.noteOf(result.error(), tr("Press F5 to analyse again."));
                m_workbench.report(result.error());
            } else if (!m_document.plan().keepsAll()) {
                m_spectra = std::move(result).value();
                m_shownKey = key;
                refresh(); // the dense ones may be of other windows by now
            }
            Q_EMIT changed();
        },
        kPriority);
    Q_EMIT changed();
}

} // namespace rankscope
