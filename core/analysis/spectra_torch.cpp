// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/spectra_torch.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_svdvals.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

namespace rankscope {

at::Tensor singularValues(const at::Tensor& states)
{
    const std::int64_t rows = states.size(-2);
    const std::int64_t columns = states.size(-1);
    const std::int64_t rank = std::min(rows, columns);
    const at::Tensor matrices = states.to(at::kCPU, at::kDouble).reshape({ -1, rows, columns });
    const at::Tensor values = at::empty({ matrices.size(0), rank }, matrices.options());
    // LAPACK takes one small matrix at a time and threads poorly inside it: the batch is what is shared out.
    at::parallel_for(0, matrices.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
        const c10::InferenceMode inference;
        values.narrow(0, begin, end - begin)
            .copy_(at::linalg_svdvals(matrices.narrow(0, begin, end - begin)));
    });
    std::vector<std::int64_t> shape(states.sizes().begin(), states.sizes().end() - 2);
    shape.push_back(rank);
    return values.reshape(shape);
}

} // namespace rankscope
