// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QMenu;
class QModelIndex;
class QTableView;

namespace rankscope {

class JobListModel;

/// Progress, time left and a way to stop each job. Delete stops the selected one.
class JobPanel : public QWidget {
    Q_OBJECT

public:
    explicit JobPanel(JobListModel& jobs, QWidget* parent = nullptr);

    [[nodiscard]] QTableView* table() const { return m_table; }
    /// The jobs with what became of them, tab separated.
    [[nodiscard]] QString tableText() const;
    /// For the job at `index`.
    void fillMenu(QMenu& menu, const QModelIndex& index);

Q_SIGNALS:
    void hovered(const QString& text);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void cancelRow(int row);
    void copyTable();
    void fitColumns();

    JobListModel& m_jobs;
    QTableView* m_table;
};

} // namespace rankscope
