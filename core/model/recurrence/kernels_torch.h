// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/recurrence/delta_torch.h"

#include <cstdint>
#include <vector>

namespace rankscope {

/// True when kernels/delta_recurrent takes these inputs: fp32 or bf16, Dk up to 512, on the CPU or with the
/// GPU module.
[[nodiscard]] bool deltaKernelApplies(const DeltaInputs& inputs);

/// deltaRule() through kernels/delta_recurrent: the CUDA kernel for CUDA tensors, the CPU twin otherwise.
/// Throws ErrorException (Unsupported, DeviceFailure) when deltaKernelApplies() is false or the launch fails.
[[nodiscard]] DeltaOutputs deltaRuleKernel(const DeltaInputs& inputs,
                                           const std::vector<std::int64_t>& positions);

} // namespace rankscope
