// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace rankscope::kernels {

/// cudaStream_t without CUDA's headers; null is the legacy default stream.
using StreamHandle = void*;

enum class KernelStatus {
    Ok,
    InvalidArgument, ///< a size or stride outside the contract
    LaunchFailed, ///< the driver refused the launch
};

} // namespace rankscope::kernels
