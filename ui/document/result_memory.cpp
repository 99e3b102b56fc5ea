// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/result_memory.h"

#include <utility>

namespace rankscope {

namespace {

constexpr std::size_t kMostEntries = 300;

} // namespace

void ResultMemory::add(const PruningPlan& asked, PruningPlan realised,
                       std::shared_ptr<const PerplexityEstimate> estimate)
{
    m_entries.remove_if([&](const Entry& entry) {
        return entry.estimate->planFingerprint == estimate->planFingerprint
            && entry.estimate->basis == estimate->basis && entry.method == asked.method
            && entry.seed == asked.seed;
    });
    m_entries.push_front(
        { planFingerprint(asked), asked.method, asked.seed, std::move(realised), std::move(estimate) });
    if (m_entries.size() > kMostEntries) {
        m_entries.pop_back();
    }
}

const ResultMemory::Entry* ResultMemory::find(const PruningPlan& plan,
                                              const PerplexityEstimate& baseline) const
{
    const std::string fingerprint = planFingerprint(plan);
    for (const Entry& entry : m_entries) {
        const bool samePlan = entry.estimate->planFingerprint == fingerprint // its channels are listed
            || (entry.asked == fingerprint && entry.method == plan.method && entry.seed == plan.seed);
        if (samePlan && entry.estimate->basis == baseline.basis
            && entry.estimate->windows() == baseline.windows()) {
            return &entry;
        }
    }
    return nullptr;
}

} // namespace rankscope
