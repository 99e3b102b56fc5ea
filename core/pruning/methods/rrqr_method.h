// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/channel_statistics.h"
#include "core/base/result.h"
#include "core/jobs/job_context.h"
#include "core/pruning/channel_selector.h"

#include <cstdint>
#include <memory>

namespace rankscope {

/// Strong RRQR on the Gram matrix of every head. The greedy order is found here, once for all counts;
/// keptChannels only redoes the swaps. Scores are |R_ii| of the pivoted QR, which swaps may overrule.
/// Progress in heads. Errors: BadData (non-finite statistics: names layer and head), Cancelled.
[[nodiscard]] Result<std::shared_ptr<const ChannelSelector>>
makeRrqrSelector(std::uint64_t seed, std::shared_ptr<const ChannelStatistics> statistics, JobContext& job);

} // namespace rankscope
