// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace rankscope {

/// A mean with its 95 % interval.
struct MeanInterval {
    double mean = 0.0;
    double low = 0.0;
    double high = 0.0;
    std::int64_t count = 0; ///< independent units it rests on
};

/// Mean of the values with its 95 % percentile bootstrap interval: 2000 resamples from a fixed seed, so that
/// the same input gives the same interval. With one value low = high = mean; all zero without values.
[[nodiscard]] MeanInterval bootstrapMean(std::span<const double> values);

/// Share of `successes` among `trials` with its 95 % Wilson score interval (Wilson 1927); all zero without
/// trials.
[[nodiscard]] MeanInterval wilsonShare(std::int64_t successes, std::int64_t trials);

/// How many values the 95 % interval of a mean needs to be at most +- halfWidth wide, from the spread of the
/// values seen so far (normal approximation, 1.96 standard errors). 0 when fewer than four values say too
/// little; at least 2.
[[nodiscard]] std::int64_t valuesForHalfWidth(std::span<const double> values, double halfWidth);

} // namespace rankscope
