// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/perplexity.h"
#include "core/evaluation/token_comparison.h"

#include <memory>
#include <vector>

namespace rankscope {

/// Losses of the same windows, dense and masked, in window order; mean NLL per window in nats.
struct PairedLosses {
    std::vector<double> baseline;
    std::vector<double> candidate;

    [[nodiscard]] int windows() const { return static_cast<int>(candidate.size()); }
    void append(const PairedLosses& more);

    friend bool operator==(const PairedLosses&, const PairedLosses&) = default;
};

/// Baseline and candidates over one set of windows, fast enough to follow a slider: the residual stream of
/// the dense model is kept at every block input, so that a plan is evaluated from its first changed layer on;
/// batches start small so that the first number comes early. One thread (the engine lane); a call may run
/// inside a poll of another one. Results are bit-identical to evaluatePerplexity on the same windows.
class LiveEvaluator {
public:
    /// 32 windows of 512 tokens of a 1.3 B model (24 layers of 2048 in fp32) take 3.2 GB.
    static constexpr std::int64_t kCacheBytes = std::int64_t { 6 } << 30;

    /// Keeps block inputs up to kCacheBytes.
    LiveEvaluator(std::shared_ptr<const Model> model, std::shared_ptr<const TokenWindows> windows);
    /// Windows whose block inputs do not fit into `cacheLimitBytes` are run from the first block every time:
    /// slower, and the same numbers.
    LiveEvaluator(std::shared_ptr<const Model> model, std::shared_ptr<const TokenWindows> windows,
                  std::int64_t cacheLimitBytes);
    LiveEvaluator(const LiveEvaluator&) = delete;
    LiveEvaluator& operator=(const LiveEvaluator&) = delete;
    ~LiveEvaluator();

    /// Scores the dense model and fills the cache as it goes. A second call continues where a cancelled one
    /// stopped and returns at once when everything is there.
    [[nodiscard]] Result<std::shared_ptr<const PerplexityEstimate>> baseline(const PartialEstimate& partial,
                                                                             JobContext& job);
    /// Scores a masked candidate; batches without a cache entry yet are run dense first.
    [[nodiscard]] Result<std::shared_ptr<const PerplexityEstimate>>
    candidate(const PruningPlan& plan, const PartialEstimate& partial, JobContext& job);

    /// What a masked candidate changes at every token; bit-identical to the free function on the same
    /// windows.
    [[nodiscard]] Result<std::shared_ptr<const TokenComparison>>
    compareTokens(const PruningPlan& plan, const PartialComparison& partial, JobContext& job);

    /// One batch of both: the one that starts with window `firstWindow` (0, or the sum of what earlier calls
    /// returned). For work that goes through many plans a little at a time. The losses are those of baseline
    /// and candidate. Errors: as candidate, InvalidArgument (no batch starts there).
    [[nodiscard]] Result<PairedLosses> pairedLosses(const PruningPlan& plan, int firstWindow,
                                                    JobContext& job);

    [[nodiscard]] const std::shared_ptr<const Model>& model() const;
    [[nodiscard]] const std::shared_ptr<const TokenWindows>& windows() const;
    /// Bytes that the cache holds when full.
    [[nodiscard]] std::int64_t cacheBytes() const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace rankscope
