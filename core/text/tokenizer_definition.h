// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/text/added_tokens.h"
#include "core/text/bpe_model.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/token_decoder.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace rankscope {

/// One step of "post_processor".
struct PostProcessorStep {
    enum class Kind { TrimOffsets, Template };
    Kind kind = Kind::Template;
    bool keepAddedSpace = false; ///< TrimOffsets: the first space is one that was added, and stays
    std::vector<std::int32_t> before; ///< Template: special tokens around the text
    std::vector<std::int32_t> after;
};

/// What a tokenizer.json says, checked and ready to run.
struct TokenizerDefinition {
    BpeModel model;
    bool byteLevel = false; ///< words are bytes (a ByteLevel pre-tokenizer)
    std::vector<AddedToken> addedTokens;
    std::vector<NormalizerStep> normalizer;
    std::vector<PreTokenizerStep> preTokenizer;
    std::vector<PostProcessorStep> postProcessor;
    std::vector<DecoderStep> decoder;
    bool hasDecoder = false; ///< without one, pieces are joined with spaces, as in the Python package
};

/// `path` is the file itself. "truncation" and "padding" are not applied: texts are always encoded whole.
/// Errors: NotFound, Io, BadFormat (says which part of the file), Unsupported (a feature we lack, named).
[[nodiscard]] Result<TokenizerDefinition> readTokenizerDefinition(const std::filesystem::path& path);

} // namespace rankscope
