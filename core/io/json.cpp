// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/json.h"

#include "core/base/narrow.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace rankscope {

namespace {

constexpr int kMaxDepth = 512;

struct BareWord {
    std::string_view word;
    std::string_view placeholder; ///< a string value; a noncharacter keeps it apart from real text
    double value;
};
constexpr BareWord kBareWords[] = {
    { "-Infinity", "\"\xEF\xB7\x90-Infinity\"", -std::numeric_limits<double>::infinity() },
    { "Infinity", "\"\xEF\xB7\x90Infinity\"", std::numeric_limits<double>::infinity() },
    { "NaN", "\"\xEF\xB7\x90NaN\"", std::numeric_limits<double>::quiet_NaN() },
};

struct Replacement {
    std::size_t offset; ///< in the original text
    const BareWord* word;
};

struct Scan {
    std::vector<Replacement> replacements;
    std::optional<std::size_t> tooDeepAt;
};

/// One pass outside of strings: bare words, and the nesting depth.
Scan scanDocument(std::string_view text)
{
    Scan scan;
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') {
            for (++i; i < text.size() && text[i] != '"'; ++i) {
                if (text[i] == '\\') {
                    ++i;
                }
            }
        } else if (c == '[' || c == '{') {
            if (++depth > kMaxDepth) {
                scan.tooDeepAt = i;
                return scan;
            }
        } else if (c == ']' || c == '}') {
            --depth;
        } else if (c == '-' || c == 'I' || c == 'N') {
            for (const BareWord& word : kBareWords) {
                if (text.substr(i, word.word.size()) == word.word) {
                    scan.replacements.push_back({ i, &word });
                    i += word.word.size() - 1;
                    break;
                }
            }
        }
    }
    return scan;
}

std::string withPlaceholders(std::string_view text, const std::vector<Replacement>& replacements)
{
    std::string out;
    out.reserve(text.size() + 16 * replacements.size());
    std::size_t copied = 0;
    for (const Replacement& replacement : replacements) {
        out.append(text.substr(copied, replacement.offset - copied));
        out.append(replacement.word->placeholder);
        copied = replacement.offset + replacement.word->word.size();
    }
    out.append(text.substr(copied));
    return out;
}

std::size_t originalOffset(std::size_t offset, const std::vector<Replacement>& replacements)
{
    std::size_t growth = 0;
    for (const Replacement& replacement : replacements) {
        if (replacement.offset + growth >= offset) {
            break;
        }
        growth += replacement.word->placeholder.size() - replacement.word->word.size();
    }
    return offset > growth ? offset - growth : 0;
}

template <typename Json> void restoreBareWords(Json& value)
{
    if (value.is_structured()) {
        for (auto& child : value) {
            restoreBareWords(child); // at most kMaxDepth deep
        }
    } else if (value.is_string()) {
        const auto& text = value.template get_ref<const std::string&>();
        for (const BareWord& word : kBareWords) {
            if (text == word.placeholder.substr(1, word.placeholder.size() - 2)) {
                value = word.value;
                return;
            }
        }
    }
}

Error errorAt(std::string_view text, std::size_t offset, const std::string& what, std::string_view detail)
{
    offset = std::min(offset, text.size());
    const std::string_view before = text.substr(0, offset);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t lastBreak = before.rfind('\n');
    const std::size_t column = lastBreak == std::string_view::npos ? offset + 1 : offset - lastBreak;
    return Error { ErrorCode::BadFormat,
                   fmt::format("{} is not valid JSON at line {}, column {}: {}.", what, line, column, detail),
                   fmt::format("byte {} of {}", offset, text.size()) };
}

/// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..." -> "syntax error ..."
std::string detailOf(const char* what)
{
    std::string_view text(what);
    if (const std::size_t close = text.find("] "); close != std::string_view::npos) {
        text.remove_prefix(close + 2);
    }
    if (text.starts_with("parse error")) {
        if (const std::size_t colon = text.find(": "); colon != std::string_view::npos) {
            text.remove_prefix(colon + 2);
        }
    }
    constexpr std::size_t kLongest = 300; // a message quotes the last thing read, which may be a huge string
    std::string detail(text.substr(0, kLongest));
    if (text.size() > kLongest) {
        detail += "...";
    }
    return detail;
}

template <typename Json> Result<Json> parseAs(std::string_view text, const std::string& what)
{
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        return Error { ErrorCode::BadFormat, fmt::format("{} is empty, but JSON was expected.", what), {} };
    }
    const Scan scan = scanDocument(text);
    if (scan.tooDeepAt) {
        return errorAt(text, *scan.tooDeepAt, what, fmt::format("it nests deeper than {} levels", kMaxDepth));
    }
    std::string replaced;
    std::string_view source = text;
    if (!scan.replacements.empty()) {
        replaced = withPlaceholders(text, scan.replacements);
        source = replaced;
    }
    try {
        Json value = Json::parse(source.begin(), source.end());
        if (!scan.replacements.empty()) {
            restoreBareWords(value);
        }
        return value;
    } catch (const nlohmann::json::parse_error& error) {
        const std::size_t offset = error.byte > 0 ? error.byte - 1 : 0;
        return errorAt(text, originalOffset(offset, scan.replacements), what, detailOf(error.what()));
    } catch (const nlohmann::json::exception& error) { // a number beyond the range of double
        return Error { ErrorCode::BadFormat,
                       fmt::format("{} is not valid JSON: {}.", what, detailOf(error.what())),
                       {} };
    }
}

} // namespace

Result<nlohmann::ordered_json> parseJson(std::string_view text, std::string what)
{
    return parseAs<nlohmann::ordered_json>(text, what);
}

Result<nlohmann::json> parseLargeJson(std::string_view text, std::string what)
{
    return parseAs<nlohmann::json>(text, what);
}

Result<std::string> readFileBytes(const std::filesystem::path& path)
{
    std::error_code status;
    const auto type = std::filesystem::status(path, status).type();
    if (type == std::filesystem::file_type::not_found) {
        return Error { ErrorCode::NotFound, fmt::format("'{}' does not exist.", path.string()), {} };
    }
    if (type == std::filesystem::file_type::directory) {
        return Error { ErrorCode::NotFound,
                       fmt::format("'{}' is a folder, but a file was expected.", path.string()),
                       {} };
    }
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
    if (!file) {
        return Error { ErrorCode::Io,
                       fmt::format("'{}' could not be opened: {}.", path.string(), std::strerror(errno)),
                       {} };
    }
    std::string bytes;
    const std::uintmax_t sizeBytes = std::filesystem::file_size(path, status);
    if (!status) {
        bytes.reserve(narrow<std::size_t>(sizeBytes));
    }
    char buffer[1U << 16U];
    while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, file.get())) {
        bytes.append(buffer, count);
    }
    if (std::ferror(file.get()) != 0) {
        return Error { ErrorCode::Io,
                       fmt::format("'{}' could not be read: {}.", path.string(), std::strerror(errno)),
                       fmt::format("after {} bytes", bytes.size()) };
    }
    return bytes;
}

Result<nlohmann::ordered_json> readJsonFile(const std::filesystem::path& path)
{
    Result<std::string> bytes = readFileBytes(path);
    if (!bytes) {
        return bytes.error();
    }
    return parseAs<nlohmann::ordered_json>(*bytes, fmt::format("'{}'", path.string()));
}

Result<nlohmann::json> readLargeJsonFile(const std::filesystem::path& path)
{
    Result<std::string> bytes = readFileBytes(path);
    if (!bytes) {
        return bytes.error();
    }
    return parseAs<nlohmann::json>(*bytes, fmt::format("'{}'", path.string()));
}

} // namespace rankscope
