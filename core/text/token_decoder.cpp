// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/token_decoder.h"

#include "core/text/byte_alphabet.h"
#include "core/text/utf8.h"

#include <cstddef>
#include <string_view>
#include <utility>

namespace rankscope {

namespace {

int hexDigit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return -1;
}

/// The byte that "<0x0A>" names.
std::optional<char> fallbackByte(std::string_view piece)
{
    if (piece.size() != 6 || !piece.starts_with("<0x") || piece.back() != '>') {
        return std::nullopt;
    }
    const int high = hexDigit(piece[3]);
    const int low = hexDigit(piece[4]);
    if (high < 0 || low < 0) {
        return std::nullopt;
    }
    return static_cast<char>(static_cast<unsigned char>(16 * high + low));
}

std::vector<std::string> fused(const std::vector<std::string>& pieces)
{
    std::string all;
    for (const std::string& piece : pieces) {
        all += piece;
    }
    return { std::move(all) };
}

std::vector<std::string> bytesDecoded(const std::vector<std::string>& pieces)
{
    std::string bytes;
    for (const std::string& piece : pieces) {
        bytes += bytesOfSpelling(piece).value_or(piece); // added tokens may hold any text
    }
    return { replaceInvalidUtf8(bytes) };
}

std::vector<std::string> fallbackDecoded(std::vector<std::string> pieces)
{
    std::vector<std::string> out;
    std::string bytes;
    const auto flush = [&] {
        if (!bytes.empty() && !firstInvalidUtf8(bytes)) {
            out.push_back(bytes);
        } else {
            out.insert(out.end(), bytes.size(), "\xEF\xBF\xBD");
        }
        bytes.clear();
    };
    for (std::string& piece : pieces) {
        if (const auto byte = fallbackByte(piece)) {
            bytes.push_back(*byte);
        } else {
            flush();
            out.push_back(std::move(piece));
        }
    }
    flush();
    return out;
}

std::string replaced(const std::string& piece, const DecoderStep& step)
{
    std::string out;
    for (const PatternSegment& segment : step.pattern->segments(piece)) {
        if (segment.isMatch) {
            out += step.content;
        } else {
            out.append(piece, segment.begin, segment.end - segment.begin);
        }
    }
    return out;
}

std::string stripped(std::string_view text, const DecoderStep& step)
{
    for (int i = 0; i < step.start && text.starts_with(step.content); ++i) {
        text.remove_prefix(step.content.size());
    }
    for (int i = 0; i < step.stop && text.ends_with(step.content); ++i) {
        text.remove_suffix(step.content.size());
    }
    return std::string(text);
}

std::string withSpaces(std::string_view piece, const std::string& mark, bool drop)
{
    std::string out;
    for (std::size_t i = 0; i < piece.size();) {
        if (piece.substr(i).starts_with(mark)) {
            out += drop ? "" : " ";
            i += mark.size();
        } else {
            out.push_back(piece[i++]);
        }
    }
    return out;
}

} // namespace

std::vector<std::string> runDecoderStep(const DecoderStep& step, std::vector<std::string> pieces)
{
    switch (step.kind) {
    case DecoderStep::Kind::ByteLevel:
        return bytesDecoded(pieces);
    case DecoderStep::Kind::ByteFallback:
        return fallbackDecoded(std::move(pieces));
    case DecoderStep::Kind::Fuse:
        return fused(pieces);
    case DecoderStep::Kind::Replace:
        for (std::string& piece : pieces) {
            piece = replaced(piece, step);
        }
        return pieces;
    case DecoderStep::Kind::Strip:
        for (std::string& piece : pieces) {
            piece = stripped(piece, step);
        }
        return pieces;
    case DecoderStep::Kind::Metaspace:
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            pieces[i] = withSpaces(pieces[i], step.content, i == 0 && step.dropFirst);
        }
        return pieces;
    }
    return pieces;
}

} // namespace rankscope
