// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/delta_recurrent/delta_recurrent_check.h"
#include "kernels/launch.cuh"

#include <cuda_bf16.h>

namespace rankscope::kernels {

namespace {

/// One warp owns kColumns value columns; lane l holds the key channels l, l + 32, ... of each as fp32
/// registers. Fixed, not chosen by batch size, so that a sequence gives the same bits alone and in a batch.
constexpr int kColumns = 4;
constexpr int kWarps = 4;
constexpr unsigned kAllLanes = 0xffffffffU;

struct Arguments {
    DeltaRecurrentParams p;
    std::int64_t columnBlocks; ///< blocks that cover the value columns of one sequence-head
};

__device__ float toFloat(float x)
{
    return x;
}
__device__ float toFloat(__nv_bfloat16 x)
{
    return __bfloat162float(x);
}
__device__ void store(float* target, float x)
{
    *target = x;
}
__device__ void store(__nv_bfloat16* target, float x)
{
    *target = __float2bfloat16_rn(x);
}

/// What one token brings to one lane.
template <typename Element, int Rows> struct Token {
    float key[Rows];
    float query[Rows];
    float value; ///< of column lane % kColumns
    float decay; ///< e^g
    float beta;

    __device__ void read(const Element* k, const Element* q, const Element* v, const float* logDecay,
                         const float* betas, int keyDims, int lane, bool columnExists)
    {
#pragma unroll
        for (int r = 0; r < Rows; ++r) {
            const int i = lane + 32 * r;
            key[r] = i < keyDims ? toFloat(k[i]) : 0.0F;
            query[r] = i < keyDims ? toFloat(q[i]) : 0.0F;
        }
        value = columnExists ? toFloat(v[lane % kColumns]) : 0.0F;
        decay = logDecay == nullptr ? 1.0F : expf(*logDecay);
        beta = betas == nullptr ? 1.0F : *betas;
    }
};

/// Sums eight values over the warp with nine shuffles: each step halves the values a lane still carries. Lane
/// l gets the total of values[l % 8]; the order of additions is the same for every lane that shares an index.
__device__ float reduceEight(float (&values)[8], int lane)
{
#pragma unroll
    for (int half = 4; half >= 1; half /= 2) {
        const bool upper = (lane & half) != 0;
#pragma unroll
        for (int j = 0; j < half; ++j) {
            const float send = upper ? values[j] : values[j + half];
            const float keep = upper ? values[j + half] : values[j];
            values[j] = keep + __shfl_xor_sync(kAllLanes, send, half);
        }
    }
    float total = values[0];
    total += __shfl_xor_sync(kAllLanes, total, 8);
    total += __shfl_xor_sync(kAllLanes, total, 16);
    return total;
}

__device__ float reduceOne(float value)
{
#pragma unroll
    for (int mask = 16; mask >= 1; mask /= 2) {
        value += __shfl_xor_sync(kAllLanes, value, mask);
    }
    return value;
}

template <int Rows>
__device__ void writeState(float* target, const float (&state)[Rows][kColumns], int keyDims, int valueDims,
                           int columnsLeft, int lane)
{
#pragma unroll
    for (int r = 0; r < Rows; ++r) {
        const int i = lane + 32 * r;
#pragma unroll
        for (int c = 0; c < kColumns; ++c) {
            if (i < keyDims && c < columnsLeft) {
                target[static_cast<std::int64_t>(i) * valueDims + c] = state[r][c];
            }
        }
    }
}

template <typename Element, int Rows>
__global__ void __launch_bounds__(kWarps * 32) deltaRecurrentKernel(const Arguments arguments)
{
    const DeltaRecurrentParams& p = arguments.p;
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const std::int64_t sequenceHead = blockIdx.x / arguments.columnBlocks;
    const std::int64_t firstColumn
        = (blockIdx.x % arguments.columnBlocks * kWarps + threadIdx.x / 32) * kColumns;
    if (firstColumn >= p.valueDims) {
        return; // whole warps only: nobody waits for them
    }
    const std::int64_t b = sequenceHead / p.valueHeads;
    const int valueHead = static_cast<int>(sequenceHead % p.valueHeads);
    const int keyHead = valueHead / (p.valueHeads / p.keyHeads);
    const int columnsLeft = static_cast<int>(p.valueDims - firstColumn);
    const bool columnExists = lane % kColumns < columnsLeft;
    const std::int64_t stateElements = static_cast<std::int64_t>(p.keyDims) * p.valueDims;

    const std::int64_t keyStride = static_cast<std::int64_t>(p.keyHeads) * p.keyDims;
    const std::int64_t valueStride = static_cast<std::int64_t>(p.valueHeads) * p.valueDims;
    const std::int64_t keyStart = b * p.tokens * keyStride + static_cast<std::int64_t>(keyHead) * p.keyDims;
    const std::int64_t valueStart
        = b * p.tokens * valueStride + static_cast<std::int64_t>(valueHead) * p.valueDims + firstColumn;
    const std::int64_t gateStart = b * p.tokens * p.valueHeads + valueHead;
    const auto* keys = static_cast<const Element*>(p.keys) + keyStart;
    const auto* queries = static_cast<const Element*>(p.queries) + keyStart;
    const auto* values = static_cast<const Element*>(p.values) + valueStart;
    auto* outputs = static_cast<Element*>(p.outputs) + valueStart;
    const float* logDecay = p.logDecay == nullptr ? nullptr : p.logDecay + gateStart;
    const float* betas = p.beta == nullptr ? nullptr : p.beta + gateStart;

    float state[Rows][kColumns];
#pragma unroll
    for (int r = 0; r < Rows; ++r) {
        const int i = lane + 32 * r;
#pragma unroll
        for (int c = 0; c < kColumns; ++c) {
            const bool read = p.initialState != nullptr && i < p.keyDims && c < columnsLeft;
            state[r][c] = read
                ? p.initialState[sequenceHead * stateElements + static_cast<std::int64_t>(i) * p.valueDims
                                 + firstColumn + c]
                : 0.0F;
        }
    }

    const bool capturing = p.capturedStates != nullptr;
    std::int64_t untilCapture = p.captureEvery;
    float* capture = nullptr;
    if (capturing) {
        capture = p.capturedStates
            + (b * (p.tokens / p.captureEvery) * p.valueHeads + valueHead) * stateElements + firstColumn;
    }

    Token<Element, Rows> now;
    if (p.tokens > 0) {
        now.read(keys, queries, values, logDecay, betas, p.keyDims, lane, columnExists);
    }
    for (std::int64_t t = 0; t < p.tokens; ++t) {
        // The next token is requested before this one is worked on, so that its latency is hidden.
        Token<Element, Rows> next = now;
        keys += keyStride;
        queries += keyStride;
        values += valueStride;
        logDecay = logDecay == nullptr ? nullptr : logDecay + p.valueHeads;
        betas = betas == nullptr ? nullptr : betas + p.valueHeads;
        if (t + 1 < p.tokens) {
            next.read(keys, queries, values, logDecay, betas, p.keyDims, lane, columnExists);
        }

        // With S the state before this token: S'^T q = e^g S^T q + (k.q) u, so that both products with the
        // state are summed over the warp at once and one reduction, not two, lies on the chain from token to
        // token.
        float sums[2 * kColumns] = {};
        float keyQuery = 0.0F;
#pragma unroll
        for (int r = 0; r < Rows; ++r) {
            keyQuery = fmaf(now.key[r], now.query[r], keyQuery);
#pragma unroll
            for (int c = 0; c < kColumns; ++c) {
                sums[c] = fmaf(state[r][c], now.key[r], sums[c]);
                sums[kColumns + c] = fmaf(state[r][c], now.query[r], sums[kColumns + c]);
            }
        }
        static_assert(kColumns == 4, "reduceEight and the lane arithmetic below");
        keyQuery = reduceOne(keyQuery);
        const float mine = reduceEight(sums, lane);
        const float other = __shfl_xor_sync(kAllLanes, mine, kColumns);
        const bool holdsKeySum = (lane & kColumns) == 0;
        const float stateKey = holdsKeySum ? mine : other;
        const float stateQuery = holdsKeySum ? other : mine;
        const float update = now.beta * (now.value - now.decay * stateKey);
        const float output = p.scale * fmaf(keyQuery, update, now.decay * stateQuery);
#pragma unroll
        for (int c = 0; c < kColumns; ++c) {
            const float u = __shfl_sync(kAllLanes, update, c);
#pragma unroll
            for (int r = 0; r < Rows; ++r) {
                state[r][c] = fmaf(now.key[r], u, now.decay * state[r][c]);
            }
        }
        if (lane < kColumns && columnExists) {
            store(outputs + lane, output);
        }
        outputs += valueStride;

        if (capturing && --untilCapture == 0) {
            writeState<Rows>(capture, state, p.keyDims, p.valueDims, columnsLeft, lane);
            capture += p.valueHeads * stateElements;
            untilCapture = p.captureEvery;
        }
        now = next;
    }
    if (p.finalState != nullptr) {
        writeState<Rows>(p.finalState + sequenceHead * stateElements + firstColumn, state, p.keyDims,
                         p.valueDims, columnsLeft, lane);
    }
}

/// The instance with the fewest registers a lane that holds `rows` key channels. Every multiple of 32 up to
/// 256 has its own, so that a pruned key size costs what it holds; beyond, every second.
template <typename Element> void (*kernelForRows(int rows))(Arguments)
{
    switch (rows) {
    case 1:
        return deltaRecurrentKernel<Element, 1>;
    case 2:
        return deltaRecurrentKernel<Element, 2>;
    case 3:
        return deltaRecurrentKernel<Element, 3>;
    case 4:
        return deltaRecurrentKernel<Element, 4>;
    case 5:
        return deltaRecurrentKernel<Element, 5>;
    case 6:
        return deltaRecurrentKernel<Element, 6>;
    case 7:
        return deltaRecurrentKernel<Element, 7>;
    case 8:
        return deltaRecurrentKernel<Element, 8>;
    case 9:
    case 10:
        return deltaRecurrentKernel<Element, 10>;
    case 11:
    case 12:
        return deltaRecurrentKernel<Element, 12>;
    case 13:
    case 14:
        return deltaRecurrentKernel<Element, 14>;
    default:
        return deltaRecurrentKernel<Element, 16>;
    }
}

} // namespace

KernelStatus deltaRecurrent(const DeltaRecurrentParams& params, StreamHandle stream) noexcept
{
    const KernelStatus status = checkDeltaRecurrent(params);
    if (status != KernelStatus::Ok) {
        return status;
    }
    if (params.tokens == 0 && params.finalState == nullptr) {
        return KernelStatus::Ok;
    }
    const std::int64_t columnBlocks = ceilDiv(params.valueDims, kColumns * kWarps);
    const std::int64_t sequenceHeads = static_cast<std::int64_t>(params.batch) * params.valueHeads;
    if (sequenceHeads > kMaxGridX / columnBlocks) {
        return KernelStatus::InvalidArgument;
    }
    const int rows = static_cast<int>(ceilDiv(params.keyDims, 32));
    const auto kernel = params.element == ElementType::BF16 ? kernelForRows<__nv_bfloat16>(rows)
                                                            : kernelForRows<float>(rows);
    const dim3 grid(static_cast<unsigned>(sequenceHeads * columnBlocks));
    return launch(kernel, grid, dim3(kWarps * 32), stream, Arguments { params, columnBlocks });
}

} // namespace rankscope::kernels
