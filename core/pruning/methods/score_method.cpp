// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/pruning/methods/score_method.h"

#include "core/base/narrow.h"
#include "core/pruning/channel_selection.h"

#include <cassert>
#include <utility>

namespace rankscope {

namespace {

class ScoreSelector final : public ChannelSelector {
public:
    ScoreSelector(std::string methodId, std::uint64_t seed, std::optional<CalibrationRecord> calibration,
                  std::vector<int> keyDims, std::vector<std::vector<double>> scores)
        : ChannelSelector(std::move(methodId), seed, std::move(calibration))
        , m_keyDims(std::move(keyDims))
        , m_scores(std::move(scores))
    {
        assert(m_keyDims.size() == m_scores.size());
    }

    [[nodiscard]] std::vector<int> keptChannels(int layer, int head, int count) const override
    {
        return keepLargest(scores(layer, head), count);
    }

    [[nodiscard]] std::vector<double> scores(int layer, int head) const override
    {
        const std::vector<double>& all = m_scores[idx(layer)];
        const int keyDims = m_keyDims[idx(layer)];
        const auto begin = all.begin() + std::ptrdiff_t { head } * keyDims;
        return std::vector<double>(begin, begin + keyDims);
    }

private:
    std::vector<int> m_keyDims;
    std::vector<std::vector<double>> m_scores;
};

} // namespace

std::shared_ptr<const ChannelSelector> makeScoreSelector(std::string methodId, std::uint64_t seed,
                                                         std::optional<CalibrationRecord> calibration,
                                                         std::vector<int> keyDims,
                                                         std::vector<std::vector<double>> scores)
{
    return std::make_shared<ScoreSelector>(std::move(methodId), seed, std::move(calibration),
                                           std::move(keyDims), std::move(scores));
}

} // namespace rankscope
