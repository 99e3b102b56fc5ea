// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rankscope {

/// Offset of the first byte that is not part of well-formed UTF-8 (overlong forms, surrogates and code points
/// above U+10FFFF are ill-formed), or none.
[[nodiscard]] std::optional<std::size_t> firstInvalidUtf8(std::string_view bytes);

/// Code point at `position`, which moves past it. The text is well-formed and position at a character's
/// start.
[[nodiscard]] char32_t nextCodePoint(std::string_view utf8, std::size_t& position);

void appendUtf8(std::string& text, char32_t codePoint);
[[nodiscard]] std::size_t utf8SizeBytes(char32_t codePoint);

[[nodiscard]] inline bool isUtf8Continuation(char byte)
{
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

/// Ill-formed parts become U+FFFD, one per maximal subpart, as Unicode recommends and Rust and Python do.
[[nodiscard]] std::string replaceInvalidUtf8(std::string_view bytes);

} // namespace rankscope
