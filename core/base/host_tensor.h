// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/dtype.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace rankscope {

/// A dense row-major tensor in host memory, free of any library's types: what crosses the engine's border.
struct HostTensor {
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
    std::vector<std::byte> bytes;

    [[nodiscard]] std::int64_t elements() const
    {
        return static_cast<std::int64_t>(bytes.size()) / sizeBytes(dtype);
    }
    /// The data as T, whose size must be that of the dtype.
    template <typename T> [[nodiscard]] std::span<const T> as() const
    {
        return { reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T) };
    }
    template <typename T>
    [[nodiscard]] static HostTensor from(DType dtype, std::vector<std::int64_t> shape,
                                         std::span<const T> values)
    {
        HostTensor tensor { dtype, std::move(shape), std::vector<std::byte>(values.size_bytes()) };
        if (!values.empty()) {
            std::memcpy(tensor.bytes.data(), values.data(), values.size_bytes());
        }
        return tensor;
    }
};

struct NamedTensor {
    std::string name;
    HostTensor tensor;
};

} // namespace rankscope
