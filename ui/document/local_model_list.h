// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/local_models.h"

#include <QObject>
#include <QString>

#include <vector>

namespace rankscope {

class JobLanes;
class JobListModel;

/// The models of the local Hugging Face cache, looked up in the cpu lane when somebody wants to see them.
class LocalModelList : public QObject {
    Q_OBJECT

public:
    LocalModelList(JobLanes& lanes, JobListModel& jobs, QObject* parent = nullptr);

    /// Looks again; the list of before stays until then.
    void refresh();
    [[nodiscard]] const std::vector<LocalModel>& models() const { return m_models; }
    /// What there is to say when the list is empty.
    [[nodiscard]] const QString& note() const { return m_note; }

Q_SIGNALS:
    void changed();

private:
    JobLanes& m_lanes;
    JobListModel& m_jobs;
    std::vector<LocalModel> m_models;
    QString m_note;
};

} // namespace rankscope
