// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

namespace rankscope {

/// GUI thread, while the application object lives: from here on postToGui() delivers. May be repeated.
void openGuiInbox();

/// Any thread. Runs `function` on the GUI thread, from its event loop, in the order of the posts. Nothing is
/// run, and the function is forgotten, when the inbox was never opened or the application object is gone.
void postToGui(std::function<void()> function);

} // namespace rankscope
