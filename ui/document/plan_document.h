// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model_spec.h"
#include "core/plan/pruning_plan.h"
#include "ui/document/commands/change_plan.h"

#include <QObject>
#include <QString>

#include <map>
#include <optional>
#include <vector>

class QUndoStack;

namespace rankscope {

/// What a person says about a channel: nothing, that it stays, or that it goes.
enum class ChannelForce { Free, In, Out };

/// Owns the plan and its undo stack and is the plan's only writer. The kept channels of a head are either
/// unselected (core/pruning/realise_plan.h), meaning "as the method selects them", or explicit, as a plan
/// file gave them; editing a layer's or a head's count or forced channels makes its lists unselected. Locked
/// layers are left alone by everything but replacePlan and keepEverything.
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
    /// Sizes that a rule came to, of unlocked layers, and the ratio that they stand for, if any.
    void setSizes(const std::map<int, int>& keptOfLayer, std::optional<double> ratio, quint64 gesture,
                  const QString& text);
    /// The same for a budget, with the ratio that comes to its sizes. A ratio that is set later replaces it.
    void setBudget(const StateBudget& budget, const std::map<int, int>& keptOfLayer, double ratio,
                   quint64 gesture, const QString& text);
    /// All unlocked layers.
    void setPruneRatio(double ratio, quint64 gesture);
    void setMethod(const QString& methodId, const QString& label);
    void setLocked(const std::vector<int>& layers, bool locked);

    // Single heads (key heads) against their layer and method.
    /// Kept channels of heads, clamped to 0..Dk; 0 switches the head off, nullopt follows the layer again.
    void setHeadsKept(int layer, const std::map<int, std::optional<int>>& keptOfHead, quint64 gesture);
    void setHeadOn(int layer, int head, bool on);
    /// One step, whatever the number of channels.
    void forceChannels(int layer, int head, const std::vector<int>& channels, ChannelForce force);
    /// Forgets every decision about the head, or about the heads of the layers: layer and method alone
    /// decide.
    void resetHead(int layer, int head);
    void resetHeads(const std::vector<int>& layers);
    void keepEverything();
    void replacePlan(const PruningPlan& plan, const QString& text);

Q_SIGNALS:
    /// A document for another model begins; planChanged() came just before.
    void opened();
    void planChanged();

private:
    /// False when the head does not exist or its layer is locked.
    [[nodiscard]] bool canEditHead(int layer, int head) const;
    void pushSizes(PruningPlan after, const std::map<int, int>& keptOfLayer, quint64 gesture,
                   const QString& text);
    void push(PlanEdit edit, PruningPlan after, quint64 gesture, const QString& text);
    void apply(const PruningPlan& plan);

    bool m_open = false;
    ModelSpec m_spec;
    PruningPlan m_plan;
    std::string m_modelDigest;
    QUndoStack* m_undoStack;
    quint64 m_lastGesture = 0;
    quint64 m_openGesture = 0; ///< the gesture of the newest step
    PruningPlan m_beforeGesture;
};

/// Sets how many channels a layer keeps and forgets which ones.
void setKeptCount(LayerPlan& layer, int kept);

/// What is decided about a channel of a head.
[[nodiscard]] ChannelForce channelForce(const LayerPlan& layer, int head, int channel);

} // namespace rankscope
