// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/layer_probes.h"

#include "core/base/narrow.h"
#include "core/pruning/method_registry.h"
#include "core/pruning/realise_plan.h"
#include "ui/document/plan_key.h"
#include "ui/document/workbench.h"
#include "ui/format/numbers.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"

#include <QTimer>

#include <algorithm>
#include <numeric>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kProbePriority = 1; ///< below everything that was asked for
constexpr int kStartDelayMs = 150;
constexpr int kLivePollMs = 120;
/// Longer measurements wait until they are asked for.
constexpr double kUnaskedSeconds = 90.0;

PruningPlan planOf(const LayerPlan& layer)
{
    PruningPlan plan;
    plan.layers = { layer };
    return plan;
}

bool sameChannels(const LayerPlan& left, const LayerPlan& right)
{
    return left.keptKeyDims == right.keptKeyDims && left.kept == right.kept
        && left.headEdits == right.headEdits;
}

/// Whether selecting `asked` again would give `realised`, as far as the layer itself decides.
bool asksFor(const LayerPlan& asked, const LayerPlan& realised)
{
    if (asked.keptKeyDims != realised.keptKeyDims || asked.headEdits != realised.headEdits) {
        return false;
    }
    for (std::size_t head = 0; head < asked.kept.size(); ++head) {
        if (!asked.kept[head].empty()
            && (head >= realised.kept.size() || asked.kept[head] != realised.kept[head])) {
            return false;
        }
    }
    return true;
}

double meanOf(const std::vector<double>& values, int count)
{
    return std::accumulate(values.begin(), values.begin() + count, 0.0) / count;
}

} // namespace

LayerProbes::LayerProbes(Workbench& workbench, JobLanes& lanes, JobListModel& jobs, PlanDocument& document,
                         QObject* parent)
    : QObject(parent)
    , m_workbench(workbench)
    , m_lanes(lanes)
    , m_jobs(jobs)
    , m_document(document)
    , m_startTimer(new QTimer(this))
    , m_liveTimer(new QTimer(this))
{
    m_startTimer->setSingleShot(true);
    m_startTimer->setInterval(kStartDelayMs);
    m_liveTimer->setInterval(kLivePollMs);
    connect(m_startTimer, &QTimer::timeout, this, &LayerProbes::consider);
    connect(m_liveTimer, &QTimer::timeout, this, &LayerProbes::takePartial);
    const auto later = [this] { m_startTimer->start(); };
    connect(&m_workbench, &Workbench::baselineChanged, this, [this, later] {
        if (m_workbench.evaluator() == nullptr) {
            dropRun(); // the windows are others now
            refresh();
        }
        later();
    });
    connect(&m_workbench, &Workbench::candidateChanged, this, later);
    connect(&m_workbench, &Workbench::selectorChanged, this, [this, later] {
        if (m_workbench.selector() == nullptr) {
            if (m_stage == Stage::Curves) {
                takePartial();
                dropRun(); // another one is on its way
            }
            refresh(); // it may see another text
        }
        later();
    });
    connect(&m_workbench, &Workbench::modelChanged, this, &LayerProbes::onModelChanged);
    connect(&m_workbench, &Workbench::overviewChanged, this, [this] {
        onModelChanged();
        m_asked = false;
        m_stopped = false;
        m_failure.clear();
        m_numbers.clear();
        m_costs.clear();
        Q_EMIT changed();
    });
    connect(&m_document, &PlanDocument::planChanged, this, &LayerProbes::onPlanChanged);
    connect(&m_workbench, &Workbench::allStopped, this, [this] {
        if (m_startTimer->isActive() && mayStart()) {
            m_startTimer->stop();
            forgetWhatNoLongerHolds();
            m_stopped = missing().has_value();
            refresh();
        }
    });
}

LayerProbes::~LayerProbes() = default;

const LayerProbes::Numbers& LayerProbes::of(int layer) const
{
    static const Numbers none;
    return layer >= 0 && layer < std::ssize(m_numbers) ? m_numbers[idx(layer)] : none;
}

const std::vector<CostPoint>& LayerProbes::costs(int layer) const
{
    static const std::vector<CostPoint> none;
    return layer >= 0 && layer < std::ssize(m_costs) ? m_costs[idx(layer)] : none;
}

bool LayerProbes::haveCosts() const
{
    const std::vector<int> layers = m_document.prunableLayers();
    return !layers.empty() && std::ranges::all_of(layers, [this](int layer) {
        return of(layer).curveTrust == Trust::Final && costs(layer).size() > 1;
    });
}

std::optional<double> LayerProbes::estimate(const std::vector<int>& keptKeyDims) const
{
    const PruningPlan& plan = m_document.plan();
    if (!haveCosts() || keptKeyDims.size() != plan.layers.size()) {
        return std::nullopt;
    }
    const auto along = [&](const auto& keptOf) {
        double sum = 0.0;
        for (int layer = 0; layer < std::ssize(plan.layers); ++layer) {
            if (plan.layers[idx(layer)].keyDims > 0) {
                sum += costAt(costs(layer), keptOf(layer));
            }
        }
        return sum;
    };
    const double there = along([&](int layer) { return keptKeyDims[idx(layer)]; });
    const std::shared_ptr<const PerplexityEstimate>& candidate = m_workbench.candidate();
    const std::shared_ptr<const PerplexityEstimate>& baseline = m_workbench.baseline();
    if (m_workbench.candidateTrust() != Trust::Final || candidate == nullptr || baseline == nullptr) {
        return there;
    }
    const int windows = std::min(candidate->windows(), baseline->windows());
    if (windows == 0) {
        return there;
    }
    const double measured = meanOf(candidate->windowNll, windows) - meanOf(baseline->windowNll, windows);
    return measured + there - along([&](int layer) { return plan.layers[idx(layer)].keptKeyDims; });
}

QString LayerProbes::note() const
{
    if (m_workbench.evaluator() == nullptr || m_workbench.baselineTrust() != Trust::Final) {
        return m_workbench.baselineNote().isEmpty() ? tr("Waits for the baseline.")
                                                    : m_workbench.baselineNote();
    }
    if (!m_failure.isEmpty()) {
        return m_failure;
    }
    if (m_job != nullptr) {
        return m_stage == Stage::Curves ? tr("Measuring the sensitivity of every layer…")
                                        : tr("Measuring every planned layer alone…");
    }
    if (m_tooLong) {
        return tr("Takes about %1 on this device: start it with Run > Measure the layers.")
            .arg(formatSeconds(m_secondsAhead));
    }
    return m_stopped && missing() ? tr("Stopped. Run > Measure the layers goes on.") : QString();
}

QString LayerProbes::whyNotMeasure() const
{
    if (m_workbench.evaluator() == nullptr || m_workbench.baselineTrust() != Trust::Final
        || m_job != nullptr) {
        return note();
    }
    if (m_workbench.selector() == nullptr) {
        const QString& note = m_workbench.selectorNote();
        return note.isEmpty() ? tr("The channels have not been ranked yet.") : note;
    }
    return missing() || !m_failure.isEmpty() ? QString() : tr("Every layer has been measured.");
}

void LayerProbes::measureNow()
{
    m_asked = true;
    m_stopped = false;
    m_failure.clear();
    m_startTimer->start();
}

void LayerProbes::onModelChanged()
{
    if (m_workbench.model() == nullptr) {
        dropRun();
        m_selector.reset(); // it holds the model
        m_failure.clear(); // of another device, perhaps
    }
}

void LayerProbes::dropRun()
{
    if (m_job != nullptr) {
        Job* job = m_job;
        m_job = nullptr;
        m_box.reset();
        job->cancel();
    }
}

bool LayerProbes::isCurrent() const
{
    return m_workbench.evaluator() != nullptr && m_evaluator.lock() == m_workbench.evaluator();
}

bool LayerProbes::selectsAlike() const
{
    const PruningPlan& plan = m_document.plan();
    const MethodInfo* method = findMethod(plan.method);
    return isOfPlan(m_selector.get(), plan) && method != nullptr
        && (!method->needsStatistics
            || (m_workbench.statistics() != nullptr && m_statistics.lock() == m_workbench.statistics()));
}

void LayerProbes::onPlanChanged()
{
    // What the finished layers gave is kept; the curves rest on the method alone and go on.
    const PruningPlan& plan = m_document.plan();
    if (m_job != nullptr && (m_stage != Stage::Curves || !isOfPlan(m_selector.get(), plan))) {
        takePartial();
        dropRun();
    }
    m_stopped = false;
    refresh();
    m_startTimer->start();
}

void LayerProbes::forgetWhatNoLongerHolds()
{
    const std::size_t layers = m_document.plan().layers.size();
    if (!isCurrent() || m_known.size() != layers) {
        m_evaluator = m_workbench.evaluator();
        m_windows = m_workbench.evaluator()->windows()->count;
        m_known.assign(layers, {});
        m_plannedOf.assign(layers, {});
        m_selector.reset();
    }
    if (m_workbench.selector() != nullptr && m_selector != m_workbench.selector()) {
        const bool same = m_selector != nullptr
            && m_selector->methodId() == m_workbench.selector()->methodId()
            && m_selector->seed() == m_workbench.selector()->seed()
            && m_selector->calibration() == m_workbench.selector()->calibration();
        m_selector = m_workbench.selector();
        m_statistics = m_workbench.statistics();
        if (!same) {
            for (LayerSensitivity& layer : m_known) {
                layer.curve.clear();
            }
        }
    }
    if (const std::optional<PruningPlan>& realised = m_workbench.realisedPlan();
        realised && realised->layers.size() == layers) {
        for (std::size_t layer = 0; layer < layers; ++layer) {
            if (!sameChannels(m_plannedOf[layer], realised->layers[layer])) {
                m_plannedOf[layer] = realised->layers[layer];
                m_known[layer].alone.reset();
            }
        }
        m_plannedMethod = { realised->method, realised->seed };
    }
}

std::optional<LayerProbes::Stage> LayerProbes::missing() const
{
    if (!isCurrent() || m_known.size() != m_document.plan().layers.size()) {
        return std::nullopt;
    }
    const int all = m_windows;
    const int sample = std::min(SensitivityRequest {}.sampleWindows, all);
    int least = all;
    if (const std::optional<PruningPlan>& realised = m_workbench.realisedPlan()) {
        for (std::size_t layer = 0; layer < realised->layers.size(); ++layer) {
            const LayerPlan& plan = realised->layers[layer];
            if (!plan.keepsAll()) {
                const std::optional<LayerProbe>& alone = m_known[layer].alone;
                least = std::min(least, alone ? alone->losses.windows() : 0);
            }
        }
    }
    if (least < sample) {
        return Stage::Planned;
    }
    if (selectsAlike()) {
        for (const int layer : m_document.prunableLayers()) {
            const std::size_t wanted
                = probeSizes(m_document.plan().layers[idx(layer)].keyDims, SensitivityRequest {}.keptShares)
                      .size();
            if (m_known[idx(layer)].curve.size() < wanted) {
                return Stage::Curves;
            }
        }
    }
    return least < all ? std::optional(Stage::PlannedAll) : std::nullopt;
}

double LayerProbes::secondsOf(Stage stage) const
{
    const std::shared_ptr<const PerplexityEstimate>& baseline = m_workbench.baseline();
    if (baseline == nullptr || baseline->windows() == 0) {
        return 0.0;
    }
    const SensitivityRequest request;
    const double window = baseline->seconds / baseline->windows();
    // On average half of the blocks run for a layer alone.
    const double layers = 0.5 * static_cast<double>(m_document.prunableLayers().size() + 1);
    switch (stage) {
    case Stage::Planned:
        return window * layers * request.sampleWindows;
    case Stage::Curves:
        return window * layers * request.sampleWindows * static_cast<double>(request.keptShares.size());
    case Stage::PlannedAll:
        break;
    }
    return window * layers * m_windows;
}

bool LayerProbes::mayStart() const
{
    const bool dense = m_document.plan().keepsAll();
    const bool numbersFinal = m_workbench.evaluator() != nullptr
        && m_workbench.baselineTrust() == Trust::Final
        && (dense || (m_workbench.candidateTrust() == Trust::Final && m_workbench.realisedPlan()));
    return m_document.isOpen() && m_job == nullptr && numbersFinal;
}

void LayerProbes::consider()
{
    if (!mayStart()) {
        refresh();
        return;
    }
    forgetWhatNoLongerHolds();
    m_tooLong = false;
    const std::optional<Stage> stage = missing();
    if (stage && !m_stopped && m_failure.isEmpty()) {
        m_secondsAhead = secondsOf(*stage);
        m_tooLong = !m_asked && m_secondsAhead > kUnaskedSeconds;
        if (!m_tooLong) {
            start(*stage);
        }
    }
    refresh();
}

void LayerProbes::start(Stage stage)
{
    SensitivityRequest request;
    if (stage == Stage::Curves) {
        request.selector = m_selector;
    } else {
        request.plan = m_workbench.realisedPlan();
    }
    request.allWindows = stage == Stage::PlannedAll;
    m_stage = stage;
    m_box = std::make_shared<Mailbox<LayerSensitivities>>();
    m_job = m_jobs.create(
        stage == Stage::Curves ? tr("Measure layer sensitivities") : tr("Measure layers alone"), u"probes"_s);
    m_job->start(
        m_lanes.gpu(),
        [evaluator = m_workbench.evaluator(), request = std::move(request), known = m_known,
         box = m_box](JobContext& context) {
            return measureLayerSensitivities(
                *evaluator, request, known,
                [box](std::shared_ptr<const LayerSensitivities> part) { box->post(std::move(part)); },
                context);
        },
        [this, box = m_box, stage](Result<std::shared_ptr<const LayerSensitivities>> result) {
            if (box != m_box) {
                return;
            }
            takePartial();
            m_job = nullptr;
            m_box.reset();
            m_liveTimer->stop();
            if (result) {
                adopt(**result, stage);
            } else if (result.error().code == ErrorCode::Cancelled) {
                m_stopped = true;
            } else {
                m_failure = m_workbench.noteOf(result.error(), tr("Run > Measure the layers tries again."));
                m_workbench.report(result.error());
            }
            consider();
        },
        kProbePriority);
    m_liveTimer->start();
}

void LayerProbes::takePartial()
{
    if (m_box == nullptr) {
        m_liveTimer->stop();
        return;
    }
    if (const std::shared_ptr<const LayerSensitivities> part = m_box->take()) {
        adopt(*part, m_stage);
        refresh();
    }
}

void LayerProbes::adopt(const LayerSensitivities& found, Stage stage)
{
    if (found.size() != m_known.size() || !isCurrent()) {
        return;
    }
    for (std::size_t layer = 0; layer < found.size(); ++layer) {
        if (stage == Stage::Curves) {
            m_known[layer].curve = found[layer].curve;
        } else {
            m_known[layer].alone = found[layer].alone;
        }
    }
}

void LayerProbes::refresh()
{
    const PruningPlan& plan = m_document.plan();
    m_numbers.resize(plan.layers.size());
    m_costs.resize(plan.layers.size());
    m_largestCost = 0.0;
    const bool current = isCurrent() && m_known.size() == plan.layers.size();
    const bool alike = selectsAlike();
    for (std::size_t layer = 0; layer < plan.layers.size(); ++layer) {
        Numbers& numbers = m_numbers[layer];
        const bool cut = !plan.layers[layer].keepsAll();
        // Known before the selection of the new plan has run: layers are selected one by one.
        const bool aloneHolds = current && m_plannedMethod == std::pair(plan.method, plan.seed)
            && asksFor(plan.layers[layer], m_plannedOf[layer])
            && (alike || !needsSelection(planOf(plan.layers[layer])));
        if (!cut) {
            numbers.alone.reset();
            numbers.aloneTrust = Trust::Missing;
        } else if (aloneHolds && m_known[layer].alone) {
            numbers.alone = m_known[layer].alone;
            numbers.aloneTrust = numbers.alone->losses.windows() >= m_windows ? Trust::Final : Trust::Partial;
        } else {
            numbers.aloneTrust = numbers.alone ? Trust::Stale : Trust::Missing;
        }
        if (current && alike && !m_known[layer].curve.empty()) {
            numbers.curve = m_known[layer].curve;
            numbers.curveTrust = Trust::Final;
        } else {
            numbers.curveTrust = numbers.curve.empty() ? Trust::Missing : Trust::Stale;
        }
        m_costs[layer] = costCurve({ std::nullopt, numbers.curve }, plan.layers[layer].keyDims);
        for (const CostPoint& point : m_costs[layer]) {
            m_largestCost = std::max(m_largestCost, point.cost);
        }
    }
    Q_EMIT changed();
}

} // namespace rankscope
