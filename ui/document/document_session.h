// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/plan/session_snapshot.h"

#include <QObject>
#include <QString>

#include <optional>

namespace rankscope {

class JobLanes;
class JobListModel;
class LayerSelection;
class PlanDocument;
class Workbench;

/// The plan as a file: where it lives, whether work would be lost, saving and loading, and going on with the
/// work of an earlier session.
class DocumentSession : public QObject {
    Q_OBJECT

public:
    struct Services {
        Workbench& workbench;
        PlanDocument& document;
        LayerSelection& selection;
        JobLanes& lanes;
        JobListModel& jobs;
    };

    explicit DocumentSession(Services services, QObject* parent = nullptr);

    /// Empty for a plan that was never saved.
    [[nodiscard]] const QString& planFile() const { return m_planFile; }
    /// The plan says something that its file, or the model alone, does not.
    [[nodiscard]] bool hasUnsavedWork() const;
    [[nodiscard]] SessionSnapshot snapshot() const;

    /// Writes the plan as it is now, in the background; a plan whose channels have yet to be selected is
    /// written as soon as they are. Ends with saved() or notSaved().
    void save(const QString& path);
    [[nodiscard]] bool isSaving() const { return m_saving.has_value(); }
    /// A plan or recipe becomes the document, as one undo step. Errors: of reading it; Mismatch; NotFound (no
    /// model).
    [[nodiscard]] Status load(const QString& path);
    /// Opens the model of an earlier session, then puts its plan back.
    void resume(const SessionSnapshot& session);

Q_SIGNALS:
    /// File or unsaved work changed.
    void changed();
    void saved(const QString& path);
    /// `sentence` is empty when somebody stopped it.
    void notSaved(const QString& sentence);
    /// The save waits: why, in a sentence.
    void saveWaits(const QString& sentence);
    /// Resumed, or a sentence why not.
    void resumed(const QString& failure);

private:
    struct Saving {
        QString path;
        PruningPlan plan; ///< as the person saw it
        bool resumed = false; ///< the selection of channels, which had been stopped
    };
    void onOpened();
    void continueSaving();
    void finishSaving(const Status& status);
    void applyResumed();

    Services m_services;
    QString m_planFile;
    PruningPlan m_savedPlan;
    std::optional<Saving> m_saving;
    bool m_writing = false;
    std::optional<SessionSnapshot> m_resuming;
};

} // namespace rankscope
