// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QToolButton>

namespace rankscope {

class JobListModel;
class JobPanel;

/// Jobs in the status bar, for windows without room for their panel: says what runs, and opens the list above
/// itself.
class JobsButton : public QToolButton {
    Q_OBJECT

public:
    explicit JobsButton(JobListModel& jobs, QWidget* parent = nullptr);

    /// Shows or hides the list.
    void toggleList();
    [[nodiscard]] QWidget* list() const { return m_popup; }

private:
    void refresh();

    JobListModel& m_jobs;
    QWidget* m_popup;
    JobPanel* m_panel = nullptr;
};

} // namespace rankscope
