// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/jobs_button.h"

#include "ui/jobs/job_list_model.h"
#include "ui/panels/job_panel.h"

#include <QBoxLayout>
#include <QFrame>
#include <QTableView>

namespace rankscope {

JobsButton::JobsButton(JobListModel& jobs, QWidget* parent)
    : QToolButton(parent)
    , m_jobs(jobs)
    , m_popup(new QFrame(this, Qt::Popup))
{
    setAutoRaise(true);
    setAccessibleName(tr("Jobs"));
    setToolTip(tr("Running and finished jobs, with a way to stop them"));
    auto* layout = new QVBoxLayout(m_popup);
    layout->setContentsMargins(1, 1, 1, 1);
    m_panel = new JobPanel(jobs, m_popup);
    layout->addWidget(m_panel);
    auto* frame = static_cast<QFrame*>(m_popup);
    frame->setFrameStyle(static_cast<int>(QFrame::Box) | static_cast<int>(QFrame::Plain));
    frame->setForegroundRole(QPalette::Dark);
    connect(this, &QToolButton::clicked, this, &JobsButton::toggleList);
    connect(&m_jobs, &JobListModel::activityChanged, this, &JobsButton::refresh);
    refresh();
}

void JobsButton::refresh()
{
    const int running = m_jobs.runningCount();
    setText(running > 0 ? tr("Jobs: %1 running").arg(running) : tr("Jobs"));
}

void JobsButton::toggleList()
{
    if (m_popup->isVisible()) {
        m_popup->hide();
        return;
    }
    const int unit = fontMetrics().height();
    m_popup->resize(unit * 30, 8 * (unit * 17 / 10) + 12); // eight rows
    const QPoint corner = mapToGlobal(QPoint(width(), 0));
    m_popup->move(corner - QPoint(m_popup->width(), m_popup->height() + 4));
    m_popup->show();
    // Arrows and Delete work at once.
    m_panel->table()->setFocus();
    if (!m_panel->table()->currentIndex().isValid()) {
        m_panel->table()->selectRow(0);
    }
}

} // namespace rankscope
