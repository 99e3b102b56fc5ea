// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/pruning/kept_lists.h"

#include "core/base/narrow.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace rankscope::test {

KeptLists keptFromFlat(const nlohmann::ordered_json& flat, const ModelSpec& spec)
{
    KeptLists lists;
    for (std::size_t layer = 0; layer < spec.layers.size(); ++layer) {
        auto& heads = lists.emplace_back(idx(spec.layers[layer].heads));
        for (const auto& item : flat.at(layer)) {
            const int keyDims = spec.layers[layer].keyDims;
            heads.at(idx(item.get<int>() / keyDims)).push_back(item.get<int>() % keyDims);
        }
        for (auto& channels : heads) {
            std::sort(channels.begin(), channels.end());
        }
    }
    return lists;
}

KeptLists keptOf(const PruningPlan& plan)
{
    KeptLists lists;
    for (const LayerPlan& layer : plan.layers) {
        lists.push_back(layer.kept);
    }
    return lists;
}

std::string differences(const KeptLists& found, const KeptLists& expected)
{
    if (found.size() != expected.size()) {
        return "number of layers";
    }
    std::string first;
    int heads = 0;
    for (std::size_t layer = 0; layer < found.size(); ++layer) {
        if (found[layer].size() != expected[layer].size()) {
            return "number of heads in layer " + std::to_string(layer);
        }
        for (std::size_t head = 0; head < found[layer].size(); ++head) {
            std::vector<int> missing;
            std::set_difference(expected[layer][head].begin(), expected[layer][head].end(),
                                found[layer][head].begin(), found[layer][head].end(),
                                std::back_inserter(missing));
            if (found[layer][head] == expected[layer][head]) {
                continue;
            }
            ++heads;
            if (first.empty()) {
                first = std::string("layer ") + std::to_string(layer) + ", head " + std::to_string(head)
                    + ": " + std::to_string(missing.size()) + " of "
                    + std::to_string(expected[layer][head].size()) + " differ";
            }
        }
    }
    return heads == 0 ? std::string() : first + "; in " + std::to_string(heads) + " heads in all";
}

} // namespace rankscope::test
