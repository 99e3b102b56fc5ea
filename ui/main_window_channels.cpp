// SPDX-License-Identifier: GPL-3.0-or-later
// Actions on the channels and the head that are selected.
#include "core/pruning/method_registry.h"
#include "ui/actions/action_registry.h"
#include "ui/main_window.h"
#include "ui/panels/importance_panel.h"
#include "ui/plots/importance_plot.h"

#include <QAction>

namespace rankscope {

using namespace Qt::StringLiterals;

void MainWindow::buildChannelActions()
{
    ImportancePanel* panel = m_importancePanel;
    const QString group = tr("Plan");
    const auto add
        = [&](const QString& id, const QString& text, const QKeySequence& keys, std::function<void()> run) {
              m_actions->add(id, group, text, keys, std::move(run));
          };
    add(u"plan.forceIn"_s, tr("Force the selected channels &in"), QKeySequence(u"I"_s),
        [panel] { panel->forceSelection(ChannelForce::In); });
    add(u"plan.forceOut"_s, tr("Force the selected channels &out"), QKeySequence(u"O"_s),
        [panel] { panel->forceSelection(ChannelForce::Out); });
    add(u"plan.freeChannels"_s, tr("Let the method &decide about the selected channels"),
        QKeySequence(u"U"_s), [panel] { panel->forceSelection(ChannelForce::Free); });
    add(u"plan.switchHead"_s, tr("Switch the &head off or on"), QKeySequence(u"H"_s),
        [panel] { panel->toggleHead(); });
    add(u"plan.resetHead"_s, tr("Reset the h&ead to layer and method"), {}, [panel] { panel->resetHead(); });
    add(u"plan.resetLayerHeads"_s, tr("Reset all heads of the la&yer"), {}, [panel] { panel->resetLayer(); });

    const QString view = tr("View");
    using Scope = ImportancePanel::Scope;
    m_actions->add(u"view.importance.head"_s, view, tr("Importance: the selected head"), {},
                   [panel] { panel->setScope(Scope::Head); });
    m_actions->add(u"view.importance.layer"_s, view, tr("Importance: all heads of the layer"), {},
                   [panel] { panel->setScope(Scope::Layer); });
    m_actions->add(u"view.importance.map"_s, view, tr("Importance: map of heads and channels"), {},
                   [panel] { panel->setScope(Scope::Map); });
    m_actions->add(u"view.importance.order"_s, view, tr("Importance: by importance or in place"), {},
                   [panel] { panel->setSorted(!panel->plot()->isSorted()); });
    m_actions->add(u"view.importance.alone"_s, view, tr("Importance: no second method"), {},
                   [panel] { panel->setOtherMethod({}); });
    for (const MethodInfo& method : pruningMethods()) {
        const QString id = QString::fromUtf8(method.id);
        m_actions->add(u"view.importance."_s + id, view,
                       tr("Importance: compare with %1").arg(QString::fromUtf8(method.label)), {},
                       [panel, id] { panel->setOtherMethod(id); });
    }
}

} // namespace rankscope
