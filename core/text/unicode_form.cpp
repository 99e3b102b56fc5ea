// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/unicode_form.h"

#include "core/base/narrow.h"
#include "core/text/utf8.h"

#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uversion.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace rankscope {

namespace {

const icu::Normalizer2& normalizerFor(UnicodeForm form)
{
    UErrorCode status = U_ZERO_ERROR; // the four forms are compiled into ICU: this cannot fail
    switch (form) {
    case UnicodeForm::Nfc:
        return *icu::Normalizer2::getNFCInstance(status);
    case UnicodeForm::Nfd:
        return *icu::Normalizer2::getNFDInstance(status);
    case UnicodeForm::Nfkc:
        return *icu::Normalizer2::getNFKCInstance(status);
    case UnicodeForm::Nfkd:
        break;
    }
    return *icu::Normalizer2::getNFKDInstance(status);
}

/// The `tokenizers` package normalises with the data of Unicode 9.0: later characters neither decompose nor
/// compose, and none is a combining mark. Models were trained on what it gives.
bool isKnownCharacter(UChar32 c)
{
    UVersionInfo age = {};
    u_charAge(c, age);
    return c < 0x700 || (age[0] != 0 && age[0] <= 9); // nothing below U+0700 is younger
}

UChar32 icuChar(char32_t codePoint)
{
    return static_cast<UChar32>(codePoint);
}

struct Decomposed {
    NormalisedChar character;
    std::uint8_t combiningClass = 0;
};

/// Full decomposition in canonical order; the first part of a decomposed character replaces it, the others
/// are insertions.
std::vector<Decomposed> decomposed(std::string_view utf8, const icu::Normalizer2& decomposer)
{
    std::vector<Decomposed> parts;
    parts.reserve(utf8.size());
    const auto push = [&](UChar32 c, bool first) {
        const std::uint8_t combiningClass
            = isKnownCharacter(c) ? decomposer.getCombiningClass(c) : std::uint8_t { 0 };
        parts.push_back({ { static_cast<char32_t>(c), first ? 0 : 1 }, combiningClass });
    };
    icu::UnicodeString buffer;
    for (std::size_t i = 0; i < utf8.size();) {
        const UChar32 c = icuChar(nextCodePoint(utf8, i));
        if (c < 0xa0 || !isKnownCharacter(c) || decomposer.getDecomposition(c, buffer) == 0) {
            push(c, true);
            continue;
        }
        for (int32_t k = 0; k < buffer.length(); k = buffer.moveIndex32(k, 1)) {
            push(buffer.char32At(k), k == 0);
        }
    }
    // Canonical ordering: stable, by combining class, between starters.
    for (auto begin = parts.begin(); begin != parts.end();) {
        if (begin->combiningClass == 0) {
            ++begin;
            continue;
        }
        const auto end
            = std::find_if(begin, parts.end(), [](const Decomposed& d) { return d.combiningClass == 0; });
        std::stable_sort(begin, end, [](const Decomposed& a, const Decomposed& b) {
            return a.combiningClass < b.combiningClass;
        });
        begin = end;
    }
    return parts;
}

/// Canonical composition (UAX 15); a composite has consumed what its parts had.
std::vector<NormalisedChar> composed(const std::vector<Decomposed>& parts, const icu::Normalizer2& composer)
{
    std::vector<NormalisedChar> out;
    out.reserve(parts.size());
    std::size_t starter = 0; // index in out, valid while hasStarter
    bool hasStarter = false;
    int lastClass = -1; // class of the last character kept after the starter; -1: none
    for (const Decomposed& part : parts) {
        if (hasStarter && (lastClass < 0 || lastClass < int { part.combiningClass })) {
            const UChar32 pair
                = composer.composePair(icuChar(out[starter].codePoint), icuChar(part.character.codePoint));
            if (pair >= 0 && isKnownCharacter(pair)) {
                out[starter].codePoint = static_cast<char32_t>(pair);
                out[starter].change += part.character.change - 1;
                continue;
            }
        }
        if (part.combiningClass == 0) {
            starter = out.size();
            hasStarter = true;
            lastClass = -1;
        } else {
            lastClass = part.combiningClass;
        }
        out.push_back(part.character);
    }
    return out;
}

} // namespace

bool isNormalised(std::string_view utf8, UnicodeForm form)
{
    UErrorCode status = U_ZERO_ERROR;
    const icu::StringPiece piece(utf8.data(), narrow<int32_t>(utf8.size()));
    return normalizerFor(form).isNormalizedUTF8(piece, status) != 0 && U_SUCCESS(status);
}

std::vector<NormalisedChar> normalisedChars(std::string_view utf8, UnicodeForm form)
{
    const bool compatible = form == UnicodeForm::Nfkc || form == UnicodeForm::Nfkd;
    const std::vector<Decomposed> parts
        = decomposed(utf8, normalizerFor(compatible ? UnicodeForm::Nfkd : UnicodeForm::Nfd));
    if (form == UnicodeForm::Nfc || form == UnicodeForm::Nfkc) {
        return composed(parts, normalizerFor(UnicodeForm::Nfc));
    }
    std::vector<NormalisedChar> out;
    out.reserve(parts.size());
    for (const Decomposed& part : parts) {
        out.push_back(part.character);
    }
    return out;
}

bool isWhiteSpace(char32_t codePoint)
{
    return u_isUWhiteSpace(icuChar(codePoint)) != 0;
}

bool isWordCharacter(char32_t codePoint)
{
    const UChar32 c = icuChar(codePoint);
    return u_hasBinaryProperty(c, UCHAR_ALPHABETIC) != 0 || u_hasBinaryProperty(c, UCHAR_JOIN_CONTROL) != 0
        || (U_GET_GC_MASK(c) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0;
}

} // namespace rankscope
