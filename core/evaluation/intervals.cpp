// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/intervals.h"

#include "core/base/narrow.h"
#include "core/base/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace rankscope {

namespace {

constexpr double kNormal95 = 1.959963984540054; ///< 97.5 % quantile of the standard normal

double meanOf(std::span<const double> values)
{
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

} // namespace

MeanInterval bootstrapMean(std::span<const double> values)
{
    constexpr int kResamples = 2000;
    constexpr std::uint64_t kSeed = 20260204; // fixed: the interval is a function of its input
    MeanInterval interval;
    interval.count = std::ssize(values);
    if (values.empty()) {
        return interval;
    }
    interval.mean = meanOf(values);
    interval.low = interval.mean;
    interval.high = interval.mean;
    if (values.size() < 2) {
        return interval;
    }
    Random random(kSeed);
    std::vector<double> means(kResamples);
    for (double& mean : means) {
        double sum = 0.0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            sum += values[static_cast<std::size_t>(random.below(values.size()))];
        }
        mean = sum / static_cast<double>(values.size());
    }
    std::ranges::sort(means);
    interval.low = means[idx(kResamples * 25 / 1000)];
    interval.high = means[idx(kResamples * 975 / 1000 - 1)];
    return interval;
}

MeanInterval wilsonShare(std::int64_t successes, std::int64_t trials)
{
    MeanInterval interval;
    interval.count = trials;
    if (trials <= 0) {
        return interval;
    }
    const auto n = static_cast<double>(trials);
    const double share = static_cast<double>(successes) / n;
    const double z2 = kNormal95 * kNormal95;
    const double centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    const double half
        = kNormal95 / (1.0 + z2 / n) * std::sqrt(share * (1.0 - share) / n + z2 / (4.0 * n * n));
    interval.mean = share;
    interval.low = successes == 0 ? 0.0 : std::max(0.0, centre - half);
    interval.high = successes == trials ? 1.0 : std::min(1.0, centre + half);
    return interval;
}

std::int64_t valuesForHalfWidth(std::span<const double> values, double halfWidth)
{
    if (values.size() < 4 || !(halfWidth > 0.0)) {
        return 0;
    }
    const double mean = meanOf(values);
    double squares = 0.0;
    for (const double value : values) {
        squares += (value - mean) * (value - mean);
    }
    const double deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
    const double needed = std::ceil(std::pow(kNormal95 * deviation / halfWidth, 2.0));
    return needed < 1e12 ? std::max<std::int64_t>(2, static_cast<std::int64_t>(needed)) : 0;
}

} // namespace rankscope
