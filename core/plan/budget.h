// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/model/model_spec.h"

#include <cstdint>
#include <vector>

namespace rankscope {

/// Kept key dims of every layer for one ratio (keptKeyDimsForRatio; 0 for layers that cannot be pruned).
[[nodiscard]] std::vector<int> keptKeyDimsForRatio(const ModelSpec& spec, double pruneRatio);

/// fp32 bytes of the recurrent state of one sequence with these kept key dims per layer.
[[nodiscard]] std::int64_t stateBytesOf(const ModelSpec& spec, const std::vector<int>& keptKeyDims);

/// The largest kept key dims at one common fraction of every layer's Dk whose state fits `budgetBytes`.
/// Errors: InvalidArgument (budget below one channel per head, or no prunable layer: says what is possible).
[[nodiscard]] Result<std::vector<int>> keptKeyDimsForStateBytes(const ModelSpec& spec,
                                                                std::int64_t budgetBytes);

/// Sizes that kernels and exports like: multiples of `multiple` up to keyDims, and keyDims itself; ascending.
[[nodiscard]] std::vector<int> usefulKeyDims(int keyDims, int multiple);

/// Which sizes an edit may stop at.
enum class SizeRule { Any, MultiplesOf4, MultiplesOf8, MultiplesOf16, OwnKernel };

/// The size of the kernel instance that runs `keptKeyDims` channels (kernels/delta_recurrent): what the
/// recurrence costs. One instance for every multiple of 16 up to 256, of 64 beyond.
[[nodiscard]] int kernelKeyDims(int keptKeyDims);

/// The sizes of a rule up to keyDims, and keyDims itself; ascending.
[[nodiscard]] std::vector<int> sizesOfRule(SizeRule rule, int keyDims);

enum class SnapRule { Nearest, Down, Up };

/// `keptKeyDims` moved to one of the ascending `sizes` (not empty). Nearest prefers the larger size in the
/// middle; Down and Up stay at the end of the list when there is nothing beyond it.
[[nodiscard]] int snapKeyDims(int keptKeyDims, const std::vector<int>& sizes, SnapRule rule);

} // namespace rankscope
