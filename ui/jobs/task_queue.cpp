// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/task_queue.h"

#include <algorithm>

namespace rankscope {

void TaskQueue::push(LaneTask task)
{
    m_waiting.push_back(Waiting { std::move(task), m_nextOrder++ });
}

bool TaskQueue::takeAbove(int priority, LaneTask& task)
{
    const auto next = std::ranges::max_element(m_waiting, [](const Waiting& left, const Waiting& right) {
        return left.task.priority != right.task.priority ? left.task.priority < right.task.priority
                                                         : left.order > right.order;
    });
    if (next == m_waiting.end() || next->task.priority <= priority) {
        return false;
    }
    task = std::move(next->task);
    m_waiting.erase(next);
    return true;
}

int TaskQueue::mostUrgent() const
{
    int most = kNone;
    for (const Waiting& waiting : m_waiting) {
        most = std::max(most, waiting.task.priority);
    }
    return most;
}

} // namespace rankscope
