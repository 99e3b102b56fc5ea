// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/pruning/channel_selector.h"
#include "ui/document/layer_channels.h"

#include <QObject>
#include <QString>

#include <map>
#include <memory>

class QTimer;

namespace rankscope {

class JobLanes;
class JobListModel;
class LayerSelection;
class Workbench;

/// The channels of the current layer: scores and choice of the plan's method under the decisions of the plan,
/// and those of a second method beside it, whose selector it prepares on the engine lane. Follows plan,
/// selection and selectors; computes the selected head at once and the others in slices between events.
class ChannelChoice : public QObject {
    Q_OBJECT

public:
    ChannelChoice(Workbench& workbench, JobLanes& lanes, JobListModel& jobs, PlanDocument& document,
                  LayerSelection& selection, QObject* parent = nullptr);
    ~ChannelChoice() override;

    /// The current layer; its `layer` is -1 while note() says why.
    [[nodiscard]] const LayerChannels& channels() const { return m_channels; }
    /// Why there is nothing, a sentence; or empty.
    [[nodiscard]] const QString& note() const { return m_note; }
    /// Key head of the selected value head, clamped to the layer.
    [[nodiscard]] int head() const;
    /// First value head of a key head, as LayerSelection counts them.
    [[nodiscard]] int valueHeadOf(int keyHead) const;
    [[nodiscard]] int keyHeadOf(int valueHead) const;

    /// Computes all heads of the layer, not the selected one alone.
    void setWholeLayer(bool whole);
    /// Registry id; empty for none.
    void setOtherMethod(const QString& methodId);
    [[nodiscard]] const QString& otherMethod() const { return m_otherMethod; }
    /// Why the second method shows nothing although one is chosen; or empty.
    [[nodiscard]] const QString& otherNote() const;
    /// No head of what was asked for is missing.
    [[nodiscard]] bool complete() const { return m_queue.empty(); }

Q_SIGNALS:
    void changed();

private:
    using SelectorPtr = std::shared_ptr<const ChannelSelector>;
    struct Kept {
        LayerPlan plan; ///< what the list was selected for
        SelectorPtr selector;
        std::vector<int> channels;
    };

    [[nodiscard]] QString emptySentence() const;
    void invalidate();
    void refresh();
    void computeSlice();
    void computeHead(int head);
    [[nodiscard]] std::vector<int> keptOf(int head);
    void dropOther();
    void ensureOther();

    Workbench& m_workbench;
    JobLanes& m_lanes;
    JobListModel& m_jobs;
    PlanDocument& m_document;
    LayerSelection& m_selection;
    QTimer* m_refreshTimer; ///< gathers the signals of one event
    QTimer* m_sliceTimer;
    LayerChannels m_channels;
    QString m_note;
    std::vector<int> m_queue; ///< heads that wait, the last one next
    bool m_wholeLayer = false;
    std::map<std::pair<int, int>, Kept> m_kept; ///< by layer and head, of the plan's method
    QString m_otherMethod;
    QString m_otherNote;
    SelectorPtr m_other;
    std::shared_ptr<const ChannelStatistics> m_otherStatistics; ///< that m_other was made from
    std::uint64_t m_otherGeneration = 0;
    bool m_otherRunning = false;
};

} // namespace rankscope
