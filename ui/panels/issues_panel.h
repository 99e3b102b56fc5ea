// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/checkpoint_overview.h"

#include <QWidget>

class QListWidget;
class QStackedLayout;

namespace rankscope {

class EmptyNote;

/// What is wrong with the open checkpoint, errors first.
class IssuesPanel : public QWidget {
    Q_OBJECT

public:
    explicit IssuesPanel(QWidget* parent = nullptr);

    void setIssues(const std::vector<CheckpointIssue>& issues, bool modelOpen);
    [[nodiscard]] QListWidget* list() const { return m_list; }

private:
    void changeEvent(QEvent* event) override;
    void rebuild();

    std::vector<CheckpointIssue> m_issues;
    QListWidget* m_list;
    EmptyNote* m_empty;
    QStackedLayout* m_stack;
};

} // namespace rankscope
