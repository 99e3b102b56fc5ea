// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/recurrence/delta_torch.h"

#include "core/base/guarded_torch.h"
#include "core/base/tensor_torch.h"
#include "core/model/recurrence/kernels_torch.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/diag_embed.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/repeat_interleave.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>

namespace rankscope {

namespace {

constexpr std::int64_t kChunkLength = 64;
constexpr std::int64_t kTokensBetweenPolls = 16;

/// The inputs with one key head per value head, in the type of the state, head-major: [B, HV, T, .] and [B,
/// HV, T].
struct HeadMajor {
    at::Tensor q;
    at::Tensor k;
    at::Tensor v;
    at::Tensor logDecay; // undefined for the plain rule
    at::Tensor beta;
    at::Tensor state; // [B, HV, Dk, Dv], owned
};

at::Tensor perValueHead(const at::Tensor& tensor, std::int64_t valueHeads, at::ScalarType type)
{
    at::Tensor headMajor = tensor.to(type).transpose(1, 2);
    const std::int64_t heads = headMajor.size(1);
    if (heads != valueHeads) {
        headMajor = headMajor.repeat_interleave(valueHeads / heads, 1);
    }
    return headMajor;
}

HeadMajor headMajor(const DeltaInputs& inputs)
{
    const at::ScalarType type = accumulationType(inputs.v.scalar_type());
    const std::int64_t batch = inputs.v.size(0);
    const std::int64_t tokens = inputs.v.size(1);
    const std::int64_t valueHeads = inputs.v.size(2);
    HeadMajor result;
    result.q = perValueHead(inputs.q, valueHeads, type) * inputs.scale;
    result.k = perValueHead(inputs.k, valueHeads, type);
    result.v = perValueHead(inputs.v, valueHeads, type);
    if (inputs.logDecay.defined()) {
        result.logDecay = inputs.logDecay.to(type).transpose(1, 2);
    }
    result.beta = inputs.beta.defined() ? inputs.beta.to(type).transpose(1, 2)
                                        : at::ones({ batch, valueHeads, tokens }, result.v.options());
    result.state = inputs.initialState.defined()
        ? inputs.initialState.to(type).clone()
        : at::zeros({ batch, valueHeads, inputs.k.size(3), inputs.v.size(3) }, result.v.options());
    return result;
}

DeltaOutputs tokenForm(const DeltaInputs& inputs, const std::vector<std::int64_t>& positions)
{
    HeadMajor in = headMajor(inputs);
    const std::int64_t tokens = in.v.size(2);
    std::vector<at::Tensor> outputs;
    std::vector<at::Tensor> captured;
    auto next = positions.begin();
    for (std::int64_t t = 0; t < tokens; ++t) {
        if (t % kTokensBetweenPolls == 0) {
            throwIfStopped(inputs.job);
        }
        const at::Tensor k = in.k.select(2, t); // [B, HV, Dk]
        const at::Tensor v = in.v.select(2, t);
        const at::Tensor q = in.q.select(2, t);
        if (in.logDecay.defined()) {
            in.state = in.state * in.logDecay.select(2, t).exp().unsqueeze(-1).unsqueeze(-1);
        }
        const at::Tensor predicted = at::matmul(k.unsqueeze(2), in.state).squeeze(2); // [B, HV, Dv]
        const at::Tensor update = in.beta.select(2, t).unsqueeze(-1) * (v - predicted);
        in.state = in.state + k.unsqueeze(3) * update.unsqueeze(2);
        outputs.push_back(at::matmul(q.unsqueeze(2), in.state).squeeze(2));
        if (next != positions.end() && *next == t + 1) {
            captured.push_back(in.state);
            ++next;
        }
    }
    DeltaOutputs result;
    result.o = outputs.empty() ? at::empty_like(inputs.v) : at::stack(outputs, 1).to(inputs.v.scalar_type());
    result.finalState = in.state;
    if (!captured.empty()) {
        result.capturedStates = at::stack(captured, 1);
    }
    return result;
}

/// Matrices of all chunks of a segment at once: [N, M, C, .] with M = B HV, chunk-major so that a chunk is
/// one slice.
struct Chunks {
    at::Tensor solve; // T: (I + diag(beta) N)^-1 diag(beta)
    at::Tensor attention; // P: lower(Q K^T * decay), scale in Q
    at::Tensor keysIn; // e^g K
    at::Tensor queriesIn; // e^g Q
    at::Tensor keysOut; // (e^(g_C - g) K)^T: [N, M, Dk, C]
    at::Tensor values; // V
    at::Tensor decayTotal; // e^(g_C): [N, M, 1, 1]; undefined for the plain rule
};

/// [B, HV, T, d] -> [N, M, C, d], padded with zero rows: k = 0 and beta = 0 leave the state alone.
at::Tensor chunked(const at::Tensor& tensor, std::int64_t chunkLength, std::int64_t chunkCount)
{
    const std::int64_t matrices = tensor.size(0) * tensor.size(1);
    const std::int64_t tokens = tensor.size(2);
    const std::int64_t width = tensor.dim() == 4 ? tensor.size(3) : 1;
    at::Tensor flat = tensor.reshape({ matrices, tokens, width });
    if (tokens != chunkLength * chunkCount) {
        flat = at::constant_pad_nd(flat, { 0, 0, 0, chunkLength * chunkCount - tokens });
    }
    return flat.reshape({ matrices, chunkCount, chunkLength, width }).transpose(0, 1).contiguous();
}

Chunks prepareChunks(const HeadMajor& in, std::int64_t begin, std::int64_t length, std::int64_t chunkLength)
{
    const std::int64_t count = (length + chunkLength - 1) / chunkLength;
    const auto cut = [&](const at::Tensor& tensor) {
        return chunked(tensor.narrow(2, begin, length), chunkLength, count);
    };
    Chunks chunks;
    const at::Tensor q = cut(in.q);
    const at::Tensor k = cut(in.k);
    chunks.values = cut(in.v);
    const at::Tensor beta = cut(in.beta); // [N, M, C, 1]
    at::Tensor keyProducts = at::matmul(k, k.transpose(2, 3));
    chunks.attention = at::matmul(q, k.transpose(2, 3));
    if (in.logDecay.defined()) {
        const at::Tensor g = cut(in.logDecay).cumsum(2); // [N, M, C, 1]
        // Masked before the exponential: g_i - g_j is positive above the diagonal and may overflow.
        const at::Tensor upper
            = at::ones({ chunkLength, chunkLength }, g.options().dtype(at::kBool)).triu_(1);
        const at::Tensor decay
            = (g - g.transpose(2, 3)).masked_fill_(upper, -std::numeric_limits<double>::infinity()).exp_();
        keyProducts.mul_(decay);
        chunks.attention.mul_(decay);
        const at::Tensor grown = g.exp();
        chunks.keysIn = k * grown;
        chunks.queriesIn = q * grown;
        const at::Tensor total = g.narrow(2, chunkLength - 1, 1);
        chunks.keysOut = (k * (total - g).exp()).transpose(2, 3);
        chunks.decayTotal = total.exp();
    } else {
        chunks.attention.tril_();
        chunks.keysIn = k;
        chunks.queriesIn = q;
        chunks.keysOut = k.transpose(2, 3);
    }
    // Only the strict lower part of this matrix is read: unitriangular.
    chunks.solve
        = at::linalg_solve_triangular(keyProducts.mul_(beta), beta.squeeze(3).diag_embed(), /*upper=*/false,
                                      /*left=*/true, /*unitriangular=*/true);
    return chunks;
}

/// Advances `state` [M, Dk, Dv] over one segment; returns the outputs [M, length, Dv].
at::Tensor runSegment(const Chunks& chunks, std::int64_t length, at::Tensor& state, const JobContext* job)
{
    std::vector<at::Tensor> outputs;
    for (std::int64_t n = 0; n < chunks.values.size(0); ++n) {
        throwIfStopped(job);
        const at::Tensor keysIn = chunks.keysIn.select(0, n);
        const at::Tensor residual = at::baddbmm(chunks.values.select(0, n), keysIn, state, 1.0, -1.0);
        const at::Tensor updates = at::bmm(chunks.solve.select(0, n), residual);
        outputs.push_back(
            at::bmm(chunks.queriesIn.select(0, n), state).baddbmm_(chunks.attention.select(0, n), updates));
        if (chunks.decayTotal.defined()) {
            state = state * chunks.decayTotal.select(0, n);
        }
        state = at::baddbmm(state, chunks.keysOut.select(0, n), updates);
    }
    return at::cat(outputs, 1).narrow(1, 0, length);
}

} // namespace

DeltaOutputs deltaRuleChunked(const DeltaInputs& inputs, std::int64_t chunkLength,
                              const std::vector<std::int64_t>& positions)
{
    const HeadMajor in = headMajor(inputs);
    const std::int64_t batch = in.v.size(0);
    const std::int64_t valueHeads = in.v.size(1);
    const std::int64_t tokens = in.v.size(2);
    const std::int64_t keyDims = in.k.size(3);
    const std::int64_t valueDims = in.v.size(3);
    at::Tensor state = in.state.reshape({ batch * valueHeads, keyDims, valueDims });
    std::vector<at::Tensor> outputs;
    std::vector<at::Tensor> captured;
    std::int64_t begin = 0;
    const auto advanceTo = [&](std::int64_t end) {
        if (end > begin) {
            const std::int64_t length = end - begin;
            const Chunks chunks = prepareChunks(in, begin, length, std::min(chunkLength, length));
            outputs.push_back(runSegment(chunks, length, state, inputs.job));
            begin = end;
        }
    };
    for (const std::int64_t position : positions) {
        advanceTo(position);
        captured.push_back(state.reshape({ batch, valueHeads, keyDims, valueDims }));
    }
    advanceTo(tokens);

    DeltaOutputs result;
    result.o = outputs.empty() ? at::empty_like(inputs.v)
                               : at::cat(outputs, 1)
                                     .reshape({ batch, valueHeads, tokens, valueDims })
                                     .transpose(1, 2)
                                     .to(inputs.v.scalar_type());
    result.finalState = state.reshape({ batch, valueHeads, keyDims, valueDims });
    if (!captured.empty()) {
        result.capturedStates = at::stack(captured, 1);
    }
    return result;
}

DeltaOutputs deltaRule(const DeltaInputs& inputs, RecurrenceForm form,
                       const std::vector<std::int64_t>& positions)
{
    if (form == RecurrenceForm::Automatic) {
        form = inputs.v.is_cuda() && deltaKernelApplies(inputs) ? RecurrenceForm::Kernel
                                                                : RecurrenceForm::Chunk;
    }
    switch (form) {
    case RecurrenceForm::Token:
        return tokenForm(inputs, positions);
    case RecurrenceForm::Kernel:
        return deltaRuleKernel(inputs, positions);
    case RecurrenceForm::Automatic:
    case RecurrenceForm::Chunk:
        break;
    }
    return deltaRuleChunked(inputs, kChunkLength, positions);
}

} // namespace rankscope
