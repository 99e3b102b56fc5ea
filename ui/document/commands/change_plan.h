// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/plan/pruning_plan.h"

#include <QString>
#include <QUndoCommand>

#include <functional>

namespace rankscope {

/// What a step edits; steps of different kinds never merge.
enum class PlanEdit { KeptDims, HeadKeptDims, Channels, Method, Locks, Replace };

/// One undo step: the plan before and after. Changes the plan and nothing else; listeners of the document
/// start work.
class ChangePlan : public QUndoCommand {
public:
    using Apply = std::function<void(const PruningPlan&)>;

    /// Steps of one `gesture` (never 0) and kind merge into one; 0 never merges.
    ChangePlan(PlanEdit edit, PruningPlan before, PruningPlan after, quint64 gesture, const QString& text,
               Apply apply);

    void undo() override { m_apply(m_before); }
    void redo() override { m_apply(m_after); }
    [[nodiscard]] int id() const override { return 1; }
    [[nodiscard]] bool mergeWith(const QUndoCommand* other) override;

private:
    PlanEdit m_edit;
    PruningPlan m_before;
    PruningPlan m_after;
    quint64 m_gesture;
    Apply m_apply;
};

} // namespace rankscope
