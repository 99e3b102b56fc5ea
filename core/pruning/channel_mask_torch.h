// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model.h"
#include "core/plan/pruning_plan.h"

#include <ATen/core/Tensor.h>

#include <vector>

namespace rankscope {

/// A plan applied to one layer without cutting: removed key channels of q and k are set to zero after the
/// activation, and the query scale becomes that of the kept size of the layer (also in heads that keep
/// fewer), so that the result is the sliced model's (model-families 4.3, 4.4).
struct LayerMask {
    at::Tensor
        channels; ///< [2 H, Dk] of 0 and 1 in the model's dtype (q heads, then k heads); undefined: all kept
    int scaleKeyDims = 0; ///< the query scale is this^-1/2
};

/// The query scale of a masked model.
enum class QueryScale {
    OfKeptDims, ///< kept^-1/2, as in the sliced model
    OfAllDims, ///< Dk^-1/2, as stock code computes it on zero-filled weights; the output norm removes the
               ///< factor but for its eps
};

/// One mask per layer on the model's device. The plan must fit (checkPlan).
[[nodiscard]] std::vector<LayerMask> makeMasks(const Model& model, const PruningPlan& plan, QueryScale scale);
/// The same for a model in `dtype` on `device`.
[[nodiscard]] std::vector<LayerMask> makeMasks(Device device, DType dtype, const PruningPlan& plan,
                                               QueryScale scale);

} // namespace rankscope
