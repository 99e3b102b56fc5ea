// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/guarded_torch.h"
#include "core/base/tensor_torch.h"
#include "core/model/forward/mixers_torch.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/logical_or.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/repeat_interleave.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace rankscope {

namespace {

constexpr std::int64_t kQueryRows = 256; // rows of the score matrix formed at once

/// Half-split rotation of x [B, T, H, hd]; tables rounded to the activation dtype, product in fp32.
at::Tensor rotate(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine)
{
    const std::int64_t half = x.size(3) / 2;
    const at::Tensor wide = x.to(cosine.scalar_type());
    const at::Tensor first = wide.narrow(3, 0, half);
    const at::Tensor second = wide.narrow(3, half, half);
    return at::cat({ first * cosine - second * sine, second * cosine + first * sine }, 3).to(x.scalar_type());
}

} // namespace

at::Tensor softmaxMixer(const LayerSpec& layer, const MixerWeights& weights, const at::Tensor& n,
                        const JobContext* job)
{
    const std::int64_t batch = n.size(0);
    const std::int64_t tokens = n.size(1);
    const std::int64_t width = layer.keyDims;
    const std::int64_t queryWidth = layer.heads * width;
    const std::int64_t sharedWidth = layer.valueHeads * width;
    const at::ScalarType type = n.scalar_type();
    const at::ScalarType wide = accumulationType(type);

    const at::Tensor projected = weights.projection.apply(n, weights.projectionBias);
    const at::Tensor positions = at::arange(tokens, weights.inverseFrequencies.options());
    const at::Tensor angles = at::outer(positions, weights.inverseFrequencies).unsqueeze(1); // [T, 1, hd / 2]
    const at::Tensor cosine = angles.cos().to(type).to(wide);
    const at::Tensor sine = angles.sin().to(type).to(wide);

    const auto heads = [&](std::int64_t first, std::int64_t count) {
        return projected.narrow(2, first, count * width).reshape({ batch, tokens, count, width });
    };
    const auto headMajor = [&](const at::Tensor& x) {
        const at::Tensor moved = x.to(wide).transpose(1, 2);
        const std::int64_t groups = layer.heads / x.size(2);
        return (groups > 1 ? moved.repeat_interleave(groups, 1) : moved).contiguous();
    };
    const at::Tensor q = headMajor(rotate(heads(0, layer.heads), cosine, sine))
        * (1.0 / std::sqrt(static_cast<double>(width)));
    const at::Tensor k = headMajor(rotate(heads(queryWidth, layer.valueHeads), cosine, sine));
    const at::Tensor v = headMajor(heads(queryWidth + sharedWidth, layer.valueHeads));

    std::vector<at::Tensor> rows;
    const at::Tensor keyPositions = at::arange(tokens, q.options().dtype(at::kLong)).unsqueeze(0);
    for (std::int64_t begin = 0; begin < tokens; begin += kQueryRows) {
        throwIfStopped(job);
        const std::int64_t count = std::min(kQueryRows, tokens - begin);
        const at::Tensor queryPositions
            = at::arange(begin, begin + count, q.options().dtype(at::kLong)).unsqueeze(1);
        at::Tensor hidden = keyPositions > queryPositions;
        if (layer.window) {
            hidden = at::logical_or(hidden, keyPositions <= queryPositions - std::int64_t { *layer.window });
        }
        at::Tensor scores = at::matmul(q.narrow(2, begin, count), k.transpose(2, 3));
        scores.masked_fill_(hidden, -std::numeric_limits<double>::infinity());
        rows.push_back(at::matmul(at::softmax(scores, -1), v));
    }
    const at::Tensor o = at::cat(rows, 2).transpose(1, 2).reshape({ batch, tokens, queryWidth }).to(type);
    return at::linear(o, weights.outProj);
}

} // namespace rankscope
