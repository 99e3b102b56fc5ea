// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/pruning/realise_plan.h"

#include "core/base/narrow.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace rankscope {

namespace {

bool contains(const std::vector<int>& ascending, int channel)
{
    return std::binary_search(ascending.begin(), ascending.end(), channel);
}

/// Channels that `edit` leaves to the head, ascending.
std::vector<int> available(int keyDims, const HeadEdit* edit)
{
    std::vector<int> channels(idx(keyDims));
    std::iota(channels.begin(), channels.end(), 0);
    if (edit != nullptr) {
        std::erase_if(channels, [edit](int channel) { return contains(edit->forcedOut, channel); });
    }
    return channels;
}

/// Channels left to the head beyond those it keeps.
bool choiceIsOpen(const LayerPlan& layer, int head)
{
    const HeadEdit* edit = layer.editOf(head);
    const int left = layer.keyDims - (edit != nullptr ? narrow<int>(edit->forcedOut.size()) : 0);
    const int count = layer.keptKeyDimsOf(head);
    return count > 0 && count < left;
}

} // namespace

bool isUnselected(const LayerPlan& layer, int head)
{
    const bool listed = idx(head) < layer.kept.size() && !layer.kept[idx(head)].empty();
    return !listed && (layer.kept.empty() || layer.keptKeyDimsOf(head) > 0);
}

bool needsSelection(const PruningPlan& plan)
{
    return std::any_of(plan.layers.begin(), plan.layers.end(), [](const LayerPlan& layer) {
        // Without any list the number of heads is not known here; those without an edit are alike.
        const auto heads = std::max<std::size_t>({ 1, layer.kept.size(), layer.headEdits.size() });
        for (int head = 0; layer.keyDims > 0 && head < narrow<int>(heads); ++head) {
            if (isUnselected(layer, head) && choiceIsOpen(layer, head)) {
                return true;
            }
        }
        return false;
    });
}

std::vector<int> selectedChannels(const LayerPlan& layer, int layerIndex, int head,
                                  const ChannelSelector* selector)
{
    const int count = layer.keptKeyDimsOf(head);
    const HeadEdit* edit = layer.editOf(head);
    if (count == 0) {
        return {};
    }
    if (!choiceIsOpen(layer, head)) {
        return available(layer.keyDims, edit);
    }
    assert(selector != nullptr);
    return edit == nullptr || (edit->forcedIn.empty() && edit->forcedOut.empty())
        ? selector->keptChannels(layerIndex, head, count)
        : selector->keptChannelsForced(layerIndex, head, count, *edit);
}

Result<PruningPlan> realisePlan(const PruningPlan& plan, const ChannelSelector* selector,
                                const ModelSpec& spec, JobContext& job)
{
    assert(plan.layers.size() == spec.layers.size());
    const bool selects = needsSelection(plan);
    if (selects && selector == nullptr) {
        return Error {
            ErrorCode::BadData,
            "The channels of this plan have not been selected yet: wait until the calibration text has "
            "been read.",
            {}
        };
    }
    PruningPlan realised = plan;
    if (selects) {
        realised.seed = selector->seed();
        realised.calibration = selector->calibration();
    }
    std::int64_t headsInAll = 0;
    for (const LayerSpec& layer : spec.layers) {
        headsInAll += layer.prunable() ? layer.heads : 0;
    }
    job.progress().begin(headsInAll);
    for (int index = 0; index < spec.layerCount(); ++index) {
        const LayerSpec& size = spec.layers[idx(index)];
        LayerPlan& layer = realised.layers[idx(index)];
        if (!size.prunable()) {
            continue;
        }
        layer.kept.resize(idx(size.heads));
        for (int head = 0; head < size.heads; ++head) {
            if (job.stopRequested()) {
                return cancelledError();
            }
            if (isUnselected(plan.layers[idx(index)], head)) {
                layer.kept[idx(head)] = selectedChannels(layer, index, head, selector);
            }
            job.progress().advance();
        }
    }
    return realised;
}

} // namespace rankscope
