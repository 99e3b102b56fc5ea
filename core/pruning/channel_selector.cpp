// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/pruning/channel_selector.h"

#include "core/base/narrow.h"
#include "core/model/projection_norms.h"
#include "core/pruning/method_registry.h"
#include "core/pruning/methods/random_method.h"
#include "core/pruning/methods/rrqr_method.h"
#include "core/pruning/methods/score_method.h"
#include "core/pruning/select_channels.h"

#include <fmt/format.h>

#include <cassert>
#include <utility>

namespace rankscope {

namespace {

std::string knownMethods()
{
    std::string list;
    for (const MethodInfo& method : pruningMethods()) {
        list += list.empty() ? "" : ", ";
        list += method.id;
    }
    return list;
}

/// Statistics must come from this model and have its shape.
Status checkStatistics(const ChannelStatistics& statistics, const Model& model)
{
    const ModelSpec& spec = model.spec();
    bool fits = statistics.modelDigest == model.digest() && statistics.layers.size() == spec.layers.size();
    for (std::size_t index = 0; fits && index < spec.layers.size(); ++index) {
        const LayerSpec& layer = spec.layers[index];
        const LayerStatistics& sums = statistics.layers[index];
        const std::size_t entries
            = layer.prunable() ? idx(layer.heads) * idx(layer.keyDims) * idx(layer.keyDims) : 0;
        fits = sums.gram.size() == entries
            && (!layer.prunable() || (sums.heads == layer.heads && sums.keyDims == layer.keyDims));
    }
    if (fits) {
        return Unit {};
    }
    return Error { ErrorCode::Mismatch,
                   fmt::format(
                       "The calibration statistics belong to another model than \"{}\": collect them again.",
                       model.overview().name),
                   fmt::format("statistics of {}, model {}", statistics.modelDigest, model.digest()) };
}

Result<std::shared_ptr<const ChannelSelector>> makeL1Selector(std::uint64_t seed, const Model& model,
                                                              JobContext& job)
{
    const ModelSpec& spec = model.spec();
    std::int64_t headsInAll = 0;
    for (const LayerSpec& layer : spec.layers) {
        headsInAll += layer.prunable() ? layer.heads : 0;
    }
    job.progress().begin(headsInAll);
    std::vector<int> keyDims;
    std::vector<std::vector<double>> scores;
    for (int index = 0; index < spec.layerCount(); ++index) {
        if (job.stopRequested()) {
            return cancelledError();
        }
        const LayerSpec& layer = spec.layers[idx(index)];
        keyDims.push_back(layer.keyDims);
        scores.push_back(layer.prunable() ? projectionRowAbsSums(model, index) : std::vector<double> {});
        job.progress().advance(layer.prunable() ? layer.heads : 0);
    }
    return makeScoreSelector("l1", seed, std::nullopt, std::move(keyDims), std::move(scores));
}

} // namespace

Result<std::shared_ptr<const ChannelSelector>>
makeChannelSelector(const std::string& methodId, std::uint64_t seed, std::shared_ptr<const Model> model,
                    std::shared_ptr<const ChannelStatistics> statistics, JobContext& job)
{
    assert(model != nullptr);
    const MethodInfo* method = findMethod(methodId);
    if (method == nullptr) {
        return Error { ErrorCode::InvalidArgument,
                       fmt::format("There is no pruning method \"{}\": choose one of {}.", methodId,
                                   knownMethods()),
                       {} };
    }
    if (method->needsStatistics) {
        if (statistics == nullptr) {
            return Error { ErrorCode::InvalidArgument,
                           fmt::format("The method \"{}\" needs a calibration text: name one.", methodId),
                           {} };
        }
        if (Status status = checkStatistics(*statistics, *model); !status) {
            return status.error();
        }
    }
    if (methodId == "random") {
        return makeRandomSelector(model->spec(), seed);
    }
    if (methodId == "l1") {
        return makeL1Selector(seed, *model, job);
    }
    if (methodId == "rrqr") {
        return makeRrqrSelector(seed, std::move(statistics), job);
    }
    return Error { ErrorCode::Internal,
                   fmt::format("The pruning method \"{}\" has no implementation.", methodId),
                   {} };
}

Result<PruningPlan> makePlan(const ChannelSelector& selector, const Model& model,
                             const std::vector<int>& keptKeyDims, JobContext& job)
{
    Result<PruningPlan> plan = selectChannels(selector, model.spec(), keptKeyDims, job);
    if (plan) {
        plan->modelDigest = model.digest();
        plan->modelFingerprint = model.overview().fingerprint;
        plan->modelName = model.overview().name;
    }
    return plan;
}

} // namespace rankscope
