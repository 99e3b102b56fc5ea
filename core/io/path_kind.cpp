// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/path_kind.h"

#include "core/text/utf8.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace rankscope {

namespace {

constexpr std::size_t kLookAt = 4096;

std::string beginningOf(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    std::string bytes(kLookAt, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
    return bytes;
}

/// Valid UTF-8 but for a character that the end cuts, and no control bytes but white space.
bool looksLikeText(std::string_view bytes)
{
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        if (value < 0x20 && byte != '\n' && byte != '\r' && byte != '\t' && byte != '\f') {
            return false;
        }
    }
    const std::optional<std::size_t> invalid = firstInvalidUtf8(bytes);
    return !bytes.empty() && (!invalid || bytes.size() - *invalid < 4);
}

} // namespace

PathKind kindOfPath(const std::filesystem::path& path)
{
    std::error_code failure;
    if (std::filesystem::is_directory(path, failure)) {
        return PathKind::Folder;
    }
    if (!std::filesystem::is_regular_file(path, failure)) {
        return PathKind::Other;
    }
    if (path.extension() == ".safetensors") {
        return PathKind::CheckpointFile;
    }
    const std::string bytes = beginningOf(path);
    if (path.extension() == ".json") {
        // A recipe holds a plan: it is asked about first.
        if (bytes.find("\"rankscope_recipe\"") != std::string::npos) {
            return PathKind::Recipe;
        }
        if (bytes.find("\"rankscope_plan\"") != std::string::npos) {
            return PathKind::Plan;
        }
        if (std::filesystem::exists(path.parent_path() / "config.json", failure)) {
            return PathKind::CheckpointFile;
        }
        return PathKind::Plan; // the reader says what is wrong with it
    }
    return looksLikeText(bytes) ? PathKind::Text : PathKind::Other;
}

} // namespace rankscope
