// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/delta_recurrent/delta_recurrent.h"

namespace rankscope::kernels {

inline constexpr int kDeltaRecurrentMaxKeyDims = 512;

/// The contract of delta_recurrent.h, checked the same way in front of the kernel and of its CPU twin.
[[nodiscard]] inline KernelStatus checkDeltaRecurrent(const DeltaRecurrentParams& p) noexcept
{
    const bool sizes = p.batch >= 1 && p.tokens >= 0 && p.keyHeads >= 1 && p.valueHeads >= 1
        && p.valueHeads % p.keyHeads == 0 && p.keyDims >= 1 && p.keyDims <= kDeltaRecurrentMaxKeyDims
        && p.valueDims >= 1;
    const bool tensors = p.tokens == 0
        || (p.queries != nullptr && p.keys != nullptr && p.values != nullptr && p.outputs != nullptr);
    const bool capture = p.capturedStates == nullptr || p.captureEvery >= 1;
    return sizes && tensors && capture ? KernelStatus::Ok : KernelStatus::InvalidArgument;
}

} // namespace rankscope::kernels
