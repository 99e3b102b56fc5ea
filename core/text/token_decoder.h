// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/text_pattern.h"

#include <optional>
#include <string>
#include <vector>

namespace rankscope {

/// One step of "decoder": from a list of pieces to a list of texts.
struct DecoderStep {
    enum class Kind { ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace };
    Kind kind = Kind::Fuse;
    std::optional<TextPattern> pattern; ///< Replace
    std::string content; ///< Replace: what to put; Strip, Metaspace: the one character
    int start = 0; ///< Strip: how many at the front of each text
    int stop = 0;
    bool dropFirst = false; ///< Metaspace: the first piece loses its marks
};

[[nodiscard]] std::vector<std::string> runDecoderStep(const DecoderStep& step,
                                                      std::vector<std::string> pieces);

} // namespace rankscope
