// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/spectra_summary.h"

#include "core/base/narrow.h"

#include <algorithm>
#include <cmath>

namespace rankscope {

namespace {

/// Linear interpolation between order statistics; `values` is sorted in place.
template <typename T> T quantile(std::vector<T>& values, double at)
{
    std::sort(values.begin(), values.end());
    const double position = at * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    const double share = position - static_cast<double>(below);
    return static_cast<T>(static_cast<double>(values[below]) * (1.0 - share)
                          + static_cast<double>(values[above]) * share);
}

HeadSpectrum summariseHead(const LayerSpectra& layer, int windows, int position, int head, int positionCount)
{
    HeadSpectrum result;
    std::vector<float> column(idx(windows));
    for (int index = 0; index < layer.rank; ++index) {
        for (int window = 0; window < windows; ++window) {
            column[idx(window)] = layer.at(window, position, head, positionCount)[index];
        }
        result.median.push_back(quantile(column, 0.5));
        result.low.push_back(quantile(column, 0.25));
        result.high.push_back(quantile(column, 0.75));
    }
    std::vector<double> stable;
    std::vector<double> utilisation;
    std::vector<double> threshold;
    std::vector<double> entropy;
    for (int window = 0; window < windows; ++window) {
        const RankMeasures ranks = rankMeasures(layer.at(window, position, head, positionCount), layer.rank);
        stable.push_back(ranks.stableRank);
        utilisation.push_back(ranks.utilisation);
        threshold.push_back(ranks.thresholdRank);
        entropy.push_back(ranks.entropyRank);
    }
    result.ranks.stableRank = quantile(stable, 0.5);
    result.ranks.utilisation = quantile(utilisation, 0.5);
    result.ranks.thresholdRank = static_cast<int>(std::lround(quantile(threshold, 0.5)));
    result.ranks.entropyRank = quantile(entropy, 0.5);
    return result;
}

RankRange rangeOf(std::vector<double> values)
{
    RankRange range;
    range.median = quantile(values, 0.5);
    range.low = values.front();
    range.high = values.back();
    return range;
}

LayerSummary summariseLayer(const LayerSpectra& layer, int windows, int positionCount)
{
    LayerSummary summary;
    summary.heads = layer.valueHeads;
    summary.rank = layer.rank;
    if (layer.valueHeads == 0 || windows == 0 || positionCount == 0) {
        return summary;
    }
    for (int position = 0; position < positionCount; ++position) {
        std::vector<HeadSpectrum>& heads = summary.at.emplace_back();
        for (int head = 0; head < layer.valueHeads; ++head) {
            heads.push_back(summariseHead(layer, windows, position, head, positionCount));
        }
    }
    std::vector<double> stable;
    std::vector<double> threshold;
    std::vector<double> entropy;
    for (const HeadSpectrum& head : summary.at.back()) {
        stable.push_back(head.ranks.stableRank);
        threshold.push_back(head.ranks.thresholdRank);
        entropy.push_back(head.ranks.entropyRank);
    }
    summary.stable = rangeOf(std::move(stable));
    summary.threshold = rangeOf(std::move(threshold));
    summary.entropy = rangeOf(std::move(entropy));
    for (int index = 0; index < layer.rank; ++index) {
        double sum = 0.0;
        for (const HeadSpectrum& head : summary.at.back()) {
            sum += static_cast<double>(head.median[idx(index)]);
        }
        summary.sparkline.push_back(static_cast<float>(std::log10(std::max(sum / layer.valueHeads, 1e-30))));
    }
    return summary;
}

} // namespace

std::vector<HeadSpectrum> headSpectra(const TokenSpectra& spectra, std::int64_t token)
{
    std::vector<HeadSpectrum> heads;
    if (token < 0 || token >= spectra.tokens || spectra.known[idx(token)] == 0) {
        return heads;
    }
    for (int head = 0; head < spectra.valueHeads; ++head) {
        const float* sigma
            = spectra.singularValues.data() + (token * spectra.valueHeads + head) * spectra.rank;
        HeadSpectrum& made = heads.emplace_back();
        made.median.assign(sigma, sigma + spectra.rank);
        made.low = made.median;
        made.high = made.median;
        made.ranks = spectra.at(token, head);
    }
    return heads;
}

SpectraSummary summariseSpectra(const StateSpectra& spectra)
{
    SpectraSummary summary;
    summary.positions = spectra.positions;
    summary.windows = spectra.windows;
    summary.sourceName = spectra.sourceName;
    for (const LayerSpectra& layer : spectra.layers) {
        summary.layers.push_back(
            summariseLayer(layer, spectra.windows, static_cast<int>(spectra.positions.size())));
        for (const float sigma : layer.singularValues) {
            summary.largest = std::max(summary.largest, sigma);
        }
    }
    return summary;
}

} // namespace rankscope
