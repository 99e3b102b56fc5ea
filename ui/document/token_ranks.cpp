// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/token_ranks.h"

#include "core/base/narrow.h"
#include "core/pruning/realise_plan.h"
#include "ui/document/plan_key.h"
#include "ui/document/workbench.h"
#include "ui/format/numbers.h"
#include "ui/format/token_label.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/models/layer_selection.h"

#include <QTimer>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Somebody is looking at it, so before the spectra; but the baseline is what everything else waits for.
constexpr int kPriority = job_priority::kBaseline;
constexpr int kPartialPollMs = 40;
/// Gathers a burst of key presses; a plan that is being dragged waits longer.
constexpr int kSelectionDelayMs = 30;
constexpr int kPlanDelayMs = 200;
/// Measured on two cores, for an estimate: forward passes, and singular values per entry and rank.
constexpr double kCpuFlops = 20e9;
constexpr double kGpuFlops = 50e12;
constexpr double kSecondsPerEntry = 1e-9;
/// What takes longer does not start by itself.
constexpr double kLongSeconds = 20.0;
constexpr std::int64_t kCacheBytes = std::int64_t { 256 } << 20;

std::int64_t bytesOf(const TokenRanks::Trace& trace)
{
    std::int64_t bytes = trace.trajectory != nullptr ? trace.trajectory->sizeBytes() : 0;
    if (trace.spectra != nullptr) {
        bytes += narrow<std::int64_t>(trace.spectra->singularValues.size() * sizeof(float)
                                      + trace.spectra->ranks.size() * sizeof(RankMeasures));
    }
    return bytes;
}

} // namespace

TokenRanks::TokenRanks(Workbench& workbench, JobLanes& lanes, JobListModel& jobs, PlanDocument& document,
                       LayerSelection& selection, QObject* parent)
    : QObject(parent)
    , m_workbench(workbench)
    , m_lanes(lanes)
    , m_jobs(jobs)
    , m_document(document)
    , m_selection(selection)
    , m_startTimer(new QTimer(this))
    , m_partialTimer(new QTimer(this))
{
    m_startTimer->setSingleShot(true);
    connect(m_startTimer, &QTimer::timeout, this, [this] { start(false); });
    m_partialTimer->setInterval(kPartialPollMs);
    connect(m_partialTimer, &QTimer::timeout, this, &TokenRanks::takePartial);
    connect(&m_workbench, &Workbench::overviewChanged, this, &TokenRanks::forget);
    connect(&m_workbench, &Workbench::modelChanged, this, &TokenRanks::forget);
    connect(&m_workbench, &Workbench::textsChanged, this, [this] {
        if (m_text != m_workbench.texts().evaluation) {
            forget();
        }
    });
    connect(&m_workbench, &Workbench::selectorChanged, this, &TokenRanks::schedule);
    connect(&m_workbench, &Workbench::allStopped, this, [this] {
        if (m_startTimer->isActive()) {
            m_startTimer->stop();
            start(true);
        }
    });
    connect(&m_workbench, &Workbench::baselineChanged, this, [this] {
        if (m_shown.trajectory == nullptr) {
            Q_EMIT changed(); // blocking sentences arrive this way
        }
    });
    connect(&m_selection, &LayerSelection::layersChanged, this, &TokenRanks::schedule);
    connect(&m_selection, &LayerSelection::windowChanged, this, &TokenRanks::schedule);
    connect(&m_document, &PlanDocument::planChanged, this, [this] {
        if (m_pruned) {
            schedule();
        }
    });
}

TokenRanks::~TokenRanks() = default;

void TokenRanks::setWatching(const QObject* view, bool watching)
{
    if (watching ? !m_watching.insert(view).second : m_watching.erase(view) == 0) {
        return;
    }
    if (watching) {
        connect(view, &QObject::destroyed, this, [this, view] { m_watching.erase(view); });
    }
    schedule();
}

void TokenRanks::setPruned(bool pruned)
{
    if (pruned != m_pruned) {
        m_pruned = pruned;
        schedule();
    }
}

TokenRanks::Key TokenRanks::wanted() const
{
    return { m_selection.currentLayer(), std::min(m_selection.window(), std::max(0, windowCount() - 1)),
             m_pruned && m_document.isOpen() ? planKey(m_document.plan(), m_workbench.selector().get())
                                             : std::string() };
}

int TokenRanks::windowCount() const
{
    const std::shared_ptr<const TokenWindows>& text = m_workbench.texts().evaluation;
    return text != nullptr ? text->count : 0;
}

int TokenRanks::token() const
{
    const int count = m_shown.trajectory != nullptr ? static_cast<int>(m_shown.trajectory->tokens()) : 0;
    return m_selection.token() < 0 ? count - 1 : std::min(m_selection.token(), count - 1);
}

Trust TokenRanks::trust() const
{
    if (m_shown.trajectory == nullptr) {
        return Trust::Missing;
    }
    if (!(m_shownKey == wanted())) {
        return Trust::Stale;
    }
    return m_shown.spectra != nullptr && m_shown.spectra->complete() ? Trust::Final : Trust::Partial;
}

QString TokenRanks::staleOrigin() const
{
    const Key now = wanted();
    if (m_shownKey.layer != now.layer) {
        return tr("layer %1").arg(m_shownKey.layer);
    }
    if (m_shownKey.window != now.window) {
        return tr("window %1").arg(m_shownKey.window + 1);
    }
    if (m_shownKey.plan.empty() != now.plan.empty()) {
        return m_shownKey.plan.empty() ? tr("the dense model") : tr("the pruned model");
    }
    return tr("an earlier plan");
}

QString TokenRanks::staleCaption() const
{
    return tr("of %1 · %2")
        .arg(staleOrigin(),
             !stopNote().isEmpty()     ? stopNote()
                 : waitsForSelection() ? selectionNote()
                 : mayStart()          ? tr("computing…")
                                       : tr("press F5 for this one"));
}

QString TokenRanks::stopNote() const
{
    const Key now = wanted();
    if (m_box != nullptr && m_runningKey == now) {
        return {};
    }
    if (!m_failure.isEmpty() && m_failedKey == now) {
        return m_failure;
    }
    return waitsForSelection() ? m_workbench.selectorNote() : QString();
}

QString TokenRanks::note() const
{
    if (!m_workbench.blockingSentence().isEmpty()) {
        return m_workbench.blockedNote();
    }
    if (m_workbench.overview() == nullptr) {
        return tr("No model open. Open a checkpoint folder with Ctrl+O, or drop one here.");
    }
    const int layer = m_selection.currentLayer();
    if (layer < 0) {
        return tr("Select a layer.");
    }
    if (!m_document.isPrunable(layer)) {
        return tr("Layer %1 is softmax attention: it has no recurrent state.").arg(layer);
    }
    if (m_workbench.model() == nullptr) {
        return tr("Loading the weights…");
    }
    if (m_workbench.texts().evaluation == nullptr) {
        return tr("Reading the text…");
    }
    if (m_shown.trajectory != nullptr) {
        return {};
    }
    if (const QString stopped = stopNote(); !stopped.isEmpty()) {
        return stopped;
    }
    if (!mayStart()) {
        return tr("The state of layer %1 at every token takes about %2 on this device. Press F5 to compute "
                  "it.")
            .arg(layer)
            .arg(formatSeconds(estimatedSeconds()));
    }
    return waitsForSelection() ? selectionNote() : tr("Tracing the state of layer %1…").arg(layer);
}

double TokenRanks::estimatedSeconds() const
{
    const std::shared_ptr<const Model>& model = m_workbench.model();
    const std::shared_ptr<const TokenWindows>& text = m_workbench.texts().evaluation;
    const int layer = m_selection.currentLayer();
    if (model == nullptr || text == nullptr || !m_document.isPrunable(layer)) {
        return 0.0;
    }
    const LayerSpec& spec = model->spec().layers[idx(layer)];
    const double tokens = text->length;
    const double blocks = 2.0 * static_cast<double>(model->overview().parameters) * tokens * (layer + 1.0)
        / model->spec().layerCount();
    const double states
        = tokens * spec.valueHeads * spec.keyDims * spec.valueDims * std::min(spec.keyDims, spec.valueDims);
    return blocks / (model->device().kind == DeviceKind::Cpu ? kCpuFlops : kGpuFlops)
        + states * kSecondsPerEntry;
}

bool TokenRanks::waitsForSelection() const
{
    const PruningPlan& plan = m_document.plan();
    return m_pruned && m_document.isOpen() && !plan.keepsAll() && needsSelection(plan)
        && !isOfPlan(m_workbench.selector().get(), plan);
}

QString TokenRanks::selectionNote() const
{
    return m_workbench.selectorNote().isEmpty() ? tr("The channels of the plan are being ranked…")
                                                : m_workbench.selectorNote();
}

bool TokenRanks::mayStart() const
{
    return m_asked || estimatedSeconds() < kLongSeconds;
}

void TokenRanks::retry()
{
    m_asked = true;
    m_failure.clear();
    m_failedKey = {};
    schedule();
}

void TokenRanks::forget()
{
    ++m_generation;
    m_text = m_workbench.texts().evaluation;
    m_asked = false;
    m_cache.clear();
    m_shown = {};
    m_shownKey = {};
    m_failure.clear();
    m_failedKey = {};
    m_labels.clear();
    m_labelWindow = -1;
    dropRun();
    schedule();
}

void TokenRanks::dropRun()
{
    if (m_box != nullptr) {
        m_box.reset();
        m_partialTimer->stop();
        m_jobs.cancelKind(u"tokenRanks"_s);
    }
}

void TokenRanks::schedule()
{
    const bool planMoved = m_pruned && m_shownKey.layer == m_selection.currentLayer();
    m_startTimer->start(planMoved ? kPlanDelayMs : kSelectionDelayMs);
    Q_EMIT changed();
}

void TokenRanks::start(bool held)
{
    const Key key = wanted();
    const std::shared_ptr<const Model>& model = m_workbench.model();
    const std::shared_ptr<const TokenWindows>& text = m_workbench.texts().evaluation;
    if (m_watching.empty() || model == nullptr || text == nullptr || !m_document.isPrunable(key.layer)
        || key.window >= text->count) {
        return;
    }
    const auto cached = std::find_if(m_cache.begin(), m_cache.end(),
                                     [&](const std::pair<Key, Trace>& entry) { return entry.first == key; });
    if (cached != m_cache.end()) {
        std::rotate(m_cache.begin(), cached, cached + 1);
        dropRun(); // of what nobody asks for any more
        show(key, m_cache.front().second);
        return;
    }
    if ((m_box != nullptr && m_runningKey == key) || (!m_failure.isEmpty() && m_failedKey == key)) {
        return;
    }
    if (!mayStart()) {
        return;
    }
    if (waitsForSelection()) {
        return; // starts when the selector arrives
    }
    if (held) {
        fail(key, cancelledError());
        return;
    }
    const PruningPlan plan = m_document.plan();
    const std::shared_ptr<const ChannelSelector>& selector = m_workbench.selector();
    m_runningKey = key;
    m_box = std::make_shared<Mailbox<Trace>>();
    Job* job = m_jobs.create(tr("Ranks over tokens, layer %1").arg(key.layer), u"tokenRanks"_s);
    job->setUnit(tr("tokens"));
    job->start(
        m_lanes.gpu(),
        [model, text, key, plan, selector, box = m_box](JobContext& context) -> Result<Trace> {
            PruningPlan realised;
            if (!key.plan.empty()) {
                Result<PruningPlan> made = realisePlan(plan, selector.get(), model->spec(), context);
                if (!made) {
                    return made.error();
                }
                realised = std::move(*made);
            }
            Result<std::shared_ptr<const StateTrajectory>> trajectory = traceState(
                *model, *text, key.window, key.layer, key.plan.empty() ? nullptr : &realised, context);
            if (!trajectory) {
                return trajectory.error();
            }
            box->post(std::make_shared<const Trace>(Trace { *trajectory, nullptr }));
            Result<std::shared_ptr<const TokenSpectra>> spectra = computeTokenSpectra(
                **trajectory,
                [&](std::shared_ptr<const TokenSpectra> part) {
                    box->post(std::make_shared<const Trace>(Trace { *trajectory, std::move(part) }));
                },
                context);
            if (!spectra) {
                return spectra.error();
            }
            return Trace { *trajectory, *spectra };
        },
        [this, key, box = m_box, generation = m_generation](Result<Trace> result) {
            if (generation != m_generation || box != m_box) {
                return;
            }
            takePartial(); // what was reached before it stopped
            m_box.reset();
            m_partialTimer->stop();
            if (!result) {
                fail(key, result.error());
                return;
            }
            keep(key, *result);
            offer(key, std::move(*result));
        },
        kPriority);
    m_partialTimer->start();
}

void TokenRanks::fail(const Key& key, const Error& error)
{
    m_failedKey = key;
    m_failure = m_workbench.noteOf(error, tr("Press F5 to analyse again."));
    m_workbench.report(error);
    Q_EMIT changed();
}

void TokenRanks::takePartial()
{
    if (m_box != nullptr) {
        if (const std::shared_ptr<const Trace> part = m_box->take()) {
            offer(m_runningKey, *part);
        }
    }
}

/// Of an earlier selection it is better than nothing, but never instead of what is wanted.
void TokenRanks::offer(const Key& key, Trace trace)
{
    if (const Key now = wanted(); key == now || !(m_shownKey == now)) {
        show(key, std::move(trace));
    }
}

void TokenRanks::show(const Key& key, Trace trace)
{
    m_shown = std::move(trace);
    m_shownKey = key;
    refreshLabels();
    Q_EMIT changed();
}

void TokenRanks::keep(const Key& key, const Trace& trace)
{
    m_cache.insert(m_cache.begin(), { key, trace });
    std::int64_t bytes = 0;
    for (std::size_t at = 0; at < m_cache.size(); ++at) {
        bytes += bytesOf(m_cache[at].second);
        if (at > 0 && bytes > kCacheBytes) {
            m_cache.resize(at);
            return;
        }
    }
}

void TokenRanks::refreshLabels()
{
    const PreparedTexts& texts = m_workbench.texts();
    if (texts.evaluation == nullptr || texts.tokenizer == nullptr || m_labelWindow == m_shownKey.window) {
        return;
    }
    m_labelWindow = m_shownKey.window;
    m_labels.clear();
    for (const std::int64_t id : texts.evaluation->window(m_labelWindow)) {
        m_labels.push_back(tokenLabel(*texts.tokenizer, id));
    }
}

} // namespace rankscope
