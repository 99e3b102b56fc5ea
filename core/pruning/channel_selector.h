// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/channel_statistics.h"
#include "core/base/result.h"
#include "core/jobs/job_context.h"
#include "core/model/model.h"
#include "core/plan/pruning_plan.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rankscope {

/// One method's view of one model: which channels stay at any kept size, without running the model again.
/// Immutable, any thread. Both programs select through it.
class ChannelSelector {
public:
    virtual ~ChannelSelector() = default;

    [[nodiscard]] const std::string& methodId() const { return m_methodId; }
    [[nodiscard]] std::uint64_t seed() const { return m_seed; }
    /// The text that the method saw; empty for methods that need none.
    [[nodiscard]] const std::optional<CalibrationRecord>& calibration() const { return m_calibration; }

    /// The channels of one key head that stay, ascending. layer must be prunable, 1 <= count <= Dk.
    /// Strong RRQR redoes its swaps here (about a millisecond at Dk 128).
    [[nodiscard]] virtual std::vector<int> keptChannels(int layer, int head, int count) const = 0;
    /// The same where a person decided about some channels, honouring `edit` (whose size is not read): those
    /// forced in first, a choice among them when not all fit, none of those forced out. 1 <= count <= Dk less
    /// those forced out. By default the method's own choice with as little changed as possible, by score.
    [[nodiscard]] virtual std::vector<int> keptChannelsForced(int layer, int head, int count,
                                                              const HeadEdit& edit) const;
    /// Importance of each channel of a head, [Dk], larger is kept longer; the unit is the method's.
    [[nodiscard]] virtual std::vector<double> scores(int layer, int head) const = 0;

protected:
    ChannelSelector(std::string methodId, std::uint64_t seed, std::optional<CalibrationRecord> calibration)
        : m_methodId(std::move(methodId))
        , m_seed(seed)
        , m_calibration(std::move(calibration))
    {
    }

private:
    std::string m_methodId;
    std::uint64_t m_seed;
    std::optional<CalibrationRecord> m_calibration;
};

/// `statistics` may be null for methods that need none. Progress in heads.
/// Errors: InvalidArgument (unknown method: lists the known ones; statistics missing), Mismatch (statistics
/// of another model), Cancelled.
[[nodiscard]] Result<std::shared_ptr<const ChannelSelector>>
makeChannelSelector(const std::string& methodId, std::uint64_t seed, std::shared_ptr<const Model> model,
                    std::shared_ptr<const ChannelStatistics> statistics, JobContext& job);

/// keptKeyDims[layer] channels in every head of every prunable layer (ignored for the others), selected by
/// `selector`; model identity, method, seed and calibration filled in. requestedRatio is the fraction that is
/// really removed, over all prunable channels; who asked for another puts it there. Progress in heads.
/// Errors: InvalidArgument (a count outside 1..Dk: names the layer), Cancelled.
[[nodiscard]] Result<PruningPlan> makePlan(const ChannelSelector& selector, const Model& model,
                                           const std::vector<int>& keptKeyDims, JobContext& job);

} // namespace rankscope
