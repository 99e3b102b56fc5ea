// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/jobs/job_context.h"
#include "core/text/text_source.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rankscope {

struct WindowOptions {
    int length = 512; ///< tokens per window, at least 2 (3 with addBos)
    std::optional<int> maxWindows; ///< the first N; all when empty
    int pieceLines = 64; ///< lines that are tokenised together
    bool addBos = false; ///< one BOS at the head of every window, counted in its length
};

/// Text cut into windows of equal length, as perplexity and calibration see it. Immutable once made.
struct TokenWindows {
    std::vector<std::int64_t> ids; ///< [count, length]
    int count = 0;
    int length = 0;
    std::int64_t textTokens = 0; ///< tokens of the pieces that were tokenised
    std::int64_t droppedTokens = 0; ///< a rest shorter than a window; 0 when maxWindows cut earlier
    bool wholeText = true; ///< false when maxWindows left text over
    std::string sourceName; ///< file name, for people
    std::string sourceSha256;
    WindowOptions options;

    [[nodiscard]] std::span<const std::int64_t> window(int index) const
    {
        return std::span(ids).subspan(static_cast<std::size_t>(index) * static_cast<std::size_t>(length),
                                      static_cast<std::size_t>(length));
    }
};

/// Pieces of `pieceLines` lines, each ending in a newline (a last line without one gets one), tokenised
/// without special tokens, concatenated and cut. Only as many pieces are tokenised as maxWindows needs.
/// Progress counts bytes of the text; a stop request is seen between pieces. Errors: InvalidArgument (length,
/// pieceLines, maxWindows), BadData (text shorter than one window: says how many tokens there are), NotFound
/// (addBos without a known BOS), Cancelled.
[[nodiscard]] Result<TokenWindows> makeTokenWindows(const Tokenizer& tokenizer, const TextSource& text,
                                                    const WindowOptions& options, JobContext& job);

} // namespace rankscope
