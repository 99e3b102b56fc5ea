// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/plan_problems.h"

#include "core/base/narrow.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

namespace rankscope {

namespace {

constexpr std::size_t kProblemsInSummary = 4;

/// Range, order and uniqueness of a list of channels; `verb` says what the head does with them.
bool addListProblems(const std::vector<int>& channels, int keyDims, const std::string& where,
                     const char* verb, std::vector<std::string>& problems)
{
    for (std::size_t i = 0; i < channels.size(); ++i) {
        if (channels[i] < 0 || channels[i] >= keyDims) {
            problems.push_back(
                fmt::format("{} {} channel {}, expected 0 to {}", where, verb, channels[i], keyDims - 1));
            return true;
        }
        if (i > 0 && channels[i] == channels[i - 1]) {
            problems.push_back(fmt::format("{} {} channel {} twice", where, verb, channels[i]));
            return true;
        }
        if (i > 0 && channels[i] < channels[i - 1]) {
            problems.push_back(fmt::format("{} {} channel {} after {}, expected ascending order", where, verb,
                                           channels[i], channels[i - 1]));
            return true;
        }
    }
    return false;
}

/// An edit by itself.
bool addEditProblems(const HeadEdit& edit, int keyDims, const std::string& where,
                     std::vector<std::string>& problems)
{
    if (edit.keptKeyDims && (*edit.keptKeyDims < 0 || *edit.keptKeyDims > keyDims)) {
        problems.push_back(
            fmt::format("{} is to keep {} channels, expected 0 to {}", where, *edit.keptKeyDims, keyDims));
        return true;
    }
    if (addListProblems(edit.forcedIn, keyDims, where, "forces in", problems)
        || addListProblems(edit.forcedOut, keyDims, where, "forces out", problems)) {
        return true;
    }
    for (const int channel : edit.forcedIn) {
        if (std::binary_search(edit.forcedOut.begin(), edit.forcedOut.end(), channel)) {
            problems.push_back(fmt::format("{} forces channel {} both in and out", where, channel));
            return true;
        }
    }
    return false;
}

void addHeadProblems(const LayerPlan& layer, int layerIndex, int head, std::vector<std::string>& problems)
{
    const std::string where = fmt::format("layer {}, head {}", layerIndex, head);
    const HeadEdit* edit = layer.editOf(head);
    if (edit != nullptr && addEditProblems(*edit, layer.keyDims, where, problems)) {
        return; // what the head should keep is not known
    }
    if (idx(head) >= layer.kept.size()) {
        return;
    }
    const std::vector<int>& kept = layer.kept[idx(head)];
    const int expected = layer.keptKeyDimsOf(head);
    if (std::ssize(kept) != expected) {
        problems.push_back(fmt::format("{} keeps {} channels, expected {}", where, kept.size(), expected));
    }
    if (addListProblems(kept, layer.keyDims, where, "lists", problems) || edit == nullptr) {
        return;
    }
    const auto isForcedIn = [edit](int channel) {
        return std::binary_search(edit->forcedIn.begin(), edit->forcedIn.end(), channel);
    };
    const auto forcedKept = std::count_if(kept.begin(), kept.end(), isForcedIn);
    if (forcedKept < std::min(std::ssize(edit->forcedIn), std::ssize(kept))) {
        problems.push_back(fmt::format("{} removes channels that it forces in", where));
    }
    for (const int channel : edit->forcedOut) {
        if (std::binary_search(kept.begin(), kept.end(), channel)) {
            problems.push_back(fmt::format("{} keeps channel {}, which it forces out", where, channel));
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
        if (layer.keptKeyDims != 0 || !layer.kept.empty() || !layer.headEdits.empty()) {
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
    if (!layer.headEdits.empty() && layer.headEdits.size() != layer.kept.size()) {
        problems.push_back(fmt::format("layer {} edits {} heads, expected {}", layerIndex,
                                       layer.headEdits.size(), layer.kept.size()));
    }
    for (int head = 0; head < std::ssize(layer.kept); ++head) {
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
