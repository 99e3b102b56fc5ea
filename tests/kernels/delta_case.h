// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/delta_recurrent/delta_recurrent.h"

#include <cstdint>
#include <string>
#include <vector>

namespace rankscope::test {

enum class Decay { None, Mild, Strong };
enum class Beta { One, Usual, NearTwo };

/// One random problem for the delta rule.
struct DeltaSizes {
    std::int64_t tokens = 65;
    int batch = 1;
    int keyHeads = 1;
    int valueHeads = 1;
    int keyDims = 64;
    int valueDims = 64;
    Decay decay = Decay::Mild;
    Beta beta = Beta::Usual;
    bool initialState = true;
    std::int64_t captureEvery = 0; ///< 0: none
    kernels::ElementType element = kernels::ElementType::F32;
    std::uint64_t seed = 1;
};

[[nodiscard]] std::string describe(const DeltaSizes& sizes);

/// Tensors on the host in the element type of the case; q and k l2-normalised before rounding. Results start
/// as NaN so that whatever is not written shows.
struct DeltaCase {
    DeltaSizes sizes;
    std::vector<std::uint8_t> queries, keys, values, outputs; ///< fp32 or bf16 elements
    std::vector<float> logDecay, beta, initialState; ///< empty: null in the parameters
    std::vector<float> finalState, capturedStates;

    [[nodiscard]] kernels::DeltaRecurrentParams params();
    void poisonResults();
    [[nodiscard]] std::vector<double> outputValues() const;
};

[[nodiscard]] DeltaCase makeDeltaCase(const DeltaSizes& sizes);

/// Elements of q, k, v, o as numbers.
[[nodiscard]] std::vector<double> elementValues(const std::vector<std::uint8_t>& bytes,
                                                kernels::ElementType element);

/// |a - b|_F / |b|_F; 0 for two empty or zero tensors, NaN when there is one in `a`, infinity for unequal
/// lengths.
[[nodiscard]] double relativeError(const std::vector<double>& a, const std::vector<double>& b);
[[nodiscard]] double relativeError(const std::vector<float>& a, const std::vector<float>& b);

} // namespace rankscope::test
