// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/dtype.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace rankscope {

/// Index of the first NaN or infinite element, if any. `bytes` may be unaligned (a mapped file).
[[nodiscard]] std::optional<std::int64_t> firstNonFinite(std::span<const std::byte> bytes, DType dtype);

} // namespace rankscope
