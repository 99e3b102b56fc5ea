// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rankscope {

/// A token of one word, and how many of the word's bytes it stands for.
struct BpeToken {
    std::int32_t id = 0;
    std::uint32_t sizeBytes = 0;
};

struct BpeOptions {
    std::optional<std::string> unkToken;
    bool fuseUnk = false;
    bool byteFallback = false;
    bool ignoreMerges = false;
    bool byteLevel = false; ///< words are bytes, spelled in the vocabulary with GPT-2's byte alphabet
};

/// Byte-pair encoding of single words. Immutable, any thread.
class BpeModel {
public:
    using Merge = std::pair<std::string, std::string>;
    static constexpr std::int64_t kLargestAllowedId = 16'000'000;

    /// `vocabulary`: piece and id. `merges`: in order of rank. `name`: the file, for messages. Errors:
    /// BadFormat (ids out of range; a merge of or into a piece that the vocabulary lacks: names it),
    /// Unsupported (byte fallback together with an incomplete byte alphabet).
    [[nodiscard]] static Result<BpeModel> create(std::vector<std::pair<std::string, std::int64_t>> vocabulary,
                                                 const std::vector<Merge>& merges, BpeOptions options,
                                                 const std::string& name);

    /// Room that encode() reuses between words.
    struct Scratch;

    /// Appends the word's tokens. Fails with the offset of a character for which there is neither a token nor
    /// an unknown token.
    [[nodiscard]] std::optional<std::size_t> encode(std::string_view word, Scratch& scratch,
                                                    std::vector<BpeToken>& out) const;

    [[nodiscard]] std::optional<std::int32_t> idOf(std::string_view piece) const;
    /// Number of pieces, which is what ids of added tokens follow.
    [[nodiscard]] std::int64_t pieceCount() const { return static_cast<std::int64_t>(m_idOfPiece.size()); }
    [[nodiscard]] std::int32_t largestId() const { return m_largestId; }
    /// All pieces, in no order.
    [[nodiscard]] const std::unordered_map<std::string, std::int32_t>& pieces() const { return m_idOfPiece; }

    struct Symbol {
        std::int32_t id = 0;
        std::uint32_t sizeBytes = 0; ///< 0: merged away
        std::int32_t previous = -1;
        std::int32_t next = -1;
    };
    struct Candidate {
        std::uint32_t rank = 0;
        std::int32_t position = 0;
        std::int32_t newId = 0;
    };

private:
    /// Open addressing, keys (left id, right id).
    struct MergeSlot {
        std::uint64_t key = 0;
        std::uint32_t rank = 0;
        std::int32_t newId = -1; ///< -1: free
    };

    BpeModel() = default;
    Status addMerges(const std::vector<Merge>& merges, const std::string& name);
    void addMerge(std::int32_t left, std::int32_t right, std::uint32_t rank, std::int32_t newId);
    [[nodiscard]] const MergeSlot* findMerge(std::int32_t left, std::int32_t right) const;
    void buildCharacterTable();
    [[nodiscard]] std::int32_t idOfCharacter(std::string_view character) const;
    [[nodiscard]] std::optional<std::size_t> segmentToSymbols(std::string_view word, Scratch& scratch) const;
    void mergeShort(Scratch& scratch, std::vector<BpeToken>& out) const;
    void mergeLong(Scratch& scratch, std::vector<BpeToken>& out) const;
    [[nodiscard]] std::optional<std::size_t> encodeSegment(std::string_view segment, Scratch& scratch,
                                                           std::vector<BpeToken>& out) const;

    BpeOptions m_options;
    std::unordered_map<std::string, std::int32_t> m_idOfPiece;
    std::int32_t m_largestId = -1;
    std::int32_t m_unkId = -1;
    std::array<std::int32_t, 256> m_idOfByte {}; ///< of the byte alphabet's characters; -1: none
    std::array<std::int32_t, 256> m_fallbackIdOfByte {}; ///< of <0x00>..<0xFF>; -1: none
    std::vector<std::int32_t> m_idOfCharacter; ///< [0x10000], pieces that are one character; -1: none
    std::vector<MergeSlot> m_merges; ///< a power of two
    unsigned m_mergeShift = 0;
    bool m_splitBeforeMetaspace = false;
};

struct BpeModel::Scratch {
    std::vector<Symbol> symbols;
    std::vector<Candidate> queue;
    std::vector<std::uint32_t> ranks;
    std::string spelled;
};

} // namespace rankscope
