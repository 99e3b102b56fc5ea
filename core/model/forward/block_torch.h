// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/jobs/job_context.h"
#include "core/model/model_torch.h"
#include "core/model/recurrence/recurrence_form.h"
#include "core/pruning/channel_mask_torch.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace rankscope {

struct DeltaInputs;

/// What a caller wants to see or change inside a block. Everything optional.
struct BlockProbe {
    RecurrenceForm form = RecurrenceForm::Automatic;
    const LayerMask* mask = nullptr; ///< null: dense
    std::vector<std::int64_t> positions; ///< states to record, after that many tokens, ascending
    bool wantFinalState = false;
    bool fp64State = false; ///< recurrence and states in fp64 whatever the model's dtype: for spectra
    /// Queries and keys [B, T, H, Dk] after convolution and activation, before mask and normalisation.
    std::function<void(const at::Tensor& queries, const at::Tensor& keys)> onQueriesKeys;
    /// What the recurrence reads, after mask and normalisation; valid during the call.
    std::function<void(const DeltaInputs& inputs)> onRecurrence;
    const JobContext* job = nullptr; ///< polled between the steps of the block; null: never
    // Filled in by linear layers:
    at::Tensor capturedStates; ///< [B, positions, HV, Dk, Dv], fp32 or fp64
    at::Tensor finalState; ///< [B, HV, Dk, Dv]
};

/// ids: [B, T] int64. Result [B, T, D] in the model's dtype.
[[nodiscard]] at::Tensor embed(const Model& model, const at::Tensor& ids);

/// One block (model-families 1.4): x [B, T, D] -> [B, T, D]. `probe` may be null.
[[nodiscard]] at::Tensor runBlock(const Model& model, int layer, const at::Tensor& x, BlockProbe* probe);
/// The same with the weights of block `layer`, wherever they come from.
[[nodiscard]] at::Tensor runBlock(const ModelSpec& spec, int layer, const BlockWeights& weights,
                                  const at::Tensor& x, BlockProbe* probe);

/// The final norm; x [.., D].
[[nodiscard]] at::Tensor finalNorm(const Model& model, const at::Tensor& x);

/// Output head on normalised x [.., D] -> [.., V], in the model's dtype.
[[nodiscard]] at::Tensor logits(const Model& model, const at::Tensor& normalised);

/// Mean NLL in nats of each window's predictions, [B] fp64, from the residual stream after the last block [B,
/// T, D] and the windows' ids [B, T]: position t predicts id t + 1. The softmax runs in fp32 (fp64 in an fp64
/// model). `job`, which may be null, is polled between pieces of the output head.
[[nodiscard]] at::Tensor windowNll(const Model& model, const at::Tensor& x, const at::Tensor& ids,
                                   const JobContext* job = nullptr);

} // namespace rankscope
