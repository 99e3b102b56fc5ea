// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/importance_panel.h"

#include "core/base/narrow.h"
#include "core/pruning/method_registry.h"
#include "ui/document/workbench.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/dock_panel.h"
#include "ui/plots/importance_plot.h"

#include <QStackedLayout>

#include <algorithm>
#include <numeric>

namespace rankscope {

ImportancePanel::ImportancePanel(Workbench& workbench, PlanDocument& document, LayerSelection& selection,
                                 DialogPort& dialogs, QWidget* parent)
    : QWidget(parent)
    , m_workbench(workbench)
    , m_document(document)
    , m_selection(selection)
    , m_empty(new EmptyNote(this))
    , m_plot(new ImportancePlot(dialogs, this))
    , m_stack(new QStackedLayout(this))
{
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_plot);
    connect(&m_workbench, &Workbench::selectorChanged, this, &ImportancePanel::refresh);
    connect(&m_workbench, &Workbench::overviewChanged, this, &ImportancePanel::refresh);
    connect(&m_selection, &LayerSelection::layersChanged, this, &ImportancePanel::refresh);
    connect(&m_selection, &LayerSelection::headChanged, this, &ImportancePanel::refresh);
    connect(&m_document, &PlanDocument::planChanged, this, &ImportancePanel::refresh);
    connect(m_plot, &ImportancePlot::cutDragged, this, [this](int kept, bool first) {
        if (first) {
            m_gesture = m_document.newGesture();
        }
        m_document.setKept({ m_selection.currentLayer() }, kept, m_gesture);
    });
    connect(m_plot, &ImportancePlot::hovered, this, &ImportancePanel::hovered);
    connect(m_plot, &ImportancePlot::problem, this, &ImportancePanel::problem);
    refresh();
}

QString ImportancePanel::emptySentence() const
{
    if (m_workbench.overview() == nullptr) {
        return tr("No model open.");
    }
    if (!m_workbench.blockingSentence().isEmpty()) {
        return m_workbench.blockingSentence();
    }
    const int layer = m_selection.currentLayer();
    if (layer < 0) {
        return tr("Select a layer.");
    }
    if (!m_document.isPrunable(layer)) {
        return tr("Layer %1 is softmax attention: it has no key channels to rank.").arg(layer);
    }
    if (m_workbench.selector() == nullptr || m_workbench.selector()->methodId() != m_document.plan().method) {
        return m_workbench.selectorNote().isEmpty() ? tr("Reading the calibration text…")
                                                    : m_workbench.selectorNote();
    }
    return {};
}

void ImportancePanel::refresh()
{
    const QString sentence = emptySentence();
    m_empty->setText(sentence);
    m_stack->setCurrentWidget(sentence.isEmpty() ? static_cast<QWidget*>(m_plot) : m_empty);
    if (!sentence.isEmpty()) {
        Q_EMIT captionChanged({});
        return;
    }
    const int layer = m_selection.currentLayer();
    const LayerSpec& spec = m_document.spec().layers[idx(layer)];
    const LayerPlan& plan = m_document.plan().layers[idx(layer)];
    // The selection counts value heads; several of them may share a key head.
    const int keyHead
        = std::min(m_selection.head(), spec.valueHeads - 1) / std::max(1, spec.valueHeads / spec.heads);
    const ChannelSelector& selector = *m_workbench.selector();
    ImportancePlot::Data shown;
    shown.layer = layer;
    shown.head = keyHead;
    shown.scores = selector.scores(layer, keyHead);
    if (plan.keptKeyDims >= plan.keyDims) {
        shown.kept.resize(idx(plan.keyDims));
        std::iota(shown.kept.begin(), shown.kept.end(), 0);
    } else {
        shown.kept = plan.kept.empty() ? selector.keptChannels(layer, keyHead, plan.keptKeyDims)
                                       : plan.kept[idx(keyHead)];
    }
    const MethodInfo* method = findMethod(selector.methodId());
    shown.scoreLabel = method != nullptr ? QString::fromUtf8(method->scoreLabel) : QString();
    shown.editable = !plan.locked;
    m_plot->setData(std::move(shown));
    Q_EMIT captionChanged(tr("layer %1 · head %2 · %3 · drag the cut")
                              .arg(layer)
                              .arg(keyHead)
                              .arg(method != nullptr ? QString::fromUtf8(method->label) : QString()));
}

} // namespace rankscope
