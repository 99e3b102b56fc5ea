// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace rankscope {

/// Ids [B, T] on `device`, checked against the vocabulary (throws ErrorException BadData).
[[nodiscard]] at::Tensor tokenTensor(std::int64_t vocabularySize, Device device,
                                     std::span<const std::int64_t> ids, std::int64_t batch,
                                     std::int64_t length);

} // namespace rankscope
