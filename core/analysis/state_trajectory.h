// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/spectra.h"
#include "core/base/result.h"
#include "core/jobs/job_context.h"
#include "core/model/model.h"
#include "core/plan/pruning_plan.h"
#include "core/text/token_windows.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rankscope {

/// What the (gated) delta rule of one layer reads over one window, in fp64. Value head j reads key head
/// j / (HV / H).
struct RecurrenceInputs {
    int keyHeads = 0; ///< H
    int valueHeads = 0; ///< HV
    int keyDims = 0; ///< Dk
    int valueDims = 0; ///< Dv
    std::int64_t tokens = 0; ///< T
    std::vector<double> keys; ///< [T, H, Dk], normalised
    std::vector<double> values; ///< [T, HV, Dv]
    std::vector<double> decay; ///< [T, HV] factor of the state, 0..1
    std::vector<double> beta; ///< [T, HV]
};

/// The state of one layer over one window: holds what drives it and some of its states, so that the state
/// after any token is there at once. Immutable, any thread.
class StateTrajectory {
public:
    /// Runs the recurrence once to lay down the kept states, in about `keptBytes` of memory.
    /// Errors: Cancelled.
    [[nodiscard]] static Result<std::shared_ptr<const StateTrajectory>>
    make(RecurrenceInputs inputs, int layer, int window, std::string planFingerprint, std::int64_t keptBytes,
         JobContext& job);

    [[nodiscard]] int layer() const { return m_layer; }
    [[nodiscard]] int window() const { return m_window; }
    /// Empty for the dense model.
    [[nodiscard]] const std::string& planFingerprint() const { return m_planFingerprint; }
    [[nodiscard]] int valueHeads() const { return m_inputs.valueHeads; }
    [[nodiscard]] int keyDims() const { return m_inputs.keyDims; }
    [[nodiscard]] int valueDims() const { return m_inputs.valueDims; }
    [[nodiscard]] int rank() const;
    [[nodiscard]] std::int64_t tokens() const { return m_inputs.tokens; }
    [[nodiscard]] std::int64_t sizeBytes() const;
    /// Multiply-adds that the worst stateAfter() takes: whether a caller may afford it on its thread.
    [[nodiscard]] std::int64_t worstStepCost() const;

    /// Largest typicalMagnitude() of a head's state over the kept tokens: a colour range that holds while one
    /// scrubs.
    [[nodiscard]] double windowMagnitude(int head) const { return m_largest[static_cast<std::size_t>(head)]; }

    /// The state [Dk, Dv] of one value head after the first `tokens` (0..T), row-major.
    [[nodiscard]] std::vector<double> stateAfter(std::int64_t tokens, int head) const;
    /// States of all value heads after each of the tokens begin + 1 .. end: [end - begin, HV, Dk, Dv].
    [[nodiscard]] std::vector<double> statesBetween(std::int64_t begin, std::int64_t end) const;

private:
    StateTrajectory() = default;
    void advance(double* state, int head, std::int64_t begin, std::int64_t end) const;

    RecurrenceInputs m_inputs;
    int m_layer = 0;
    int m_window = 0;
    std::string m_planFingerprint;
    std::int64_t m_spacing = 1;
    std::vector<double> m_kept; ///< states after spacing, 2 spacing, ... tokens: [., HV, Dk, Dv]
    std::vector<double> m_largest; ///< [HV]
};

/// 99.5 % quantile of |entry|: where a colour scale may saturate without losing the picture to a few entries.
/// 0 for an empty state.
[[nodiscard]] double typicalMagnitude(const std::vector<double>& state);

/// Runs the blocks before `layer` and reads what drives its recurrence on one window; with a plan, of the
/// masked model (removed channels are zero rows). Progress in blocks. Errors: InvalidArgument (a layer
/// without state, a window that is not there), Mismatch (plan), OutOfMemory, DeviceFailure, Cancelled.
[[nodiscard]] Result<std::shared_ptr<const StateTrajectory>> traceState(const Model& model,
                                                                        const TokenWindows& text, int window,
                                                                        int layer, const PruningPlan* plan,
                                                                        JobContext& job);

/// Singular values and ranks of the states of one layer after every token of one window.
struct TokenSpectra {
    int layer = 0;
    int window = 0;
    int valueHeads = 0;
    int rank = 0; ///< d = min(Dk, Dv)
    std::int64_t tokens = 0;
    std::string planFingerprint; ///< empty for the dense model
    std::vector<float> singularValues; ///< [T, HV, d], descending; zeros where not known yet
    std::vector<RankMeasures> ranks; ///< [T, HV]
    std::vector<std::uint8_t> known; ///< [T]
    std::int64_t knownTokens = 0;

    [[nodiscard]] bool complete() const { return knownTokens == tokens; }
    /// The nearest token at or after `token` that is known, else the nearest before it; -1 when none is.
    [[nodiscard]] std::int64_t nearestKnown(std::int64_t token) const;
    [[nodiscard]] const RankMeasures& at(std::int64_t token, int head) const
    {
        return ranks[static_cast<std::size_t>(token * valueHeads + head)];
    }
};

/// Singular values of every state, directly in fp64 (not through a Gram matrix). Every 16th token and the
/// last come first and go to `publish` (may be empty), then the rest, with a new snapshot about every half
/// second. Progress in tokens. Errors: OutOfMemory, Cancelled.
[[nodiscard]] Result<std::shared_ptr<const TokenSpectra>>
computeTokenSpectra(const StateTrajectory& trajectory,
                    const std::function<void(std::shared_ptr<const TokenSpectra>)>& publish, JobContext& job);

} // namespace rankscope
