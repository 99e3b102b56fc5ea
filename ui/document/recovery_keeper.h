// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/plan/session_snapshot.h"

#include <QDateTime>
#include <QObject>
#include <QString>

#include <memory>
#include <vector>

class QTimer;

namespace rankscope {

class AbandonedText;
class DocumentSession;
class JobLanes;
class RecoverySlot;

/// Keeps unsaved work where a kill cannot take it, and finds that of instances that were killed. Files are
/// touched in the cpu lane only.
class RecoveryKeeper : public QObject {
    Q_OBJECT

public:
    /// `folder` is shared by all instances; `delayMs` from an edit to its being safe.
    RecoveryKeeper(DocumentSession& session, JobLanes& lanes, const QString& folder, int delayMs,
                   QObject* parent = nullptr);
    ~RecoveryKeeper() override;

    /// Unsaved work of a killed instance.
    struct Offer {
        SessionSnapshot session;
        QDateTime written;
        std::shared_ptr<AbandonedText> text; ///< holds it against other instances
    };

    /// Looks for abandoned work; ends with found() when there is any.
    void look();
    /// The work is put back; once it is safe in this instance, what was left behind is removed. Work that
    /// could not be put back is kept for the next start.
    void recover(const Offer& offer);
    void discard(const Offer& offer);
    /// The newest edit is in the file, or there is nothing to keep.
    [[nodiscard]] bool isSafe() const { return !m_busy && m_version == m_writtenVersion; }

Q_SIGNALS:
    void found(const std::vector<rankscope::RecoveryKeeper::Offer>& offers);
    /// Autosave does not work; said once.
    void problem(const QString& sentence);

private:
    /// Shared with the worker, so that an orderly end removes the file at once, whatever is under way.
    struct Place;
    void onChanged();
    void onResumed(const QString& failure);
    /// What was recovered is safe here, or in a file of its own.
    void dropAdopted();
    void write();

    DocumentSession& m_session;
    JobLanes& m_lanes;
    QString m_folder;
    QTimer* m_timer;
    std::shared_ptr<Place> m_place;
    bool m_used = false; ///< there was something to keep
    std::shared_ptr<AbandonedText> m_recovering; ///< its model is being opened
    std::vector<std::shared_ptr<AbandonedText>> m_adopted; ///< recovered here, not yet safe here
    quint64 m_version = 0;
    quint64 m_writtenVersion = 0;
    bool m_busy = false;
    bool m_complained = false;
};

} // namespace rankscope
