// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/jobs/job_context.h"

#include <ATen/core/Tensor.h>

namespace rankscope {

/// states: [.., Dk, Dv], fp32 or fp64, any device. Result: [.., min(Dk, Dv)], descending, fp64 on the CPU.
/// Computed directly (not through a Gram matrix), so small values keep their accuracy relative to the
/// largest. `job` (may be null) is polled every few matrices.
[[nodiscard]] at::Tensor singularValues(const at::Tensor& states, const JobContext* job = nullptr);

} // namespace rankscope
