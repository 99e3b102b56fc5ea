// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/local_model_list.h"

#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"

namespace rankscope {

using namespace Qt::StringLiterals;

LocalModelList::LocalModelList(JobLanes& lanes, JobListModel& jobs, QObject* parent)
    : QObject(parent)
    , m_lanes(lanes)
    , m_jobs(jobs)
{
}

void LocalModelList::refresh()
{
    m_note = tr("Looking for models…");
    Job* job = m_jobs.create(tr("Look for models"), u"models"_s);
    job->setUnit(tr("models"));
    job->start(
        m_lanes.cpu(),
        [caches = huggingFaceCaches(processEnvironment())](JobContext& context) {
            return findLocalModels(caches, context);
        },
        [this](Result<std::vector<LocalModel>> models) {
            if (models) {
                m_models = std::move(*models);
                m_note = m_models.empty()
                    ? tr("No models in the local Hugging Face cache (HF_HOME, HF_HUB_CACHE or "
                         "~/.cache/huggingface/hub).")
                    : QString();
            } else {
                m_note = tr("Looking for models was stopped.");
            }
            Q_EMIT changed();
        });
    Q_EMIT changed();
}

} // namespace rankscope
