// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/plan_document.h"

#include "core/base/narrow.h"
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
        : tr("kept dims of %n layer(s)", nullptr, touched);
    push(PlanEdit::KeptDims, std::move(after), gesture, text);
}

void PlanDocument::setPruneRatio(double ratio, quint64 gesture)
{
    PruningPlan after = m_plan;
    after.requestedRatio = std::clamp(ratio, 0.0, 1.0);
    for (LayerPlan& layer : after.layers) {
        if (layer.keyDims > 0 && !layer.locked) {
            setKeptCount(layer, keptKeyDimsForRatio(layer.keyDims, after.requestedRatio));
        }
    }
    push(PlanEdit::KeptDims, std::move(after), gesture, tr("prune ratio %1").arg(formatRatio(ratio)));
}

void PlanDocument::setMethod(const QString& methodId, const QString& label)
{
    PruningPlan after = m_plan;
    after.method = methodId.toStdString();
    if (after.method != m_plan.method) {
        for (LayerPlan& layer : after.layers) {
            layer.kept.clear();
        }
    }
    push(PlanEdit::Method, std::move(after), 0, tr("method %1").arg(label));
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
         locked ? tr("lock %n layer(s)", nullptr, static_cast<int>(layers.size()))
                : tr("unlock %n layer(s)", nullptr, static_cast<int>(layers.size())));
}

void PlanDocument::keepEverything()
{
    PruningPlan after = m_plan;
    after.requestedRatio = 0.0;
    for (LayerPlan& layer : after.layers) {
        if (layer.keyDims > 0) {
            setKeptCount(layer, layer.keyDims);
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
