// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/text_source.h"

#include "core/io/digest.h"
#include "core/io/json.h"
#include "core/text/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

namespace rankscope {

Result<TextSource> readTextSource(const std::filesystem::path& path)
{
    Result<std::string> bytes = readFileBytes(path);
    if (!bytes) {
        return bytes.error();
    }
    if (bytes->empty()) {
        return Error { ErrorCode::BadData, fmt::format("The text '{}' is empty.", path.string()), {} };
    }
    if (const auto invalid = firstInvalidUtf8(*bytes)) {
        const std::string_view before = std::string_view(*bytes).substr(0, *invalid);
        const auto line = std::count(before.begin(), before.end(), '\n') + 1;
        return Error {
            ErrorCode::BadData,
            fmt::format("The text '{}' is not UTF-8: the byte 0x{:02X} at offset {} (line {}) does not fit; "
                        "convert the file, for example with iconv -t UTF-8.",
                        path.string(), static_cast<unsigned char>((*bytes)[*invalid]), *invalid, line),
            {}
        };
    }
    std::string sha256 = sha256Hex(std::as_bytes(std::span(*bytes)));
    return TextSource { path, std::move(bytes).value(), std::move(sha256) };
}

} // namespace rankscope
