// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rankscope {

/// Element types of checkpoints and of computation.
enum class DType { F64, F32, F16, BF16, I64, I32, I16, I8, U8, Bool };

[[nodiscard]] constexpr std::int64_t sizeBytes(DType dtype)
{
    switch (dtype) {
    case DType::F64:
    case DType::I64:
        return 8;
    case DType::F32:
    case DType::I32:
        return 4;
    case DType::F16:
    case DType::BF16:
    case DType::I16:
        return 2;
    case DType::I8:
    case DType::U8:
    case DType::Bool:
        return 1;
    }
    return 0;
}

[[nodiscard]] constexpr bool isFloating(DType dtype)
{
    return dtype == DType::F64 || dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16;
}

/// "F32", "BF16", ... as safetensors headers spell them.
[[nodiscard]] const char* safetensorsName(DType dtype);
[[nodiscard]] std::optional<DType> dtypeFromSafetensors(std::string_view name);

/// "fp64", "fp32", "fp16", "bf16", ... as our command line spells them.
[[nodiscard]] const char* shortName(DType dtype);
[[nodiscard]] std::optional<DType> dtypeFromShortName(std::string_view name);

[[nodiscard]] inline float floatFromBf16(std::uint16_t bits)
{
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

/// Round to nearest, ties to even; NaN stays NaN.
[[nodiscard]] inline std::uint16_t bf16FromFloat(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7fffffffU) > 0x7f800000U) {
        return static_cast<std::uint16_t>((bits >> 16U) | 0x0040U);
    }
    return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
}

} // namespace rankscope
