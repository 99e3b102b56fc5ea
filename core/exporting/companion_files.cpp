// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/exporting/companion_files.h"

#include "core/base/narrow.h"
#include "core/exporting/model_card.h"
#include "core/exporting/recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace rankscope {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 11> kWeightEndings { ".safetensors", ".bin",  ".pt",   ".pth",
                                                            ".ckpt",        ".h5",   ".onnx", ".gguf",
                                                            ".msgpack",     ".ggml", ".pkl" };

bool holdsWeights(const std::string& name)
{
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::any_of(kWeightEndings.begin(), kWeightEndings.end(), [&](std::string_view ending) {
        return lower.ends_with(ending) || lower.ends_with(std::string(ending) + ".index.json");
    });
}

/// README.md -> README-original.md, README-original-2.md, ... whichever the folder does not use yet.
std::string freeName(const fs::path& folder, const std::string& stem, const std::string& extension)
{
    std::error_code ignored;
    std::string name = stem + extension;
    for (int number = 2; fs::exists(folder / name, ignored); ++number) {
        name = fmt::format("{}-{}{}", stem, number, extension);
    }
    return name;
}

std::string nameInCopy(const fs::path& folder, const std::string& relative)
{
    if (relative == kModelCardFileName) {
        return freeName(folder, "README-original", ".md");
    }
    if (relative == kRecipeFileName) {
        return freeName(folder, "rankscope-recipe-source", ".json");
    }
    return relative;
}

} // namespace

Result<CompanionFiles> companionFiles(const fs::path& folder, const std::set<std::string>& rewritten)
{
    CompanionFiles result;
    std::error_code failure;
    fs::recursive_directory_iterator entry(folder, failure);
    for (const fs::recursive_directory_iterator end; !failure && entry != end; entry.increment(failure)) {
        const std::string relative = entry->path().lexically_relative(folder).generic_string();
        const std::string name = entry->path().filename().string();
        std::error_code unreadable;
        const fs::file_status status = entry->status(unreadable);
        if (status.type() == fs::file_type::directory) {
            if (name.starts_with('.')) {
                result.notCopied.push_back(fmt::format("The hidden folder \"{}\" is not copied.", relative));
                entry.disable_recursion_pending();
            } else if (entry->is_symlink(unreadable)) {
                result.notCopied.push_back(
                    fmt::format("\"{}\" is not copied: a link to a folder.", relative));
            }
            continue;
        }
        if (rewritten.contains(relative)) {
            continue;
        }
        if (status.type() != fs::file_type::regular) {
            result.notCopied.push_back(
                fmt::format("\"{}\" is not copied: neither a file nor a folder.", relative));
            continue;
        }
        if (holdsWeights(name)) {
            result.notCopied.push_back(
                fmt::format("\"{}\" is not copied: weights of the original model.", relative));
            continue;
        }
        const std::uintmax_t bytes = entry->file_size(unreadable);
        if (unreadable) {
            return Error { ErrorCode::Io, fmt::format("\"{}\" cannot be read.", entry->path().string()),
                           unreadable.message() };
        }
        result.files.push_back({ entry->path(), nameInCopy(folder, relative), narrow<std::int64_t>(bytes) });
    }
    if (failure) {
        return Error { ErrorCode::Io,
                       fmt::format("The folder \"{}\" cannot be read: {}.", folder.string(),
                                   failure.message()),
                       {} };
    }
    std::sort(result.files.begin(), result.files.end(),
              [](const CompanionFile& a, const CompanionFile& b) { return a.name < b.name; });
    std::sort(result.notCopied.begin(), result.notCopied.end());
    return result;
}

} // namespace rankscope
