// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

namespace rankscope {

/// x / sqrt(mean(x^2) + eps) * weight over the last index, computed in the type of `weight` (fp32 or fp64)
/// and rounded once to `outputType` (model-families 1.4).
[[nodiscard]] at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps,
                                 at::ScalarType outputType);

/// x / sqrt(sum(x^2) + 1e-6) over the last index, in the type of x.
[[nodiscard]] at::Tensor l2Norm(const at::Tensor& x);

/// x / sum(x) over the last index.
[[nodiscard]] at::Tensor sumNorm(const at::Tensor& x);

} // namespace rankscope
