// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/exporting/export_checkpoint.h"

#include <optional>
#include <string>

namespace rankscope {

inline constexpr const char* kModelCardFileName = "README.md";

struct ModelCardInput {
    const CheckpointOverview& checkpoint;
    const PruningPlan& plan;
    const ExportPreview& preview; ///< sizes and where the result loads
    const std::vector<CardRow>& measured;
    std::optional<std::string> originalCard; ///< its text: the front matter (licence, language, tags) is kept
    std::string originalCardName; ///< under which the original card lies beside the new one
};

/// README.md of the exported folder.
[[nodiscard]] std::string modelCard(const ModelCardInput& input);

} // namespace rankscope
