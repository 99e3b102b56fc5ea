// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/bf16.h"
#include "kernels/delta_recurrent/delta_recurrent_check.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace rankscope::kernels {

namespace {

/// Value columns worked on together: their state (at most 512 x 8 doubles) stays in the first-level cache,
/// and on the stack, since kernels do not allocate.
constexpr int kTile = 8;

template <typename Element> double load(const Element* source)
{
    if constexpr (sizeof(Element) == sizeof(std::uint16_t)) {
        return static_cast<double>(bf16ToFloat(*source));
    } else {
        return static_cast<double>(*source);
    }
}

template <typename Element> void store(Element* target, double value)
{
    const auto rounded = static_cast<float>(value);
    if constexpr (sizeof(Element) == sizeof(std::uint16_t)) {
        *target = bf16FromFloat(rounded);
    } else {
        *target = rounded;
    }
}

/// One tile of value columns of one sequence and value head, over all tokens.
template <typename Element> class Column {
public:
    Column(const DeltaRecurrentParams& params, std::int64_t batchIndex, std::int64_t valueHead,
           int firstColumn)
        : m_p(params)
        , m_b(batchIndex)
        , m_hv(valueHead)
        , m_h(valueHead / (params.valueHeads / params.keyHeads))
        , m_first(firstColumn)
        , m_columns(std::min(kTile, params.valueDims - firstColumn))
    {
    }

    void run()
    {
        const std::int64_t stateElements = static_cast<std::int64_t>(m_p.keyDims) * m_p.valueDims;
        const std::int64_t sequenceHead = m_b * m_p.valueHeads + m_hv;
        const float* initial
            = m_p.initialState == nullptr ? nullptr : m_p.initialState + sequenceHead * stateElements;
        for (int i = 0; i < m_p.keyDims; ++i) {
            for (int c = 0; c < kTile; ++c) {
                m_state[i][c] = initial != nullptr && c < m_columns
                    ? static_cast<double>(initial[stateOffset(i, c)])
                    : 0.0;
            }
        }
        const std::int64_t captures = m_p.capturedStates == nullptr ? 0 : m_p.tokens / m_p.captureEvery;
        for (std::int64_t t = 0; t < m_p.tokens; ++t) {
            token(t);
            if (captures > 0 && (t + 1) % m_p.captureEvery == 0) {
                const std::int64_t capture = m_b * captures + (t + 1) / m_p.captureEvery - 1;
                writeState(m_p.capturedStates + (capture * m_p.valueHeads + m_hv) * stateElements);
            }
        }
        if (m_p.finalState != nullptr) {
            writeState(m_p.finalState + sequenceHead * stateElements);
        }
    }

private:
    [[nodiscard]] std::int64_t stateOffset(int keyDim, int column) const
    {
        return static_cast<std::int64_t>(keyDim) * m_p.valueDims + m_first + column;
    }

    void writeState(float* target) const
    {
        for (int i = 0; i < m_p.keyDims; ++i) {
            for (int c = 0; c < m_columns; ++c) {
                target[stateOffset(i, c)] = static_cast<float>(m_state[i][c]);
            }
        }
    }

    void token(std::int64_t t)
    {
        const std::int64_t row = m_b * m_p.tokens + t;
        const std::int64_t keyOffset = (row * m_p.keyHeads + m_h) * m_p.keyDims;
        const std::int64_t gate = row * m_p.valueHeads + m_hv;
        const std::int64_t valueOffset = gate * m_p.valueDims + m_first;
        const Element* key = static_cast<const Element*>(m_p.keys) + keyOffset;
        const Element* query = static_cast<const Element*>(m_p.queries) + keyOffset;
        const Element* value = static_cast<const Element*>(m_p.values) + valueOffset;
        const double decay
            = m_p.logDecay == nullptr ? 1.0 : std::exp(static_cast<double>(m_p.logDecay[gate]));
        const double beta = m_p.beta == nullptr ? 1.0 : static_cast<double>(m_p.beta[gate]);

        double predicted[kTile] = {};
        for (int i = 0; i < m_p.keyDims; ++i) {
            const double k = load(key + i);
            for (int c = 0; c < kTile; ++c) {
                m_state[i][c] *= decay;
                predicted[c] += m_state[i][c] * k;
            }
        }
        double update[kTile] = {};
        for (int c = 0; c < m_columns; ++c) {
            update[c] = beta * (load(value + c) - predicted[c]);
        }
        double output[kTile] = {};
        for (int i = 0; i < m_p.keyDims; ++i) {
            const double k = load(key + i);
            const double q = load(query + i);
            for (int c = 0; c < kTile; ++c) {
                m_state[i][c] += k * update[c];
                output[c] += m_state[i][c] * q;
            }
        }
        Element* out = static_cast<Element*>(m_p.outputs) + valueOffset;
        for (int c = 0; c < m_columns; ++c) {
            store(out + c, static_cast<double>(m_p.scale) * output[c]);
        }
    }

    const DeltaRecurrentParams& m_p;
    std::int64_t m_b;
    std::int64_t m_hv;
    std::int64_t m_h;
    int m_first;
    int m_columns;
    double m_state[kDeltaRecurrentMaxKeyDims][kTile] = {};
};

template <typename Element> void runAll(const DeltaRecurrentParams& params)
{
    for (std::int64_t b = 0; b < params.batch; ++b) {
        for (std::int64_t hv = 0; hv < params.valueHeads; ++hv) {
            for (int first = 0; first < params.valueDims; first += kTile) {
                Column<Element>(params, b, hv, first).run();
            }
        }
    }
}

} // namespace

KernelStatus deltaRecurrentReference(const DeltaRecurrentParams& params) noexcept
{
    const KernelStatus status = checkDeltaRecurrent(params);
    if (status != KernelStatus::Ok) {
        return status;
    }
    if (params.element == ElementType::BF16) {
        runAll<std::uint16_t>(params);
    } else {
        runAll<float>(params);
    }
    return KernelStatus::Ok;
}

} // namespace rankscope::kernels
