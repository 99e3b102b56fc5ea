// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/exporting/companion_files.h"
#include "core/exporting/export_checkpoint.h"
#include "core/exporting/pruned_tensors.h"
#include "core/io/checkpoint_writer.h"

#include <filesystem>
#include <string>
#include <vector>

namespace rankscope {

/// A small file that the export writes itself.
struct TextFile {
    std::string name;
    std::string text;
};

/// Everything that an export puts into its folder, decided before the first byte is written.
struct ExportContents {
    std::filesystem::path target; ///< normalised
    PrunedTensors weights;
    CheckpointLayout layout;
    std::vector<TextFile> texts;
    std::vector<CompanionFile> copies;
    ExportPreview preview; ///< when preview.blocked is set the rest may be empty
    std::int64_t totalBytes = 0;
};

/// Maps the source, reads its config and card; writes nothing. Errors: those of reading the checkpoint.
[[nodiscard]] Result<ExportContents> exportContents(const CheckpointOverview& checkpoint,
                                                    const PruningPlan& plan, const ExportOptions& options);

} // namespace rankscope
