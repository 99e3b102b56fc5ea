// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/plan/model_choices.h"

#include <QObject>
#include <QString>

#include <map>
#include <memory>

namespace rankscope {

class JobLanes;
class Workbench;

/// Keeps the texts and windows that were chosen for every model, by its folder, and gives them to the
/// workbench when the model is opened again. Files are touched in the cpu lane only.
class ModelMemory : public QObject {
    Q_OBJECT

public:
    /// `folder` is made when there is something to keep. The workbench outlives the memory.
    ModelMemory(Workbench& workbench, JobLanes& lanes, const QString& folder, QObject* parent = nullptr);
    ~ModelMemory() override;

    /// Writes what has not been written yet, at once. For the end of the program.
    void flush();

Q_SIGNALS:
    void problem(const QString& sentence);

private:
    struct Files;
    struct Entry {
        ModelChoices choices;
        int version = 0;
    };

    void onChanged();

    Workbench& m_workbench;
    JobLanes& m_lanes;
    std::shared_ptr<Files> m_files; ///< shared with the workers
    std::map<std::filesystem::path, Entry> m_waiting; ///< by model folder, the newest
    int m_version = 0; ///< counts changes
    bool m_complained = false;
};

} // namespace rankscope
