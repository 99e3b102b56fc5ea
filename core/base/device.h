// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rankscope {

enum class DeviceKind { Cpu, Cuda };

struct Device {
    DeviceKind kind = DeviceKind::Cpu;
    int index = 0; ///< CUDA ordinal; 0 for the CPU

    friend bool operator==(const Device&, const Device&) = default;
};

/// "cpu", "cuda" or "cuda:N".
[[nodiscard]] Result<Device> deviceFromString(std::string_view text);
/// "cpu" or "cuda:N".
[[nodiscard]] std::string toString(const Device& device);

struct DeviceInfo {
    Device device;
    std::string name; ///< for people: "CPU, 2 threads", "NVIDIA H200"
    std::int64_t totalBytes = 0;
    std::int64_t freeBytes = 0;
};

/// The CPU first, then every usable GPU. The first call opens the driver, LibTorch's CUDA library and our GPU
/// module where a driver is present (about 0.1 s); later calls only refresh the memory figures.
[[nodiscard]] std::vector<DeviceInfo> listDevices();

/// Ok when tensors can live there; otherwise a sentence that says what is missing.
[[nodiscard]] Status requireDevice(const Device& device);

struct DeviceMemory {
    std::int64_t totalBytes = 0; ///< 0 where the device does not answer
    std::int64_t usedBytes = 0; ///< by anybody
    std::int64_t oursBytes = 0; ///< in our tensors; GPUs only
    std::int64_t peakOursBytes = 0; ///< since the start; GPUs only
};

/// Any thread. On a GPU that has not been used yet this opens a context.
[[nodiscard]] DeviceMemory deviceMemory(const Device& device);

/// Gives memory that LibTorch keeps for reuse back to the GPU's driver; nothing on the CPU.
void releaseCachedMemory(const Device& device);

/// Threads that one running engine job may use; set once at start. 0 keeps the library's choice.
void setEngineThreads(int threads);
[[nodiscard]] int engineThreads();

} // namespace rankscope
