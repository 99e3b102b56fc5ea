// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

namespace rankscope {

/// Runs `work` as on a fresh thread: without the inference or gradient mode of the work that it interrupts,
/// which it finds again afterwards. For engine work that runs inside other engine work.
void withFreshEngineState(const std::function<void()>& work);

} // namespace rankscope
