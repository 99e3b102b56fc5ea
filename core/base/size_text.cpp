// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/size_text.h"

#include <fmt/format.h>

#include <array>

namespace rankscope {

std::string sizeText(std::int64_t bytes)
{
    static constexpr std::array<const char*, 5> kUnits { "B", "KiB", "MiB", "GiB", "TiB" };
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 999.5 && unit + 1 < kUnits.size()) {
        value /= 1024.0;
        ++unit;
    }
    return fmt::format("{:.3g} {}", value, kUnits[unit]);
}

} // namespace rankscope
