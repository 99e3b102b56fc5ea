// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/plan/session_snapshot.h"

#include <QObject>
#include <QString>

#include <optional>
#include <vector>

class QUndoCommand;

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

    /// Empty for a plan that was never saved. Undo of loading a plan brings back the file of before.
    [[nodiscard]] const QString& planFile() const { return file().path; }
    /// The plan says something that its file, or the model alone, does not.
    [[nodiscard]] bool hasUnsavedWork() const;
    /// A plan was loaded over work that no file holds: only undo leads back to it.
    [[nodiscard]] bool hasBuriedWork() const { return file().buried; }
    /// The plan as it is now may be lost: somebody has been asked.
    void letGo();
    /// Nothing was edited since letGo().
    [[nodiscard]] bool isLetGo() const;
    [[nodiscard]] SessionSnapshot snapshot() const;

    /// Writes the plan as it is now, in the background; a plan whose channels have yet to be selected is
    /// written as soon as they are. Ends with saved() or notSaved(). While another save is being written,
    /// this one follows it; one that only waits is replaced.
    void save(const QString& path);
    [[nodiscard]] bool isSaving() const { return m_saving.has_value(); }
    /// The file is being written: a moment, unlike waiting for channels.
    [[nodiscard]] bool isWriting() const { return m_writing; }
    /// A plan or recipe becomes the document, as one undo step. Ends with loaded() or notLoaded(): at once,
    /// or for a large file when it has been read in the background. What is still being read then is dropped.
    void load(const QString& path);
    /// The plan has been written elsewhere, as the recipe of an export: it is not lost.
    void setExported(const PruningPlan& plan);
    /// Opens the model of an earlier session, then puts its plan back.
    void resume(const SessionSnapshot& session);

Q_SIGNALS:
    /// File or unsaved work changed.
    void changed();
    void saved(const QString& path);
    /// `stopped`: by somebody, so that it is no failure.
    void notSaved(const QString& sentence, bool stopped);
    void loaded(const QString& path);
    /// `stopped`: by somebody, so that it is no failure.
    void notLoaded(const QString& sentence, bool stopped);
    /// Another save took the place of one that had not begun to be written.
    void saveReplaced(const QString& sentence);
    /// The save waits: why, in a sentence.
    void saveWaits(const QString& sentence);
    /// Resumed, or a sentence why not.
    void resumed(const QString& failure);

private:
    /// Where the plan lives from one undo step on.
    struct PlanFile {
        int id = 0;
        int index = 0; ///< of the undo stack
        const QUndoCommand* step = nullptr; ///< that loaded it; null for the start
        QString path;
        PruningPlan saved;
        std::optional<PruningPlan> exported;
        bool buried = false; ///< see hasBuriedWork()
    };
    struct Saving {
        int file = 0; ///< id of what is saved
        QString path;
        PruningPlan plan; ///< as the person saw it
        bool resumed = false; ///< the selection of channels, which had been stopped
    };
    void onOpened();
    [[nodiscard]] const PlanFile& file() const;
    [[nodiscard]] PlanFile& file() { return const_cast<PlanFile&>(std::as_const(*this).file()); }
    void followUndoStack();
    /// The plan as one undo step that lives at `path`.
    void replacePlan(const PruningPlan& plan, const QString& text, const QString& path, bool saved);
    void finishLoading(const QString& path, const Result<PruningPlan>& plan);
    void continueSaving();
    void finishSaving(const Status& status);
    /// Nothing waits any more.
    void dropWaiting(const QString& sentence, bool stopped);
    void applyResumed();
    void failResuming(const Error& error);
    /// What is still being read is not wanted any more.
    void dropLoading();

    Services m_services;
    std::vector<PlanFile> m_files; ///< by undo index, never empty
    int m_lastFile = 0;
    std::optional<Saving> m_saving;
    std::optional<Saving> m_nextSaving; ///< asked for while m_saving is being written
    bool m_writing = false;
    int m_loadRequest = 0; ///< the newest: earlier ones are not wanted any more
    std::optional<SessionSnapshot> m_resuming;
    std::optional<PruningPlan> m_letGo;
};

} // namespace rankscope
