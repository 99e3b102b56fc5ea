// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "kernels/delta_recurrent/delta_recurrent.h"

#include <cstdint>
#include <string>

namespace rankscope {

/// Raised with every change of GpuModule: core and module are built together, and a stale file is refused.
inline constexpr int kGpuModuleVersion = 1;

struct GpuMemory {
    std::int64_t totalBytes = 0;
    std::int64_t freeBytes = 0; ///< on the device, whoever holds the rest
    std::int64_t allocatedBytes = 0; ///< in our tensors
    std::int64_t peakAllocatedBytes = 0; ///< since the start or the last resetPeakMemory
};

/// What the module librankscope-gpu.so offers: everything that links a CUDA library. Device numbers are those
/// of LibTorch. Nothing here throws. Private to core.
struct GpuModule {
    /// Usable devices; 0 when the runtime refuses.
    int (*deviceCount)() noexcept;
    /// Writes the device's name, zero-terminated and cut to `size`; false when the device is not there.
    bool (*deviceName)(int device, char* name, int size) noexcept;
    /// Opens a context on the device when there is none yet.
    bool (*memory)(int device, GpuMemory* memory) noexcept;
    bool (*resetPeakMemory)(int device) noexcept;
    /// Gives blocks that LibTorch keeps for reuse back to the driver.
    bool (*releaseCachedMemory)() noexcept;
    /// Waits for all work on the device; false on a device fault.
    bool (*synchronise)(int device) noexcept;
    /// K0 on LibTorch's current stream of `device`, which need not be the current device.
    kernels::KernelStatus (*deltaRecurrent)(const kernels::DeltaRecurrentParams& params, int device) noexcept;
    /// Why the last call on this thread failed, or "".
    const char* (*lastError)() noexcept;
};

/// The module, opened by the first call together with the driver and LibTorch's CUDA half; null when the
/// machine or the installation has no usable GPU. Any thread. Must come before the first ATen call that asks
/// for CUDA: ATen looks for its CUDA half once.
[[nodiscard]] const GpuModule* gpuModule();

/// Ok when gpuModule() is there; otherwise what is missing. Error: DeviceFailure.
[[nodiscard]] Status gpuModuleStatus();

/// Exported by the module as "rankscopeGpuModule": its table, or null for a version it was not built with.
using GpuModuleEntry = const GpuModule* (*)(int version);

} // namespace rankscope
