// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/token_comparison.h"

#include <ATen/core/Tensor.h>

#include <chrono>

namespace rankscope {

/// Collects comparisons batch by batch and hands out immutable snapshots. The constructor throws
/// ErrorException when windows or plan do not fit the model.
class RunningComparison {
public:
    RunningComparison(const Model& model, const TokenWindows& windows, const PruningPlan& plan);

    /// `dense` and `masked`: residual streams after the last block [B, T, D]; ids [B, T]. Polls `job` between
    /// slices; on a stop it throws and the batch is left out.
    void add(const at::Tensor& dense, const at::Tensor& masked, const at::Tensor& ids, const JobContext& job);
    [[nodiscard]] bool complete() const { return m_comparison.windows() == m_comparison.windowsTotal; }
    [[nodiscard]] std::shared_ptr<const TokenComparison> snapshot() const;

private:
    const Model& m_model;
    TokenComparison m_comparison;
    std::chrono::steady_clock::time_point m_start;
};

} // namespace rankscope
