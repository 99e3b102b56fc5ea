// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/added_tokens.h"

#include "core/text/unicode_form.h"
#include "core/text/utf8.h"

#include <algorithm>

namespace rankscope {

namespace {

std::size_t lastCharacterStart(std::string_view text)
{
    std::size_t start = text.size() - 1;
    while (start > 0 && isUtf8Continuation(text[start])) {
        --start;
    }
    return start;
}

bool endsInsideWord(std::string_view before)
{
    if (before.empty()) {
        return false;
    }
    std::size_t position = lastCharacterStart(before);
    return isWordCharacter(nextCodePoint(before, position));
}

bool startsInsideWord(std::string_view after)
{
    std::size_t position = 0;
    return !after.empty() && isWordCharacter(nextCodePoint(after, position));
}

std::size_t withoutTrailingSpace(std::string_view text)
{
    while (!text.empty()) {
        const std::size_t start = lastCharacterStart(text);
        std::size_t position = start;
        if (!isWhiteSpace(nextCodePoint(text, position))) {
            break;
        }
        text = text.substr(0, start);
    }
    return text.size();
}

std::size_t leadingSpace(std::string_view text)
{
    std::size_t end = 0;
    while (end < text.size()) {
        std::size_t position = end;
        if (!isWhiteSpace(nextCodePoint(text, position))) {
            break;
        }
        end = position;
    }
    return end;
}

unsigned char firstByte(std::string_view text)
{
    return static_cast<unsigned char>(text.front());
}

} // namespace

void AddedTokenFinder::add(std::string needle, const AddedToken& token)
{
    if (!needle.empty()) {
        m_needles.push_back({ std::move(needle), token });
    }
}

void AddedTokenFinder::finish()
{
    std::stable_sort(m_needles.begin(), m_needles.end(), [](const Needle& a, const Needle& b) {
        return firstByte(a.text) != firstByte(b.text) ? firstByte(a.text) < firstByte(b.text)
                                                      : a.text.size() > b.text.size();
    });
    for (std::size_t i = 0; i < m_needles.size(); ++i) {
        auto& range = m_rangeOfByte[firstByte(m_needles[i].text)];
        if (range.second == 0) {
            range.first = i;
        }
        range.second = i + 1;
    }
}

const AddedTokenFinder::Needle* AddedTokenFinder::longestAt(std::string_view text) const
{
    const auto& [begin, end] = m_rangeOfByte[firstByte(text)];
    for (std::size_t i = begin; i < end; ++i) {
        if (text.starts_with(m_needles[i].text)) {
            return &m_needles[i];
        }
    }
    return nullptr;
}

std::vector<AddedSegment> AddedTokenFinder::segments(std::string_view utf8) const
{
    std::vector<AddedSegment> found;
    std::size_t covered = 0;
    std::size_t at = 0;
    while (!m_needles.empty() && at < utf8.size()) {
        const Needle* needle = longestAt(utf8.substr(at));
        if (needle == nullptr) {
            ++at;
            continue;
        }
        std::size_t begin = at;
        std::size_t end = at + needle->text.size();
        at = end;
        const AddedToken& token = needle->token;
        if (token.singleWord
            && (endsInsideWord(utf8.substr(0, begin)) || startsInsideWord(utf8.substr(end)))) {
            continue;
        }
        if (token.stripLeft) {
            begin = std::max(withoutTrailingSpace(utf8.substr(0, begin)), covered);
        }
        if (token.stripRight) {
            end += leadingSpace(utf8.substr(end));
        }
        if (covered < begin) {
            found.push_back({ covered, begin, -1 });
        }
        found.push_back({ begin, end, token.id });
        covered = end;
    }
    if (covered < utf8.size()) {
        found.push_back({ covered, utf8.size(), -1 });
    }
    return found;
}

} // namespace rankscope
