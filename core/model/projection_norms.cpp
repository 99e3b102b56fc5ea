// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/projection_norms.h"

#include "core/base/narrow.h"
#include "core/model/model_torch.h"

#include <ATen/ops/linalg_vector_norm.h>

namespace rankscope {

namespace {

std::vector<double> rowNorms(const Model& model, int layer, double order)
{
    const MixerWeights& mixer = model.weights().blocks[idx(layer)].mixer;
    const auto norms = [order](const at::Tensor& rows) {
        return at::linalg_vector_norm(rows.to(at::kCPU, at::kDouble), order, { 1 });
    };
    const at::Tensor sums = (norms(mixer.qProj) + norms(mixer.kProj)).contiguous();
    return { sums.const_data_ptr<double>(), sums.const_data_ptr<double>() + sums.numel() };
}

} // namespace

std::vector<double> projectionRowAbsSums(const Model& model, int layer)
{
    return rowNorms(model, layer, 1.0);
}

std::vector<double> projectionRowL2Norms(const Model& model, int layer)
{
    return rowNorms(model, layer, 2.0);
}

} // namespace rankscope
