// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/dtype.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace rankscope::test {

/// A safetensors file taken apart, without any checks and independent of core/io: what tests build good and
/// broken files from. Failures (a file that cannot be written or parsed) throw std::runtime_error.
struct RawTensor {
    std::string name;
    std::string dtype; ///< as the header spells it, also names that nobody supports
    std::vector<std::int64_t> shape;
    std::string bytes;
};

[[nodiscard]] std::string readBytes(const std::filesystem::path& path);
void writeBytes(const std::filesystem::path& path, std::string_view bytes);

[[nodiscard]] std::vector<RawTensor> readRaw(const std::filesystem::path& path);
void writeRaw(const std::filesystem::path& path, const std::vector<RawTensor>& tensors);

/// The JSON text of the header of a well-formed file, and its payload.
[[nodiscard]] std::string headerOf(const std::filesystem::path& path);
[[nodiscard]] std::string payloadOf(const std::filesystem::path& path);
/// Length (that of `header`), header, payload, as they are.
void writeParts(const std::filesystem::path& path, std::string_view header, std::string_view payload);

/// A tensor whose payload is produced when its turn comes.
struct StreamedTensor {
    std::string name;
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
};
/// Writes values [first, first + values.size()) of the tensor, in order, in blocks.
using FillValues
    = std::function<void(const StreamedTensor& tensor, std::int64_t first, std::span<float> values)>;

/// Writes a file of any size with a few MB of memory. Floating dtypes of at most 32 bits.
void writeStreamed(const std::filesystem::path& path, const std::vector<StreamedTensor>& tensors,
                   const FillValues& fill);

/// Payload of `values` in `dtype` (F32, F16, BF16), rounded to nearest even.
[[nodiscard]] std::string payloadFrom(std::span<const float> values, DType dtype);
[[nodiscard]] std::uint16_t halfFromFloat(float value);

} // namespace rankscope::test
