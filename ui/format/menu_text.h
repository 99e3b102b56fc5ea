// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace rankscope {

/// A name as part of the text of an action: menus take a single ampersand for the mark of a shortcut letter.
[[nodiscard]] QString menuText(QString name);

/// What is read of the text of an action, without its marks.
[[nodiscard]] QString readText(const QString& menuText);

} // namespace rankscope
