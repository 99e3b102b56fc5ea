// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/plan_document.h"

#include "core/base/narrow.h"
#include "ui/document/method_change.h"
#include "ui/format/numbers.h"

#include <QUndoStack>

#include <algorithm>

namespace rankscope {

void setKeptCount(LayerPlan& layer, int kept)
{
    kept = std::clamp(kept, 1, std::max(1, layer.keyDims));
    if (kept != layer.keptKeyDims) {
        layer.keptKeyDims = kept;
        layer.kept.clear();
    }
}

namespace {

/// Applies `change` to the edit of a head and forgets which channels it kept. Plans stay in normal form: no
/// edits where none say anything, no lists where none are given.
template <typename Change> void changeHead(LayerPlan& layer, int heads, int head, Change change)
{
    std::vector<HeadEdit> edits = layer.headEdits;
    edits.resize(idx(heads));
    change(edits[idx(head)]);
    if (std::all_of(edits.begin(), edits.end(), [](const HeadEdit& edit) { return edit.empty(); })) {
        edits.clear();
    }
    if (edits == layer.headEdits) {
        return;
    }
    layer.headEdits = std::move(edits);
    if (idx(head) < layer.kept.size()) {
        layer.kept[idx(head)].clear();
        if (std::all_of(layer.kept.begin(), layer.kept.end(),
                        [](const auto& list) { return list.empty(); })) {
            layer.kept.clear();
        }
    }
}

void insertSorted(std::vector<int>& ascending, int channel)
{
    const auto at = std::lower_bound(ascending.begin(), ascending.end(), channel);
    if (at == ascending.end() || *at != channel) {
        ascending.insert(at, channel);
    }
}

} // namespace

ChannelForce channelForce(const LayerPlan& layer, int head, int channel)
{
    const HeadEdit* edit = layer.editOf(head);
    if (edit == nullptr) {
        return ChannelForce::Free;
    }
    if (std::binary_search(edit->forcedIn.begin(), edit->forcedIn.end(), channel)) {
        return ChannelForce::In;
    }
    return std::binary_search(edit->forcedOut.begin(), edit->forcedOut.end(), channel) ? ChannelForce::Out
                                                                                       : ChannelForce::Free;
}

PlanDocument::PlanDocument(QObject* parent)
    : QObject(parent)
    , m_undoStack(new QUndoStack(this))
{
    m_undoStack->setUndoLimit(500);
}

void PlanDocument::open(const ModelSpec& spec, const PruningPlan& plan)
{
    m_undoStack->clear();
    m_open = true;
    m_openGesture = 0;
    m_spec = spec;
    m_modelDigest.clear();
    apply(plan);
    Q_EMIT opened();
}

void PlanDocument::setModelDigest(const std::string& digest)
{
    m_modelDigest = digest;
    m_plan.modelDigest = digest;
}

bool PlanDocument::isPrunable(int layer) const
{
    return layer >= 0 && layer < std::ssize(m_plan.layers) && m_plan.layers[idx(layer)].keyDims > 0;
}

std::vector<int> PlanDocument::prunableLayers() const
{
    std::vector<int> layers;
    for (int layer = 0; layer < std::ssize(m_plan.layers); ++layer) {
        if (isPrunable(layer)) {
            layers.push_back(layer);
        }
    }
    return layers;
}

std::int64_t PlanDocument::stateBytes() const
{
    return m_plan.stateBytes(m_spec);
}

void PlanDocument::setKept(const std::vector<int>& layers, int kept, quint64 gesture)
{
    std::map<int, int> wanted;
    for (const int layer : layers) {
        wanted[layer] = kept;
    }
    setKeptPerLayer(wanted, gesture);
}

void PlanDocument::setKeptPerLayer(const std::map<int, int>& keptOfLayer, quint64 gesture)
{
    PruningPlan after = m_plan;
    int touched = 0;
    int only = -1;
    for (const auto& [layer, kept] : keptOfLayer) {
        if (isPrunable(layer) && !after.layers[idx(layer)].locked) {
            setKeptCount(after.layers[idx(layer)], kept);
            ++touched;
            only = layer;
        }
    }
    if (touched == 0) {
        return;
    }
    const QString text = touched == 1
        ? tr("keep %1 dims in layer %2").arg(after.layers[idx(only)].keptKeyDims).arg(only)
        : tr("kept dims of %1 layers").arg(touched);
    push(PlanEdit::KeptDims, std::move(after), gesture, text);
}

void PlanDocument::setSizes(const std::map<int, int>& keptOfLayer, std::optional<double> ratio,
                            quint64 gesture, const QString& text)
{
    PruningPlan after = m_plan;
    if (ratio) {
        after.requestedRatio = std::clamp(*ratio, 0.0, 1.0);
        after.requestedBudget.reset();
    }
    pushSizes(std::move(after), keptOfLayer, gesture, text);
}

void PlanDocument::setBudget(const StateBudget& budget, const std::map<int, int>& keptOfLayer, double ratio,
                             quint64 gesture, const QString& text)
{
    PruningPlan after = m_plan;
    after.requestedRatio = std::clamp(ratio, 0.0, 1.0);
    after.requestedBudget = budget;
    pushSizes(std::move(after), keptOfLayer, gesture, text);
}

void PlanDocument::pushSizes(PruningPlan after, const std::map<int, int>& keptOfLayer, quint64 gesture,
                             const QString& text)
{
    for (const auto& [layer, kept] : keptOfLayer) {
        if (isPrunable(layer) && !after.layers[idx(layer)].locked) {
            setKeptCount(after.layers[idx(layer)], kept);
        }
    }
    push(PlanEdit::KeptDims, std::move(after), gesture, text);
}

void PlanDocument::setPruneRatio(double ratio, quint64 gesture)
{
    PruningPlan after = m_plan;
    after.requestedRatio = std::clamp(ratio, 0.0, 1.0);
    after.requestedBudget.reset();
    for (LayerPlan& layer : after.layers) {
        if (layer.keyDims > 0 && !layer.locked) {
            setKeptCount(layer, keptKeyDimsForRatio(layer.keyDims, after.requestedRatio));
        }
    }
    push(PlanEdit::KeptDims, std::move(after), gesture, tr("prune ratio %1").arg(formatRatio(ratio)));
}

void PlanDocument::setMethod(const QString& methodId, const QString& label)
{
    push(PlanEdit::Method, withMethod(m_plan, methodId.toStdString(), std::nullopt), 0,
         tr("method %1").arg(label));
}

void PlanDocument::setLocked(const std::vector<int>& layers, bool locked)
{
    PruningPlan after = m_plan;
    for (const int layer : layers) {
        if (isPrunable(layer)) {
            after.layers[idx(layer)].locked = locked;
        }
    }
    push(PlanEdit::Locks, std::move(after), 0,
         layers.size() == 1 ? (locked ? tr("lock layer %1") : tr("unlock layer %1")).arg(layers.front())
                            : (locked ? tr("lock %1 layers") : tr("unlock %1 layers")).arg(layers.size()));
}

bool PlanDocument::canEditHead(int layer, int head) const
{
    return isPrunable(layer) && !m_plan.layers[idx(layer)].locked && head >= 0
        && head < m_spec.layers[idx(layer)].heads;
}

void PlanDocument::setHeadsKept(int layer, const std::map<int, std::optional<int>>& keptOfHead,
                                quint64 gesture)
{
    PruningPlan after = m_plan;
    int touched = 0;
    QString text;
    for (const auto& [head, kept] : keptOfHead) {
        if (!canEditHead(layer, head)) {
            continue;
        }
        LayerPlan& planned = after.layers[idx(layer)];
        changeHead(planned, m_spec.layers[idx(layer)].heads, head, [&, kept = kept](HeadEdit& edit) {
            edit.keptKeyDims = kept ? std::optional(std::clamp(*kept, 0, planned.keyDims)) : std::nullopt;
        });
        ++touched;
        text = !kept     ? tr("let layer %1 head %2 follow its layer").arg(layer).arg(head)
            : *kept <= 0 ? tr("switch off layer %1 head %2").arg(layer).arg(head)
                         : tr("keep %1 dims in layer %2 head %3").arg(*kept).arg(layer).arg(head);
    }
    if (touched > 1) {
        text = tr("kept dims of %n heads of layer %1", nullptr, touched).arg(layer);
    }
    push(PlanEdit::HeadKeptDims, std::move(after), gesture, text);
}

void PlanDocument::setHeadOn(int layer, int head, bool on)
{
    if (!canEditHead(layer, head)) {
        return;
    }
    PruningPlan after = m_plan;
    changeHead(after.layers[idx(layer)], m_spec.layers[idx(layer)].heads, head,
               [on](HeadEdit& edit) { edit.keptKeyDims = on ? std::nullopt : std::optional(0); });
    push(PlanEdit::HeadKeptDims, std::move(after), 0,
         on ? tr("switch on layer %1 head %2").arg(layer).arg(head)
            : tr("switch off layer %1 head %2").arg(layer).arg(head));
}

void PlanDocument::forceChannels(int layer, int head, const std::vector<int>& channels, ChannelForce force)
{
    if (!canEditHead(layer, head)) {
        return;
    }
    PruningPlan after = m_plan;
    LayerPlan& planned = after.layers[idx(layer)];
    changeHead(planned, m_spec.layers[idx(layer)].heads, head, [&](HeadEdit& edit) {
        for (const int channel : channels) {
            if (channel < 0 || channel >= planned.keyDims) {
                continue;
            }
            std::erase(edit.forcedIn, channel);
            std::erase(edit.forcedOut, channel);
            if (force != ChannelForce::Free) {
                insertSorted(force == ChannelForce::In ? edit.forcedIn : edit.forcedOut, channel);
            }
        }
    });
    const QString what = channels.size() == 1 ? tr("channel %1").arg(channels.front())
                                              : tr("%n channels", nullptr, static_cast<int>(channels.size()));
    const QString where = tr("layer %1 head %2").arg(layer).arg(head);
    push(PlanEdit::Channels, std::move(after), 0,
         force == ChannelForce::In        ? tr("force %1 of %2 in").arg(what, where)
             : force == ChannelForce::Out ? tr("force %1 of %2 out").arg(what, where)
                                          : tr("free %1 of %2").arg(what, where));
}

void PlanDocument::resetHead(int layer, int head)
{
    if (!canEditHead(layer, head)) {
        return;
    }
    PruningPlan after = m_plan;
    changeHead(after.layers[idx(layer)], m_spec.layers[idx(layer)].heads, head,
               [](HeadEdit& edit) { edit = {}; });
    push(PlanEdit::Channels, std::move(after), 0, tr("reset layer %1 head %2").arg(layer).arg(head));
}

void PlanDocument::resetHeads(const std::vector<int>& layers)
{
    PruningPlan after = m_plan;
    for (const int layer : layers) {
        if (isPrunable(layer) && !after.layers[idx(layer)].locked) {
            after.layers[idx(layer)].headEdits.clear();
            after.layers[idx(layer)].kept.clear();
        }
    }
    push(PlanEdit::Channels, std::move(after), 0,
         layers.size() == 1 ? tr("reset the heads of layer %1").arg(layers.front())
                            : tr("reset the heads of %n layers", nullptr, static_cast<int>(layers.size())));
}

void PlanDocument::keepEverything()
{
    PruningPlan after = m_plan;
    after.requestedRatio = 0.0;
    after.requestedBudget.reset();
    for (LayerPlan& layer : after.layers) {
        if (layer.keyDims > 0) {
            setKeptCount(layer, layer.keyDims);
            if (!layer.keepsAll()) {
                layer.kept.clear();
            }
            layer.headEdits.clear();
            layer.locked = false;
        }
    }
    push(PlanEdit::Replace, std::move(after), 0, tr("reset the plan"));
}

void PlanDocument::replacePlan(const PruningPlan& plan, const QString& text)
{
    push(PlanEdit::Replace, plan, 0, text);
}

void PlanDocument::push(PlanEdit edit, PruningPlan after, quint64 gesture, const QString& text)
{
    if (!m_open) {
        return;
    }
    if (gesture == 0 || gesture != m_openGesture) {
        m_openGesture = gesture;
        m_beforeGesture = m_plan;
    }
    // A layer that a gesture took away and brought back has its explicit channels again.
    for (std::size_t index = 0; gesture != 0 && index < after.layers.size(); ++index) {
        LayerPlan back = after.layers[index];
        back.kept = m_beforeGesture.layers[index].kept;
        if (back == m_beforeGesture.layers[index]) {
            after.layers[index] = std::move(back);
        }
    }
    if (after == m_plan) {
        return;
    }
    m_undoStack->push(new ChangePlan(edit, m_plan, std::move(after), gesture, text,
                                     [this](const PruningPlan& plan) { apply(plan); }));
}

void PlanDocument::apply(const PruningPlan& plan)
{
    m_plan = plan;
    if (!m_modelDigest.empty()) {
        m_plan.modelDigest = m_modelDigest;
    }
    Q_EMIT planChanged();
}

} // namespace rankscope
