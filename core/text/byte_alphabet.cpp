// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/byte_alphabet.h"

#include "core/text/utf8.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace rankscope {

namespace {

constexpr char32_t kLargestCharacter = 0x143;

struct Tables {
    std::array<char32_t, 256> characterOfByte {};
    std::array<std::int16_t, kLargestCharacter + 1> byteOfCharacter {};
};

Tables makeTables()
{
    Tables tables;
    tables.byteOfCharacter.fill(-1);
    char32_t next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool printable
            = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
        const char32_t character = printable ? byte : next++;
        tables.characterOfByte[byte] = character;
        tables.byteOfCharacter[character] = static_cast<std::int16_t>(byte);
    }
    return tables;
}

const Tables& tables()
{
    static const Tables kTables = makeTables();
    return kTables;
}

} // namespace

char32_t characterOfByte(unsigned char byte)
{
    return tables().characterOfByte[byte];
}

std::optional<unsigned char> byteOfCharacter(char32_t character)
{
    if (character > kLargestCharacter || tables().byteOfCharacter[character] < 0) {
        return std::nullopt;
    }
    return static_cast<unsigned char>(tables().byteOfCharacter[character]);
}

std::string spelledBytes(std::string_view bytes)
{
    std::string out;
    out.reserve(2 * bytes.size());
    for (const char byte : bytes) {
        appendUtf8(out, characterOfByte(static_cast<unsigned char>(byte)));
    }
    return out;
}

std::optional<std::string> bytesOfSpelling(std::string_view piece)
{
    std::string out;
    for (std::size_t i = 0; i < piece.size();) {
        const auto byte = byteOfCharacter(nextCodePoint(piece, i));
        if (!byte) {
            return std::nullopt;
        }
        out.push_back(static_cast<char>(*byte));
    }
    return out;
}

} // namespace rankscope
