// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace rankscope {

/// How the delta rule is computed; all forms give the same numbers up to rounding.
enum class RecurrenceForm {
    Automatic, ///< the chunk form on the CPU, the recurrent kernel on a GPU
    Token, ///< one token at a time with ATen operations: slow, the arbiter in fp64
    Chunk, ///< chunks of up to 64 tokens as matrix products
    Kernel, ///< kernels/delta_recurrent: on a GPU the CUDA kernel, on the CPU its twin; fp32 states
};

} // namespace rankscope
