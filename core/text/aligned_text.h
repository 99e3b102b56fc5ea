// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/tokenizer.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rankscope {

class TextPattern;

/// Bytes of the original text that one byte of a rewritten text stands for: always whole characters.
struct OriginalRange {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
};

/// A stretch of possibly rewritten text that knows where in the original each of its characters came from.
/// Borrows everything.
struct AlignedView {
    std::string_view text;
    std::span<const OriginalRange>
        alignment; ///< one per byte of text; empty: text is the original from `base` on
    std::uint32_t base = 0; ///< original offset of the first byte

    [[nodiscard]] AlignedView slice(std::size_t begin, std::size_t end) const;
    /// Original range of the character that byte `index` belongs to.
    [[nodiscard]] OriginalRange originalAt(std::size_t index) const;
    /// Original range of the bytes [begin, end), not empty.
    [[nodiscard]] TextSpan original(std::size_t begin, std::size_t end) const;
};

enum class UnicodeForm { Nfc, Nfd, Nfkc, Nfkd };

/// Text under rewriting. The alignment follows the rules of the `tokenizers` package, so that offsets agree
/// with it: an inserted character shares the range of the one before it, a replacement that of the last one
/// replaced.
class AlignedText {
public:
    explicit AlignedText(const AlignedView& source);
    AlignedText(const AlignedText&) = delete;
    AlignedText& operator=(const AlignedText&) = delete;

    [[nodiscard]] const AlignedView& view() const { return m_view; }

    /// Puts text in front; an empty text stays empty.
    void prepend(std::string_view inserted);
    void replace(const TextPattern& pattern, std::string_view content);
    void normalise(UnicodeForm form);

private:
    void adopt(std::string text, std::vector<OriginalRange> alignment);

    AlignedView m_view;
    std::string m_text;
    std::vector<OriginalRange> m_alignment;
};

} // namespace rankscope
