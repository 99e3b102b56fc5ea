// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/model/model_spec.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace rankscope {

enum class IssueSeverity { Note, Warning, Error };

/// One finding about a checkpoint. Errors make it unusable; warnings and notes are shown and the model loads.
struct CheckpointIssue {
    IssueSeverity severity = IssueSeverity::Note;
    std::string message; ///< one sentence; names the tensor or key, what was expected and what was found
    std::string subject; ///< the tensor, key or file concerned
    std::string file = {}; ///< inside the folder, where the cause is to be seen; empty: in none
};

/// What headers and config say, without reading weights.
struct CheckpointOverview {
    std::filesystem::path folder;
    std::string name; ///< the folder's name
    ModelSpec spec;
    std::int64_t parameters = 0;
    std::int64_t weightBytes = 0;
    std::string dtype; ///< "bf16", or "bf16 + fp32" when mixed, most bytes first
    std::vector<std::string> weightFiles; ///< names inside the folder
    std::vector<CheckpointIssue> issues;
    std::string fingerprint; ///< SHA-256 of names, dtypes, shapes and config: cheap identity

    [[nodiscard]] bool loadable() const;
    /// The first issue of severity Error as an Error value; only when !loadable().
    [[nodiscard]] Error firstError() const;
};

/// Reads config.json and the safetensors headers of `folder`, checks every tensor's name, shape and dtype
/// against the architecture. Fails only when there is nothing to describe (no folder, no config, unknown
/// family, unreadable header); everything else is listed in `issues`. Pickle files are never opened.
[[nodiscard]] Result<CheckpointOverview> inspectCheckpoint(const std::filesystem::path& folder);

} // namespace rankscope
