// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

namespace rankscope::test {

/// Root mean square of a - b over the root mean square of b; infinity when sizes differ or a value is not
/// finite.
template <typename A, typename B>
[[nodiscard]] double normalisedRms(std::span<const A> a, std::span<const B> b)
{
    if (a.size() != b.size() || b.empty()) {
        return INFINITY;
    }
    double difference = 0.0;
    double reference = 0.0;
    for (std::size_t i = 0; i < b.size(); ++i) {
        const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
        difference += d * d;
        reference += static_cast<double>(b[i]) * static_cast<double>(b[i]);
    }
    const double error = std::sqrt(difference / reference);
    return std::isfinite(error) ? error : INFINITY;
}

} // namespace rankscope::test
