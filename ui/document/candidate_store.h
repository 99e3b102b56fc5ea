// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <map>
#include <memory>
#include <set>
#include <string>

class QTimer;

namespace rankscope {

class CandidateHistory;
class JobLanes;

/// Keeps the candidates of every model in a file of its own, so that they, their names and the pin are there
/// when the model is opened in a later session. Other processes may have the same file: what they add to it
/// stays, and comes into the history with the next write.
class CandidateStore : public QObject {
    Q_OBJECT

public:
    /// `folder` is made when there is something to keep. `delayMs`: from a change to its being written.
    CandidateStore(CandidateHistory& history, JobLanes& lanes, const QString& folder, int delayMs,
                   QObject* parent = nullptr);
    ~CandidateStore() override;

    /// Writes what has not been written yet, at once. For the end of the program.
    void flush();

Q_SIGNALS:
    /// Read, or there was nothing to read.
    void restored();
    void problem(const QString& sentence);

private:
    /// A history on its way into its file.
    struct Snapshot;
    /// What the files hold; shared with the workers.
    struct Files;

    void onReset();
    void onChanged();
    /// Of the history as it is now; null when it has no change that is worth a file.
    [[nodiscard]] std::shared_ptr<const Snapshot> take();
    void write();
    [[nodiscard]] QString fileOf(const std::string& digest) const;

    CandidateHistory& m_history;
    JobLanes& m_lanes;
    QString m_folder;
    QTimer* m_timer;
    std::set<std::string> m_read; ///< digests whose file has been read, or is being read
    std::set<std::string> m_closed; ///< digests whose file is being read, or must not be written over
    std::map<QString, std::shared_ptr<const Snapshot>> m_waiting; ///< by file, the newest
    std::shared_ptr<Files> m_files;
    int m_version = 0; ///< counts changes
    bool m_changed = false; ///< since the last snapshot
    bool m_complained = false;
};

} // namespace rankscope
