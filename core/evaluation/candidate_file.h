// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/evaluation/perplexity.h"
#include "core/plan/pruning_plan.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rankscope {

/// A plan with its final number.
struct StoredCandidate {
    int id = 0; ///< 0: the dense model
    std::string name;
    PruningPlan plan; ///< realised
    std::int64_t stateBytes = 0;
    std::shared_ptr<const PerplexityEstimate> estimate;
    std::shared_ptr<const PerplexityEstimate> baseline; ///< of the dense model, same basis
};

/// The plans that were tried on one model.
struct StoredCandidates {
    std::string modelDigest;
    int nextId = 1;
    int pinnedId = 0;
    std::vector<StoredCandidate> candidates; ///< with estimate and baseline
};

/// JSON; the numbers of every window in full precision, so that deltas can be paired with later ones.
[[nodiscard]] std::string candidatesToJson(const StoredCandidates& stored);
/// Errors: BadFormat (names the key), Unsupported (another version).
[[nodiscard]] Result<StoredCandidates> candidatesFromJson(const std::string& text, const std::string& what);

} // namespace rankscope
