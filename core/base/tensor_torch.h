// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/dtype.h"
#include "core/base/host_tensor.h"

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rankscope {

[[nodiscard]] at::ScalarType toTorch(DType dtype);
[[nodiscard]] DType fromTorch(at::ScalarType type);

/// The type that sums, norms and states are computed in: fp64 for fp64, else fp32.
[[nodiscard]] at::ScalarType accumulationType(at::ScalarType type);

/// A tensor over borrowed bytes (a mapped file): read only, valid as long as the bytes are.
[[nodiscard]] at::Tensor borrowTensor(std::span<const std::byte> bytes, DType dtype,
                                      const std::vector<std::int64_t>& shape);
/// A copy in host memory, same element type.
[[nodiscard]] HostTensor toHost(const at::Tensor& tensor);

} // namespace rankscope
