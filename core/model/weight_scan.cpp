// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/weight_scan.h"

#include "core/base/narrow.h"

#include <cstring>

namespace rankscope {

namespace {

/// All exponent bits set means NaN or Inf in every IEEE-like format. Blocks are scanned without a branch per
/// element.
template <typename Word> std::optional<std::int64_t> scan(std::span<const std::byte> bytes, Word exponentMask)
{
    constexpr std::size_t kBlock = 4096;
    const std::size_t count = bytes.size() / sizeof(Word);
    Word words[kBlock];
    for (std::size_t begin = 0; begin < count; begin += kBlock) {
        const std::size_t length = std::min(kBlock, count - begin);
        std::memcpy(words, bytes.data() + begin * sizeof(Word), length * sizeof(Word));
        unsigned bad = 0;
        for (std::size_t i = 0; i < length; ++i) {
            bad |= static_cast<unsigned>((words[i] & exponentMask) == exponentMask);
        }
        if (bad == 0U) {
            continue;
        }
        for (std::size_t i = 0; i < length; ++i) {
            if ((words[i] & exponentMask) == exponentMask) {
                return narrow<std::int64_t>(begin + i);
            }
        }
    }
    return std::nullopt;
}

} // namespace

std::optional<std::int64_t> firstNonFinite(std::span<const std::byte> bytes, DType dtype)
{
    switch (dtype) {
    case DType::F64:
        return scan<std::uint64_t>(bytes, 0x7ff0000000000000ULL);
    case DType::F32:
        return scan<std::uint32_t>(bytes, 0x7f800000U);
    case DType::F16:
        return scan<std::uint16_t>(bytes, std::uint16_t { 0x7c00U });
    case DType::BF16:
        return scan<std::uint16_t>(bytes, std::uint16_t { 0x7f80U });
    default:
        return std::nullopt;
    }
}

} // namespace rankscope
