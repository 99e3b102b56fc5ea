// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/perplexity.h"
#include "core/evaluation/window_batches.h"
#include "core/model/forward/block_torch.h"

#include <ATen/core/Tensor.h>

#include <chrono>
#include <memory>
#include <vector>

namespace rankscope {

/// Collects window losses and hands out immutable snapshots. The constructor throws ErrorException when
/// windows or plan do not fit the model.
class RunningEstimate {
public:
    RunningEstimate(const Model& model, const TokenWindows& windows, const PruningPlan* plan);

    void add(const at::Tensor& windowNll);
    void add(const std::vector<double>& windowNll);
    [[nodiscard]] bool complete() const { return m_estimate.windows() == m_estimate.windowsTotal; }
    [[nodiscard]] std::shared_ptr<const PerplexityEstimate> snapshot() const;

private:
    PerplexityEstimate m_estimate;
    std::chrono::steady_clock::time_point m_start;
};

/// Token ids of one batch [count, length] on the model's device.
[[nodiscard]] at::Tensor batchIds(const Model& model, const TokenWindows& windows, const WindowBatch& batch);

/// Masks of a plan, empty for the dense model.
[[nodiscard]] std::vector<LayerMask> masksFor(const Model& model, const PruningPlan* plan);

/// runBlock with the layer's mask, if there are masks. `job` (may be null) is polled inside the block.
[[nodiscard]] at::Tensor runMaskedBlock(const Model& model, int layer, const at::Tensor& x,
                                        const std::vector<LayerMask>& masks, const JobContext* job = nullptr);

} // namespace rankscope
