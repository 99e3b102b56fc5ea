// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/spectra.h"
#include "core/analysis/state_trajectory.h"

#include <vector>

namespace rankscope {

/// One head's singular values at one position over the analysed windows.
struct HeadSpectrum {
    std::vector<float> median; ///< [d], descending
    std::vector<float> low; ///< lower quartile; equal to the median for one window
    std::vector<float> high; ///< upper quartile
    RankMeasures ranks; ///< of the median spectrum's windows: medians of the measures
};

/// Median, smallest and largest over the heads of a layer.
struct RankRange {
    double median = 0.0;
    double low = 0.0;
    double high = 0.0;
};

struct LayerSummary {
    int heads = 0; ///< value heads; 0 for softmax layers
    int rank = 0; ///< d
    std::vector<std::vector<HeadSpectrum>> at; ///< [positions][heads]
    std::vector<float> sparkline; ///< log10 of the mean spectrum at the last position, [d]
    RankRange entropy; ///< at the last position
    RankRange stable;
    RankRange threshold;
};

/// What views draw: reduced over windows once, on the worker.
struct SpectraSummary {
    std::vector<std::int64_t> positions;
    int windows = 0;
    std::vector<LayerSummary> layers;
    float largest = 0.0F; ///< of all singular values: the common axis
    std::string sourceName;
};

/// All heads after token `token` (0 is the first) of one window: median and quartiles are the values
/// themselves. Empty when the token is not known.
[[nodiscard]] std::vector<HeadSpectrum> headSpectra(const TokenSpectra& spectra, std::int64_t token);

[[nodiscard]] SpectraSummary summariseSpectra(const StateSpectra& spectra);

} // namespace rankscope
