// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/evaluation/perplexity.h"
#include "core/plan/pruning_plan.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
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

/// What tells candidates apart, whichever session made them: what was scored, and the plan.
using CandidateKey = std::pair<std::string, std::string>;
[[nodiscard]] CandidateKey keyOf(const StoredCandidate& candidate);
[[nodiscard]] std::set<CandidateKey> keysOf(const StoredCandidates& stored);

/// What another session has put into `theirs` since it held `seen`; not the dense model, nor what `ours` has
/// too. What was seen and is missing from `ours` was removed here.
[[nodiscard]] std::vector<StoredCandidate> addedByOthers(const StoredCandidates& ours,
                                                         const StoredCandidates& theirs,
                                                         const std::set<CandidateKey>& seen);

/// JSON; the numbers of every window in full precision, so that deltas can be paired with later ones.
[[nodiscard]] std::string candidatesToJson(const StoredCandidates& stored);
/// Errors: BadFormat (names the key), Unsupported (another version).
[[nodiscard]] Result<StoredCandidates> candidatesFromJson(const std::string& text, const std::string& what);

} // namespace rankscope
