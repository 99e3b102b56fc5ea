// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/job_panel.h"

#include "ui/jobs/job_list_model.h"
#include "ui/theme/icon_tint.h"
#include "ui/theme/theme.h"

#include <QBoxLayout>
#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QTableView>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kMargin = 2;

class JobDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const Theme& theme = themeOf(option.palette);
        const auto state = static_cast<JobState>(index.data(JobListModel::StateRole).toInt());
        const bool active = !isFinished(state);
        painter->save();
        painter->fillRect(option.rect,
                          option.state.testFlag(QStyle::State_Selected) ? theme.selectedRow : theme.panel);
        painter->setRenderHint(QPainter::Antialiasing);
        switch (index.column()) {
        case JobListModel::ProgressColumn:
            if (active) {
                paintBar(painter, option.rect, index.data(JobListModel::FractionRole).toDouble(), theme);
            }
            break;
        case JobListModel::CancelColumn:
            if (index.data(JobListModel::CancellableRole).toBool()) {
                const int size = option.fontMetrics.height() - 3;
                painter->drawPixmap(
                    option.rect.center().x() - size / 2, option.rect.center().y() - size / 2,
                    tintedPixmap(u"close"_s, theme.muted, size, painter->device()->devicePixelRatioF()));
            }
            break;
        default:
            painter->setPen(state == JobState::Failed && index.column() == JobListModel::StatusColumn
                                ? theme.worse
                                : active && index.column() == JobListModel::TitleColumn ? theme.text
                                                                                        : theme.muted);
            const bool right = index.column() == JobListModel::StatusColumn;
            const QRect room = option.rect.adjusted(right ? 4 : 10, 0, right ? -2 : -4, 0);
            painter->drawText(room,
                              static_cast<int>((right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter),
                              option.fontMetrics.elidedText(index.data(Qt::DisplayRole).toString(),
                                                            Qt::ElideRight, room.width()));
        }
        painter->restore();
    }

private:
    static void paintBar(QPainter* painter, const QRect& rect, double fraction, const Theme& theme)
    {
        const QRectF full(rect.left() + 4, rect.center().y() - 2.5, rect.width() - 8, 6.0);
        painter->setPen(Qt::NoPen);
        painter->setBrush(mixed(theme.removed, theme.panel, 0.35));
        painter->drawRoundedRect(full, 3, 3);
        if (fraction > 0.0) {
            QRectF part = full;
            part.setWidth(full.width() * std::min(1.0, fraction));
            painter->setBrush(theme.accent);
            painter->drawRoundedRect(part, 3, 3);
        }
    }
};

} // namespace

JobPanel::JobPanel(JobListModel& jobs, QWidget* parent)
    : QWidget(parent)
    , m_jobs(jobs)
    , m_table(new QTableView(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, kMargin, 0, kMargin);
    layout->addWidget(m_table);
    m_table->setModel(&jobs);
    m_table->setItemDelegate(new JobDelegate(m_table));
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setShowGrid(false);
    m_table->horizontalHeader()->hide();
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 17 / 10);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_table->horizontalHeader()->setMinimumSectionSize(0);
    m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setTabKeyNavigation(false);
    m_table->setMinimumHeight(40);
    m_table->setAccessibleName(tr("Jobs"));
    m_table->setMouseTracking(true);
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    m_table->installEventFilter(this);
    m_table->viewport()->installEventFilter(this);
    connect(&jobs, &JobListModel::activityChanged, this, &JobPanel::fitColumns);
    // What is under way stands at the top: it comes into view unless somebody is at the list.
    const auto showNewest = [this] {
        if (!m_table->underMouse() && !m_table->hasFocus()) {
            m_table->scrollToTop();
        }
    };
    connect(&jobs, &JobListModel::rowsInserted, this, showNewest);
    connect(&jobs, &JobListModel::rowsMoved, this, showNewest);
    connect(m_table, &QTableView::entered, this, [this](const QModelIndex& index) {
        const QString title = index.siblingAtColumn(JobListModel::TitleColumn).data().toString();
        const QString status = index.siblingAtColumn(JobListModel::StatusColumn).data().toString();
        const QString tip = index.data(Qt::ToolTipRole).toString();
        Q_EMIT hovered(title + u": "_s + status + (tip == title ? QString() : u" · "_s + tip));
    });
    connect(m_table, &QTableView::viewportEntered, this, [this] { Q_EMIT hovered(QString()); });
    connect(m_table, &QTableView::customContextMenuRequested, this, [this](const QPoint& at) {
        QMenu menu(this);
        fillMenu(menu, m_table->indexAt(at));
        menu.exec(m_table->viewport()->mapToGlobal(at));
    });
    connect(m_table, &QTableView::clicked, this, [this](const QModelIndex& index) {
        if (index.column() == JobListModel::CancelColumn) {
            cancelRow(index.row());
        }
    });
}

void JobPanel::fillMenu(QMenu& menu, const QModelIndex& index)
{
    // Jobs come above it while the menu is open.
    menu.addAction(tr("Stop this job"), this,
                   [this, job = QPersistentModelIndex(index)] { cancelRow(job.row()); })
        ->setEnabled(index.data(JobListModel::CancellableRole).toBool());
    menu.addSeparator();
    menu.addAction(tr("Copy the list"), this, &JobPanel::copyTable);
}

void JobPanel::cancelRow(int row)
{
    if (Job* job = m_jobs.jobAt(row)) {
        job->cancel();
    }
}

QString JobPanel::tableText() const
{
    QString text = u"job\tstatus\treason\n"_s;
    for (int row = 0; row < m_jobs.rowCount(); ++row) {
        text += m_jobs.index(row, JobListModel::TitleColumn).data().toString() + u'\t'
            + m_jobs.index(row, JobListModel::StatusColumn).data().toString() + u'\t'
            + m_jobs.jobAt(row)->failure().simplified() + u'\n';
    }
    return text;
}

void JobPanel::copyTable()
{
    QGuiApplication::clipboard()->setText(tableText());
}

bool JobPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_table->viewport() && event->type() == QEvent::Leave) {
        Q_EMIT hovered(QString());
    }
    if (watched == m_table && event->type() == QEvent::KeyPress
        && static_cast<QKeyEvent*>(event)->matches(QKeySequence::Copy)) {
        copyTable();
        return true;
    }
    if (watched == m_table->viewport() && event->type() == QEvent::Resize) {
        fitColumns();
    }
    if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Delete) {
        cancelRow(m_table->currentIndex().row());
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

void JobPanel::resizeEvent(QResizeEvent* event)
{
    // Whole rows only.
    const int row = m_table->verticalHeader()->defaultSectionSize();
    layout()->setContentsMargins(0, kMargin, 0, kMargin + std::max(0, height() - 2 * kMargin) % row);
    QWidget::resizeEvent(event);
}

void JobPanel::fitColumns()
{
    const int width = m_table->viewport()->width();
    const int cancel = fontMetrics().height() * 2;
    const int status = std::max(fontMetrics().height() * 7, width * 3 / 10);
    // While nothing runs there is no progress to show.
    const int progress = m_jobs.anyActive() ? std::max(30, width * 2 / 10) : 0;
    const int title = std::max(fontMetrics().height() * 9, width - status - cancel - progress);
    QHeaderView* header = m_table->horizontalHeader();
    header->resizeSection(JobListModel::TitleColumn, title);
    header->resizeSection(JobListModel::StatusColumn, status);
    header->resizeSection(JobListModel::CancelColumn, cancel);
    header->resizeSection(JobListModel::ProgressColumn, std::max(0, width - title - status - cancel));
}

} // namespace rankscope
