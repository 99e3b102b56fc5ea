// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/job_list_model.h"

#include "core/base/narrow.h"
#include "ui/format/numbers.h"

#include <QTimer>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {
constexpr int kKeptFinished = 20;
}

JobListModel::JobListModel(QObject* parent)
    : QAbstractTableModel(parent)
    , m_timer(new QTimer(this))
{
    m_timer->setInterval(100);
    connect(m_timer, &QTimer::timeout, this, &JobListModel::poll);
}

JobListModel::~JobListModel() = default;

Job* JobListModel::create(const QString& title, const QString& kind)
{
    Job* job = new Job(m_nextId++, title, this);
    connect(job, &Job::stateChanged, this, [this, job] { onStateChanged(job); });
    const auto same = std::find_if(m_entries.begin(), m_entries.end(),
                                   [&](const Entry& entry) { return !kind.isEmpty() && entry.kind == kind; });
    if (same != m_entries.end()) {
        Job* previous = same->job;
        const int row = static_cast<int>(same - m_entries.begin());
        same->job = job;
        previous->disconnect(this);
        previous->deleteLater();
        previous->abandon();
        Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
        moveRow(row, 0);
    } else {
        beginInsertRows({}, 0, 0);
        m_entries.insert(m_entries.begin(), Entry { job, kind });
        endInsertRows();
        trim();
    }
    m_timer->start();
    Q_EMIT activityChanged();
    return job;
}

void JobListModel::cancelKind(const QString& kind)
{
    for (const Entry& entry : std::vector<Entry>(m_entries)) {
        if (entry.kind == kind) {
            entry.job->cancel();
        }
    }
}

void JobListModel::cancelAll()
{
    for (const Entry& entry : std::vector<Entry>(m_entries)) {
        entry.job->cancel();
    }
}

int JobListModel::runningCount() const
{
    return static_cast<int>(std::count_if(m_entries.begin(), m_entries.end(), [](const Entry& entry) {
        return !isFinished(entry.job->state());
    }));
}

Job* JobListModel::jobAt(int row) const
{
    return row >= 0 && row < rowCount() ? m_entries[idx(row)].job : nullptr;
}

const Job* JobListModel::jobWithId(int id) const
{
    const auto found = std::find_if(m_entries.begin(), m_entries.end(),
                                    [id](const Entry& entry) { return entry.job->id() == id; });
    return found != m_entries.end() ? found->job : nullptr;
}

int JobListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_entries.size());
}

int JobListModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant JobListModel::data(const QModelIndex& index, int role) const
{
    const Job* job = jobAt(index.row());
    if (job == nullptr) {
        return {};
    }
    switch (role) {
    case Qt::DisplayRole:
        if (index.column() == TitleColumn) {
            return job->title();
        }
        return index.column() == StatusColumn ? QVariant(statusText(*job)) : QVariant();
    case Qt::ToolTipRole:
        if (!job->failure().isEmpty()) {
            return job->failure();
        }
        return index.column() == CancelColumn && !isFinished(job->state()) ? tr("Stop this job")
                                                                           : job->title();
    case FractionRole:
        if (job->state() == JobState::Succeeded) {
            return 1.0;
        }
        return job->total() > 0 ? static_cast<double>(job->done()) / static_cast<double>(job->total()) : -1.0;
    case StateRole:
        return static_cast<int>(job->state());
    case CancellableRole:
        return job->state() == JobState::Queued || job->state() == JobState::Running;
    default:
        return {};
    }
}

QVariant JobListModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case TitleColumn:
        return tr("Job");
    case ProgressColumn:
        return tr("Progress");
    case StatusColumn:
        return tr("Status");
    default:
        return QString();
    }
}

QString JobListModel::statusText(const Job& job) const
{
    switch (job.state()) {
    case JobState::Queued:
        return tr("waiting");
    case JobState::Cancelling:
        return tr("stopping…");
    case JobState::Succeeded:
        return tr("done in %1").arg(formatSeconds(job.elapsedSeconds()));
    case JobState::Failed:
        return tr("failed");
    case JobState::Cancelled:
        return tr("stopped");
    case JobState::Running:
        break;
    }
    if (const Job* urgent = jobWithId(job.waitingFor())) {
        return tr("waiting for \"%1\"").arg(urgent->title());
    }
    QString text;
    if (job.total() > 0) {
        text = job.total() > 100'000 ? u"%1 %"_s.arg(100 * job.done() / job.total())
                                     : tr("%1 of %2").arg(job.done()).arg(job.total());
        if (!job.unit().isEmpty()) {
            text += u' ' + job.unit();
        }
    } else {
        text = tr("running");
    }
    if (const std::optional<double> left = job.secondsLeft()) {
        text += tr(" · %1 left").arg(formatSeconds(*left));
    }
    return text;
}

void JobListModel::onStateChanged(Job* job)
{
    const int row = rowOf(job);
    if (row >= 0) {
        Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
        if (isFinished(job->state())) {
            // Every row above the first finished one is under way, this one perhaps excepted.
            moveRow(row, runningCount());
        }
    }
    Q_EMIT activityChanged();
}

void JobListModel::moveRow(int from, int to)
{
    if (from == to) {
        return;
    }
    // Qt counts the target as it is before the move.
    beginMoveRows({}, from, from, {}, to > from ? to + 1 : to);
    const auto first = m_entries.begin() + std::min(from, to);
    const auto last = m_entries.begin() + std::max(from, to) + 1;
    std::rotate(first, from < to ? first + 1 : last - 1, last);
    endMoveRows();
}

void JobListModel::poll()
{
    for (int row = 0; row < rowCount(); ++row) {
        Job* job = m_entries[idx(row)].job;
        if (!isFinished(job->state())) {
            job->poll();
            Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
        }
    }
    if (!anyActive()) {
        m_timer->stop();
    }
}

void JobListModel::trim()
{
    for (int row = rowCount() - 1; row >= 0 && rowCount() > kKeptFinished; --row) {
        if (isFinished(m_entries[idx(row)].job->state())) {
            beginRemoveRows({}, row, row);
            m_entries[idx(row)].job->deleteLater();
            m_entries.erase(m_entries.begin() + row);
            endRemoveRows();
        }
    }
}

int JobListModel::rowOf(const Job* job) const
{
    for (int row = 0; row < rowCount(); ++row) {
        if (m_entries[idx(row)].job == job) {
            return row;
        }
    }
    return -1;
}

} // namespace rankscope
