// SPDX-License-Identifier: GPL-3.0-or-later
// What the hand does in the importance panel: picks, keys and the context menu.
#include "core/base/narrow.h"
#include "ui/actions/what_is_this.h"
#include "ui/document/channel_choice.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/importance_panel.h"
#include "ui/plots/channel_map_plot.h"
#include "ui/plots/importance_plot.h"

#include <QKeyEvent>
#include <QMenu>

#include <algorithm>

namespace rankscope {

namespace {

/// Cut keys closer together than this are one gesture.
constexpr qint64 kBurstMs = 800;

} // namespace

void ImportancePanel::pick(int head, int channel, bool extend)
{
    m_picking = true;
    if (head != m_choice.head()) {
        m_selection.setHead(m_choice.valueHeadOf(head));
        extend = false;
    }
    const bool again = channel >= 0 && channel == m_selection.channel() && m_selected.size() <= 1 && !extend;
    if (extend && m_anchor >= 0 && channel >= 0) {
        selectRange(channel);
    } else {
        m_anchor = channel;
        m_selected = channel >= 0 ? std::vector<int> { channel } : std::vector<int> {};
    }
    m_selection.setChannel(channel);
    m_picking = false;
    refreshMarks();
    if (again) {
        cycleForce();
    }
}

void ImportancePanel::selectRange(int channel)
{
    const std::vector<int> order = shownPlot()->displayOrder(m_choice.head());
    auto first = std::find(order.begin(), order.end(), m_anchor);
    auto last = std::find(order.begin(), order.end(), channel);
    if (first == order.end() || last == order.end()) {
        return;
    }
    if (last < first) {
        std::swap(first, last);
    }
    m_selected.assign(first, last + 1);
    std::sort(m_selected.begin(), m_selected.end());
}

void ImportancePanel::moveChannel(int step, bool extend)
{
    const std::vector<int> order = shownPlot()->displayOrder(m_choice.head());
    const auto at = std::find(order.begin(), order.end(), m_selection.channel());
    if (at == order.end()) {
        moveToPlace(step > 0 ? 0 : narrow<int>(order.size()) - 1, false);
    } else {
        moveToPlace(narrow<int>(at - order.begin()) + step, extend);
    }
}

void ImportancePanel::moveToPlace(int place, bool extend)
{
    const std::vector<int> order = shownPlot()->displayOrder(m_choice.head());
    if (order.empty()) {
        return;
    }
    const int channel = order[idx(std::clamp(place, 0, narrow<int>(order.size()) - 1))];
    if (channel != m_selection.channel()) {
        pick(m_choice.head(), channel, extend);
    }
    Q_EMIT hovered(shownPlot()->describe({ m_choice.head(), channel }));
}

void ImportancePanel::moveHead(int step)
{
    const int heads = narrow<int>(m_choice.channels().heads.size());
    if (heads > 0) {
        m_selection.setHead(m_choice.valueHeadOf((m_choice.head() + step + heads) % heads));
    }
}

void ImportancePanel::moveCut(int step)
{
    if (!canEditHead()) {
        return;
    }
    if (m_gesture == 0 || !m_sinceCutKey.isValid() || m_sinceCutKey.elapsed() > kBurstMs) {
        m_gesture = m_document.newGesture();
    }
    m_sinceCutKey.start();
    const int now = cutsHeadOnly() ? layerPlan()->keptKeyDimsOf(m_choice.head()) : layerPlan()->keptKeyDims;
    cutTo(m_choice.head(), now + step);
}

void ImportancePanel::cycleForce()
{
    const LayerChannels& layer = m_choice.channels();
    const int channel = m_selection.channel();
    if (!canForce() || channel < 0 || !layer.known(m_choice.head())) {
        return;
    }
    const bool free = channelForce(*layerPlan(), m_choice.head(), channel) == ChannelForce::Free;
    const bool kept = layer.heads[idx(m_choice.head())].keeps(channel);
    forceSelection(!free ? ChannelForce::Free : kept ? ChannelForce::Out : ChannelForce::In);
}

bool ImportancePanel::onKey(int key, Qt::KeyboardModifiers modifiers)
{
    const bool shift = modifiers & Qt::ShiftModifier;
    const bool control = modifiers & Qt::ControlModifier;
    switch (key) {
    case Qt::Key_Left:
    case Qt::Key_Right: {
        const int step = key == Qt::Key_Right ? 1 : -1;
        if (control) {
            moveCut(step);
        } else {
            moveChannel(step, shift);
        }
        return true;
    }
    case Qt::Key_Home:
        moveToPlace(0, shift);
        return true;
    case Qt::Key_End:
        moveToPlace(m_choice.channels().keyDims - 1, shift);
        return true;
    case Qt::Key_Up:
        moveHead(-1);
        return true;
    case Qt::Key_Down:
        moveHead(1);
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        cycleForce();
        return true;
    case Qt::Key_Escape:
        m_selection.setChannel(-1);
        return true;
    default:
        return false;
    }
}

bool ImportancePanel::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::KeyPress) {
        const auto* press = static_cast<QKeyEvent*>(event);
        if (onKey(press->key(), press->modifiers())) {
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void ImportancePanel::fillMenu(QMenu& menu)
{
    const auto force = [&](const QString& text, ChannelForce wanted) {
        QAction* action = menu.addAction(text, this, [this, wanted] { forceSelection(wanted); });
        action->setEnabled(canForce());
        if (m_selected.size() == 1 && layerPlan() != nullptr) {
            action->setCheckable(true);
            action->setChecked(channelForce(*layerPlan(), m_choice.head(), m_selected.front()) == wanted);
        }
    };
    const QString what = m_selected.size() == 1 ? tr("channel %1").arg(m_selected.front())
                                                : tr("%n channels", nullptr, narrow<int>(m_selected.size()));
    force(tr("Force %1 &in").arg(what), ChannelForce::In);
    force(tr("Force %1 &out").arg(what), ChannelForce::Out);
    force(tr("&Let the method decide about %1").arg(what), ChannelForce::Free);
    menu.addSeparator();
    const int head = m_choice.head();
    const bool off = layerPlan() != nullptr && layerPlan()->keptKeyDimsOf(head) == 0;
    menu.addAction(off ? tr("Switch &head %1 on").arg(head) : tr("Switch &head %1 off").arg(head), this,
                   &ImportancePanel::toggleHead)
        ->setEnabled(canEditHead());
    menu.addAction(tr("&Reset head %1").arg(head), this, &ImportancePanel::resetHead)
        ->setEnabled(canResetHead());
    menu.addAction(tr("Reset all heads of the la&yer"), this, &ImportancePanel::resetLayer)
        ->setEnabled(canResetLayer());
    addWhatIsThis(menu, *shownPlot()->focusProxy(), Topic::Importance);
}

} // namespace rankscope
