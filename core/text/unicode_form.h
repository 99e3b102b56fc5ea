// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/aligned_text.h"

#include <string_view>
#include <vector>

namespace rankscope {

/// One character of a normalised text. `change` counts characters against the source: 1 for one that was
/// inserted, 0 for one that replaces one, -n for one that replaces n + 1.
struct NormalisedChar {
    char32_t codePoint = 0;
    int change = 0;
};

/// Well-formed UTF-8 in both. The data are those of Unicode 9.0, as in the `tokenizers` package.
[[nodiscard]] bool isNormalised(std::string_view utf8, UnicodeForm form);
[[nodiscard]] std::vector<NormalisedChar> normalisedChars(std::string_view utf8, UnicodeForm form);

/// Unicode's White_Space property.
[[nodiscard]] bool isWhiteSpace(char32_t codePoint);
/// What a regular expression's \w matches in Unicode mode (UTS 18): alphabetic, mark, decimal digit,
/// connector punctuation, join control.
[[nodiscard]] bool isWordCharacter(char32_t codePoint);

} // namespace rankscope
