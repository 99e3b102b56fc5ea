// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/exporting/export_checkpoint.h"
#include "core/io/checkpoint_reader.h"
#include "core/io/checkpoint_writer.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace rankscope {

/// All tensors of the pruned checkpoint, in the order of the source. Untouched ones are spans of the mapped
/// source; cut ones are lists of its rows: exact for every element type.
struct PrunedTensors {
    std::vector<OutputTensor> tensors;
    std::vector<TensorChange> changes;
    std::shared_ptr<const CheckpointReader> source; ///< keeps the mappings alive
    std::shared_ptr<const std::vector<std::byte>> zeros; ///< one zero row, of the longest row that is cleared
};

/// Cuts q_proj, k_proj, q_conv1d and k_conv1d of every linear layer to the kept rows, with zero rows where a
/// head keeps fewer than its layer, or clears the other rows of q_proj and k_proj (zero-filled). `plan` fits
/// `spec`. Errors: Mismatch (a tensor that lacks the rows of the spec).
[[nodiscard]] Result<PrunedTensors> pruneTensors(std::shared_ptr<const CheckpointReader> source,
                                                 const ModelSpec& spec, const PruningPlan& plan,
                                                 ExportMode mode);

} // namespace rankscope
