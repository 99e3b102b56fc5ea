// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/budget.h"

#include "core/base/narrow.h"
#include "core/plan/pruning_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace rankscope {

namespace {

/// max(1, floor(Dk numerator / denominator)) in every prunable layer, in integers.
std::vector<int> keptAtFraction(const ModelSpec& spec, int numerator, int denominator)
{
    std::vector<int> kept;
    kept.reserve(spec.layers.size());
    for (const LayerSpec& layer : spec.layers) {
        const std::int64_t share = std::int64_t { layer.keyDims } * numerator / denominator;
        kept.push_back(layer.prunable() ? std::max(1, narrow<int>(share)) : 0);
    }
    return kept;
}

} // namespace

std::vector<int> keptKeyDimsForRatio(const ModelSpec& spec, double pruneRatio)
{
    std::vector<int> kept;
    kept.reserve(spec.layers.size());
    for (const LayerSpec& layer : spec.layers) {
        kept.push_back(layer.prunable() ? keptKeyDimsForRatio(layer.keyDims, pruneRatio) : 0);
    }
    return kept;
}

std::int64_t stateBytesOf(const ModelSpec& spec, const std::vector<int>& keptKeyDims)
{
    assert(keptKeyDims.size() == spec.layers.size());
    std::int64_t bytes = 0;
    for (std::size_t index = 0; index < keptKeyDims.size(); ++index) {
        bytes += spec.layers[index].stateBytes(keptKeyDims[index]);
    }
    return bytes;
}

Result<std::vector<int>> keptKeyDimsForStateBytes(const ModelSpec& spec, std::int64_t budgetBytes)
{
    std::vector<int> sizes; // the distinct Dk: the fractions at which some layer gains a channel are k / Dk
    for (const LayerSpec& layer : spec.layers) {
        if (layer.prunable() && std::find(sizes.begin(), sizes.end(), layer.keyDims) == sizes.end()) {
            sizes.push_back(layer.keyDims);
        }
    }
    if (sizes.empty()) {
        return Error { ErrorCode::InvalidArgument, "The model has no layer whose state can be reduced.", {} };
    }
    const std::vector<int> smallest = keptAtFraction(spec, 0, 1);
    if (const std::int64_t least = stateBytesOf(spec, smallest); budgetBytes < least) {
        return Error {
            ErrorCode::InvalidArgument,
            fmt::format("A state of {} bytes is too small for this model: one key channel per head takes {} "
                        "bytes, the dense state {}.",
                        budgetBytes, least, spec.stateBytes()),
            {}
        };
    }
    std::vector<int> best = smallest;
    std::int64_t bestBytes = stateBytesOf(spec, smallest);
    for (const int keyDims : sizes) {
        for (int count = 1; count <= keyDims; ++count) {
            std::vector<int> kept = keptAtFraction(spec, count, keyDims);
            const std::int64_t bytes = stateBytesOf(spec, kept);
            if (bytes > budgetBytes) {
                break;
            }
            if (bytes > bestBytes) {
                best = std::move(kept);
                bestBytes = bytes;
            }
        }
    }
    return best;
}

std::vector<int> usefulKeyDims(int keyDims, int multiple)
{
    assert(keyDims >= 1 && multiple >= 1);
    std::vector<int> sizes;
    for (int size = multiple; size < keyDims; size += multiple) {
        sizes.push_back(size);
    }
    sizes.push_back(keyDims);
    return sizes;
}

int kernelKeyDims(int keptKeyDims)
{
    const int step = keptKeyDims <= 256 ? 16 : 64;
    return (keptKeyDims + step - 1) / step * step;
}

std::vector<int> sizesOfRule(SizeRule rule, int keyDims)
{
    switch (rule) {
    case SizeRule::MultiplesOf4:
        return usefulKeyDims(keyDims, 4);
    case SizeRule::MultiplesOf8:
        return usefulKeyDims(keyDims, 8);
    case SizeRule::MultiplesOf16:
        return usefulKeyDims(keyDims, 16);
    case SizeRule::OwnKernel: {
        std::vector<int> sizes = usefulKeyDims(keyDims, 16);
        std::erase_if(sizes, [keyDims](int size) { return size < keyDims && kernelKeyDims(size) != size; });
        return sizes;
    }
    case SizeRule::Any:
        break;
    }
    return usefulKeyDims(keyDims, 1);
}

int snapKeyDims(int keptKeyDims, const std::vector<int>& sizes, SnapRule rule)
{
    assert(!sizes.empty() && std::is_sorted(sizes.begin(), sizes.end()));
    const auto above = std::lower_bound(sizes.begin(), sizes.end(), keptKeyDims);
    if (above == sizes.end()) {
        return sizes.back();
    }
    if (above == sizes.begin() || *above == keptKeyDims || rule == SnapRule::Up) {
        return *above;
    }
    const int below = *(above - 1);
    if (rule == SnapRule::Down) {
        return below;
    }
    return *above - keptKeyDims <= keptKeyDims - below ? *above : below;
}

} // namespace rankscope
