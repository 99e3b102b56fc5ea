// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/plan_problems.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

namespace rankscope {

namespace {

constexpr std::size_t kProblemsInSummary = 4;

void addHeadProblems(const LayerPlan& layer, int layerIndex, std::size_t head,
                     std::vector<std::string>& problems)
{
    const std::vector<int>& kept = layer.kept[head];
    const std::string where = fmt::format("layer {}, head {}", layerIndex, head);
    if (std::ssize(kept) != layer.keptKeyDims) {
        problems.push_back(
            fmt::format("{} keeps {} channels, expected {}", where, kept.size(), layer.keptKeyDims));
    }
    for (std::size_t i = 0; i < kept.size(); ++i) {
        if (kept[i] < 0 || kept[i] >= layer.keyDims) {
            problems.push_back(
                fmt::format("{} lists channel {}, expected 0 to {}", where, kept[i], layer.keyDims - 1));
            return;
        }
        if (i > 0 && kept[i] == kept[i - 1]) {
            problems.push_back(fmt::format("{} lists channel {} twice", where, kept[i]));
            return;
        }
        if (i > 0 && kept[i] < kept[i - 1]) {
            problems.push_back(fmt::format("{} lists channel {} after {}, expected ascending order", where,
                                           kept[i], kept[i - 1]));
            return;
        }
    }
}

} // namespace

std::vector<std::string> layerPlanProblems(const LayerPlan& layer, int layerIndex)
{
    std::vector<std::string> problems;
    if (layer.keyDims < 0) {
        problems.push_back(fmt::format("layer {} has {} key channels", layerIndex, layer.keyDims));
        return problems;
    }
    if (layer.keyDims == 0) {
        if (layer.keptKeyDims != 0 || !layer.kept.empty()) {
            problems.push_back(
                fmt::format("layer {} has no key channels to prune but keeps {} in {} heads, expected none",
                            layerIndex, layer.keptKeyDims, layer.kept.size()));
        }
        return problems;
    }
    if (layer.keptKeyDims < 1 || layer.keptKeyDims > layer.keyDims) {
        problems.push_back(fmt::format("layer {} keeps {} key channels per head, expected 1 to {}",
                                       layerIndex, layer.keptKeyDims, layer.keyDims));
    }
    if (layer.kept.empty()) {
        problems.push_back(fmt::format("layer {} lists no heads", layerIndex));
    }
    for (std::size_t head = 0; head < layer.kept.size(); ++head) {
        addHeadProblems(layer, layerIndex, head, problems);
    }
    return problems;
}

std::string summarizeProblems(const std::vector<std::string>& problems)
{
    const std::size_t shown = std::min(problems.size(), kProblemsInSummary);
    std::string text = fmt::format("{}", fmt::join(std::span(problems).first(shown), "; "));
    if (problems.size() > shown) {
        text += fmt::format("; and {} more", problems.size() - shown);
    }
    return text;
}

std::string listProblems(const std::vector<std::string>& problems)
{
    return fmt::format("{}", fmt::join(problems, "\n"));
}

} // namespace rankscope
