// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/pruning/select_channels.h"

#include "core/base/narrow.h"

#include <fmt/format.h>

#include <utility>

namespace rankscope {

Result<PruningPlan> selectChannels(const ChannelSelector& selector, const ModelSpec& spec,
                                   const std::vector<int>& keptKeyDims, JobContext& job)
{
    if (keptKeyDims.size() != spec.layers.size()) {
        return Error { ErrorCode::InvalidArgument,
                       fmt::format("Key sizes were given for {} layers, but the model has {}.",
                                   keptKeyDims.size(), spec.layers.size()),
                       {} };
    }
    std::int64_t headsInAll = 0;
    std::int64_t channels = 0;
    std::int64_t keptInAll = 0;
    for (std::size_t index = 0; index < spec.layers.size(); ++index) {
        const LayerSpec& layer = spec.layers[index];
        if (!layer.prunable()) {
            continue;
        }
        const int count = keptKeyDims[index];
        if (count < 1 || count > layer.keyDims) {
            return Error { ErrorCode::InvalidArgument,
                           fmt::format("Layer {} cannot keep {} key channels per head: choose 1 to {}.",
                                       index, count, layer.keyDims),
                           {} };
        }
        headsInAll += layer.heads;
        channels += std::int64_t { layer.heads } * layer.keyDims;
        keptInAll += std::int64_t { layer.heads } * count;
    }
    job.progress().begin(headsInAll);
    PruningPlan plan = keepAllPlan(spec);
    plan.method = selector.methodId();
    plan.seed = selector.seed();
    plan.calibration = selector.calibration();
    plan.requestedRatio
        = channels > 0 ? 1.0 - static_cast<double>(keptInAll) / static_cast<double>(channels) : 0.0;
    for (int index = 0; index < spec.layerCount(); ++index) {
        LayerPlan& layer = plan.layers[idx(index)];
        if (layer.keyDims == 0) {
            continue;
        }
        layer.keptKeyDims = keptKeyDims[idx(index)];
        for (std::size_t head = 0; head < layer.kept.size(); ++head) {
            if (job.stopRequested()) {
                return cancelledError();
            }
            if (layer.keptKeyDims < layer.keyDims) {
                layer.kept[head] = selector.keptChannels(index, narrow<int>(head), layer.keptKeyDims);
            }
            job.progress().advance();
        }
    }
    return plan;
}

} // namespace rankscope
