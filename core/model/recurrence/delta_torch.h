// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/jobs/job_context.h"
#include "core/model/recurrence/recurrence_form.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace rankscope {

/// Inputs of the (gated) delta rule (model-families 2.1). Value head j reads key head j / (HV / H).
struct DeltaInputs {
    at::Tensor q; ///< [B, T, H, Dk], normalised, not scaled
    at::Tensor k; ///< [B, T, H, Dk], normalised
    at::Tensor v; ///< [B, T, HV, Dv]
    at::Tensor logDecay; ///< [B, T, HV] fp32 or fp64, <= 0; undefined for the plain rule
    at::Tensor beta; ///< [B, T, HV] fp32 or fp64; undefined means 1
    at::Tensor initialState; ///< [B, HV, Dk, Dv]; undefined means zero
    double scale = 1.0; ///< of the queries
    const JobContext* job = nullptr; ///< polled between chunks and, now and then, between tokens; may be null
};

struct DeltaOutputs {
    at::Tensor o; ///< [B, T, HV, Dv], type of v
    at::Tensor finalState; ///< [B, HV, Dk, Dv], fp32 (fp64 for fp64 inputs)
    at::Tensor capturedStates; ///< [B, positions, HV, Dk, Dv], or undefined when no position was asked for
};

/// Runs the rule over T >= 0 tokens. `positions` (ascending, 1..T) asks for the state after that many tokens.
/// fp64 inputs are computed in fp64, all others in fp32 with the state in fp32.
[[nodiscard]] DeltaOutputs deltaRule(const DeltaInputs& inputs, RecurrenceForm form,
                                     const std::vector<std::int64_t>& positions);

/// Exposed for tests: chunkLength 1..64 tokens a chunk.
[[nodiscard]] DeltaOutputs deltaRuleChunked(const DeltaInputs& inputs, std::int64_t chunkLength,
                                            const std::vector<std::int64_t>& positions);

} // namespace rankscope
