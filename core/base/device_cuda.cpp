// SPDX-License-Identifier: GPL-3.0-or-later
// The module librankscope-gpu.so, as core sees it. Built with CUDA headers; opened by
// core/base/gpu_module.cpp.
#include "core/base/gpu_module.h"

#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <string>

namespace rankscope {

namespace {

thread_local std::string t_lastError;

bool failed(const char* what)
{
    t_lastError = what;
    return false;
}

bool succeeded(cudaError_t code)
{
    if (code == cudaSuccess) {
        t_lastError.clear();
        return true;
    }
    static_cast<void>(cudaGetLastError()); // or the next caller is blamed for it
    return failed(cudaGetErrorString(code));
}

/// Runs `work`, which may throw as LibTorch does, with `device` as the current one.
template <typename Work> bool onDevice(int device, const Work& work) noexcept
{
    try {
        const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device));
        return work();
    } catch (const std::exception& error) {
        return failed(error.what());
    }
}

int deviceCount() noexcept
{
    int count = 0;
    return succeeded(cudaGetDeviceCount(&count)) ? count : 0;
}

bool deviceName(int device, char* name, int size) noexcept
{
    cudaDeviceProp properties {};
    if (size < 1 || !succeeded(cudaGetDeviceProperties(&properties, device))) {
        return false;
    }
    const std::size_t length = std::min(std::strlen(properties.name), static_cast<std::size_t>(size - 1));
    std::memcpy(name, properties.name, length);
    name[length] = '\0';
    return true;
}

bool memory(int device, GpuMemory* memory) noexcept
{
    return onDevice(device, [&] {
        std::size_t freeBytes = 0;
        std::size_t totalBytes = 0;
        if (!succeeded(cudaMemGetInfo(&freeBytes, &totalBytes))) {
            return false;
        }
        *memory = {};
        memory->freeBytes = static_cast<std::int64_t>(freeBytes);
        memory->totalBytes = static_cast<std::int64_t>(totalBytes);
        // The allocator knows a device from its first tensor on.
        if (c10::cuda::CUDACachingAllocator::get()->initialized()) {
            const auto stats
                = c10::cuda::CUDACachingAllocator::getDeviceStats(static_cast<c10::DeviceIndex>(device));
            memory->allocatedBytes = stats.allocated_bytes[0].current;
            memory->peakAllocatedBytes = stats.allocated_bytes[0].peak;
        }
        return true;
    });
}

bool resetPeakMemory(int device) noexcept
{
    return onDevice(device, [&] {
        if (c10::cuda::CUDACachingAllocator::get()->initialized()) {
            c10::cuda::CUDACachingAllocator::resetPeakStats(static_cast<c10::DeviceIndex>(device));
        }
        return true;
    });
}

bool releaseCachedMemory() noexcept
{
    return onDevice(0, [] {
        if (c10::cuda::CUDACachingAllocator::get()->initialized()) {
            c10::cuda::CUDACachingAllocator::emptyCache();
        }
        return true;
    });
}

bool synchronise(int device) noexcept
{
    return onDevice(device, [] { return succeeded(cudaDeviceSynchronize()); });
}

kernels::KernelStatus deltaRecurrent(const kernels::DeltaRecurrentParams& params, int device) noexcept
{
    kernels::KernelStatus status = kernels::KernelStatus::LaunchFailed;
    static_cast<void>(onDevice(device, [&] {
        const auto stream = c10::cuda::getCurrentCUDAStream(static_cast<c10::DeviceIndex>(device));
        status = kernels::deltaRecurrent(params, stream.stream());
        return status == kernels::KernelStatus::Ok || failed("the kernel launch was refused");
    }));
    return status;
}

const char* lastError() noexcept
{
    return t_lastError.c_str();
}

constexpr GpuModule kModule {
    .deviceCount = &deviceCount,
    .deviceName = &deviceName,
    .memory = &memory,
    .resetPeakMemory = &resetPeakMemory,
    .releaseCachedMemory = &releaseCachedMemory,
    .synchronise = &synchronise,
    .deltaRecurrent = &deltaRecurrent,
    .lastError = &lastError,
};

} // namespace

} // namespace rankscope

extern "C" __attribute__((visibility("default"))) const rankscope::GpuModule* rankscopeGpuModule(int version)
{
    return version == rankscope::kGpuModuleVersion ? &rankscope::kModule : nullptr;
}
