// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/layer_sensitivity.h"
#include "core/jobs/mailbox.h"
#include "ui/document/quality.h"
#include "ui/jobs/job.h"

#include <QObject>
#include <QPointer>
#include <QString>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

class QTimer;

namespace rankscope {

class JobLanes;
class JobListModel;
class PlanDocument;
class Workbench;
struct ChannelStatistics;

/// What every layer costs alone: as planned, and as a curve over a few sizes of the method. Measured with low
/// priority once baseline and candidate are final; after an edit only the layers whose channels changed.
class LayerProbes : public QObject {
    Q_OBJECT

public:
    /// The numbers of one layer as views show them.
    struct Numbers {
        std::optional<LayerProbe> alone;
        Trust aloneTrust = Trust::Missing; ///< Partial: over the sample only
        std::vector<LayerProbe> curve; ///< ascending kept sizes below Dk
        Trust curveTrust = Trust::Missing;
    };

    LayerProbes(Workbench& workbench, JobLanes& lanes, JobListModel& jobs, PlanDocument& document,
                QObject* parent = nullptr);
    ~LayerProbes() override;

    [[nodiscard]] const Numbers& of(int layer) const;
    /// Cost of a layer over its kept size, nats per token, ascending, ending with 0 at Dk; empty before it
    /// has been measured.
    [[nodiscard]] const std::vector<CostPoint>& costs(int layer) const;
    /// Every prunable layer has a curve of the present method.
    [[nodiscard]] bool haveCosts() const;
    /// The largest cost of all curves: the common scale of small pictures.
    [[nodiscard]] double largestCost() const { return m_largestCost; }
    /// Delta that the whole model would have with these kept dims, nats per token: the measured delta of the
    /// present plan, moved along every layer's own curve. An estimate: layers do not simply add up.
    [[nodiscard]] std::optional<double> estimate(const std::vector<int>& keptKeyDims) const;
    /// Why there are no numbers, or what is going on; empty when all are final.
    [[nodiscard]] QString note() const;
    [[nodiscard]] bool measuring() const { return m_job != nullptr; }

    /// Why measureNow() would do nothing: a sentence, or empty.
    [[nodiscard]] QString whyNotMeasure() const;
    /// Measures although it takes long, or again after a stop.
    void measureNow();

Q_SIGNALS:
    void changed();

private:
    enum class Stage { Planned, Curves, PlannedAll };

    void onPlanChanged();
    void onModelChanged();
    void dropRun();
    void consider();
    /// Nothing is under way, and the numbers that come first are final.
    [[nodiscard]] bool mayStart() const;
    [[nodiscard]] bool isCurrent() const;
    /// What the plan's method selects now is what it selected for m_known.
    [[nodiscard]] bool selectsAlike() const;
    void forgetWhatNoLongerHolds();
    [[nodiscard]] std::optional<Stage> missing() const;
    [[nodiscard]] double secondsOf(Stage stage) const;
    void start(Stage stage);
    void takePartial();
    void adopt(const LayerSensitivities& found, Stage stage);
    void refresh();

    Workbench& m_workbench;
    JobLanes& m_lanes;
    JobListModel& m_jobs;
    PlanDocument& m_document;
    QTimer* m_startTimer;
    QTimer* m_liveTimer;
    QPointer<Job> m_job;
    Stage m_stage = Stage::Planned;
    std::shared_ptr<Mailbox<LayerSensitivities>> m_box;

    /// That m_known was measured with. Not held: it keeps the block inputs of all its windows.
    std::weak_ptr<LiveEvaluator> m_evaluator;
    int m_windows = 0; ///< of that evaluator
    std::shared_ptr<const ChannelSelector> m_selector; ///< of m_known's curves
    std::weak_ptr<const ChannelStatistics> m_statistics; ///< that m_selector was made from
    LayerSensitivities m_known;
    std::vector<LayerPlan> m_plannedOf; ///< what m_known's layers alone were measured for
    std::pair<std::string, std::uint64_t> m_plannedMethod; ///< and seed, that selected them
    std::vector<Numbers> m_numbers;
    std::vector<std::vector<CostPoint>> m_costs;
    double m_largestCost = 0.0;
    bool m_asked = false; ///< long measurements were asked for
    bool m_tooLong = false;
    bool m_stopped = false; ///< by the user: waits for an edit or to be asked
    double m_secondsAhead = 0.0;
    QString m_failure;
};

} // namespace rankscope
