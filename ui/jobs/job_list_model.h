// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/jobs/job.h"

#include <QAbstractTableModel>

#include <vector>

class QTimer;

namespace rankscope {

/// Owns the jobs: creates them, lists those under way before the finished ones and the newest first, forgets
/// finished ones beyond the last twenty, and polls progress at 10 Hz while any is under way.
class JobListModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { TitleColumn, ProgressColumn, StatusColumn, CancelColumn, ColumnCount };
    enum Role { FractionRole = Qt::UserRole + 1, StateRole, CancellableRole };

    explicit JobListModel(QObject* parent = nullptr);
    ~JobListModel() override;

    /// A job that replaces an earlier one of the same `kind` takes its place; the earlier handle is
    /// destroyed, so that its work stops and its result is dropped.
    Job* create(const QString& title, const QString& kind);
    void cancelKind(const QString& kind);
    void cancelAll();
    [[nodiscard]] int runningCount() const;
    [[nodiscard]] bool anyActive() const { return runningCount() > 0; }
    [[nodiscard]] Job* jobAt(int row) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

Q_SIGNALS:
    void activityChanged();

private:
    struct Entry {
        Job* job = nullptr;
        QString kind;
    };
    void onStateChanged(Job* job);
    void poll();
    void trim();
    void moveRow(int from, int to);
    [[nodiscard]] const Job* jobWithId(int id) const;
    [[nodiscard]] int rowOf(const Job* job) const;
    [[nodiscard]] QString statusText(const Job& job) const;

    std::vector<Entry> m_entries;
    QTimer* m_timer;
    int m_nextId = 1;
};

} // namespace rankscope
