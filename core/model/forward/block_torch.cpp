// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/forward/block_torch.h"

#include "core/base/guarded_torch.h"
#include "core/base/narrow.h"
#include "core/base/tensor_torch.h"
#include "core/model/forward/mixers_torch.h"
#include "core/model/forward/norms_torch.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/silu.h>

#include <algorithm>

namespace rankscope {

namespace {

/// Tokens whose logits exist at the same time (gpu-kernels 2.8): 2048 x 32000 fp32 is 262 MB. On a CPU, where
/// a piece takes long and caches are small, fewer.
constexpr std::int64_t kHeadTokensGpu = 2048;
constexpr std::int64_t kHeadTokensCpu = 512;

at::Tensor mlp(const BlockWeights& weights, const at::Tensor& n, const JobContext* job)
{
    const at::ScalarType type = n.scalar_type();
    const at::ScalarType wide = accumulationType(type);
    const at::Tensor gateUp = weights.gateUp.apply(n, {});
    throwIfStopped(job);
    const std::int64_t width = weights.gateUp.rows() / 2;
    // gate and up are rounded to the model dtype, their product once more (model-families 1.3).
    at::Tensor product = at::silu(gateUp.narrow(2, 0, width).to(wide)).mul_(gateUp.narrow(2, width, width));
    return at::linear(product.to(type), weights.down);
}

} // namespace

at::Tensor embed(const Model& model, const at::Tensor& ids)
{
    return at::embedding(model.weights().embedding, ids.to(model.weights().embedding.device()));
}

at::Tensor runBlock(const Model& model, int layer, const at::Tensor& x, BlockProbe* probe)
{
    return runBlock(model.spec(), layer, model.weights().blocks[idx(layer)], x, probe);
}

at::Tensor runBlock(const ModelSpec& spec, int layer, const BlockWeights& weights, const at::Tensor& x,
                    BlockProbe* probe)
{
    const LayerSpec& layerSpec = spec.layers[idx(layer)];
    const at::ScalarType type = x.scalar_type();
    BlockProbe none;

    if (probe == nullptr) {
        probe = &none;
    }
    const at::Tensor n = rmsNorm(x, weights.mixerNorm, spec.normEps, type);
    const at::Tensor mixed = layerSpec.kind == LayerKind::Linear
        ? linearMixer(spec, layerSpec, weights.mixer, n, *probe)
        : softmaxMixer(layerSpec, weights.mixer, n, probe->job);
    throwIfStopped(probe->job);
    const at::ScalarType wide = accumulationType(type);
    const at::Tensor sum = mixed.to(wide) + x.to(wide);
    const at::Tensor residual = sum.to(type);
    const at::Tensor m = rmsNorm(spec.fuseNorm ? sum : residual, weights.mlpNorm, spec.normEps, type);
    return residual + mlp(weights, m, probe->job);
}

at::Tensor finalNorm(const Model& model, const at::Tensor& x)
{
    return rmsNorm(x, model.weights().finalNorm, model.spec().normEps, x.scalar_type());
}

at::Tensor logits(const Model& model, const at::Tensor& normalised)
{
    return at::linear(normalised, model.weights().head);
}

at::Tensor windowNll(const Model& model, const at::Tensor& x, const at::Tensor& ids, const JobContext* job)
{
    const std::int64_t batch = x.size(0);
    const std::int64_t predictions = x.size(1) - 1;
    const at::Tensor rows
        = finalNorm(model, x).narrow(1, 0, predictions).reshape({ batch * predictions, x.size(2) });
    const at::Tensor targets
        = ids.to(x.device()).narrow(1, 1, predictions).reshape({ batch * predictions, 1 });
    const at::ScalarType wide = accumulationType(x.scalar_type());
    const std::int64_t piece = x.is_cuda() ? kHeadTokensGpu : kHeadTokensCpu;
    std::vector<at::Tensor> losses;
    for (std::int64_t begin = 0; begin < rows.size(0); begin += piece) {
        throwIfStopped(job);
        const std::int64_t count = std::min(piece, rows.size(0) - begin);
        const at::Tensor scores = logits(model, rows.narrow(0, begin, count)).to(wide);
        const at::Tensor chosen = scores.gather(1, targets.narrow(0, begin, count)).squeeze(1);
        losses.push_back(at::logsumexp(scores, { 1 }) - chosen);
    }
    return at::cat(losses).to(at::kDouble).reshape({ batch, predictions }).mean(1);
}

} // namespace rankscope
