// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/token_comparison.h"

#include "core/base/narrow.h"

#include <algorithm>
#include <numeric>

namespace rankscope {

double TokenComparison::delta(std::int64_t prediction) const
{
    return static_cast<double>(candidateNll[idx(prediction)])
        - static_cast<double>(baselineNll[idx(prediction)]);
}

MeanInterval meanKl(const TokenComparison& comparison)
{
    const int windows = comparison.windows();
    const std::int64_t predictions = comparison.length - 1;
    std::vector<double> means;
    for (int window = 0; window < windows; ++window) {
        const auto begin = comparison.kl.begin() + window * predictions;
        means.push_back(std::accumulate(begin, begin + predictions, 0.0) / static_cast<double>(predictions));
    }
    return bootstrapMean(means);
}

MeanInterval topAgreement(const TokenComparison& comparison)
{
    const auto same
        = std::accumulate(comparison.sameTop.begin(), comparison.sameTop.end(), std::int64_t { 0 });
    return wilsonShare(same, comparison.tokens());
}

std::vector<std::int64_t> extremePredictions(const TokenComparison& comparison, TokenOrder order, int count)
{
    std::vector<std::int64_t> predictions(idx(comparison.tokens()));
    std::iota(predictions.begin(), predictions.end(), std::int64_t { 0 });
    const auto weight = [&](std::int64_t prediction) {
        switch (order) {
        case TokenOrder::LossGrew:
            return comparison.delta(prediction);
        case TokenOrder::LossFell:
            return -comparison.delta(prediction);
        case TokenOrder::Divergence:
            break;
        }
        return static_cast<double>(comparison.kl[idx(prediction)]);
    };
    const auto first = std::min<std::ptrdiff_t>(std::max(0, count), std::ssize(predictions));
    std::partial_sort(predictions.begin(), predictions.begin() + first, predictions.end(),
                      [&](std::int64_t left, std::int64_t right) {
                          const double a = weight(left);
                          const double b = weight(right);
                          return a != b ? a > b : left < right;
                      });
    predictions.resize(idx(first));
    return predictions;
}

} // namespace rankscope
