// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

namespace rankscope {

/// One layer's part in sharing out a budget of state bytes.
struct LayerShare {
    std::vector<int> sizes; ///< kept key dims that the layer may have, ascending, not empty
    std::int64_t rowBytes = 0; ///< state bytes of one kept key dim, > 0
};

/// What keeping `keptKeyDims` in one layer costs; the unit is the caller's (nats per token).
struct CostPoint {
    int keptKeyDims = 0;
    double cost = 0.0;

    friend bool operator==(const CostPoint&, const CostPoint&) = default;
};

/// Cost at `keptKeyDims` on the straight line between neighbouring points, which are ascending and not empty;
/// outside them on the line through the two nearest, never below the cost of the outermost point on the left.
[[nodiscard]] double costAt(const std::vector<CostPoint>& points, int keptKeyDims);

/// The largest convex function below the points that never rises with the kept size: what is left of a
/// measured curve once noise is not allowed to make a smaller state look better. Points ascending.
[[nodiscard]] std::vector<CostPoint> convexCost(const std::vector<CostPoint>& points);

/// Sizes as near as possible to `weights` (> 0) times one common factor, whose bytes are as close below
/// `budgetBytes` as single steps allow: exact when all rows cost the same, every size is allowed and the
/// budget lies within what the sizes span. The smallest sizes when even they exceed it.
[[nodiscard]] std::vector<int> shareInProportion(const std::vector<LayerShare>& layers,
                                                 const std::vector<double>& weights,
                                                 std::int64_t budgetBytes);

/// Greedy by cost: from the largest sizes down, always the step that costs least per byte on the layer's
/// convex curve, until `budgetBytes` holds; then steps back up where they still fit. For equal rows and every
/// size allowed this is optimal for the convex curves. Equal costs take from the layer that keeps the larger
/// part.
[[nodiscard]] std::vector<int> shareByCost(const std::vector<LayerShare>& layers,
                                           const std::vector<std::vector<CostPoint>>& curves,
                                           std::int64_t budgetBytes);

} // namespace rankscope
