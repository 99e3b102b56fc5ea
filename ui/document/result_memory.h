// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/perplexity.h"
#include "core/plan/pruning_plan.h"

#include <cstdint>
#include <list>
#include <memory>
#include <string>

namespace rankscope {

/// Final results of plans of one model and selection, so that undo and redo, and a candidate that is loaded
/// again, show their number at once. The newest few hundred are kept.
class ResultMemory {
public:
    struct Entry {
        std::string asked; ///< fingerprint of the plan as it was asked for, channels perhaps not selected yet
        std::string method; ///< that selects those
        std::uint64_t seed = 0;
        PruningPlan realised;
        std::shared_ptr<const PerplexityEstimate> estimate;
    };

    void add(const PruningPlan& asked, PruningPlan realised,
             std::shared_ptr<const PerplexityEstimate> estimate);
    /// The result of `plan` over the very windows of `baseline`; null when there is none.
    [[nodiscard]] const Entry* find(const PruningPlan& plan, const PerplexityEstimate& baseline) const;
    void clear() { m_entries.clear(); }

private:
    std::list<Entry> m_entries; ///< newest first
};

} // namespace rankscope
