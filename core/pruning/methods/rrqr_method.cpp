// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/pruning/methods/rrqr_method.h"

#include "core/base/narrow.h"
#include "core/linalg/strong_rrqr.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace rankscope {

namespace {

std::span<const double> gramOfHead(const LayerStatistics& layer, int head)
{
    const std::size_t entries = idx(layer.keyDims) * idx(layer.keyDims);
    return std::span(layer.gram).subspan(idx(head) * entries, entries);
}

class RrqrSelector final : public ChannelSelector {
public:
    RrqrSelector(std::uint64_t seed, std::shared_ptr<const ChannelStatistics> statistics,
                 std::vector<std::vector<PivotOrder>> pivots)
        : ChannelSelector("rrqr", seed, statistics->calibration)
        , m_statistics(std::move(statistics))
        , m_pivots(std::move(pivots))
    {
    }

    [[nodiscard]] std::vector<int> keptChannels(int layer, int head, int count) const override
    {
        const LayerStatistics& sums = m_statistics->layers[idx(layer)];
        return strongRrqr(gramOfHead(sums, head), sums.keyDims, m_pivots[idx(layer)][idx(head)], count, {})
            .kept;
    }

    [[nodiscard]] std::vector<int> keptChannelsForced(int layer, int head, int count,
                                                      const HeadEdit& edit) const override
    {
        const LayerStatistics& sums = m_statistics->layers[idx(layer)];
        const std::span<const double> gram = gramOfHead(sums, head);
        if (count >= std::ssize(edit.forcedIn)) {
            return strongRrqrForced(gram, sums.keyDims, edit.forcedIn, edit.forcedOut, count, {}).kept;
        }
        std::vector<int> others;
        for (int channel = 0; channel < sums.keyDims; ++channel) {
            if (!std::binary_search(edit.forcedIn.begin(), edit.forcedIn.end(), channel)) {
                others.push_back(channel);
            }
        }
        return strongRrqrForced(gram, sums.keyDims, {}, others, count, {}).kept;
    }

    [[nodiscard]] std::vector<double> scores(int layer, int head) const override
    {
        const PivotOrder& pivots = m_pivots[idx(layer)][idx(head)];
        std::vector<double> result(pivots.order.size());
        for (std::size_t position = 0; position < pivots.order.size(); ++position) {
            result[idx(pivots.order[position])] = pivots.diagonalOfR[position];
        }
        return result;
    }

private:
    std::shared_ptr<const ChannelStatistics> m_statistics;
    std::vector<std::vector<PivotOrder>> m_pivots; // [layers][heads]
};

} // namespace

Result<std::shared_ptr<const ChannelSelector>>
makeRrqrSelector(std::uint64_t seed, std::shared_ptr<const ChannelStatistics> statistics, JobContext& job)
{
    std::int64_t headsInAll = 0;
    for (const LayerStatistics& layer : statistics->layers) {
        headsInAll += layer.heads;
    }
    job.progress().begin(headsInAll);
    std::vector<std::vector<PivotOrder>> pivots;
    for (std::size_t index = 0; index < statistics->layers.size(); ++index) {
        const LayerStatistics& layer = statistics->layers[index];
        std::vector<PivotOrder>& ofLayer = pivots.emplace_back();
        for (int head = 0; head < layer.heads; ++head) {
            if (job.stopRequested()) {
                return cancelledError();
            }
            const std::span<const double> gram = gramOfHead(layer, head);
            if (!std::all_of(gram.begin(), gram.end(), [](double entry) { return std::isfinite(entry); })) {
                return Error {
                    ErrorCode::BadData,
                    fmt::format("The calibration statistics of layer {}, head {} are not finite: the model "
                                "overflows on this text; try another text or fp32.",
                                index, head),
                    {}
                };
            }
            ofLayer.push_back(greedyPivotOrder(gram, layer.keyDims));
            job.progress().advance();
        }
    }
    return std::make_shared<RrqrSelector>(seed, std::move(statistics), std::move(pivots));
}

} // namespace rankscope
