// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"

#include <c10/core/Device.h>

namespace rankscope {

/// The same place in LibTorch's terms. Call requireDevice() first: a GPU that was not opened makes ATen
/// throw.
[[nodiscard]] inline at::Device toTorch(const Device& device)
{
    return device.kind == DeviceKind::Cuda ? at::Device(at::kCUDA, static_cast<at::DeviceIndex>(device.index))
                                           : at::Device(at::kCPU);
}

} // namespace rankscope
