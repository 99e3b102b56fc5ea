// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/aligned_text.h"

#include "core/base/narrow.h"
#include "core/text/text_pattern.h"
#include "core/text/unicode_form.h"
#include "core/text/utf8.h"

#include <utility>

namespace rankscope {

AlignedView AlignedView::slice(std::size_t begin, std::size_t end) const
{
    AlignedView part;
    part.text = text.substr(begin, end - begin);
    if (alignment.empty()) {
        part.base = base + narrow<std::uint32_t>(begin);
    } else {
        part.alignment = alignment.subspan(begin, end - begin);
        part.base = part.alignment.empty() ? base : part.alignment.front().begin;
    }
    return part;
}

OriginalRange AlignedView::originalAt(std::size_t index) const
{
    if (!alignment.empty()) {
        return alignment[index];
    }
    std::size_t begin = index;
    while (begin > 0 && isUtf8Continuation(text[begin])) {
        --begin;
    }
    std::size_t end = index + 1;
    while (end < text.size() && isUtf8Continuation(text[end])) {
        ++end;
    }
    return { base + narrow<std::uint32_t>(begin), base + narrow<std::uint32_t>(end) };
}

TextSpan AlignedView::original(std::size_t begin, std::size_t end) const
{
    return { originalAt(begin).begin, originalAt(end - 1).end };
}

AlignedText::AlignedText(const AlignedView& source)
    : m_view(source)
{
}

void AlignedText::adopt(std::string text, std::vector<OriginalRange> alignment)
{
    m_text = std::move(text);
    m_alignment = std::move(alignment);
    m_view.text = m_text;
    m_view.alignment = m_alignment;
}

void AlignedText::prepend(std::string_view inserted)
{
    if (m_view.text.empty() || inserted.empty()) {
        return;
    }
    std::string text(inserted);
    text.append(m_view.text);
    std::vector<OriginalRange> alignment(inserted.size(), m_view.originalAt(0));
    alignment.reserve(text.size());
    for (std::size_t i = 0; i < m_view.text.size(); ++i) {
        alignment.push_back(m_view.originalAt(i));
    }
    adopt(std::move(text), std::move(alignment));
}

void AlignedText::replace(const TextPattern& pattern, std::string_view content)
{
    const std::vector<PatternSegment> segments = pattern.segments(m_view.text);
    std::string text;
    text.reserve(m_view.text.size() + m_view.text.size() / 4);
    std::vector<OriginalRange> alignment;
    alignment.reserve(text.capacity());
    for (const PatternSegment& segment : segments) {
        if (segment.isMatch) {
            const OriginalRange range = segment.end > 0 ? m_view.originalAt(segment.end - 1)
                                                        : OriginalRange { m_view.base, m_view.base };
            text.append(content);
            alignment.insert(alignment.end(), content.size(), range);
        } else {
            text.append(m_view.text.substr(segment.begin, segment.end - segment.begin));
            for (std::size_t i = segment.begin; i < segment.end; ++i) {
                alignment.push_back(m_view.originalAt(i));
            }
        }
    }
    adopt(std::move(text), std::move(alignment));
}

void AlignedText::normalise(UnicodeForm form)
{
    if (isNormalised(m_view.text, form)) {
        return;
    }
    const std::vector<NormalisedChar> chars = normalisedChars(m_view.text, form);
    std::string text;
    text.reserve(m_view.text.size());
    std::vector<OriginalRange> alignment;
    alignment.reserve(m_view.text.size());
    std::size_t source = 0; // start of the next source character that has not been consumed
    for (const NormalisedChar& next : chars) {
        OriginalRange range { m_view.base, m_view.base };
        if (next.change <= 0) {
            range = m_view.originalAt(source);
        } else if (source > 0) {
            range = m_view.originalAt(source - 1);
        }
        for (int consumed = 1 - next.change; consumed > 0 && source < m_view.text.size(); --consumed) {
            (void)nextCodePoint(m_view.text, source);
        }
        appendUtf8(text, next.codePoint);
        alignment.insert(alignment.end(), text.size() - alignment.size(), range);
    }
    adopt(std::move(text), std::move(alignment));
}

} // namespace rankscope
