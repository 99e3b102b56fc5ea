// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/spectra.h"

#include <cmath>

namespace rankscope {

namespace {

template <typename T> RankMeasures measure(const T* sigma, int count)
{
    constexpr double kThreshold = 1e-4; // of the largest singular value (design section 4)
    RankMeasures measures;
    const double largest = count > 0 ? static_cast<double>(sigma[0]) : 0.0;
    if (!(largest > 0.0)) {
        return measures;
    }
    double squares = 0.0;
    double sum = 0.0;
    for (int i = 0; i < count; ++i) {
        const auto value = static_cast<double>(sigma[i]);
        squares += value * value;
        sum += value;
        measures.thresholdRank += value > kThreshold * largest ? 1 : 0;
    }
    double entropy = 0.0;
    for (int i = 0; i < count; ++i) {
        const double share = static_cast<double>(sigma[i]) / sum;
        entropy -= share > 0.0 ? share * std::log(share) : 0.0;
    }
    measures.stableRank = squares / (largest * largest);
    measures.utilisation = measures.stableRank / count;
    measures.entropyRank = std::exp(entropy);
    return measures;
}

} // namespace

RankMeasures rankMeasures(const float* sigma, int count)
{
    return measure(sigma, count);
}

RankMeasures rankMeasures(const double* sigma, int count)
{
    return measure(sigma, count);
}

} // namespace rankscope
