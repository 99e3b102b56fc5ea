// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/issues_panel.h"

#include "ui/panels/dock_panel.h"
#include "ui/theme/icon_tint.h"
#include "ui/theme/theme.h"

#include <QEvent>
#include <QListWidget>
#include <QStackedLayout>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

IssuesPanel::IssuesPanel(QWidget* parent)
    : QWidget(parent)
    , m_list(new QListWidget(this))
    , m_empty(new EmptyNote(this))
    , m_stack(new QStackedLayout(this))
{
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setWordWrap(true);
    m_list->setAccessibleName(tr("Issues of the checkpoint"));
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_list);
    m_empty->setText(tr("No model open."));
}

void IssuesPanel::setIssues(const std::vector<CheckpointIssue>& issues, bool modelOpen)
{
    m_issues = issues;
    std::stable_sort(m_issues.begin(), m_issues.end(),
                     [](const CheckpointIssue& left, const CheckpointIssue& right) {
                         return static_cast<int>(left.severity) > static_cast<int>(right.severity);
                     });
    m_empty->setText(modelOpen
                         ? tr("No issues: every tensor is there with the expected name, shape and type.")
                         : tr("No model open."));
    rebuild();
}

void IssuesPanel::rebuild()
{
    const Theme& theme = themeOf(palette());
    m_list->clear();
    for (const CheckpointIssue& issue : m_issues) {
        const bool note = issue.severity == IssueSeverity::Note;
        auto* item = new QListWidgetItem(QString::fromStdString(issue.message), m_list);
        item->setIcon(tintedIcon(issue.severity == IssueSeverity::Error ? u"error"_s
                                     : note                             ? u"note"_s
                                                                        : u"warning"_s,
                                 note ? theme.accent : theme.worse, fontMetrics().height()));
        item->setToolTip(QString::fromStdString(issue.subject));
    }
    m_stack->setCurrentWidget(m_issues.empty() ? static_cast<QWidget*>(m_empty) : m_list);
}

void IssuesPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        rebuild();
    }
}

} // namespace rankscope
