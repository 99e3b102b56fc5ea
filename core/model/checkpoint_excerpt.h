// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>

namespace rankscope {

/// A file of a checkpoint as a person reads it, for whoever follows an issue to its cause.
struct CheckpointExcerpt {
    std::string text; ///< of a weights file: one line per tensor with name, dtype, shape and bytes
    int line = -1; ///< that concerns what was asked about, from 0; -1: none does
};

/// `file`: config.json or another JSON file, or a weights file, inside `folder`. `subject`: the key or tensor
/// concerned. Errors: NotFound, Io, BadFormat (headers).
[[nodiscard]] Result<CheckpointExcerpt> readCheckpointExcerpt(const std::filesystem::path& folder,
                                                              const std::string& file,
                                                              const std::string& subject);

} // namespace rankscope
