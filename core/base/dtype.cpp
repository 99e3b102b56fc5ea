// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/dtype.h"

#include <array>

namespace rankscope {

namespace {

struct Row {
    DType dtype;
    const char* safetensors;
    const char* brief;
};

constexpr std::array<Row, 10> kRows { {
    { DType::F64, "F64", "fp64" },
    { DType::F32, "F32", "fp32" },
    { DType::F16, "F16", "fp16" },
    { DType::BF16, "BF16", "bf16" },
    { DType::I64, "I64", "int64" },
    { DType::I32, "I32", "int32" },
    { DType::I16, "I16", "int16" },
    { DType::I8, "I8", "int8" },
    { DType::U8, "U8", "uint8" },
    { DType::Bool, "BOOL", "bool" },
} };

} // namespace

const char* safetensorsName(DType dtype)
{
    for (const Row& row : kRows) {
        if (row.dtype == dtype) {
            return row.safetensors;
        }
    }
    return "?";
}

std::optional<DType> dtypeFromSafetensors(std::string_view name)
{
    for (const Row& row : kRows) {
        if (name == row.safetensors) {
            return row.dtype;
        }
    }
    return std::nullopt;
}

const char* shortName(DType dtype)
{
    for (const Row& row : kRows) {
        if (row.dtype == dtype) {
            return row.brief;
        }
    }
    return "?";
}

std::optional<DType> dtypeFromShortName(std::string_view name)
{
    for (const Row& row : kRows) {
        if (name == row.brief) {
            return row.dtype;
        }
    }
    return std::nullopt;
}

} // namespace rankscope
