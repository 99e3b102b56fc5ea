// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/narrow.h"
#include "core/base/random.h"
#include "core/evaluation/perplexity.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace rankscope {

double PerplexityEstimate::meanNll() const
{
    return windowNll.empty()
        ? 0.0
        : std::accumulate(windowNll.begin(), windowNll.end(), 0.0) / static_cast<double>(windowNll.size());
}

double PerplexityEstimate::perplexity() const
{
    return windowNll.empty() ? 0.0 : std::exp(meanNll());
}

PairedDelta pairedDelta(const PerplexityEstimate& baseline, const PerplexityEstimate& candidate)
{
    constexpr int kResamples = 2000;
    constexpr std::uint64_t kSeed = 20260204; // fixed: the interval is a function of its input
    PairedDelta delta;
    delta.windows = std::min(baseline.windows(), candidate.windows());
    const std::size_t count = idx(delta.windows);
    if (count == 0) {
        return delta;
    }
    std::vector<double> differences(count);
    for (std::size_t i = 0; i < count; ++i) {
        differences[i] = candidate.windowNll[i] - baseline.windowNll[i];
    }
    delta.meanNll = std::accumulate(differences.begin(), differences.end(), 0.0) / static_cast<double>(count);
    delta.low = delta.meanNll;
    delta.high = delta.meanNll;
    if (count < 2) {
        return delta;
    }
    Random random(kSeed);
    std::vector<double> means(kResamples);
    for (double& mean : means) {
        double sum = 0.0;
        for (std::size_t i = 0; i < count; ++i) {
            sum += differences[static_cast<std::size_t>(random.below(count))];
        }
        mean = sum / static_cast<double>(count);
    }
    std::ranges::sort(means);
    delta.low = means[idx(kResamples * 25 / 1000)];
    delta.high = means[idx(kResamples * 975 / 1000 - 1)];
    return delta;
}

} // namespace rankscope
