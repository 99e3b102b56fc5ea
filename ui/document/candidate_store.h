// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <memory>
#include <mutex>
#include <set>
#include <string>

class QTimer;

namespace rankscope {

class CandidateHistory;
class JobLanes;

/// Keeps the candidates of every model in a file of its own, so that they, their names and the pin are there
/// when the model is opened in a later session.
class CandidateStore : public QObject {
    Q_OBJECT

public:
    /// `folder` is made when there is something to keep. `delayMs`: from a change to its being written.
    CandidateStore(CandidateHistory& history, JobLanes& lanes, const QString& folder, int delayMs,
                   QObject* parent = nullptr);

    /// Writes what has not been written yet, at once. For the end of the program.
    void flush();

Q_SIGNALS:
    /// Read, or there was nothing to read.
    void restored();
    void problem(const QString& sentence);

private:
    void onReset();
    void onChanged();
    void write();
    [[nodiscard]] QString fileOf(const std::string& digest) const;

    CandidateHistory& m_history;
    JobLanes& m_lanes;
    QString m_folder;
    QTimer* m_timer;
    std::set<std::string> m_read; ///< digests whose file has been read, or is being read
    std::string m_reading; ///< digest whose file is under way; its history is not written before
    std::shared_ptr<std::mutex> m_mutex = std::make_shared<std::mutex>(); ///< one write after the other
    int m_version = 0; ///< counts changes
    int m_writtenVersion = 0;
    bool m_complained = false;
};

} // namespace rankscope
