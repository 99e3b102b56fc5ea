// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model_spec.h"
#include "core/plan/pruning_plan.h"
#include "ui/document/commands/change_plan.h"

#include <QObject>
#include <QString>

#include <map>
#include <vector>

class QUndoStack;

namespace rankscope {

/// Owns the plan and its undo stack and is the plan's only writer. A layer's list of kept channels is either
/// empty, meaning "as the method selects them", or explicit, as a plan file gave it; editing a layer's count
/// clears its list.
class PlanDocument : public QObject {
    Q_OBJECT

public:
    explicit PlanDocument(QObject* parent = nullptr);

    /// Starts afresh for a model: the given plan, an empty and clean undo stack.
    void open(const ModelSpec& spec, const PruningPlan& plan);
    /// The model's identity once its weights have been read; stamped on every plan from then on, not
    /// undoable.
    void setModelDigest(const std::string& digest);

    [[nodiscard]] bool isOpen() const { return m_open; }
    [[nodiscard]] const ModelSpec& spec() const { return m_spec; }
    [[nodiscard]] const PruningPlan& plan() const { return m_plan; }
    [[nodiscard]] QUndoStack* undoStack() const { return m_undoStack; }
    [[nodiscard]] bool isPrunable(int layer) const;
    [[nodiscard]] std::vector<int> prunableLayers() const;
    [[nodiscard]] std::int64_t stateBytes() const;

    /// A number that no earlier gesture had.
    [[nodiscard]] quint64 newGesture() { return ++m_lastGesture; }

    /// Prunable, unlocked layers of `layers`; counts are clamped to 1..Dk.
    void setKept(const std::vector<int>& layers, int kept, quint64 gesture);
    void setKeptPerLayer(const std::map<int, int>& keptOfLayer, quint64 gesture);
    /// All unlocked layers.
    void setPruneRatio(double ratio, quint64 gesture);
    void setMethod(const QString& methodId, const QString& label);
    void setLocked(const std::vector<int>& layers, bool locked);
    void keepEverything();
    void replacePlan(const PruningPlan& plan, const QString& text);

Q_SIGNALS:
    /// A document for another model begins; planChanged() came just before.
    void opened();
    void planChanged();

private:
    void push(PlanEdit edit, PruningPlan after, quint64 gesture, const QString& text);
    void apply(const PruningPlan& plan);

    bool m_open = false;
    ModelSpec m_spec;
    PruningPlan m_plan;
    std::string m_modelDigest;
    QUndoStack* m_undoStack;
    quint64 m_lastGesture = 0;
};

/// Sets how many channels a layer keeps and forgets which ones.
void setKeptCount(LayerPlan& layer, int kept);

} // namespace rankscope
