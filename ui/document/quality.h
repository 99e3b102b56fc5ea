// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"
#include "core/evaluation/perplexity.h"

#include <memory>
#include <optional>
#include <vector>

namespace rankscope {

/// How much a number may be trusted; each has its own look.
enum class Trust {
    Missing, ///< nothing yet
    Partial, ///< a run is under way
    Final,
    Stale, ///< of an earlier plan, text or method
};

/// The paired difference as windows arrive: points per window, and the running mean with its interval. The
/// interval of all windows is pairedDelta's; those on the way there come from a bootstrap that grows by a
/// window at a time (Poisson weights), so that a run of a thousand windows costs milliseconds.
class RunningDelta {
public:
    struct Point {
        double delta = 0.0; ///< candidate minus baseline of this window, nats per token
        double mean = 0.0; ///< over this window and those before
        double low = 0.0; ///< 95 % interval of the mean
        double high = 0.0;
    };

    /// Keeps what it has where the estimates only grew; computes the rest.
    void update(std::shared_ptr<const PerplexityEstimate> baseline,
                std::shared_ptr<const PerplexityEstimate> candidate);
    void clear();

    [[nodiscard]] const std::vector<Point>& points() const { return m_points; }
    [[nodiscard]] const std::optional<PairedDelta>& delta() const { return m_delta; }
    [[nodiscard]] std::int64_t tokens() const { return m_tokens; }

private:
    /// The sums over windows of 2000 resamples, each window with a weight of its own in each.
    struct Resamples {
        std::vector<double> sums;
        std::vector<int> weights;
        Random random { 20260204 };
        int windows = 0; ///< added so far

        void add(double delta);
        void setInterval(Point& point) const;
    };

    std::vector<Point> m_points;
    Resamples m_resamples;
    std::optional<PairedDelta> m_delta;
    std::int64_t m_tokens = 0;
};

} // namespace rankscope
