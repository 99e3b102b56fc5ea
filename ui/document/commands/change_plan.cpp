// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/commands/change_plan.h"

namespace rankscope {

ChangePlan::ChangePlan(PlanEdit edit, PruningPlan before, PruningPlan after, quint64 gesture,
                       const QString& text, Apply apply)
    : QUndoCommand(text)
    , m_edit(edit)
    , m_before(std::move(before))
    , m_after(std::move(after))
    , m_gesture(gesture)
    , m_apply(std::move(apply))
{
}

bool ChangePlan::mergeWith(const QUndoCommand* other)
{
    const auto* next = static_cast<const ChangePlan*>(other);
    if (m_gesture == 0 || next->m_gesture != m_gesture || next->m_edit != m_edit) {
        return false;
    }
    m_after = next->m_after;
    setText(next->text());
    setObsolete(m_after == m_before);
    return true;
}

} // namespace rankscope
