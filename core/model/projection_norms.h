// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model.h"

#include <vector>

namespace rankscope {

/// Per key channel of a linear layer, [H Dk]: sum over inputs of |Wq| + |Wk|, in fp64.
[[nodiscard]] std::vector<double> projectionRowAbsSums(const Model& model, int layer);
/// Per key channel of a linear layer, [H Dk]: |Wq row|_2 + |Wk row|_2, in fp64.
[[nodiscard]] std::vector<double> projectionRowL2Norms(const Model& model, int layer);

} // namespace rankscope
