// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/aligned_text.h"
#include "core/text/text_pattern.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rankscope {

/// One step of "normalizer".
struct NormalizerStep {
    enum class Kind { Prepend, Replace, Unicode };
    Kind kind = Kind::Unicode;
    UnicodeForm form = UnicodeForm::Nfc;
    std::optional<TextPattern> pattern; ///< Replace
    std::string content; ///< Prepend, Replace
};

void runNormalizer(std::span<const NormalizerStep> steps, AlignedText& text);

/// How matches of a split pattern and the text between them become words.
enum class SplitBehavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };

/// One step of "pre_tokenizer".
struct PreTokenizerStep {
    enum class Prepend { Never, First, Always };
    std::optional<TextPattern> replaced; ///< Metaspace: spaces, which become `replacement`
    std::string replacement; ///< also what `prepend` puts in front of a text that does not start with it
    Prepend prepend = Prepend::Never; ///< First: only at the start of the input
    std::optional<TextPattern> split;
    SplitBehavior behavior = SplitBehavior::Isolated;
    bool invert = false;
};

using WordSink = std::function<void(const AlignedView&)>;

/// Hands the words of a text to `sink`, in order. No steps: the text is one word.
void runPreTokenizer(std::span<const PreTokenizerStep> steps, const AlignedView& text, const WordSink& sink);

} // namespace rankscope
