// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/forward/norms_torch.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/rsqrt.h>

namespace rankscope {

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps, at::ScalarType outputType)
{
    const at::Tensor wide = x.to(weight.scalar_type());
    const at::Tensor norm = at::linalg_vector_norm(wide, 2, { -1 }, /*keepdim=*/true);
    const at::Tensor inverse = norm.square_().div_(static_cast<double>(x.size(-1))).add_(eps).rsqrt_();
    return (wide * inverse).mul_(weight).to(outputType);
}

at::Tensor l2Norm(const at::Tensor& x)
{
    constexpr double kEps = 1e-6; // fixed in the published layers
    const at::Tensor norm = at::linalg_vector_norm(x, 2, { -1 }, /*keepdim=*/true);
    return x * norm.square_().add_(kEps).rsqrt_();
}

at::Tensor sumNorm(const at::Tensor& x)
{
    return x / x.sum(-1, /*keepdim=*/true);
}

} // namespace rankscope
