// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/narrow.h"
#include "core/evaluation/intervals.h"
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
    PairedDelta delta;
    delta.windows = std::min(baseline.windows(), candidate.windows());
    std::vector<double> differences(idx(delta.windows));
    for (std::size_t i = 0; i < differences.size(); ++i) {
        differences[i] = candidate.windowNll[i] - baseline.windowNll[i];
    }
    const MeanInterval interval = bootstrapMean(differences);
    delta.meanNll = interval.mean;
    delta.low = interval.low;
    delta.high = interval.high;
    return delta;
}

} // namespace rankscope
