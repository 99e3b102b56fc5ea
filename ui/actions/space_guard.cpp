// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/space_guard.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QKeyEvent>

namespace rankscope {

bool SpaceGuard::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool pressable = qobject_cast<QAbstractButton*>(watched) != nullptr
            || qobject_cast<QComboBox*>(watched) != nullptr;
        if (key->key() == Qt::Key_Space && key->modifiers() == Qt::NoModifier && pressable) {
            event->accept(); // to be delivered as a key press
            return true;
        }
    }
    return QObject::eventFilter(watched, event);
}

} // namespace rankscope
