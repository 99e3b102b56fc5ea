// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

namespace rankscope {

/// Leaves the space bar to the focused button or combo box, where it presses and opens, although a command of
/// the window has it as its shortcut. Installed on the application object.
class SpaceGuard : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
};

} // namespace rankscope
