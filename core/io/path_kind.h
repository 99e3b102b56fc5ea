// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

namespace rankscope {

/// What a person means by a path that they drop on the window.
enum class PathKind {
    Folder, ///< to be opened as a checkpoint
    CheckpointFile, ///< config.json, weights, tokenizer: its folder is meant
    Plan, ///< JSON that says so, whatever its name
    Recipe,
    Text, ///< UTF-8 without control bytes, as far as its beginning tells
    Other, ///< nothing we open, or nothing there
};

/// Looks at the name and the first kilobytes.
[[nodiscard]] PathKind kindOfPath(const std::filesystem::path& path);

} // namespace rankscope
