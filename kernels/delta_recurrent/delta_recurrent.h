// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/kernel_status.h"

#include <cstdint>

namespace rankscope::kernels {

/// Element type of q, k, v and o. Decay, beta and states are always fp32.
enum class ElementType { F32, BF16 };

/// K0: the (gated) delta rule token by token (model-families 2.1):
///   S <- e^g S;  u = beta (v - S^T k);  S <- S + k u^T;  o = scale S^T q
/// All tensors are dense with the last index contiguous. Value head j reads key head j / (HV / H).
struct DeltaRecurrentParams {
    const void* queries = nullptr; ///< [B, T, H, Dk]  not yet scaled
    const void* keys = nullptr; ///< [B, T, H, Dk]
    const void* values = nullptr; ///< [B, T, HV, Dv]
    const float* logDecay = nullptr; ///< [B, T, HV] natural log, <= 0; null for the plain delta rule
    const float* beta = nullptr; ///< [B, T, HV]; null means 1
    const float* initialState = nullptr; ///< [B, HV, Dk, Dv] or null for zero
    void* outputs = nullptr; ///< [B, T, HV, Dv]
    float* finalState = nullptr; ///< [B, HV, Dk, Dv] after token T, or null; may alias initialState
    float* capturedStates = nullptr; ///< [B, T / captureEvery, HV, Dk, Dv]: after tokens e, 2e, ...; or null
    std::int64_t captureEvery = 0; ///< e >= 1 when capturedStates is set
    std::int64_t tokens = 0; ///< T, 0 allowed (the final state is then the initial one)
    int batch = 0; ///< B
    int keyHeads = 0; ///< H
    int valueHeads = 0; ///< HV, a multiple of H
    int keyDims = 0; ///< Dk, 1..512
    int valueDims = 0; ///< Dv, >= 1
    float scale = 1.0F; ///< usually Dk^-1/2 of the true key size
    ElementType element = ElementType::F32;
};

/// Enqueues on `stream` and returns; allocates nothing and does not synchronise.
[[nodiscard]] KernelStatus deltaRecurrent(const DeltaRecurrentParams& params, StreamHandle stream) noexcept;

/// The same contract on the CPU, with the state and every sum in fp64: what the kernel is held against.
[[nodiscard]] KernelStatus deltaRecurrentReference(const DeltaRecurrentParams& params) noexcept;

} // namespace rankscope::kernels
