// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/bpe_model.h"

#include "core/base/narrow.h"
#include "core/text/byte_alphabet.h"
#include "core/text/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

namespace rankscope {

namespace {

constexpr std::string_view kMetaspace = "\xE2\x96\x81"; // U+2581
constexpr std::uint32_t kNoRank = std::numeric_limits<std::uint32_t>::max();
/// Up to this many symbols, looking for the best pair anew each time beats a queue.
constexpr std::size_t kShortWord = 24;

std::uint64_t mergeKey(std::int32_t left, std::int32_t right)
{
    return (std::uint64_t { static_cast<std::uint32_t>(left) } << 32U) | static_cast<std::uint32_t>(right);
}

/// Ordered so that the heap's top is the lowest rank, leftmost first.
bool comesLater(const BpeModel::Candidate& a, const BpeModel::Candidate& b)
{
    return a.rank != b.rank ? a.rank > b.rank : a.position > b.position;
}

std::size_t characterSize(std::string_view text, std::size_t at)
{
    std::size_t end = at + 1;
    while (end < text.size() && isUtf8Continuation(text[end])) {
        ++end;
    }
    return end - at;
}

bool metaspaceOnly(std::string_view piece)
{
    while (piece.starts_with(kMetaspace)) {
        piece.remove_prefix(kMetaspace.size());
    }
    return piece.empty();
}

} // namespace

Result<BpeModel> BpeModel::create(std::vector<std::pair<std::string, std::int64_t>> vocabulary,
                                  const std::vector<Merge>& merges, BpeOptions options,
                                  const std::string& name)
{
    BpeModel model;
    model.m_options = std::move(options);
    model.m_idOfPiece.reserve(vocabulary.size());
    for (auto& [piece, id] : vocabulary) {
        if (id < 0 || id > kLargestAllowedId) {
            return Error { ErrorCode::BadFormat,
                           fmt::format("{} gives the token '{}' the id {}, outside of 0 to {}.", name, piece,
                                       id, kLargestAllowedId),
                           {} };
        }
        model.m_largestId = std::max(model.m_largestId, narrow<std::int32_t>(id));
        model.m_idOfPiece.emplace(std::move(piece), narrow<std::int32_t>(id));
    }
    if (model.m_options.unkToken) {
        model.m_unkId = model.idOf(*model.m_options.unkToken).value_or(-1);
    }
    bool allBytes = true;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const char single = static_cast<char>(static_cast<unsigned char>(byte));
        model.m_idOfByte[byte] = model.idOf(spelledBytes({ &single, 1 })).value_or(-1);
        model.m_fallbackIdOfByte[byte] = model.idOf(fmt::format("<0x{:02X}>", byte)).value_or(-1);
        allBytes = allBytes && model.m_idOfByte[byte] >= 0;
    }
    if (model.m_options.byteLevel && model.m_options.byteFallback && !allBytes) {
        return Error {
            ErrorCode::Unsupported,
            fmt::format("{} combines byte_fallback with a byte-level vocabulary that lacks some bytes, which "
                        "is not supported.",
                        name),
            {}
        };
    }
    model.buildCharacterTable();
    if (const Status added = model.addMerges(merges, name); !added) {
        return added.error();
    }
    return model;
}

void BpeModel::buildCharacterTable()
{
    m_idOfCharacter.assign(0x10000, -1);
    for (const auto& [piece, id] : m_idOfPiece) {
        std::size_t position = 0;
        if (!piece.empty() && characterSize(piece, 0) == piece.size()) {
            const char32_t character = nextCodePoint(piece, position);
            if (character < m_idOfCharacter.size()) {
                m_idOfCharacter[character] = id;
            }
        }
    }
}

Status BpeModel::addMerges(const std::vector<Merge>& merges, const std::string& name)
{
    const std::size_t slots = std::bit_ceil(std::max<std::size_t>(2 * merges.size(), 16));
    m_merges.assign(slots, {});
    m_mergeShift = 64U - narrow<unsigned>(std::countr_zero(slots));
    m_splitBeforeMetaspace = !m_options.ignoreMerges && !m_options.byteLevel && idOf(kMetaspace).has_value();
    std::string merged;
    for (std::size_t rank = 0; rank < merges.size(); ++rank) {
        const auto& [left, right] = merges[rank];
        merged = left + right;
        const auto missing = [&](std::string_view piece) {
            return Error { ErrorCode::BadFormat,
                           fmt::format("{} has the merge '{} {}' (number {}), but its vocabulary lacks '{}'.",
                                       name, left, right, rank, piece),
                           {} };
        };
        const auto leftId = idOf(left);
        const auto rightId = idOf(right);
        const auto mergedId = idOf(merged);
        if (!leftId || !rightId) {
            return missing(leftId ? right : left);
        }
        if (!mergedId) {
            return missing(merged);
        }
        addMerge(*leftId, *rightId, narrow<std::uint32_t>(rank), *mergedId);
        if (right.find(kMetaspace) != std::string::npos && !metaspaceOnly(left)) {
            m_splitBeforeMetaspace = false;
        }
    }
    return Unit {};
}

void BpeModel::addMerge(std::int32_t left, std::int32_t right, std::uint32_t rank, std::int32_t newId)
{
    const std::uint64_t key = mergeKey(left, right);
    std::size_t slot = (key * 0x9e3779b97f4a7c15ULL) >> m_mergeShift;
    while (m_merges[slot].newId >= 0 && m_merges[slot].key != key) {
        slot = (slot + 1) & (m_merges.size() - 1);
    }
    m_merges[slot]
        = { key, rank, newId }; // of a merge listed twice the last counts, as in the Python package
}

const BpeModel::MergeSlot* BpeModel::findMerge(std::int32_t left, std::int32_t right) const
{
    const std::uint64_t key = mergeKey(left, right);
    std::size_t slot = (key * 0x9e3779b97f4a7c15ULL) >> m_mergeShift;
    while (m_merges[slot].newId >= 0) {
        if (m_merges[slot].key == key) {
            return &m_merges[slot];
        }
        slot = (slot + 1) & (m_merges.size() - 1);
    }
    return nullptr;
}

std::optional<std::int32_t> BpeModel::idOf(std::string_view piece) const
{
    const auto found = m_idOfPiece.find(std::string(piece));
    return found == m_idOfPiece.end() ? std::nullopt : std::optional(found->second);
}

std::int32_t BpeModel::idOfCharacter(std::string_view character) const
{
    std::size_t position = 0;
    const char32_t codePoint = nextCodePoint(character, position);
    if (codePoint < m_idOfCharacter.size()) {
        return m_idOfCharacter[codePoint];
    }
    return idOf(character).value_or(-1);
}

std::optional<std::size_t> BpeModel::encode(std::string_view word, Scratch& scratch,
                                            std::vector<BpeToken>& out) const
{
    if (word.empty()) {
        return std::nullopt;
    }
    if (m_options.ignoreMerges) {
        scratch.spelled = m_options.byteLevel ? spelledBytes(word) : std::string(word);
        const auto whole = m_idOfPiece.find(scratch.spelled);
        if (whole != m_idOfPiece.end()) {
            out.push_back({ whole->second, narrow<std::uint32_t>(word.size()) });
            return std::nullopt;
        }
    }
    if (!m_splitBeforeMetaspace) {
        return encodeSegment(word, scratch, out);
    }
    // No merge reaches across the border between another character and a metaspace, so the parts are
    // independent.
    std::size_t begin = 0;
    while (begin < word.size()) {
        std::size_t end = begin;
        while (word.substr(end).starts_with(kMetaspace)) {
            end += kMetaspace.size();
        }
        end = std::min(word.find(kMetaspace, end), word.size());
        if (const auto unknown = encodeSegment(word.substr(begin, end - begin), scratch, out)) {
            return begin + *unknown;
        }
        begin = end;
    }
    return std::nullopt;
}

std::optional<std::size_t> BpeModel::encodeSegment(std::string_view segment, Scratch& scratch,
                                                   std::vector<BpeToken>& out) const
{
    scratch.symbols.clear();
    if (const auto unknown = segmentToSymbols(segment, scratch)) {
        return unknown;
    }
    if (scratch.symbols.size() <= kShortWord) {
        mergeShort(scratch, out);
    } else {
        mergeLong(scratch, out);
    }
    return std::nullopt;
}

std::optional<std::size_t> BpeModel::segmentToSymbols(std::string_view word, Scratch& scratch) const
{
    std::vector<Symbol>& symbols = scratch.symbols;
    std::uint32_t pendingUnkBytes = 0; // an unknown token is held back: the next one may be fused with it
    const auto flushUnk = [&] {
        if (pendingUnkBytes > 0) {
            symbols.push_back({ m_unkId, pendingUnkBytes });
            pendingUnkBytes = 0;
        }
    };
    for (std::size_t i = 0; i < word.size();) {
        const std::size_t size = m_options.byteLevel ? 1 : characterSize(word, i);
        const std::string_view character = word.substr(i, size);
        const std::int32_t id = m_options.byteLevel ? m_idOfByte[static_cast<unsigned char>(word[i])]
                                                    : idOfCharacter(character);
        if (id >= 0) {
            flushUnk();
            symbols.push_back({ id, narrow<std::uint32_t>(size) });
        } else if (m_options.byteFallback && std::all_of(character.begin(), character.end(), [&](char byte) {
                       return m_fallbackIdOfByte[static_cast<unsigned char>(byte)] >= 0;
                   })) {
            // As in the Python package, an unknown token that is still held back comes after these.
            for (const char byte : character) {
                symbols.push_back({ m_fallbackIdOfByte[static_cast<unsigned char>(byte)], 1 });
            }
        } else if (m_unkId >= 0) {
            if (!m_options.fuseUnk) {
                flushUnk();
            }
            pendingUnkBytes += narrow<std::uint32_t>(size);
        } else {
            return i;
        }
        i += size;
    }
    flushUnk();
    return std::nullopt;
}

void BpeModel::mergeShort(Scratch& scratch, std::vector<BpeToken>& out) const
{
    std::vector<Symbol>& symbols = scratch.symbols;
    std::vector<std::uint32_t>& ranks = scratch.ranks; // of symbol i with symbol i + 1
    const auto rankAt = [&](std::size_t i) {
        const MergeSlot* merge
            = i + 1 < symbols.size() ? findMerge(symbols[i].id, symbols[i + 1].id) : nullptr;
        return merge != nullptr ? merge->rank : kNoRank;
    };
    ranks.resize(symbols.size());
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        ranks[i] = rankAt(i);
    }
    while (!ranks.empty()) {
        const auto best = std::min_element(ranks.begin(), ranks.end());
        if (*best == kNoRank) {
            break;
        }
        const auto at = best - ranks.begin();
        const auto i = idx(at);
        symbols[i].id = findMerge(symbols[i].id, symbols[i + 1].id)->newId;
        symbols[i].sizeBytes += symbols[i + 1].sizeBytes;
        symbols.erase(symbols.begin() + at + 1);
        ranks.erase(best + 1);
        ranks[i] = rankAt(i);
        if (i > 0) {
            ranks[i - 1] = rankAt(i - 1);
        }
    }
    for (const Symbol& symbol : symbols) {
        out.push_back({ symbol.id, symbol.sizeBytes });
    }
}

void BpeModel::mergeLong(Scratch& scratch, std::vector<BpeToken>& out) const
{
    std::vector<Symbol>& symbols = scratch.symbols;
    std::vector<Candidate>& queue = scratch.queue;
    queue.clear();
    const auto count = narrow<std::int32_t>(symbols.size());
    const auto propose = [&](std::int32_t left, std::int32_t right) {
        if (const MergeSlot* merge = findMerge(symbols[idx(left)].id, symbols[idx(right)].id)) {
            queue.push_back({ merge->rank, left, merge->newId });
            return true;
        }
        return false;
    };
    for (std::int32_t i = 0; i < count; ++i) {
        symbols[idx(i)].previous = i - 1;
        symbols[idx(i)].next = i + 1 < count ? i + 1 : -1;
        if (i + 1 < count) {
            propose(i, i + 1);
        }
    }
    std::make_heap(queue.begin(), queue.end(), comesLater);
    while (!queue.empty()) {
        std::pop_heap(queue.begin(), queue.end(), comesLater);
        const Candidate top = queue.back();
        queue.pop_back();
        Symbol& left = symbols[idx(top.position)];
        if (left.sizeBytes == 0 || left.next < 0) {
            continue;
        }
        Symbol& right = symbols[idx(left.next)];
        const MergeSlot* merge = findMerge(left.id, right.id);
        if (merge == nullptr || merge->newId != top.newId) { // one side has changed since this was proposed
            continue;
        }
        left.id = top.newId;
        left.sizeBytes += right.sizeBytes;
        left.next = right.next;
        right.sizeBytes = 0;
        if (left.next >= 0) {
            symbols[idx(left.next)].previous = top.position;
        }
        if (left.previous >= 0 && propose(left.previous, top.position)) {
            std::push_heap(queue.begin(), queue.end(), comesLater);
        }
        if (left.next >= 0 && propose(top.position, left.next)) {
            std::push_heap(queue.begin(), queue.end(), comesLater);
        }
    }
    for (const Symbol& symbol : symbols) {
        if (symbol.sizeBytes > 0) {
            out.push_back({ symbol.id, symbol.sizeBytes });
        }
    }
}

} // namespace rankscope
