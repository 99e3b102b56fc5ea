// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rankscope {

/// An entry of "added_tokens": text that becomes one token wherever it occurs.
struct AddedToken {
    std::int32_t id = 0;
    std::string content;
    bool singleWord = false; ///< not inside a longer word
    bool stripLeft = false; ///< takes the white space before it along
    bool stripRight = false;
    bool normalized = true; ///< looked for in the normalised text instead of the original
    bool special = false; ///< left out when decoding without special tokens
};

/// A stretch of a text that is an added token, or one between them.
struct AddedSegment {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::int32_t id = -1; ///< -1: plain text
};

/// Finds added tokens: leftmost, the longest first. Immutable, any thread.
class AddedTokenFinder {
public:
    /// `needle`: what to look for, the token's content or that content normalised. Empty needles are never
    /// found.
    void add(std::string needle, const AddedToken& token);
    /// Call once after the last add().
    void finish();

    /// The text cut into tokens and what lies between them; nothing for an empty text.
    [[nodiscard]] std::vector<AddedSegment> segments(std::string_view utf8) const;

private:
    struct Needle {
        std::string text;
        AddedToken token;
    };
    [[nodiscard]] const Needle* longestAt(std::string_view text) const;

    std::vector<Needle> m_needles; ///< by first byte, then longest first
    std::array<std::pair<std::size_t, std::size_t>, 256> m_rangeOfByte {}; ///< [begin, end) in m_needles
};

} // namespace rankscope
