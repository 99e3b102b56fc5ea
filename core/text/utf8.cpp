// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/utf8.h"

#include <cstdint>
#include <cstring>

namespace rankscope {

namespace {

unsigned byteAt(std::string_view bytes, std::size_t i)
{
    return static_cast<unsigned char>(bytes[i]);
}

struct Sequence {
    std::size_t sizeBytes; ///< of the character, or of the maximal ill-formed subpart
    bool valid;
};

/// The sequence that starts at i (table 3-7 of the Unicode standard).
Sequence sequenceAt(std::string_view bytes, std::size_t i)
{
    const unsigned lead = byteAt(bytes, i);
    std::size_t size = 0;
    unsigned low = 0x80U;
    unsigned high = 0xbfU;
    if (lead < 0x80U) {
        return { 1, true };
    }
    if (lead >= 0xc2U && lead <= 0xdfU) {
        size = 2;
    } else if (lead >= 0xe0U && lead <= 0xefU) {
        size = 3;
        low = lead == 0xe0U ? 0xa0U : low;
        high = lead == 0xedU ? 0x9fU : high;
    } else if (lead >= 0xf0U && lead <= 0xf4U) {
        size = 4;
        low = lead == 0xf0U ? 0x90U : low;
        high = lead == 0xf4U ? 0x8fU : high;
    } else {
        return { 1, false };
    }
    for (std::size_t k = 1; k < size; ++k) {
        if (i + k >= bytes.size() || byteAt(bytes, i + k) < low || byteAt(bytes, i + k) > high) {
            return { k, false };
        }
        low = 0x80U;
        high = 0xbfU;
    }
    return { size, true };
}

} // namespace

std::optional<std::size_t> firstInvalidUtf8(std::string_view bytes)
{
    std::size_t i = 0;
    while (i < bytes.size()) {
        std::uint64_t eight = 0;
        if (i + sizeof eight <= bytes.size()) {
            std::memcpy(&eight, bytes.data() + i, sizeof eight);
            if ((eight & 0x8080808080808080ULL) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        const Sequence sequence = sequenceAt(bytes, i);
        if (!sequence.valid) {
            return i;
        }
        i += sequence.sizeBytes;
    }
    return std::nullopt;
}

char32_t nextCodePoint(std::string_view utf8, std::size_t& position)
{
    const unsigned lead = byteAt(utf8, position);
    const auto continuation = [&](std::size_t k) { return byteAt(utf8, position + k) & 0x3fU; };
    char32_t value = lead;
    std::size_t size = 1;
    if (lead >= 0xf0U) {
        value
            = ((lead & 0x07U) << 18U) | (continuation(1) << 12U) | (continuation(2) << 6U) | continuation(3);
        size = 4;
    } else if (lead >= 0xe0U) {
        value = ((lead & 0x0fU) << 12U) | (continuation(1) << 6U) | continuation(2);
        size = 3;
    } else if (lead >= 0xc0U) {
        value = ((lead & 0x1fU) << 6U) | continuation(1);
        size = 2;
    }
    position += size;
    return value;
}

void appendUtf8(std::string& text, char32_t codePoint)
{
    const auto put
        = [&](char32_t byte) { text.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
    if (codePoint < 0x80U) {
        put(codePoint);
    } else if (codePoint < 0x800U) {
        put(0xc0U | (codePoint >> 6U));
        put(0x80U | (codePoint & 0x3fU));
    } else if (codePoint < 0x10000U) {
        put(0xe0U | (codePoint >> 12U));
        put(0x80U | ((codePoint >> 6U) & 0x3fU));
        put(0x80U | (codePoint & 0x3fU));
    } else {
        put(0xf0U | (codePoint >> 18U));
        put(0x80U | ((codePoint >> 12U) & 0x3fU));
        put(0x80U | ((codePoint >> 6U) & 0x3fU));
        put(0x80U | (codePoint & 0x3fU));
    }
}

std::size_t utf8SizeBytes(char32_t codePoint)
{
    return codePoint < 0x80U ? 1 : codePoint < 0x800U ? 2 : codePoint < 0x10000U ? 3 : 4;
}

std::string replaceInvalidUtf8(std::string_view bytes)
{
    std::string out;
    out.reserve(bytes.size());
    for (std::size_t i = 0; i < bytes.size();) {
        const Sequence sequence = sequenceAt(bytes, i);
        if (sequence.valid) {
            out.append(bytes.substr(i, sequence.sizeBytes));
        } else {
            out.append("\xEF\xBF\xBD");
        }
        i += sequence.sizeBytes;
    }
    return out;
}

} // namespace rankscope
