// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/spectra_torch.h"

#include "core/base/guarded_torch.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_svdvals.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#ifndef _OPENMP
#error "at::parallel_for would run in one thread"
#endif

namespace rankscope {

namespace {

/// How many matrices are taken between two polls: about 20 ms of work (2 ns times the cube of the size each).
std::int64_t matricesPerPoll(std::int64_t rows, std::int64_t columns)
{
    constexpr std::int64_t kCubesPerPoll = 10'000'000;
    const std::int64_t perThread
        = kCubesPerPoll / std::max<std::int64_t>(1, rows * columns * std::min(rows, columns));
    return at::get_num_threads() * std::max<std::int64_t>(1, perThread);
}

} // namespace

at::Tensor singularValues(const at::Tensor& states, const JobContext* job)
{
    const std::int64_t rows = states.size(-2);
    const std::int64_t columns = states.size(-1);
    const std::int64_t rank = std::min(rows, columns);
    const at::Tensor matrices = states.to(at::kCPU, at::kDouble).reshape({ -1, rows, columns });
    const at::Tensor values = at::empty({ matrices.size(0), rank }, matrices.options());
    // LAPACK takes one small matrix at a time and threads poorly inside it: the batch is what is shared out.
    const std::int64_t step = matricesPerPoll(rows, columns);
    for (std::int64_t first = 0; first < matrices.size(0); first += step) {
        throwIfStopped(job);
        const std::int64_t last = std::min(first + step, matrices.size(0));
        at::parallel_for(first, last, 1, [&](std::int64_t begin, std::int64_t end) {
            const c10::InferenceMode inference;
            values.narrow(0, begin, end - begin)
                .copy_(at::linalg_svdvals(matrices.narrow(0, begin, end - begin)));
        });
    }
    std::vector<std::int64_t> shape(states.sizes().begin(), states.sizes().end() - 2);
    shape.push_back(rank);
    return values.reshape(shape);
}

} // namespace rankscope
