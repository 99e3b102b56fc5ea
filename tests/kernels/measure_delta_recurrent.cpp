// SPDX-License-Identifier: GPL-3.0-or-later
// Prints the time of K0 per token-head. Not a test: nothing passes or fails by speed.
#include "core/base/device_torch.h"
#include "core/base/gpu_module.h"
#include "tests/kernels/delta_case.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

using namespace rankscope;
using namespace rankscope::kernels;
using namespace rankscope::test;

namespace {

/// The numbers of one sequence, `batch` times: the kernel's time does not depend on them.
template <typename T> at::Tensor upload(std::vector<T>& items, int batch)
{
    const auto bytes = static_cast<std::int64_t>(items.size() * sizeof(T));
    return at::from_blob(items.data(), { bytes }, at::kByte)
        .to(toTorch({ DeviceKind::Cuda, 0 }))
        .repeat({ batch });
}

double medianMs(const GpuModule& gpu, const DeltaRecurrentParams& params)
{
    constexpr int kWarmUps = 3;
    constexpr int kRepeats = 15;
    std::vector<double> times;
    for (int i = 0; i < kWarmUps + kRepeats; ++i) {
        const auto start = std::chrono::steady_clock::now();
        if (gpu.deltaRecurrent(params, 0) != KernelStatus::Ok || !gpu.synchronise(0)) {
            std::printf("failed: %s\n", gpu.lastError());
            return -1.0;
        }
        if (i >= kWarmUps) {
            times.push_back(
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
        }
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

void measure(const GpuModule& gpu, ElementType element, int keyDims, int valueDims, int batch,
             std::int64_t tokens)
{
    DeltaSizes sizes;
    sizes.tokens = tokens;
    sizes.keyHeads = 8;
    sizes.valueHeads = 8;
    sizes.keyDims = keyDims;
    sizes.valueDims = valueDims;
    sizes.element = element;
    DeltaCase c = makeDeltaCase(sizes);
    const at::Tensor queries = upload(c.queries, batch);
    const at::Tensor keys = upload(c.keys, batch);
    const at::Tensor values = upload(c.values, batch);
    const at::Tensor logDecay = upload(c.logDecay, batch);
    const at::Tensor beta = upload(c.beta, batch);
    const at::Tensor outputs = upload(c.outputs, batch);
    const at::Tensor state = upload(c.initialState, batch);
    DeltaRecurrentParams p = c.params();
    p.batch = batch;
    p.queries = queries.data_ptr();
    p.keys = keys.data_ptr();
    p.values = values.data_ptr();
    p.logDecay = static_cast<const float*>(logDecay.data_ptr());
    p.beta = static_cast<const float*>(beta.data_ptr());
    p.outputs = outputs.data_ptr();
    p.initialState = nullptr;
    p.finalState = static_cast<float*>(state.data_ptr());
    const double ms = medianMs(gpu, p);
    const double tokenHeads = static_cast<double>(tokens) * batch * sizes.valueHeads;
    std::printf("%s  Dk %3d  Dv %3d  %3d sequence-heads  T %5lld  %8.3f ms  %7.2f ns per token-head\n",
                element == ElementType::F32 ? "fp32" : "bf16", keyDims, valueDims, batch * sizes.valueHeads,
                static_cast<long long>(tokens), ms, ms * 1e6 / tokenHeads);
    std::fflush(stdout);
}

} // namespace

int main()
{
    if (const Status device = requireDevice({ DeviceKind::Cuda, 0 }); !device) {
        std::printf("%s\n", device.error().message.c_str());
        return 5;
    }
    for (const DeviceInfo& device : listDevices()) {
        std::printf("%s: %s, %.1f of %.1f GiB free\n", toString(device.device).c_str(), device.name.c_str(),
                    static_cast<double>(device.freeBytes) / (1 << 30),
                    static_cast<double>(device.totalBytes) / (1 << 30));
    }
    const GpuModule& gpu = *gpuModule();
    for (const ElementType element : { ElementType::F32, ElementType::BF16 }) {
        for (const auto& [keyDims, valueDims] :
             { std::pair(32, 128), std::pair(64, 64), std::pair(64, 128), std::pair(96, 128),
               std::pair(128, 128), std::pair(256, 512) }) {
            measure(gpu, element, keyDims, valueDims, 8, 2048);
        }
    }
    measure(gpu, ElementType::BF16, 128, 128, 64, 512);
    measure(gpu, ElementType::BF16, 128, 128, 1, 1);
    measure(gpu, ElementType::BF16, 128, 128, 64, 1);
    return 0;
}
