// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/device.h"

#include "core/base/gpu_module.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>
#include <limits>

namespace rankscope {

namespace {

/// MemAvailable of /proc/meminfo: what can be had without swapping; 0 when the kernel does not say.
std::int64_t availableHostBytes()
{
    std::ifstream info("/proc/meminfo");
    std::string name;
    std::int64_t kibibytes = 0;
    std::string unit;
    while (info >> name >> kibibytes) {
        std::getline(info, unit);
        if (name == "MemAvailable:") {
            return kibibytes * 1024;
        }
    }
    return 0;
}

DeviceInfo cpuInfo()
{
    DeviceInfo info;
    const int threads = engineThreads();
    info.name = fmt::format("CPU, {} {}", threads, threads == 1 ? "thread" : "threads");
    info.totalBytes = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    info.freeBytes = availableHostBytes();
    return info;
}

} // namespace

Result<Device> deviceFromString(std::string_view text)
{
    if (text == "cpu") {
        return Device {};
    }
    if (text == "cuda") {
        return Device { DeviceKind::Cuda, 0 };
    }
    constexpr std::string_view kPrefix = "cuda:";
    if (text.substr(0, kPrefix.size()) == kPrefix) {
        const std::string_view digits = text.substr(kPrefix.size());
        int index = 0;
        const char* end = digits.data() + digits.size();
        const auto parsed = std::from_chars(digits.data(), end, index);
        // LibTorch counts devices in eight bits.
        if (!digits.empty() && parsed.ec == std::errc {} && parsed.ptr == end && index >= 0
            && index <= std::numeric_limits<std::int8_t>::max()) {
            return Device { DeviceKind::Cuda, index };
        }
    }
    return Error { ErrorCode::InvalidArgument,
                   fmt::format("\"{}\" is not a device: use cpu, cuda or cuda:N.", text),
                   {} };
}

std::string toString(const Device& device)
{
    return device.kind == DeviceKind::Cuda ? fmt::format("cuda:{}", device.index) : "cpu";
}

std::vector<DeviceInfo> listDevices()
{
    std::vector<DeviceInfo> devices { cpuInfo() };
    const GpuModule* gpu = gpuModule();
    const int count = gpu == nullptr ? 0 : gpu->deviceCount();
    for (int index = 0; index < count; ++index) {
        std::array<char, 256> name {};
        GpuMemory memory;
        if (!gpu->deviceName(index, name.data(), static_cast<int>(name.size()))
            || !gpu->memory(index, &memory)) {
            continue; // fell off the bus or is locked by another process: not usable
        }
        devices.push_back({ { DeviceKind::Cuda, index }, name.data(), memory.totalBytes, memory.freeBytes });
    }
    return devices;
}

Status requireDevice(const Device& device)
{
    if (device.kind == DeviceKind::Cpu) {
        return Unit {};
    }
    if (Status opened = gpuModuleStatus(); !opened) {
        return opened.error();
    }
    const GpuModule* gpu = gpuModule();
    const int count = gpu->deviceCount();
    if (device.index < 0 || device.index >= count) {
        return Error { ErrorCode::DeviceFailure,
                       fmt::format("There is no device {}: this machine has {} {} (cuda:0 to cuda:{}).",
                                   toString(device), count, count == 1 ? "GPU" : "GPUs", count - 1),
                       {} };
    }
    if (!at::hasCUDA()) {
        return Error { ErrorCode::Internal,
                       "The GPU cannot be used because it was opened too late: restart the program.",
                       "ATen looked for CUDA before libtorch_cuda.so was opened" };
    }
    at::globalContext().setAllowTF32CuDNN(false); // fp32 is fp32; matrix products have it off by default
    GpuMemory memory;
    if (!gpu->memory(device.index, &memory)) {
        return Error { ErrorCode::DeviceFailure,
                       fmt::format("The GPU {} does not answer: {}.", toString(device), gpu->lastError()),
                       {} };
    }
    return Unit {};
}

DeviceMemory deviceMemory(const Device& device)
{
    if (device.kind == DeviceKind::Cpu) {
        const DeviceInfo info = cpuInfo();
        return DeviceMemory { info.totalBytes, info.totalBytes - info.freeBytes, 0, 0 };
    }
    const GpuModule* gpu = gpuModule();
    GpuMemory memory;
    if (gpu == nullptr || !gpu->memory(device.index, &memory)) {
        return {};
    }
    return DeviceMemory { memory.totalBytes, memory.totalBytes - memory.freeBytes, memory.allocatedBytes,
                          memory.peakAllocatedBytes };
}

void releaseCachedMemory(const Device& device)
{
    const GpuModule* gpu = device.kind == DeviceKind::Cuda ? gpuModule() : nullptr;
    if (gpu != nullptr) {
        gpu->releaseCachedMemory();
    }
}

void setEngineThreads(int threads)
{
    if (threads > 0) {
        at::set_num_threads(threads);
    }
}

int engineThreads()
{
    return at::get_num_threads();
}

} // namespace rankscope
