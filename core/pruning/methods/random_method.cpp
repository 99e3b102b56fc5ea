// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/pruning/methods/random_method.h"

#include "core/base/narrow.h"
#include "core/base/random.h"
#include "core/pruning/channel_selection.h"

#include <numeric>
#include <utility>

namespace rankscope {

namespace {

class RandomSelector final : public ChannelSelector {
public:
    RandomSelector(std::vector<int> keyDims, std::uint64_t seed)
        : ChannelSelector("random", seed, std::nullopt)
        , m_keyDims(std::move(keyDims))
    {
    }

    [[nodiscard]] std::vector<int> keptChannels(int layer, int head, int count) const override
    {
        return keepFirst(permutation(layer, head), count);
    }

    [[nodiscard]] std::vector<double> scores(int layer, int head) const override
    {
        const std::vector<int> order = permutation(layer, head);
        std::vector<double> result(order.size());
        for (std::size_t position = 0; position < order.size(); ++position) {
            result[idx(order[position])]
                = static_cast<double>(order.size() - position) / static_cast<double>(order.size());
        }
        return result;
    }

private:
    [[nodiscard]] std::vector<int> permutation(int layer, int head) const
    {
        // A stream per layer and head, so that a head's permutation does not depend on the sizes of those
        // before it.
        const std::uint64_t layerSeed = Random(seed()).next() + narrow<std::uint64_t>(layer);
        Random random(Random(layerSeed).next() + narrow<std::uint64_t>(head));
        std::vector<int> order(idx(m_keyDims[idx(layer)]));
        std::iota(order.begin(), order.end(), 0);
        random.shuffle(order);
        return order;
    }

    std::vector<int> m_keyDims; // per layer
};

} // namespace

std::shared_ptr<const ChannelSelector> makeRandomSelector(const ModelSpec& spec, std::uint64_t seed)
{
    std::vector<int> keyDims;
    for (const LayerSpec& layer : spec.layers) {
        keyDims.push_back(layer.prunable() ? layer.keyDims : 0);
    }
    return std::make_shared<RandomSelector>(std::move(keyDims), seed);
}

} // namespace rankscope
