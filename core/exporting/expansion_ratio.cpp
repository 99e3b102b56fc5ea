// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/exporting/expansion_ratio.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <limits>

namespace rankscope {

double expansionRatio(std::int64_t part, std::int64_t whole)
{
    assert(part >= 0 && whole > 0);
    double ratio = static_cast<double>(part) / static_cast<double>(whole);
    while (expandedWidth(whole, ratio) < part) {
        ratio = std::nextafter(ratio, std::numeric_limits<double>::infinity());
    }
    return ratio;
}

std::int64_t expandedWidth(std::int64_t whole, double ratio)
{
    return static_cast<std::int64_t>(std::trunc(static_cast<double>(whole) * ratio));
}

std::string floatText(double value)
{
    std::array<char, 32> buffer {};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    std::string text(buffer.data(), end);
    if (text.find_first_of(".e") == std::string::npos) {
        text += ".0";
    }
    return text;
}

} // namespace rankscope
