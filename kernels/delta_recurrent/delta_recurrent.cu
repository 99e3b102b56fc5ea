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
constexpr int kThreads = kWarps * 32;
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

template <int LanesOfGroup, int RowsOfLane> struct Shape {
    static constexpr int Lanes = LanesOfGroup;
    static constexpr int Rows = RowsOfLane; ///< key channels of a lane
    static constexpr int KeyDims = Lanes * Rows; ///< with the padding
    static constexpr int GroupsOfWarp = 32 / Lanes;
    static constexpr int Columns = kColumns * GroupsOfWarp * kWarps; ///< of a block
    static constexpr int Tokens = KeyDims <= 256 ? 8 : 4; ///< that a block takes from memory at once
    /// Blocks that a multiprocessor shall hold: they share 65,536 registers.
    static constexpr int Blocks = Rows <= 4 ? 5 : (Rows <= 8 ? 4 : (KeyDims <= 448 ? 3 : 2));
};

/// Some tokens as all warps of a block need them: in fp32, key channels beyond Dk zero.
template <typename S> struct Stage {
    float keys[S::Tokens][S::KeyDims];
    float queries[S::Tokens][S::KeyDims];
    float values[S::Tokens][S::Columns];
    float decay[S::Tokens]; ///< e^g
    float beta[S::Tokens];
};

/// Brings tokens to a block: request() starts the loads of the next tokens, and deliver() waits for them, so
/// that the work in between hides their latency. Kept in the element type on the way: a conversion would wait
/// for the load.
template <typename Element, typename S> class Loader {
public:
    /// The pointers are those of token 0, and of the block's first column.
    __device__ Loader(const DeltaRecurrentParams& p, std::int64_t keyStart, std::int64_t valueStart,
                      std::int64_t gateStart, int columnsLeft)
        : m_keys(static_cast<const Element*>(p.keys) + keyStart)
        , m_queries(static_cast<const Element*>(p.queries) + keyStart)
        , m_values(static_cast<const Element*>(p.values) + valueStart)
        , m_logDecay(p.logDecay == nullptr ? nullptr : p.logDecay + gateStart)
        , m_betas(p.beta == nullptr ? nullptr : p.beta + gateStart)
        , m_keyStride(static_cast<std::int64_t>(p.keyHeads) * p.keyDims)
        , m_valueStride(static_cast<std::int64_t>(p.valueHeads) * p.valueDims)
        , m_gateStride(p.valueHeads)
        , m_keyDims(p.keyDims)
        , m_columnsLeft(columnsLeft)
    {
    }

    /// The tokens from `first` on, `count` of them (at most S::Tokens). Warp w fetches tokens w, w + kWarps,
    /// ...
    __device__ void request(std::int64_t first, int count)
    {
#pragma unroll
        for (int n = 0; n < kTokens; ++n) {
            const int token = m_warp + n * kWarps;
            const Element* keys = m_keys + (first + token) * m_keyStride;
            const Element* queries = m_queries + (first + token) * m_keyStride;
#pragma unroll
            for (int r = 0; r < kKeyLoads; ++r) {
                const int channel = m_lane + r * 32;
                const bool exists = token < count && channel < m_keyDims;
                m_key[n][r] = exists ? keys[channel] : Element(0.0F);
                m_query[n][r] = exists ? queries[channel] : Element(0.0F);
            }
            const bool exists = token < count && m_lane < m_columnsLeft;
            m_value[n] = exists ? m_values[(first + token) * m_valueStride + m_lane] : Element(0.0F);
            const std::int64_t gate = (first + token) * m_gateStride;
            m_gate[n] = m_logDecay != nullptr && token < count ? m_logDecay[gate] : 0.0F;
            m_beta[n] = m_betas != nullptr && token < count ? m_betas[gate] : 1.0F;
        }
    }

    __device__ void deliver(Stage<S>& stage) const
    {
#pragma unroll
        for (int n = 0; n < kTokens; ++n) {
            const int token = m_warp + n * kWarps;
#pragma unroll
            for (int r = 0; r < kKeyLoads; ++r) {
                const int channel = m_lane + r * 32;
                if (channel < S::KeyDims) {
                    stage.keys[token][channel] = toFloat(m_key[n][r]);
                    stage.queries[token][channel] = toFloat(m_query[n][r]);
                }
            }
            if (m_lane < S::Columns) {
                stage.values[token][m_lane] = toFloat(m_value[n]);
            }
            if (m_lane == 0) {
                stage.decay[token] = expf(m_gate[n]);
                stage.beta[token] = m_beta[n];
            }
        }
    }

private:
    static constexpr int kTokens = S::Tokens / kWarps; // of a warp
    static constexpr int kKeyLoads = (S::KeyDims + 31) / 32; // of a lane and token
    static_assert(S::Tokens % kWarps == 0 && S::Columns <= 32);

    const Element* m_keys;
    const Element* m_queries;
    const Element* m_values;
    const float* m_logDecay;
    const float* m_betas;
    std::int64_t m_keyStride;
    std::int64_t m_valueStride;
    std::int64_t m_gateStride;
    int m_keyDims;
    int m_columnsLeft;
    int m_warp = static_cast<int>(threadIdx.x) / 32;
    int m_lane = static_cast<int>(threadIdx.x) % 32;
    Element m_key[kTokens][kKeyLoads];
    Element m_query[kTokens][kKeyLoads];
    Element m_value[kTokens];
    float m_gate[kTokens];
    float m_beta[kTokens];
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
            if (i < keyDims && c < columnsLeft) {
                target[static_cast<std::int64_t>(i) * valueDims + c] = state[r][c];
            }
        }
    }
}

/// Takes one token into the state of a group whose columns start at `column` of the block. Returns the output
/// of column lane % kColumns.
template <typename S>
__device__ float advance(float (&state)[S::Rows][kColumns], const Stage<S>& stage, int token, int column,
                         int lane)
{
    static_assert(kColumns == 4 && S::Lanes >= 8, "reduceEight and the lane arithmetic below");
    // With S the state before this token: S'^T q = e^g S^T q + (k.q) u, so that both products with the state
    // are summed over the group at once and one reduction, not two, lies on the chain from token to token.
    float key[S::Rows];
    float sums[2 * kColumns] = {};
    float keyQuery = 0.0F;
#pragma unroll
    for (int r = 0; r < S::Rows; ++r) {
        key[r] = stage.keys[token][lane + S::Lanes * r];
        const float query = stage.queries[token][lane + S::Lanes * r];
        keyQuery = fmaf(key[r], query, keyQuery);
#pragma unroll
        for (int c = 0; c < kColumns; ++c) {
            sums[c] = fmaf(state[r][c], key[r], sums[c]);
            sums[kColumns + c] = fmaf(state[r][c], query, sums[kColumns + c]);
        }
    }
    keyQuery = reduceOne<S::Lanes>(keyQuery);
    const float mine = reduceEight<S::Lanes>(sums, lane);
    const float other = __shfl_xor_sync(kAllLanes, mine, kColumns);
    const bool holdsKeySum = (lane & kColumns) == 0;
    const float stateKey = holdsKeySum ? mine : other;
    const float stateQuery = holdsKeySum ? other : mine;
    const float decay = stage.decay[token];
    const float value = stage.values[token][column + lane % kColumns];
    const float update = stage.beta[token] * (value - decay * stateKey);
#pragma unroll
    for (int c = 0; c < kColumns; ++c) {
        const float u = __shfl_sync(kAllLanes, update, c, S::Lanes);
#pragma unroll
        for (int r = 0; r < S::Rows; ++r) {
            state[r][c] = fmaf(key[r], u, decay * state[r][c]);
        }
    }
    return fmaf(keyQuery, update, decay * stateQuery);
}

template <typename Element, typename S>
__global__ void __launch_bounds__(kThreads, S::Blocks) deltaRecurrentKernel(const Arguments arguments)
{
    __shared__ Stage<S> stages[2];
    const DeltaRecurrentParams& p = arguments.p;
    const int lane = static_cast<int>(threadIdx.x) % S::Lanes;
    const int column = static_cast<int>(threadIdx.x) / S::Lanes * kColumns; // of the block
    const std::int64_t sequenceHead = blockIdx.x / arguments.columnBlocks;
    const std::int64_t firstColumn = blockIdx.x % arguments.columnBlocks * S::Columns;
    const auto columnsOfBlock = static_cast<int>(min(p.valueDims - firstColumn, std::int64_t { S::Columns }));
    // A group without a column of its own runs along when its warp has one: the shuffles want the whole warp.
    const int columnsLeft = columnsOfBlock - column;
    const bool columnExists = lane % kColumns < columnsLeft;
    const bool warpWorks = static_cast<int>(threadIdx.x) / 32 * (S::GroupsOfWarp * kColumns) < columnsOfBlock;

    const std::int64_t b = sequenceHead / p.valueHeads;
    const int valueHead = static_cast<int>(sequenceHead % p.valueHeads);
    const int keyHead = valueHead / (p.valueHeads / p.keyHeads);
    const std::int64_t stateElements = static_cast<std::int64_t>(p.keyDims) * p.valueDims;
    const std::int64_t valueStride = static_cast<std::int64_t>(p.valueHeads) * p.valueDims;
    const std::int64_t firstGate = b * p.tokens * p.valueHeads + valueHead;
    const std::int64_t firstValue = firstGate * p.valueDims + firstColumn;
    Loader<Element, S> loader(p, (b * p.tokens * p.keyHeads + keyHead) * p.keyDims, firstValue, firstGate,
                              columnsOfBlock);
    Element* output = static_cast<Element*>(p.outputs) + firstValue + column + lane % kColumns;

    float state[S::Rows][kColumns];
#pragma unroll
    for (int r = 0; r < S::Rows; ++r) {
        const int i = lane + S::Lanes * r;
#pragma unroll
        for (int c = 0; c < kColumns; ++c) {
            const bool exists = p.initialState != nullptr && i < p.keyDims && c < columnsLeft;
            state[r][c] = exists
                ? p.initialState[sequenceHead * stateElements + static_cast<std::int64_t>(i) * p.valueDims
                                 + firstColumn + column + c]
                : 0.0F;
        }
    }
    float* capture = nullptr;
    std::int64_t untilCapture = p.captureEvery;
    if (p.capturedStates != nullptr) {
        capture = p.capturedStates
            + (b * (p.tokens / p.captureEvery) * p.valueHeads + valueHead) * stateElements + firstColumn
            + column;
    }

    const auto tokensFrom = [&](std::int64_t first) {
        return static_cast<int>(min(max(p.tokens - first, std::int64_t { 0 }), std::int64_t { S::Tokens }));
    };
    loader.request(0, tokensFrom(0));
    loader.deliver(stages[0]);
    __syncthreads();
    int current = 0;
    for (std::int64_t first = 0; first < p.tokens; first += S::Tokens) {
        loader.request(first + S::Tokens, tokensFrom(first + S::Tokens));
        const int count = warpWorks ? tokensFrom(first) : 0;
#pragma unroll 2
        for (int token = 0; token < count; ++token) {
            const float o = p.scale * advance<S>(state, stages[current], token, column, lane);
            if (lane < kColumns && columnExists) {
                store(output, o);
            }
            output += valueStride;
            if (capture != nullptr && --untilCapture == 0) {
                writeState<S>(capture, state, p.keyDims, p.valueDims, columnsLeft, lane);
                capture += p.valueHeads * stateElements;
                untilCapture = p.captureEvery;
            }
        }
        // The other stage was last read before the barrier of the round before.
        current = 1 - current;
        loader.deliver(stages[current]);
        __syncthreads();
    }
    if (p.finalState != nullptr && warpWorks) {
        writeState<S>(p.finalState + sequenceHead * stateElements + firstColumn + column, state, p.keyDims,
                      p.valueDims, columnsLeft, lane);
    }
}

struct Choice {
    void (*kernel)(Arguments);
    int columnsOfBlock;
};

template <typename Element, int Lanes, int Rows> Choice choose()
{
    using S = Shape<Lanes, Rows>;
    return { deltaRecurrentKernel<Element, S>, S::Columns };
}

/// Up to 256 key channels every multiple of 16 has its own instance, so that a pruned key size costs what it
/// holds; beyond, every multiple of 64.
template <typename Element> Choice chooseKernel(int keyDims)
{
    switch (ceilDiv(keyDims, 16)) {
    case 1:
        return choose<Element, 16, 1>();
    case 2:
        return choose<Element, 16, 2>();
    case 3:
        return choose<Element, 16, 3>();
    case 4:
        return choose<Element, 16, 4>();
    case 5:
        return choose<Element, 16, 5>();
    case 6:
        return choose<Element, 16, 6>();
    case 7:
        return choose<Element, 16, 7>();
    case 8:
        return choose<Element, 16, 8>();
    case 9:
        return choose<Element, 16, 9>();
    case 10:
        return choose<Element, 16, 10>();
    case 11:
        return choose<Element, 16, 11>();
    case 12:
        return choose<Element, 16, 12>();
    case 13:
        return choose<Element, 16, 13>();
    case 14:
        return choose<Element, 16, 14>();
    case 15:
        return choose<Element, 16, 15>();
    case 16:
        return choose<Element, 16, 16>();
    default:
        break;
    }
    switch (ceilDiv(keyDims, 64)) {
    case 5:
        return choose<Element, 32, 10>();
    case 6:
        return choose<Element, 32, 12>();
    case 7:
        return choose<Element, 32, 14>();
    default:
        return choose<Element, 32, 16>();
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
    return launch(choice.kernel, grid, dim3(kThreads), stream, Arguments { params, columnBlocks });
}

} // namespace rankscope::kernels
