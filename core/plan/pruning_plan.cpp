// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/pruning_plan.h"

#include "core/base/narrow.h"
#include "core/io/digest.h"
#include "core/plan/plan_problems.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <numeric>
#include <span>

namespace rankscope {

const HeadEdit* LayerPlan::editOf(int head) const
{
    if (idx(head) >= headEdits.size() || headEdits[idx(head)].empty()) {
        return nullptr;
    }
    return &headEdits[idx(head)];
}

int LayerPlan::keptKeyDimsOf(int head) const
{
    const HeadEdit* edit = editOf(head);
    if (edit == nullptr) {
        return keptKeyDims;
    }
    return std::min({ keptKeyDims, edit->keptKeyDims.value_or(keptKeyDims),
                      keyDims - narrow<int>(edit->forcedOut.size()) });
}

bool LayerPlan::keepsAll() const
{
    for (int head = 0; head < std::ssize(headEdits); ++head) {
        if (keptKeyDimsOf(head) < keyDims) {
            return false;
        }
    }
    return keptKeyDims == keyDims;
}

bool PruningPlan::keepsAll() const
{
    return std::all_of(layers.begin(), layers.end(), [](const LayerPlan& layer) { return layer.keepsAll(); });
}

int PruningPlan::headsOff() const
{
    int count = 0;
    for (const LayerPlan& layer : layers) {
        for (int head = 0; head < std::ssize(layer.headEdits); ++head) {
            count += layer.keptKeyDimsOf(head) == 0 ? 1 : 0;
        }
    }
    return count;
}

std::int64_t PruningPlan::stateBytes(const ModelSpec& spec) const
{
    assert(layers.size() == spec.layers.size());
    std::int64_t bytes = 0;
    for (std::size_t index = 0; index < layers.size(); ++index) {
        bytes += spec.layers[index].stateBytes(layers[index].keptKeyDims);
    }
    return bytes;
}

int keptKeyDimsForRatio(int keyDims, double pruneRatio)
{
    assert(keyDims >= 0 && pruneRatio >= 0.0 && pruneRatio <= 1.0);
    if (keyDims == 0) {
        return 0;
    }
    // In double and in this order, as int(dk * (1 - ratio)): 100 channels at 0.8 leave 19, not 20.
    const double kept = std::floor(static_cast<double>(keyDims) * (1.0 - pruneRatio));
    return std::clamp(static_cast<int>(kept), 1, keyDims);
}

PruningPlan keepAllPlan(const ModelSpec& spec)
{
    PruningPlan plan;
    plan.layers.reserve(spec.layers.size());
    for (const LayerSpec& layer : spec.layers) {
        LayerPlan& planned = plan.layers.emplace_back();
        if (!layer.prunable()) {
            continue;
        }
        planned.keyDims = layer.keyDims;
        planned.keptKeyDims = layer.keyDims;
        std::vector<int> all(idx(layer.keyDims));
        std::iota(all.begin(), all.end(), 0);
        planned.kept.assign(idx(layer.heads), all);
    }
    return plan;
}

Status checkPlan(const PruningPlan& plan, const ModelSpec& spec)
{
    std::vector<std::string> problems;
    if (plan.layers.size() != spec.layers.size()) {
        problems.push_back(
            fmt::format("it has {} layers, expected {}", plan.layers.size(), spec.layers.size()));
    }
    const std::size_t common = std::min(plan.layers.size(), spec.layers.size());
    for (std::size_t index = 0; index < common; ++index) {
        const LayerPlan& planned = plan.layers[index];
        const LayerSpec& layer = spec.layers[index];
        const int keyDims = layer.prunable() ? layer.keyDims : 0;
        if (planned.keyDims != keyDims) {
            problems.push_back(
                layer.prunable()
                    ? fmt::format("layer {} is planned for {} key channels per head, expected {}", index,
                                  planned.keyDims, keyDims)
                    : fmt::format("layer {} is planned for {} key channels per head, but it is a softmax "
                                  "layer and cannot be pruned",
                                  index, planned.keyDims));
            continue;
        }
        if (layer.prunable() && std::ssize(planned.kept) != layer.heads) {
            problems.push_back(
                fmt::format("layer {} lists {} heads, expected {}", index, planned.kept.size(), layer.heads));
        }
        std::vector<std::string> own = layerPlanProblems(planned, narrow<int>(index));
        problems.insert(problems.end(), std::make_move_iterator(own.begin()),
                        std::make_move_iterator(own.end()));
    }
    if (problems.empty()) {
        return Unit {};
    }
    return Error { ErrorCode::Mismatch,
                   fmt::format("The plan does not fit this model: {}. Make a plan for this model.",
                               summarizeProblems(problems)),
                   listProblems(problems) };
}

Status checkPlanForModel(const PruningPlan& plan, const ModelSpec& spec, const ModelIdentity& model)
{
    const auto differs = [](const std::string& planned, const std::string& actual) {
        return !planned.empty() && !actual.empty() && planned != actual;
    };
    if (differs(plan.modelDigest, model.digest) || differs(plan.modelFingerprint, model.fingerprint)) {
        const auto quotedOr = [](const std::string& name) {
            return name.empty() ? std::string("an unnamed model") : fmt::format("\"{}\"", name);
        };
        std::string message = quotedOr(plan.modelName) == quotedOr(model.name)
            ? fmt::format(
                "The plan was made for another model of the same name {}, with other weights or sizes",
                quotedOr(model.name))
            : fmt::format("The plan was made for another model: {}, not {}", quotedOr(plan.modelName),
                          quotedOr(model.name));
        return Error { ErrorCode::Mismatch, message + ". Make a plan for this model.",
                       fmt::format("plan: digest {}, fingerprint {}; model: digest {}, fingerprint {}",
                                   plan.modelDigest, plan.modelFingerprint, model.digest,
                                   model.fingerprint) };
    }
    return checkPlan(plan, spec);
}

std::string planFingerprint(const PruningPlan& plan)
{
    std::string canonical = fmt::format("rankscope plan\n{}\n{}\n", plan.modelDigest, plan.modelFingerprint);
    for (const LayerPlan& layer : plan.layers) {
        canonical += fmt::format("layer {} {}\n", layer.keyDims, layer.keptKeyDims);
        const std::size_t heads = std::max(layer.kept.size(), layer.headEdits.size());
        for (std::size_t head = 0; head < heads; ++head) {
            const bool listed = head < layer.kept.size() && !layer.kept[head].empty();
            if (const HeadEdit* edit = layer.editOf(narrow<int>(head)); edit != nullptr && !listed) {
                const int count = layer.keptKeyDimsOf(narrow<int>(head));
                canonical += count == 0
                    ? std::string("off")
                    : fmt::format("keeps {} in {} out {}", count, fmt::join(edit->forcedIn, " "),
                                  fmt::join(edit->forcedOut, " "));
            }
            for (std::size_t i = 0; listed && i < layer.kept[head].size(); ++i) {
                canonical += fmt::format("{} ", layer.kept[head][i]);
            }
            canonical += '\n';
        }
    }
    return sha256Hex(std::as_bytes(std::span(canonical.data(), canonical.size()))).substr(0, 16);
}

} // namespace rankscope
