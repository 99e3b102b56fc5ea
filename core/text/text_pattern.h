// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rankscope {

/// A stretch of a text that a pattern matched, or one between matches.
struct PatternSegment {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool isMatch = false;
};

/// A literal or a regular expression of a tokenizer file. Immutable, any thread.
class TextPattern {
public:
    /// Errors: BadFormat (empty: a literal that matches everywhere).
    [[nodiscard]] static Result<TextPattern> literal(std::string text);
    /// `pattern` is in Oniguruma's syntax (regex_dialect.h). Errors: Unsupported, BadFormat.
    [[nodiscard]] static Result<TextPattern> regex(std::string_view pattern);

    TextPattern(TextPattern&&) noexcept;
    TextPattern& operator=(TextPattern&&) noexcept;
    ~TextPattern();

    /// The whole text cut into matches and what lies between them, in order and without gaps; empty matches
    /// are segments of their own. The text is well-formed UTF-8.
    [[nodiscard]] std::vector<PatternSegment> segments(std::string_view utf8) const;

private:
    struct Impl;
    explicit TextPattern(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace rankscope
