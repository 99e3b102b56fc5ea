// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace rankscope {

/// Parses one JSON document; the members of objects keep their order. Looking a member up and adding one are
/// linear: use parseLargeJson for objects with tens of thousands of members (tokenizer vocabularies). The
/// bare words Infinity, -Infinity and NaN, which Python writes, are read as the doubles they name. `what`
/// names the document in messages, such as a quoted file name. Errors: BadFormat (with line and column; also
/// nesting beyond 512 levels).
[[nodiscard]] Result<nlohmann::ordered_json> parseJson(std::string_view text, std::string what);

/// The same with the members of objects sorted by key; the only affordable form for huge objects.
[[nodiscard]] Result<nlohmann::json> parseLargeJson(std::string_view text, std::string what);

/// A whole file, read and parsed. Errors: NotFound, Io, and those of parseJson.
[[nodiscard]] Result<nlohmann::ordered_json> readJsonFile(const std::filesystem::path& path);
[[nodiscard]] Result<nlohmann::json> readLargeJsonFile(const std::filesystem::path& path);

/// The bytes of a file. Errors: NotFound (also a folder), Io.
[[nodiscard]] Result<std::string> readFileBytes(const std::filesystem::path& path);

} // namespace rankscope
