// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/exporting/export_checkpoint.h"

#include "core/base/narrow.h"
#include "core/exporting/export_contents.h"
#include "core/exporting/staging_folder.h"
#include "core/io/atomic_file.h"
#include "core/io/output_file.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <utility>

namespace rankscope {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<ExportMode, const char*>, 3> kModeNames { {
    { ExportMode::Uniform, "uniform" },
    { ExportMode::PerLayer, "per-layer" },
    { ExportMode::ZeroFilled, "zero-filled" },
} };

Status writeText(const fs::path& path, const std::string& text, JobContext& job)
{
    Result<std::unique_ptr<OutputFile>> file = OutputFile::create(path, job);
    if (!file) {
        return file.error();
    }
    if (Status written = (*file)->write(std::as_bytes(std::span(text))); !written) {
        return written;
    }
    return (*file)->finish();
}

Status copyFile(const CompanionFile& companion, const fs::path& folder, JobContext& job)
{
    const fs::path path = folder / companion.name;
    std::error_code failure;
    if (path.parent_path() != folder) {
        fs::create_directories(path.parent_path(), failure);
        if (failure) {
            return fileError(failure.value(), fmt::format("creating \"{}\"", path.parent_path().string()));
        }
    }
    std::ifstream source(companion.source, std::ios::binary);
    Result<std::unique_ptr<OutputFile>> file = OutputFile::create(path, job);
    if (!file) {
        return file.error();
    }
    std::vector<char> piece(1U << 18U);
    while (source) {
        source.read(piece.data(), std::ssize(piece));
        const auto got = static_cast<std::size_t>(source.gcount());
        if (Status written = (*file)->write(std::as_bytes(std::span(piece.data(), got))); !written) {
            return written;
        }
    }
    if (source.bad() || !source.eof()) {
        return Error { ErrorCode::Io,
                       fmt::format("\"{}\" cannot be read, so it was not copied.", companion.source.string()),
                       {} };
    }
    return (*file)->finish();
}

Status writeAll(const ExportContents& contents, const fs::path& folder, JobContext& job)
{
    for (const ShardLayout& shard : contents.layout.shards) {
        if (Status written = writeShard(folder, shard, contents.weights.tensors, job); !written) {
            return written;
        }
    }
    for (const TextFile& file : contents.texts) {
        if (Status written = writeText(folder / file.name, file.text, job); !written) {
            return written;
        }
    }
    for (const CompanionFile& companion : contents.copies) {
        if (Status copied = copyFile(companion, folder, job); !copied) {
            return copied;
        }
    }
    return Unit {};
}

/// Messages speak of the folder that was asked for, not of its temporary name.
Error aboutTarget(Error error, const fs::path& staging, const fs::path& target)
{
    const std::string temporary = staging.string();
    for (std::size_t at = error.message.find(temporary); at != std::string::npos;
         at = error.message.find(temporary)) {
        error.message.replace(at, temporary.size(), target.string());
    }
    return error;
}

/// Reads the finished folder back as any checkpoint: it has to load, with the sizes that were intended.
Status checkWritten(const fs::path& folder, const ModelSpec& spec, const PruningPlan& plan, ExportMode mode)
{
    const auto broken = [](std::string context) {
        return Error { ErrorCode::Internal,
                       "The exported checkpoint does not read back as intended and was removed.",
                       std::move(context) };
    };
    Result<CheckpointOverview> written = inspectCheckpoint(folder);
    if (!written) {
        return broken(written.error().message);
    }
    if (!written->loadable()) {
        return broken(written->firstError().message);
    }
    if (written->spec.layerCount() != spec.layerCount()) {
        return broken(fmt::format("{} layers", written->spec.layerCount()));
    }
    for (int layer = 0; layer < spec.layerCount(); ++layer) {
        const LayerSpec& found = written->spec.layers[idx(layer)];
        const LayerSpec& before = spec.layers[idx(layer)];
        const bool cut = before.prunable() && mode != ExportMode::ZeroFilled;
        const int keyDims = cut ? plan.layers[idx(layer)].keptKeyDims : before.keyDims;
        if (found.kind != before.kind || found.keyDims != keyDims || found.valueDims != before.valueDims
            || found.heads != before.heads || found.valueHeads != before.valueHeads) {
            return broken(fmt::format("layer {}: {} heads of {} key dims, {} of {} value dims", layer,
                                      found.heads, found.keyDims, found.valueHeads, found.valueDims));
        }
    }
    return Unit {};
}

} // namespace

const char* exportModeName(ExportMode mode)
{
    for (const auto& [known, name] : kModeNames) {
        if (known == mode) {
            return name;
        }
    }
    return "?";
}

std::optional<ExportMode> exportModeFromName(std::string_view name)
{
    for (const auto& [mode, known] : kModeNames) {
        if (name == known) {
            return mode;
        }
    }
    return std::nullopt;
}

Result<ExportPreview> previewExport(const CheckpointOverview& checkpoint, const PruningPlan& plan,
                                    const ExportOptions& options)
{
    Result<ExportContents> contents = exportContents(checkpoint, plan, options);
    if (!contents) {
        return contents.error();
    }
    return std::move(contents->preview);
}

Result<ExportReport> exportCheckpoint(const CheckpointOverview& checkpoint, const PruningPlan& plan,
                                      const ExportOptions& options, JobContext& job)
{
    Result<ExportContents> contents = exportContents(checkpoint, plan, options);
    if (!contents) {
        return contents.error();
    }
    if (contents->preview.blocked) {
        return *contents->preview.blocked;
    }
    job.progress().begin(contents->totalBytes);
    Result<std::unique_ptr<StagingFolder>> staging = StagingFolder::create(contents->target);
    if (!staging) {
        return staging.error();
    }
    if (Status written = writeAll(*contents, (*staging)->path(), job); !written) {
        return aboutTarget(written.error(), (*staging)->path(), contents->target);
    }
    if (Status checked = checkWritten((*staging)->path(), checkpoint.spec, plan, options.mode); !checked) {
        return checked.error();
    }
    if (job.stopRequested()) {
        return cancelledError();
    }
    Result<std::string> published = (*staging)->publish(options.replaceExisting);
    if (!published) {
        return published.error();
    }
    ExportReport report { contents->target, std::move(contents->preview.files), contents->totalBytes,
                          std::move(contents->preview.warnings) };
    if (!published->empty()) {
        report.warnings.push_back(std::move(*published));
    }
    return report;
}

} // namespace rankscope
