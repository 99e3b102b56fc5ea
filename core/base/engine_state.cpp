// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/engine_state.h"

#include <c10/core/InferenceMode.h>

namespace rankscope {

void withFreshEngineState(const std::function<void()>& work)
{
    const c10::InferenceMode off(false); // also switches gradients back on
    work();
}

} // namespace rankscope
