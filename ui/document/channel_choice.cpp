// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/channel_choice.h"

#include "core/base/narrow.h"
#include "core/pruning/method_registry.h"
#include "core/pruning/realise_plan.h"
#include "ui/document/plan_key.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/models/layer_selection.h"

#include <QElapsedTimer>
#include <QTimer>

#include <algorithm>
#include <utility>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Below the plan's own selector: somebody compares.
constexpr int kPriority = 2;
/// Strong RRQR takes about a millisecond per head at Dk 128; the rest of an 8 ms handler is for drawing.
constexpr qint64 kSliceMs = 4;

} // namespace

ChannelChoice::ChannelChoice(Workbench& workbench, JobLanes& lanes, JobListModel& jobs,
                             PlanDocument& document, LayerSelection& selection, QObject* parent)
    : QObject(parent)
    , m_workbench(workbench)
    , m_lanes(lanes)
    , m_jobs(jobs)
    , m_document(document)
    , m_selection(selection)
    , m_refreshTimer(new QTimer(this))
    , m_sliceTimer(new QTimer(this))
{
    m_refreshTimer->setSingleShot(true);
    connect(m_refreshTimer, &QTimer::timeout, this, &ChannelChoice::refresh);
    m_sliceTimer->setSingleShot(true);
    connect(m_sliceTimer, &QTimer::timeout, this, &ChannelChoice::computeSlice);
    connect(&m_workbench, &Workbench::overviewChanged, this, &ChannelChoice::invalidate);
    connect(&m_workbench, &Workbench::modelChanged, this, &ChannelChoice::dropOther);
    connect(&m_workbench, &Workbench::selectorChanged, this, &ChannelChoice::invalidate);
    connect(&m_selection, &LayerSelection::layersChanged, this, &ChannelChoice::invalidate);
    connect(&m_selection, &LayerSelection::headChanged, this, &ChannelChoice::invalidate);
    connect(&m_document, &PlanDocument::planChanged, this, &ChannelChoice::invalidate);
    refresh();
}

ChannelChoice::~ChannelChoice() = default;

int ChannelChoice::keyHeadOf(int valueHead) const
{
    const int layer = m_selection.currentLayer();
    if (layer < 0 || layer >= m_document.spec().layerCount()) {
        return 0;
    }
    const LayerSpec& spec = m_document.spec().layers[idx(layer)];
    const int group = std::max(1, spec.valueHeads / std::max(1, spec.heads));
    return std::clamp(valueHead / group, 0, std::max(0, spec.heads - 1));
}

int ChannelChoice::valueHeadOf(int keyHead) const
{
    const int layer = m_selection.currentLayer();
    if (layer < 0 || layer >= m_document.spec().layerCount()) {
        return 0;
    }
    const LayerSpec& spec = m_document.spec().layers[idx(layer)];
    return keyHead * std::max(1, spec.valueHeads / std::max(1, spec.heads));
}

int ChannelChoice::head() const
{
    return keyHeadOf(m_selection.head());
}

void ChannelChoice::setWholeLayer(bool whole)
{
    if (whole != m_wholeLayer) {
        m_wholeLayer = whole;
        invalidate();
    }
}

void ChannelChoice::setOtherMethod(const QString& methodId)
{
    if (methodId != m_otherMethod || !m_otherNote.isEmpty()) {
        m_otherMethod = methodId;
        dropOther();
    }
}

void ChannelChoice::dropOther()
{
    m_other.reset();
    m_otherStatistics.reset();
    m_otherNote.clear();
    ++m_otherGeneration;
    if (std::exchange(m_otherRunning, false)) {
        m_jobs.cancelKind(u"otherSelector"_s);
    }
    invalidate();
}

QString ChannelChoice::emptySentence() const
{
    if (m_workbench.overview() == nullptr) {
        return tr("No model open. Open a checkpoint folder with Ctrl+O.");
    }
    if (!m_workbench.modelSentence().isEmpty()) {
        return m_workbench.blockedNote();
    }
    const int layer = m_selection.currentLayer();
    if (layer < 0) {
        return tr("Select a layer.");
    }
    if (!m_document.isPrunable(layer)) {
        return tr("Layer %1 is softmax attention: it has no key channels to rank.").arg(layer);
    }
    if (!isOfPlan(m_workbench.selector().get(), m_document.plan())) {
        return m_workbench.selectorNote().isEmpty() ? tr("Reading the calibration text…")
                                                    : m_workbench.selectorNote();
    }
    return {};
}

void ChannelChoice::invalidate()
{
    m_sliceTimer->stop(); // what the slices compute from may be gone
    if (!m_refreshTimer->isActive()) {
        m_refreshTimer->start(0);
    }
}

void ChannelChoice::refresh()
{
    m_note = emptySentence();
    m_queue.clear();
    m_sliceTimer->stop();
    if (!m_note.isEmpty()) {
        m_channels = {};
        m_kept.clear();
        Q_EMIT changed();
        return;
    }
    ensureOther();
    const int layer = m_selection.currentLayer();
    const LayerPlan& plan = m_document.plan().layers[idx(layer)];
    const int heads = m_document.spec().layers[idx(layer)].heads;
    if (m_channels.layer != layer || std::ssize(m_channels.heads) != heads) {
        m_channels.heads.assign(idx(heads), {});
    }
    m_channels.layer = layer;
    m_channels.keyDims = plan.keyDims;
    m_channels.keptKeyDims = plan.keptKeyDims;
    m_channels.locked = plan.locked;
    const MethodInfo* method = findMethod(m_workbench.selector()->methodId());
    m_channels.methodLabel = method != nullptr ? QString::fromUtf8(method->label) : QString();
    m_channels.scoreLabel = method != nullptr ? QString::fromUtf8(method->scoreLabel) : QString();
    const MethodInfo* other = m_other != nullptr ? findMethod(m_other->methodId()) : nullptr;
    m_channels.otherLabel = other != nullptr ? QString::fromUtf8(other->label) : QString();
    m_channels.otherScoreLabel = other != nullptr ? QString::fromUtf8(other->scoreLabel) : QString();
    for (int each = heads - 1; each >= 0; --each) {
        if (each == head()) {
            continue;
        }
        if (m_wholeLayer) {
            m_queue.push_back(each);
        } else {
            m_channels.heads[idx(each)] = {};
        }
    }
    m_queue.push_back(head());
    computeSlice();
}

void ChannelChoice::computeSlice()
{
    QElapsedTimer clock;
    clock.start();
    do {
        computeHead(m_queue.back());
        m_queue.pop_back();
    } while (!m_queue.empty() && clock.elapsed() < kSliceMs);
    if (!m_queue.empty()) {
        m_sliceTimer->start(0);
    }
    Q_EMIT changed();
}

void ChannelChoice::computeHead(int head)
{
    const ChannelSelector& selector = *m_workbench.selector();
    const LayerPlan& plan = m_document.plan().layers[idx(m_channels.layer)];
    HeadChannels& shown = m_channels.heads[idx(head)];
    shown.scores = selector.scores(m_channels.layer, head);
    shown.order = channelsByScore(shown.scores);
    shown.kept = keptOf(head);
    shown.wanted = plan.keptKeyDimsOf(head);
    shown.edited = plan.editOf(head) != nullptr;
    shown.force.assign(idx(plan.keyDims), ChannelForce::Free);
    for (int channel = 0; shown.edited && channel < plan.keyDims; ++channel) {
        shown.force[idx(channel)] = channelForce(plan, head, channel);
    }
    shown.otherScores.clear();
    shown.otherKept.clear();
    if (m_other != nullptr) {
        shown.otherScores = m_other->scores(m_channels.layer, head);
        shown.otherKept = selectedChannels({ .keyDims = plan.keyDims, .keptKeyDims = shown.wanted },
                                           m_channels.layer, head, m_other.get());
    }
}

std::vector<int> ChannelChoice::keptOf(int head)
{
    const LayerPlan& plan = m_document.plan().layers[idx(m_channels.layer)];
    if (!isUnselected(plan, head)) {
        return plan.kept[idx(head)];
    }
    // What the choice of this head depends on.
    LayerPlan own { .keyDims = plan.keyDims, .keptKeyDims = plan.keptKeyDims };
    if (const HeadEdit* edit = plan.editOf(head)) {
        own.headEdits.push_back(*edit);
    }
    Kept& kept = m_kept[{ m_channels.layer, head }];
    if (kept.selector != m_workbench.selector() || kept.plan != own) {
        kept = { own, m_workbench.selector(),
                 selectedChannels(plan, m_channels.layer, head, m_workbench.selector().get()) };
    }
    return kept.channels;
}

const QString& ChannelChoice::otherNote() const
{
    const MethodInfo* info = findMethod(m_otherMethod.toStdString());
    const bool needsMore = info != nullptr && info->needsStatistics && m_other == nullptr
        && m_workbench.statistics() == nullptr;
    return m_otherNote.isEmpty() && needsMore ? m_workbench.statisticsNote() : m_otherNote;
}

void ChannelChoice::ensureOther()
{
    const std::uint64_t seed = m_document.plan().seed;
    const MethodInfo* info = findMethod(m_otherMethod.toStdString());
    const bool fits
        = m_other != nullptr && m_other->seed() == seed && m_otherStatistics == m_workbench.statistics();
    if (info == nullptr || m_otherRunning || fits || !m_otherNote.isEmpty() || m_workbench.model() == nullptr
        || (info->needsStatistics && m_workbench.statistics() == nullptr)) {
        return;
    }
    m_otherRunning = true;
    const std::uint64_t generation = ++m_otherGeneration;
    Job* job
        = m_jobs.create(tr("Prepare %1 to compare").arg(QString::fromUtf8(info->label)), u"otherSelector"_s);
    job->setUnit(tr("heads"));
    job->start(
        m_lanes.gpu(),
        [method = m_otherMethod.toStdString(), seed, model = m_workbench.model(),
         statistics = m_workbench.statistics()](JobContext& context) {
            return makeChannelSelector(method, seed, model, statistics, context);
        },
        [this, generation, statistics = m_workbench.statistics()](Result<SelectorPtr> result) {
            if (generation != m_otherGeneration) {
                return;
            }
            m_otherRunning = false;
            if (!result) {
                m_otherNote = result.error().code == ErrorCode::Cancelled
                    ? tr("stopped; choose the method again")
                    : m_workbench.describe(result.error());
                m_workbench.report(result.error());
            } else {
                m_other = std::move(result).value();
                m_otherStatistics = statistics;
            }
            invalidate();
        },
        kPriority);
}

} // namespace rankscope
