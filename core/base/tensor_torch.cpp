// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/tensor_torch.h"

#include <ATen/ops/from_blob.h>

#include <cstring>

namespace rankscope {

at::ScalarType toTorch(DType dtype)
{
    switch (dtype) {
    case DType::F64:
        return at::kDouble;
    case DType::F32:
        return at::kFloat;
    case DType::F16:
        return at::kHalf;
    case DType::BF16:
        return at::kBFloat16;
    case DType::I64:
        return at::kLong;
    case DType::I32:
        return at::kInt;
    case DType::I16:
        return at::kShort;
    case DType::I8:
        return at::kChar;
    case DType::U8:
        return at::kByte;
    case DType::Bool:
        return at::kBool;
    }
    return at::kFloat;
}

DType fromTorch(at::ScalarType type)
{
    for (const DType dtype : { DType::F64, DType::F32, DType::F16, DType::BF16, DType::I64, DType::I32,
                               DType::I16, DType::I8, DType::U8, DType::Bool }) {
        if (toTorch(dtype) == type) {
            return dtype;
        }
    }
    return DType::F32;
}

at::ScalarType accumulationType(at::ScalarType type)
{
    return type == at::kDouble ? at::kDouble : at::kFloat;
}

at::Tensor borrowTensor(std::span<const std::byte> bytes, DType dtype, const std::vector<std::int64_t>& shape)
{
    // from_blob wants a mutable pointer; nobody writes through the result.
    return at::from_blob(const_cast<std::byte*>(bytes.data()), shape, at::TensorOptions(toTorch(dtype)));
}

HostTensor toHost(const at::Tensor& tensor)
{
    const at::Tensor host = tensor.detach().to(at::kCPU).contiguous();
    HostTensor result { fromTorch(host.scalar_type()), host.sizes().vec(),
                        std::vector<std::byte>(static_cast<std::size_t>(host.nbytes())) };
    if (!result.bytes.empty()) {
        std::memcpy(result.bytes.data(), host.const_data_ptr(), result.bytes.size());
    }
    return result;
}

} // namespace rankscope
