// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace rankscope {

class ActionRegistry;

/// All shortcuts as a table for people, generated from the registry.
[[nodiscard]] QString shortcutSheetHtml(const ActionRegistry& actions);

} // namespace rankscope
