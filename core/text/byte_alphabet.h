// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rankscope {

/// GPT-2's spelling of bytes: printable Latin-1 stands for itself, the other 68 bytes for U+0100 and up.
[[nodiscard]] char32_t characterOfByte(unsigned char byte);
[[nodiscard]] std::optional<unsigned char> byteOfCharacter(char32_t character);

/// Every byte of `bytes` as its character, in UTF-8.
[[nodiscard]] std::string spelledBytes(std::string_view bytes);
/// The bytes that a piece spells; none when a character is not of the alphabet.
[[nodiscard]] std::optional<std::string> bytesOfSpelling(std::string_view piece);

} // namespace rankscope
