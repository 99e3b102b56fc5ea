// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/pre_tokenizer.h"

#include <algorithm>
#include <cstddef>

namespace rankscope {

namespace {

/// Folds matches into their neighbours, in place. `segments` come in the direction in which matches are
/// merged.
std::vector<PatternSegment> merged(const std::vector<PatternSegment>& segments, bool backwards)
{
    std::vector<PatternSegment> out;
    bool previousIsMatch = false;
    const auto take = [&](const PatternSegment& segment) {
        if (segment.isMatch && !previousIsMatch && !out.empty()) {
            out.back().begin = std::min(out.back().begin, segment.begin);
            out.back().end = std::max(out.back().end, segment.end);
        } else {
            out.push_back(segment);
        }
        previousIsMatch = segment.isMatch;
    };
    if (backwards) {
        std::for_each(segments.rbegin(), segments.rend(), take);
        std::reverse(out.begin(), out.end());
    } else {
        std::for_each(segments.begin(), segments.end(), take);
    }
    return out;
}

std::vector<PatternSegment> contiguous(const std::vector<PatternSegment>& segments)
{
    std::vector<PatternSegment> out;
    for (const PatternSegment& segment : segments) {
        if (!out.empty() && out.back().isMatch == segment.isMatch) {
            out.back().end = segment.end;
        } else {
            out.push_back(segment);
        }
    }
    return out;
}

std::vector<PatternSegment> splitUp(const PreTokenizerStep& step, std::string_view text)
{
    std::vector<PatternSegment> segments = step.split->segments(text);
    if (step.invert) {
        for (PatternSegment& segment : segments) {
            segment.isMatch = !segment.isMatch;
        }
    }
    switch (step.behavior) {
    case SplitBehavior::Isolated:
        break;
    case SplitBehavior::Removed:
        std::erase_if(segments, [](const PatternSegment& segment) { return segment.isMatch; });
        break;
    case SplitBehavior::MergedWithPrevious:
        return merged(segments, false);
    case SplitBehavior::MergedWithNext:
        return merged(segments, true);
    case SplitBehavior::Contiguous:
        return contiguous(segments);
    }
    return segments;
}

void runStep(const PreTokenizerStep& step, const AlignedView& source, const WordSink& sink)
{
    AlignedText text(source);
    if (step.replaced) {
        text.replace(*step.replaced, step.replacement);
    }
    const AlignedView& current = text.view();
    const bool wanted = step.prepend == PreTokenizerStep::Prepend::Always
        || (step.prepend == PreTokenizerStep::Prepend::First && !current.text.empty()
            && current.originalAt(0).begin == 0);
    if (wanted && !current.text.starts_with(step.replacement)) {
        text.prepend(step.replacement);
    }
    if (!step.split) {
        sink(text.view());
        return;
    }
    for (const PatternSegment& segment : splitUp(step, text.view().text)) {
        if (segment.end > segment.begin) {
            sink(text.view().slice(segment.begin, segment.end));
        }
    }
}

} // namespace

void runNormalizer(std::span<const NormalizerStep> steps, AlignedText& text)
{
    for (const NormalizerStep& step : steps) {
        switch (step.kind) {
        case NormalizerStep::Kind::Prepend:
            text.prepend(step.content);
            break;
        case NormalizerStep::Kind::Replace:
            text.replace(*step.pattern, step.content);
            break;
        case NormalizerStep::Kind::Unicode:
            text.normalise(step.form);
            break;
        }
    }
}

void runPreTokenizer(std::span<const PreTokenizerStep> steps, const AlignedView& text, const WordSink& sink)
{
    if (text.text.empty()) {
        return;
    }
    if (steps.empty()) {
        sink(text);
        return;
    }
    runStep(steps.front(), text,
            [&](const AlignedView& part) { runPreTokenizer(steps.subspan(1), part, sink); });
}

} // namespace rankscope
