// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <string>
#include <string_view>

namespace rankscope {

/// Tokenizer files carry regular expressions for Oniguruma (Ruby syntax, UTF-8). Rewrites one so that PCRE2
/// (UTF, UCP, MULTILINE, newline LF) matches the same: \s and \S become the White_Space property (PCRE2's own
/// \s also takes U+180E), \w Oniguruma's word set (PCRE2's lacks marks and connectors), \h a hex digit,
/// \uHHHH a code point, \p{Han} the script and not its extensions. Errors: Unsupported, naming the construct
/// (nested or intersected classes, \b, \G, \K, \R, \X, named sets we do not know, possessive {n,m}+, ...);
/// BadFormat (an unfinished pattern).
[[nodiscard]] Result<std::string> pcreFromOniguruma(std::string_view pattern);

} // namespace rankscope
