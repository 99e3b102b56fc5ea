// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/jobs/job_context.h"
#include "core/model/checkpoint_overview.h"
#include "core/plan/pruning_plan.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rankscope {

enum class ExportMode { Uniform, PerLayer, ZeroFilled };

/// "uniform", "per-layer", "zero-filled".
[[nodiscard]] const char* exportModeName(ExportMode mode);
[[nodiscard]] std::optional<ExportMode> exportModeFromName(std::string_view name);

/// A measured figure for the model card: {"perplexity, original, 32 windows of 512", "48.85"}.
struct CardRow {
    std::string quantity;
    std::string value;

    friend bool operator==(const CardRow&, const CardRow&) = default;
};

struct ExportOptions {
    ExportMode mode = ExportMode::Uniform;
    std::filesystem::path target; ///< the folder to create
    bool replaceExisting = false; ///< consent to replace a folder that is there
    std::int64_t shardBytes = 5'000'000'000; ///< a larger total is split
    std::vector<CardRow> measured; ///< what the model card tells about quality and speed
};

struct TensorChange {
    std::string name;
    std::vector<std::int64_t> shapeBefore;
    std::vector<std::int64_t> shapeAfter; ///< equal when only values change (zero-filled)
    std::int64_t bytesBefore = 0;
    std::int64_t bytesAfter = 0;
};

struct ExportFile {
    std::string name;
    std::int64_t bytes = 0;
    std::string origin; ///< "written" or "copied"
    std::vector<std::size_t> changes {}; ///< of a weight file: positions in ExportPreview::changedTensors
    std::int64_t unchangedTensors = 0; ///< of a weight file
    std::int64_t unchangedBytes = 0;
};

/// What an export would do; writes nothing.
struct ExportPreview {
    ExportMode mode = ExportMode::Uniform;
    std::vector<TensorChange> changedTensors;
    std::int64_t unchangedTensors = 0;
    std::vector<ExportFile> files;
    std::int64_t weightBytesBefore = 0;
    std::int64_t weightBytesAfter = 0;
    std::int64_t stateBytesBefore = 0;
    std::int64_t stateBytesAfter = 0;
    std::vector<std::string> configChanges; ///< "expand_v: 1 -> 2", one per line
    std::vector<std::string> warnings;
    std::string loadsIn; ///< a sentence: where the result loads
    std::optional<Error> blocked; ///< why it cannot be written, if so (mode, target, space)
};

/// A sentence: where a checkpoint written in `mode` loads.
[[nodiscard]] std::string exportLoadsIn(const ModelSpec& spec, ExportMode mode);

/// Why `mode` cannot express `plan` for this checkpoint, if so. Reads nothing.
[[nodiscard]] std::optional<Error> exportModeProblem(const CheckpointOverview& checkpoint,
                                                     const PruningPlan& plan, ExportMode mode);

/// Checks mode against plan, target and free space. Errors: those of reading the checkpoint.
[[nodiscard]] Result<ExportPreview> previewExport(const CheckpointOverview& checkpoint,
                                                  const PruningPlan& plan, const ExportOptions& options);

struct ExportReport {
    std::filesystem::path folder;
    std::vector<ExportFile> files;
    std::int64_t bytes = 0;
    std::vector<std::string> warnings; ///< of the preview, and what went less than perfectly; sentences
};

/// Writes the pruned checkpoint under a temporary name beside the target, flushes, renames. Nothing is left
/// behind on failure or cancellation. Progress in bytes. Errors: AlreadyExists, DiskFull, Io, Mismatch,
/// Unsupported (mode), Cancelled.
[[nodiscard]] Result<ExportReport> exportCheckpoint(const CheckpointOverview& checkpoint,
                                                    const PruningPlan& plan, const ExportOptions& options,
                                                    JobContext& job);

} // namespace rankscope
