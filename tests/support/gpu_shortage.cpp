// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/gpu_shortage.h"

#include "core/base/device_torch.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <vector>

namespace rankscope::test {

struct GpuShortage::Held {
    std::vector<at::Tensor> pieces;
};

GpuShortage::GpuShortage()
    : m_held(std::make_unique<Held>())
{
    constexpr Device kGpu { DeviceKind::Cuda, 0 };
    releaseCachedMemory(kGpu);
    const DeviceMemory memory = deviceMemory(kGpu);
    for (std::int64_t piece = memory.totalBytes - memory.usedBytes; piece >= 1 << 20;) {
        try {
            m_held->pieces.push_back(at::empty({ piece }, at::device(toTorch(kGpu)).dtype(at::kByte)));
        } catch (const c10::OutOfMemoryError&) {
            piece /= 2;
        }
    }
}

GpuShortage::~GpuShortage()
{
    m_held.reset();
    releaseCachedMemory(Device { DeviceKind::Cuda, 0 });
}

} // namespace rankscope::test
