// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>

namespace rankscope {

/// A text file held in memory, with the hash that recipes carry.
struct TextSource {
    std::filesystem::path path;
    std::string utf8;
    std::string sha256; ///< of the file's bytes, lower-case hex
};

/// Errors: NotFound, Io, BadData (empty; not UTF-8: names the byte offset and line).
[[nodiscard]] Result<TextSource> readTextSource(const std::filesystem::path& path);

} // namespace rankscope
