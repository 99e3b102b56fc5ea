// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/token_windows.h"

#include "core/base/narrow.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace rankscope {

namespace {

/// Takes the next `lines` lines, their line breaks included, off the front of `rest`.
std::string_view takeLines(std::string_view& rest, int lines)
{
    std::size_t end = 0;
    for (int line = 0; line < lines && end < rest.size(); ++line) {
        const std::size_t lineBreak = rest.find('\n', end);
        end = lineBreak == std::string_view::npos ? rest.size() : lineBreak + 1;
    }
    const std::string_view piece = rest.substr(0, end);
    rest.remove_prefix(end);
    return piece;
}

Status checkOptions(const WindowOptions& options)
{
    if (options.length < 2) {
        return Error { ErrorCode::InvalidArgument,
                       fmt::format("A window of {} tokens predicts nothing: the length must be at least 2.",
                                   options.length),
                       {} };
    }
    if (options.addBos && options.length < 3) {
        return Error {
            ErrorCode::InvalidArgument,
            fmt::format(
                "A window of {} tokens that begins with BOS is too short: the length must be at least 3.",
                options.length),
            {}
        };
    }
    if (options.pieceLines < 1) {
        return Error { ErrorCode::InvalidArgument,
                       fmt::format("Text cannot be tokenised in pieces of {} lines: use 1 or more.",
                                   options.pieceLines),
                       {} };
    }
    if (options.maxWindows && *options.maxWindows < 1) {
        return Error { ErrorCode::InvalidArgument,
                       fmt::format("{} windows were asked for: use 1 or more.", *options.maxWindows),
                       {} };
    }
    return Unit {};
}

/// Puts the offset of a complaint about one piece in terms of the whole text.
Error inText(Error error, const TextSource& text, std::int64_t pieceOffset)
{
    error.context
        = fmt::format("{}; in the piece at byte {} of '{}'", error.context, pieceOffset, text.path.string());
    return error;
}

} // namespace

Result<TokenWindows> makeTokenWindows(const Tokenizer& tokenizer, const TextSource& text,
                                      const WindowOptions& options, JobContext& job)
{
    if (const Status checked = checkOptions(options); !checked) {
        return checked.error();
    }
    const std::optional<std::int64_t> knownBos = tokenizer.bosId();
    if (options.addBos && !knownBos) {
        return Error {
            ErrorCode::NotFound,
            fmt::format(
                "A BOS token was asked for, but neither the tokenizer '{}' nor a tokenizer_config.json "
                "beside it names one.",
                tokenizer.path().string()),
            {}
        };
    }
    const std::int64_t bos = knownBos.value_or(0); // used with addBos only
    const std::int64_t textTokensPerWindow = options.length - (options.addBos ? 1 : 0);
    const std::string name = text.path.filename().string();

    std::vector<std::int64_t> tokens;
    std::string_view rest = text.utf8;
    job.progress().begin(narrow<std::int64_t>(rest.size()));
    const auto wantsMore = [&] {
        return !options.maxWindows
            || std::ssize(tokens) < textTokensPerWindow * std::int64_t { *options.maxWindows };
    };
    std::string terminated;
    while (!rest.empty() && wantsMore()) {
        if (job.stopRequested()) {
            return cancelledError();
        }
        const std::size_t offset = text.utf8.size() - rest.size();
        std::string_view piece = takeLines(rest, options.pieceLines);
        job.progress().advance(narrow<std::int64_t>(piece.size()));
        if (!piece.ends_with('\n')) {
            terminated = piece;
            terminated += '\n';
            piece = terminated;
        }
        const Result<Encoding> encoding = tokenizer.encode(piece, false);
        if (!encoding) {
            return inText(encoding.error(), text, narrow<std::int64_t>(offset));
        }
        tokens.insert(tokens.end(), encoding->ids.begin(), encoding->ids.end());
    }

    TokenWindows windows;
    windows.length = options.length;
    windows.textTokens = std::ssize(tokens);
    windows.sourceName = name;
    windows.sourceSha256 = text.sha256;
    windows.options = options;
    const std::int64_t available = windows.textTokens / textTokensPerWindow;
    if (available == 0) {
        return Error {
            ErrorCode::BadData,
            fmt::format(
                "The text '{}' has {} tokens, fewer than one window of {}{}: use a longer text or shorter "
                "windows.",
                text.path.string(), windows.textTokens, options.length,
                options.addBos ? " that begins with BOS" : ""),
            {}
        };
    }
    const std::int64_t wanted
        = options.maxWindows ? std::min<std::int64_t>(available, *options.maxWindows) : available;
    windows.count = narrow<int>(wanted);
    windows.wholeText = rest.empty() && wanted == available;
    windows.droppedTokens = windows.wholeText ? windows.textTokens - wanted * textTokensPerWindow : 0;
    windows.ids.reserve(idx(wanted * options.length));
    for (std::int64_t window = 0; window < wanted; ++window) {
        if (options.addBos) {
            windows.ids.push_back(bos);
        }
        const auto begin = tokens.begin() + window * textTokensPerWindow;
        windows.ids.insert(windows.ids.end(), begin, begin + textTokensPerWindow);
    }
    return windows;
}

} // namespace rankscope
