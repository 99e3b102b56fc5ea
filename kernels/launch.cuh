// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/kernel_status.h"

#include <cuda_runtime.h>

#include <cstdint>

namespace rankscope::kernels {

[[nodiscard]] constexpr std::int64_t ceilDiv(std::int64_t a, std::int64_t b)
{
    return (a + b - 1) / b;
}

/// The largest grid.x of every architecture we build for.
inline constexpr std::int64_t kMaxGridX = 2147483647;

/// Launches `kernel` with one argument by value. A refused launch is reported here and removed from the
/// runtime's error slot: otherwise the next caller who looks there is blamed for it.
template <typename Params>
[[nodiscard]] KernelStatus launch(void (*kernel)(Params), dim3 grid, dim3 block, StreamHandle stream,
                                  Params params)
{
    void* arguments[] = { &params };
    const cudaError_t error = cudaLaunchKernel(reinterpret_cast<const void*>(kernel), grid, block, arguments,
                                               /*sharedMem=*/0, static_cast<cudaStream_t>(stream));
    if (error == cudaSuccess) {
        return KernelStatus::Ok;
    }
    static_cast<void>(cudaGetLastError());
    return KernelStatus::LaunchFailed;
}

} // namespace rankscope::kernels
