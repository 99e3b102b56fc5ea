// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/delta_recurrent/delta_recurrent_check.h"
#include "kernels/launch.cuh"

#include <cuda_bf16.h>

namespace rankscope::kernels {

namespace {

/// A group of Lanes lanes (16 or 32) owns kColumns value columns; lane l of it holds the key channels l, l +
/// Lanes, ... of each as fp32 registers. The shape depends on the key size alone, not on batch or length, so
/// that a sequence gives the same bits alone and in a batch.
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

/// How many key channels a lane holds. Only in the last Slack of its rows can a channel lie beyond Dk.
template <int LanesOfGroup, int RowsOfLane, int SlackRows> struct Shape {
    static constexpr int Lanes = LanesOfGroup;
    static constexpr int Rows = RowsOfLane;
    /// Tokens on their way from memory: as many as the registers allow.
    static constexpr int Ahead = Rows <= 4 ? 4 : (Rows <= 8 ? 3 : 2);
    /// Three allow 168 registers a thread, four 128.
    static constexpr int BlocksOfMultiprocessor = Rows <= 8 ? 4 : 3;
    static constexpr int GroupsOfWarp = 32 / Lanes;
    static constexpr int ColumnsOfBlock = kColumns * GroupsOfWarp * kWarps;

    static __device__ bool exists(int row, int keyDim, int keyDims)
    {
        return row < Rows - SlackRows || keyDim < keyDims;
    }
};

/// Where one group reads and writes, moved on token by token.
template <typename Element> struct Cursor {
    const Element* keys;
    const Element* queries;
    const Element* values;
    const float* logDecay; ///< or null
    const float* beta; ///< or null
};

/// What one token brings to one lane, as it lies in memory: a conversion here would wait for the load.
template <typename Element, typename S> struct Token {
    Element key[S::Rows];
    Element query[S::Rows];
    Element value; ///< of column lane % kColumns
    float logDecay;
    float beta;

    __device__ void request(const Cursor<Element>& from, int keyDims, int lane, bool columnExists)
    {
#pragma unroll
        for (int r = 0; r < S::Rows; ++r) {
            const int i = lane + S::Lanes * r;
            const bool exists = S::exists(r, i, keyDims);
            key[r] = exists ? from.keys[i] : Element(0.0F);
            query[r] = exists ? from.queries[i] : Element(0.0F);
        }
        value = columnExists ? from.values[lane % kColumns] : Element(0.0F);
        logDecay = from.logDecay == nullptr ? 0.0F : *from.logDecay;
        beta = from.beta == nullptr ? 1.0F : *from.beta;
    }
};

/// Sums eight values over a group: each step halves the values that a lane still carries. Lane l gets the
/// total of values[l % 8]; the order of additions is the same for every lane that shares an index.
template <int Lanes> __device__ float reduceEight(float (&values)[8], int lane)
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
#pragma unroll
    for (int mask = 8; mask < Lanes; mask *= 2) {
        total += __shfl_xor_sync(kAllLanes, total, mask);
    }
    return total;
}

template <int Lanes> __device__ float reduceOne(float value)
{
#pragma unroll
    for (int mask = Lanes / 2; mask >= 1; mask /= 2) {
        value += __shfl_xor_sync(kAllLanes, value, mask);
    }
    return value;
}

template <typename S>
__device__ void writeState(float* target, const float (&state)[S::Rows][kColumns], int keyDims, int valueDims,
                           int columnsLeft, int lane)
{
#pragma unroll
    for (int r = 0; r < S::Rows; ++r) {
        const int i = lane + S::Lanes * r;
#pragma unroll
        for (int c = 0; c < kColumns; ++c) {
            if (S::exists(r, i, keyDims) && c < columnsLeft) {
                target[static_cast<std::int64_t>(i) * valueDims + c] = state[r][c];
            }
        }
    }
}

/// Takes one token into the state. Returns the output of column lane % kColumns.
template <typename Element, typename S>
__device__ float advance(float (&state)[S::Rows][kColumns], const Token<Element, S>& token, float scale,
                         int lane)
{
    static_assert(kColumns == 4 && S::Lanes >= 8, "reduceEight and the lane arithmetic below");
    // With S the state before this token: S'^T q = e^g S^T q + (k.q) u, so that both products with the state
    // are summed over the group at once and one reduction, not two, lies on the chain from token to token.
    float sums[2 * kColumns] = {};
    float keyQuery = 0.0F;
#pragma unroll
    for (int r = 0; r < S::Rows; ++r) {
        const float k = toFloat(token.key[r]);
        const float q = toFloat(token.query[r]);
        keyQuery = fmaf(k, q, keyQuery);
#pragma unroll
        for (int c = 0; c < kColumns; ++c) {
            sums[c] = fmaf(state[r][c], k, sums[c]);
            sums[kColumns + c] = fmaf(state[r][c], q, sums[kColumns + c]);
        }
    }
    keyQuery = reduceOne<S::Lanes>(keyQuery);
    const float mine = reduceEight<S::Lanes>(sums, lane);
    const float other = __shfl_xor_sync(kAllLanes, mine, kColumns);
    const bool holdsKeySum = (lane & kColumns) == 0;
    const float stateKey = holdsKeySum ? mine : other;
    const float stateQuery = holdsKeySum ? other : mine;
    const float decay = expf(token.logDecay);
    const float update = token.beta * (toFloat(token.value) - decay * stateKey);
#pragma unroll
    for (int c = 0; c < kColumns; ++c) {
        const float u = __shfl_sync(kAllLanes, update, c, S::Lanes);
#pragma unroll
        for (int r = 0; r < S::Rows; ++r) {
            state[r][c] = fmaf(toFloat(token.key[r]), u, decay * state[r][c]);
        }
    }
    return scale * fmaf(keyQuery, update, decay * stateQuery);
}

template <typename Element, typename S>
__global__ void __launch_bounds__(kWarps * 32, S::BlocksOfMultiprocessor)
    deltaRecurrentKernel(const Arguments arguments)
{
    const DeltaRecurrentParams& p = arguments.p;
    const int lane = static_cast<int>(threadIdx.x) % S::Lanes;
    const std::int64_t sequenceHead = blockIdx.x / arguments.columnBlocks;
    const std::int64_t firstOfBlock = blockIdx.x % arguments.columnBlocks * S::ColumnsOfBlock;
    if (firstOfBlock + threadIdx.x / 32 * (S::GroupsOfWarp * kColumns) >= p.valueDims) {
        return; // whole warps only: nobody waits for them
    }
    // A group without a column of its own runs along: the shuffles want the whole warp.
    const std::int64_t firstColumn = firstOfBlock + threadIdx.x / S::Lanes * kColumns;
    const int columnsLeft = static_cast<int>(p.valueDims - firstColumn);
    const bool columnExists = lane % kColumns < columnsLeft;

    const std::int64_t b = sequenceHead / p.valueHeads;
    const int valueHead = static_cast<int>(sequenceHead % p.valueHeads);
    const int keyHead = valueHead / (p.valueHeads / p.keyHeads);
    const std::int64_t stateElements = static_cast<std::int64_t>(p.keyDims) * p.valueDims;
    const std::int64_t keyStride = static_cast<std::int64_t>(p.keyHeads) * p.keyDims;
    const std::int64_t valueStride = static_cast<std::int64_t>(p.valueHeads) * p.valueDims;
    const std::int64_t keyStart = b * p.tokens * keyStride + static_cast<std::int64_t>(keyHead) * p.keyDims;
    const std::int64_t valueStart
        = b * p.tokens * valueStride + static_cast<std::int64_t>(valueHead) * p.valueDims + firstColumn;
    const std::int64_t gateStart = b * p.tokens * p.valueHeads + valueHead;
    Cursor<Element> cursor { static_cast<const Element*>(p.keys) + keyStart,
                             static_cast<const Element*>(p.queries) + keyStart,
                             static_cast<const Element*>(p.values) + valueStart,
                             p.logDecay == nullptr ? nullptr : p.logDecay + gateStart,
                             p.beta == nullptr ? nullptr : p.beta + gateStart };
    auto* outputs = static_cast<Element*>(p.outputs) + valueStart;

    float state[S::Rows][kColumns];
#pragma unroll
    for (int r = 0; r < S::Rows; ++r) {
        const int i = lane + S::Lanes * r;
#pragma unroll
        for (int c = 0; c < kColumns; ++c) {
            const bool read = p.initialState != nullptr && S::exists(r, i, p.keyDims) && c < columnsLeft;
            state[r][c] = read
                ? p.initialState[sequenceHead * stateElements + static_cast<std::int64_t>(i) * p.valueDims
                                 + firstColumn + c]
                : 0.0F;
        }
    }
    float* capture = nullptr;
    std::int64_t untilCapture = p.captureEvery;
    if (p.capturedStates != nullptr) {
        capture = p.capturedStates
            + (b * (p.tokens / p.captureEvery) * p.valueHeads + valueHead) * stateElements + firstColumn;
    }

    std::int64_t requested = 0;
    const auto requestNext = [&](Token<Element, S>& token) {
        if (requested < p.tokens) {
            token.request(cursor, p.keyDims, lane, columnExists);
            cursor.keys += keyStride;
            cursor.queries += keyStride;
            cursor.values += valueStride;
            cursor.logDecay += cursor.logDecay == nullptr ? 0 : p.valueHeads;
            cursor.beta += cursor.beta == nullptr ? 0 : p.valueHeads;
            ++requested;
        }
    };
    Token<Element, S> ring[S::Ahead];
#pragma unroll
    for (int slot = 0; slot < S::Ahead; ++slot) {
        requestNext(ring[slot]);
    }
    for (std::int64_t t = 0; t < p.tokens; t += S::Ahead) {
#pragma unroll
        for (int slot = 0; slot < S::Ahead; ++slot) {
            if (t + slot < p.tokens) {
                const float output = advance<Element, S>(state, ring[slot], p.scale, lane);
                requestNext(ring[slot]);
                if (lane < kColumns && columnExists) {
                    store(outputs + lane, output);
                }
                outputs += valueStride;
                if (capture != nullptr && --untilCapture == 0) {
                    writeState<S>(capture, state, p.keyDims, p.valueDims, columnsLeft, lane);
                    capture += p.valueHeads * stateElements;
                    untilCapture = p.captureEvery;
                }
            }
        }
    }
    if (p.finalState != nullptr) {
        writeState<S>(p.finalState + sequenceHead * stateElements + firstColumn, state, p.keyDims,
                      p.valueDims, columnsLeft, lane);
    }
}

struct Choice {
    void (*kernel)(Arguments);
    int columnsOfBlock;
};

template <typename Element, int Lanes, int Rows, int Slack> Choice choose()
{
    using S = Shape<Lanes, Rows, Slack>;
    return { deltaRecurrentKernel<Element, S>, S::ColumnsOfBlock };
}

/// Up to 256 key channels every multiple of 16 has its own instance, so that a pruned key size costs what it
/// holds; beyond, every multiple of 64.
template <typename Element> Choice chooseKernel(int keyDims)
{
    switch (ceilDiv(keyDims, 16)) {
    case 1:
        return choose<Element, 16, 1, 1>();
    case 2:
        return choose<Element, 16, 2, 1>();
    case 3:
        return choose<Element, 16, 3, 1>();
    case 4:
        return choose<Element, 16, 4, 1>();
    case 5:
        return choose<Element, 16, 5, 1>();
    case 6:
        return choose<Element, 16, 6, 1>();
    case 7:
        return choose<Element, 16, 7, 1>();
    case 8:
        return choose<Element, 16, 8, 1>();
    case 9:
        return choose<Element, 16, 9, 1>();
    case 10:
        return choose<Element, 16, 10, 1>();
    case 11:
        return choose<Element, 16, 11, 1>();
    case 12:
        return choose<Element, 16, 12, 1>();
    case 13:
        return choose<Element, 16, 13, 1>();
    case 14:
        return choose<Element, 16, 14, 1>();
    case 15:
        return choose<Element, 16, 15, 1>();
    case 16:
        return choose<Element, 16, 16, 1>();
    default:
        break;
    }
    switch (ceilDiv(keyDims, 64)) {
    case 5:
        return choose<Element, 32, 10, 2>();
    case 6:
        return choose<Element, 32, 12, 2>();
    case 7:
        return choose<Element, 32, 14, 2>();
    default:
        return choose<Element, 32, 16, 2>();
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
    const Choice choice = params.element == ElementType::BF16 ? chooseKernel<__nv_bfloat16>(params.keyDims)
                                                              : chooseKernel<float>(params.keyDims);
    const std::int64_t columnBlocks = ceilDiv(params.valueDims, choice.columnsOfBlock);
    const std::int64_t sequenceHeads = static_cast<std::int64_t>(params.batch) * params.valueHeads;
    if (sequenceHeads > kMaxGridX / columnBlocks) {
        return KernelStatus::InvalidArgument;
    }
    const dim3 grid(static_cast<unsigned>(sequenceHeads * columnBlocks));
    return launch(choice.kernel, grid, dim3(kWarps * 32), stream, Arguments { params, columnBlocks });
}

} // namespace rankscope::kernels
