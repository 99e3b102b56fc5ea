// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace rankscope {

/// "10.3 MiB", "64 KiB", "512 B": three digits, powers of 1024, as everywhere where a person reads.
[[nodiscard]] std::string sizeText(std::int64_t bytes);

} // namespace rankscope
