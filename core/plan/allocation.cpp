// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/allocation.h"

#include "core/base/narrow.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace rankscope {

namespace {

std::int64_t bytesOf(const std::vector<LayerShare>& layers, const std::vector<std::size_t>& at)
{
    std::int64_t bytes = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        bytes += layers[i].rowBytes * layers[i].sizes[at[i]];
    }
    return bytes;
}

/// Bytes of the next larger size beyond the present one; negative when there is none.
std::int64_t nextStepBytes(const LayerShare& layer, std::size_t at)
{
    return at + 1 < layer.sizes.size() ? layer.rowBytes * (layer.sizes[at + 1] - layer.sizes[at]) : -1;
}

std::vector<int> sizesAt(const std::vector<LayerShare>& layers, const std::vector<std::size_t>& at)
{
    std::vector<int> sizes;
    sizes.reserve(layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i) {
        sizes.push_back(layers[i].sizes[at[i]]);
    }
    return sizes;
}

double wanted(const LayerShare& layer, double weight, double factor)
{
    return std::clamp(weight * factor, static_cast<double>(layer.sizes.front()),
                      static_cast<double>(layer.sizes.back()));
}

/// The factor at which the real-valued sizes take exactly the budget, or the nearest end.
double commonFactor(const std::vector<LayerShare>& layers, const std::vector<double>& weights,
                    std::int64_t budgetBytes)
{
    const auto bytesAt = [&](double factor) {
        double bytes = 0.0;
        for (std::size_t i = 0; i < layers.size(); ++i) {
            bytes += static_cast<double>(layers[i].rowBytes) * wanted(layers[i], weights[i], factor);
        }
        return bytes;
    };
    double low = 0.0;
    double high = 0.0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        high = std::max(high, static_cast<double>(layers[i].sizes.back()) / weights[i]);
    }
    constexpr int kHalvings = 80; // to the last bit of a double
    for (int step = 0; step < kHalvings; ++step) {
        const double middle = 0.5 * (low + high);
        (bytesAt(middle) <= static_cast<double>(budgetBytes) ? low : high) = middle;
    }
    return high; // the upper end: sizes that the budget meets exactly are not rounded down
}

double slope(const CostPoint& left, const CostPoint& right)
{
    return (right.cost - left.cost) / (right.keptKeyDims - left.keptKeyDims);
}

} // namespace

double costAt(const std::vector<CostPoint>& points, int keptKeyDims)
{
    assert(!points.empty());
    const auto above = std::find_if(points.begin(), points.end(), [keptKeyDims](const CostPoint& point) {
        return point.keptKeyDims >= keptKeyDims;
    });
    if (above != points.end() && above->keptKeyDims == keptKeyDims) {
        return above->cost;
    }
    if (points.size() == 1 || above == points.end()) {
        return points.size() == 1 ? points.front().cost : points.back().cost;
    }
    if (above == points.begin()) {
        const double along
            = points[0].cost + slope(points[0], points[1]) * (keptKeyDims - points[0].keptKeyDims);
        return std::max(along, points[0].cost);
    }
    const CostPoint& left = *(above - 1);
    return left.cost + slope(left, *above) * (keptKeyDims - left.keptKeyDims);
}

std::vector<CostPoint> convexCost(const std::vector<CostPoint>& points)
{
    std::vector<CostPoint> falling = points;
    // From the large sizes to the small ones a cost may only grow.
    for (std::size_t i = falling.size(); i-- > 1;) {
        falling[i - 1].cost = std::max(falling[i - 1].cost, falling[i].cost);
    }
    std::vector<CostPoint> hull;
    for (const CostPoint& point : falling) {
        while (hull.size() >= 2 && slope(hull[hull.size() - 2], hull.back()) >= slope(hull.back(), point)) {
            hull.pop_back();
        }
        hull.push_back(point);
    }
    return hull;
}

std::vector<int> shareInProportion(const std::vector<LayerShare>& layers, const std::vector<double>& weights,
                                   std::int64_t budgetBytes)
{
    assert(layers.size() == weights.size());
    if (layers.empty()) {
        return {};
    }
    const double factor = commonFactor(layers, weights, budgetBytes);
    std::vector<std::size_t> at(layers.size(), 0);
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const double size = wanted(layers[i], weights[i], factor) + 1e-9;
        while (at[i] + 1 < layers[i].sizes.size()
               && static_cast<double>(layers[i].sizes[at[i] + 1]) <= size) {
            ++at[i];
        }
    }
    // Rounding down left a rest: it goes to whom rounding took most from.
    std::int64_t rest = budgetBytes - bytesOf(layers, at);
    while (true) {
        std::size_t best = layers.size();
        double most = -std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < layers.size(); ++i) {
            const std::int64_t bytes = nextStepBytes(layers[i], at[i]);
            if (bytes < 0 || bytes > rest) {
                continue;
            }
            const int size = layers[i].sizes[at[i]];
            const double missing = (wanted(layers[i], weights[i], factor) - size)
                / static_cast<double>(layers[i].sizes[at[i] + 1] - size);
            if (missing > most) {
                most = missing;
                best = i;
            }
        }
        if (best == layers.size()) {
            return sizesAt(layers, at);
        }
        rest -= nextStepBytes(layers[best], at[best]);
        ++at[best];
    }
}

std::vector<int> shareByCost(const std::vector<LayerShare>& layers,
                             const std::vector<std::vector<CostPoint>>& curves, std::int64_t budgetBytes)
{
    assert(layers.size() == curves.size());
    std::vector<std::vector<CostPoint>> convex;
    std::vector<std::size_t> at;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        convex.push_back(convexCost(curves[i]));
        at.push_back(layers[i].sizes.size() - 1);
    }
    /// Cost per byte of the step between the sizes `lower` and `lower` + 1.
    const auto price = [&](std::size_t layer, std::size_t lower) {
        const std::vector<int>& sizes = layers[layer].sizes;
        const double cost = costAt(convex[layer], sizes[lower]) - costAt(convex[layer], sizes[lower + 1]);
        return cost / static_cast<double>(layers[layer].rowBytes * (sizes[lower + 1] - sizes[lower]));
    };
    const auto part = [&](std::size_t layer) {
        return static_cast<double>(layers[layer].sizes[at[layer]]) / layers[layer].sizes.back();
    };
    std::int64_t bytes = bytesOf(layers, at);
    while (bytes > budgetBytes) {
        std::size_t best = layers.size();
        for (std::size_t i = 0; i < layers.size(); ++i) {
            if (at[i] == 0) {
                continue;
            }
            const double mine = price(i, at[i] - 1);
            const double theirs
                = best == layers.size() ? std::numeric_limits<double>::infinity() : price(best, at[best] - 1);
            if (mine < theirs || (mine == theirs && part(i) > part(best))) {
                best = i;
            }
        }
        if (best == layers.size()) {
            break; // the smallest sizes
        }
        --at[best];
        bytes -= nextStepBytes(layers[best], at[best]);
    }
    while (true) {
        std::size_t best = layers.size();
        for (std::size_t i = 0; i < layers.size(); ++i) {
            const std::int64_t step = nextStepBytes(layers[i], at[i]);
            if (step < 0 || bytes + step > budgetBytes) {
                continue;
            }
            if (best == layers.size() || price(i, at[i]) > price(best, at[best])) {
                best = i;
            }
        }
        if (best == layers.size()) {
            return sizesAt(layers, at);
        }
        bytes += nextStepBytes(layers[best], at[best]);
        ++at[best];
    }
}

} // namespace rankscope
