// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/guarded_torch.h"
#include "core/base/tensor_torch.h"
#include "core/model/forward/mixers_torch.h"
#include "core/model/forward/norms_torch.h"
#include "core/model/recurrence/delta_torch.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softplus.h>

#include <algorithm>
#include <cmath>

namespace rankscope {

namespace {

/// Depthwise causal convolution (model-families 1.5): x [B, T, C], taps [W, C] with the last one on the
/// current token.
at::Tensor shortConvolution(const at::Tensor& x, const at::Tensor& taps)
{
    const std::int64_t tokens = x.size(1);
    const std::int64_t width = taps.size(0);
    at::Tensor y = x * taps.select(0, width - 1);
    for (std::int64_t back = 1; back < std::min(width, tokens); ++back) {
        y.narrow(1, back, tokens - back)
            .addcmul_(x.narrow(1, 0, tokens - back), taps.select(0, width - 1 - back));
    }
    return y;
}

/// Activation of queries and keys; the convolution applies SiLU itself when that is the activation.
at::Tensor activate(const at::Tensor& x, QkActivation activation)
{
    switch (activation) {
    case QkActivation::Silu:
        return at::silu(x);
    case QkActivation::Relu:
        return at::relu(x);
    case QkActivation::Elu:
        return at::elu(x).add_(1.0);
    case QkActivation::Identity:
        return x;
    }
    return x;
}

at::Tensor normalise(const at::Tensor& x, QkNorm norm)
{
    return norm == QkNorm::L2 ? l2Norm(x) : sumNorm(x);
}

} // namespace

at::Tensor linearMixer(const ModelSpec& spec, const LayerSpec& layer, const MixerWeights& weights,
                       const at::Tensor& n, BlockProbe& probe)
{
    const std::int64_t batch = n.size(0);
    const std::int64_t tokens = n.size(1);
    const std::int64_t keyWidth = std::int64_t { layer.heads } * layer.keyDims;
    const std::int64_t valueWidth = std::int64_t { layer.valueHeads } * layer.valueDims;
    const at::ScalarType type = n.scalar_type();
    const at::ScalarType wide = accumulationType(type);

    const at::Tensor projected = weights.projection.apply(n, {});
    throwIfStopped(probe.job);
    std::int64_t row = 2 * keyWidth + valueWidth;
    const auto take = [&](std::int64_t width) {
        row += width;
        return projected.narrow(2, row - width, width);
    };

    // Convolution and activations run in fp32 and are rounded once (model-families 1.5, 1.6).
    at::Tensor qkv = projected.narrow(2, 0, 2 * keyWidth + valueWidth).to(wide);
    if (weights.conv.defined()) {
        qkv = shortConvolution(qkv, weights.conv);
    }
    at::Tensor queriesKeys = activate(qkv.narrow(2, 0, 2 * keyWidth), spec.qkActivation)
                                 .to(type)
                                 .reshape({ batch, tokens, 2 * layer.heads, layer.keyDims });
    const at::Tensor values = at::silu(qkv.narrow(2, 2 * keyWidth, valueWidth))
                                  .to(type)
                                  .reshape({ batch, tokens, layer.valueHeads, layer.valueDims });
    if (probe.onQueriesKeys) {
        probe.onQueriesKeys(queriesKeys.narrow(2, 0, layer.heads),
                            queriesKeys.narrow(2, layer.heads, layer.heads));
    }
    int scaleKeyDims = layer.keyDims;
    if (probe.mask != nullptr && probe.mask->channels.defined()) {
        queriesKeys = queriesKeys * probe.mask->channels; // [2 H, Dk]
        scaleKeyDims = probe.mask->scaleKeyDims;
    }
    at::Tensor normalised = normalise(queriesKeys.to(wide), spec.qkNorm).to(type);
    if (spec.qkNorm == QkNorm::Sum && probe.mask != nullptr && probe.mask->channels.defined()) {
        normalised
            = normalised.masked_fill_(probe.mask->channels.eq(0.0), 0.0); // 0/0 of a head without channels
    }

    throwIfStopped(probe.job);
    DeltaInputs inputs;
    inputs.job = probe.job;
    inputs.q = normalised.narrow(2, 0, layer.heads);
    inputs.k = normalised.narrow(2, layer.heads, layer.heads);
    inputs.v = values;
    inputs.scale = 1.0 / std::sqrt(static_cast<double>(scaleKeyDims));
    at::Tensor gate;
    if (spec.useGate) {
        gate = take(valueWidth);
    }
    if (spec.useBeta) {
        inputs.beta = take(layer.valueHeads).to(wide).sigmoid();
        if (spec.family == Family::DeltaNet) {
            inputs.beta = inputs.beta.to(type).to(wide); // this family rounds beta to the model's dtype
        }
        if (spec.allowNegativeEigenvalues) {
            inputs.beta = inputs.beta * 2.0;
        }
    }
    if (weights.decayScale.defined()) {
        const at::Tensor logits = take(layer.valueHeads).to(wide) + weights.decayBias;
        inputs.logDecay = at::softplus(logits) * weights.decayScale;
    }
    if (probe.fp64State) {
        for (at::Tensor* tensor : { &inputs.q, &inputs.k, &inputs.v, &inputs.beta, &inputs.logDecay }) {
            *tensor = tensor->defined() ? tensor->to(at::kDouble) : *tensor;
        }
    }
    if (probe.onRecurrence) {
        probe.onRecurrence(inputs);
    }
    throwIfStopped(probe.job);
    DeltaOutputs outputs = deltaRule(inputs, probe.form, probe.positions);
    probe.capturedStates = outputs.capturedStates;
    if (probe.wantFinalState) {
        probe.finalState = outputs.finalState;
    }

    at::Tensor o = rmsNorm(outputs.o, weights.outNorm, spec.normEps, gate.defined() ? wide : type);
    if (gate.defined()) {
        // Norm first, then the gate, rounded once (model-families 1.4).
        o = o.mul_(at::silu(gate.to(wide)).reshape(o.sizes())).to(type);
    }
    return at::linear(o.reshape({ batch, tokens, valueWidth }), weights.outProj);
}

} // namespace rankscope
