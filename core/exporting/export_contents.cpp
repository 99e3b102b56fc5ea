// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/exporting/export_contents.h"

#include "core/base/narrow.h"
#include "core/base/size_text.h"
#include "core/exporting/config_edit.h"
#include "core/exporting/custom_code.h"
#include "core/exporting/model_card.h"
#include "core/exporting/recipe.h"
#include "core/exporting/staging_folder.h"
#include "core/io/json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string_view>

namespace rankscope {

namespace {

namespace fs = std::filesystem;

constexpr const char* kConfigFileName = "config.json";
constexpr const char* kIndexFileName = "model.safetensors.index.json";
constexpr std::int64_t kBlockBytes = 4096; ///< of file systems; every file rounds up to it

bool isPerLayerSource(const ModelSpec& spec)
{
    return spec.modelType == kPrunedModelType;
}

/// "layers 0, 2 and 5", at most six of them by number.
std::string layersText(const std::vector<int>& layers)
{
    constexpr std::size_t most = 6;
    if (layers.size() == 1) {
        return fmt::format("layer {}", layers.front());
    }
    if (layers.size() > most) {
        return fmt::format("layers {} and {} more", fmt::join(layers.begin(), layers.begin() + most, ", "),
                           layers.size() - most);
    }
    return fmt::format("layers {} and {}", fmt::join(layers.begin(), layers.end() - 1, ", "), layers.back());
}

std::optional<Error> unevenWidths(const ModelSpec& spec, const PruningPlan& plan)
{
    std::map<int, std::vector<int>> layersByKept;
    for (int layer = 0; layer < spec.layerCount(); ++layer) {
        if (spec.layers[idx(layer)].prunable()) {
            layersByKept[plan.layers[idx(layer)].keptKeyDims].push_back(layer);
        }
    }
    if (layersByKept.size() <= 1) {
        return std::nullopt;
    }
    std::vector<std::string> groups;
    for (const auto& [kept, layers] : layersByKept) {
        groups.push_back(fmt::format("{} in {}", kept, layersText(layers)));
    }
    return Error {
        ErrorCode::InvalidArgument,
        fmt::format("A uniform export needs the same number of key channels in every linear layer, but the "
                    "plan keeps {}; give them all the same number, or export per layer.",
                    fmt::join(groups, ", ")),
        {}
    };
}

bool someHeadIsOff(const PruningPlan& plan)
{
    return std::any_of(plan.layers.begin(), plan.layers.end(), [](const LayerPlan& layer) {
        return std::any_of(layer.kept.begin(), layer.kept.end(),
                           [](const auto& head) { return head.empty(); });
    });
}

/// "layer 3 head 1 keeps 20 of 40": heads that keep fewer channels than their layer.
std::vector<std::string> shortHeads(const PruningPlan& plan)
{
    std::vector<std::string> heads;
    for (int layer = 0; layer < std::ssize(plan.layers); ++layer) {
        const LayerPlan& planned = plan.layers[idx(layer)];
        for (int head = 0; head < std::ssize(planned.kept); ++head) {
            const auto count = std::ssize(planned.kept[idx(head)]);
            if (count == 0) {
                heads.push_back(fmt::format("layer {} head {} is off", layer, head));
            } else if (count < planned.keptKeyDims) {
                heads.push_back(
                    fmt::format("layer {} head {} keeps {} of {}", layer, head, count, planned.keptKeyDims));
            }
        }
    }
    return heads;
}

/// Model-families 4.3: a channel whose weights are zero has to vanish after the activation. Zero-filled
/// exports rest on that for every removed channel, sliced ones for the rows that fill up short heads.
std::optional<Error> zerosDoNotVanish(const ModelSpec& spec, const PruningPlan& plan, ExportMode mode)
{
    if (spec.family != Family::DeltaNet) {
        return std::nullopt; // SiLU and L2
    }
    const std::vector<std::string> heads = shortHeads(plan);
    const bool needsZeros = mode == ExportMode::ZeroFilled || !heads.empty();
    if (needsZeros && spec.qkActivation == QkActivation::Elu) {
        return Error {
            ErrorCode::Unsupported,
            mode == ExportMode::ZeroFilled ? std::string(
                "A zero-filled export of this model would not compute what the plan does: with "
                "qk_activation \"elu\" (elu(x) + 1) a channel whose weights are zero becomes 1 instead of "
                "vanishing; export it uniform or per layer.")
                                           : fmt::format("This plan cannot be exported for this model: {}, "
                                                         "so that the head would be filled up with "
                                                         "channels whose weights are zero, and with "
                                                         "qk_activation \"elu\" (elu(x) + 1) these become "
                                                         "1 instead of vanishing; give every head of a layer "
                                                         "the same number of channels.",
                                                         heads.front()),
            {}
        };
    }
    if (spec.qkNorm == QkNorm::Sum && someHeadIsOff(plan)) {
        return Error {
            ErrorCode::Unsupported,
            fmt::format(
                "This plan cannot be exported for this model: with qk_norm \"sum\" (divide by the sum "
                "of the channels) a head without channels would divide zero by zero ({}); let it keep "
                "at least one channel.",
                fmt::join(heads, ", ")),
            {}
        };
    }
    return std::nullopt;
}

/// The space needed with every file rounded up to blocks; with a margin for the folder itself.
std::optional<Error> tooLittleSpace(const ExportContents& contents)
{
    std::int64_t needed = 16 * kBlockBytes;
    for (const ExportFile& file : contents.preview.files) {
        needed += (file.bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
    }
    const std::int64_t free = freeDiskBytes(contents.target.parent_path());
    if (free < 0 || free >= needed) {
        return std::nullopt;
    }
    return Error { ErrorCode::DiskFull,
                   fmt::format(
                       "The disk of \"{}\" is too full: the export needs {} and {} are free. Free some space "
                       "or choose another place.",
                       contents.target.parent_path().string(), sizeText(needed), sizeText(free)),
                   fmt::format("needed {} bytes, free {}", needed, free) };
}

std::vector<std::string> warningsFor(const ModelSpec& spec, const PruningPlan& plan, ExportMode mode)
{
    std::vector<std::string> warnings;
    if (plan.keepsAll()) {
        warnings.emplace_back("The plan keeps every channel: the export is a copy of the original.");
    }
    if (spec.normFirst || spec.fusedMlp) {
        warnings.push_back(fmt::format("The original uses an old layout ({}) that current versions of "
                                       "flash-linear-attention do not load; the export keeps it.",
                                       spec.normFirst && spec.fusedMlp ? "norm_first, fused MLP"
                                           : spec.normFirst            ? "norm_first"
                                                                       : "fused MLP"));
    }
    if (const std::vector<std::string> heads = shortHeads(plan);
        !heads.empty() && mode != ExportMode::ZeroFilled) {
        constexpr std::size_t most = 4;
        const std::size_t shown = std::min(heads.size(), most);
        warnings.push_back(fmt::format(
            "Heads that are off, or keep fewer channels than their layer, are filled up with zero rows, "
            "which save neither memory nor time: {}{}.",
            fmt::join(heads.begin(), heads.begin() + narrow<std::ptrdiff_t>(shown), ", "),
            heads.size() > shown ? fmt::format(" and {} more", heads.size() - shown) : std::string()));
    }
    if (mode == ExportMode::ZeroFilled) {
        warnings.emplace_back(
            "A zero-filled export is neither smaller nor faster; it is for checking a plan.");
        warnings.push_back("Stock code keeps the query scale of the full key width on zero-filled weights, "
                           "so that its perplexity differs "
                           "from the sliced model's where the output norm's eps matters.");
    }
    return warnings;
}

SafetensorsMetadata metadataOf(const CheckpointReader& source)
{
    for (const CheckpointReader::File& file : source.files()) {
        if (!file.metadata.empty()) {
            return file.metadata;
        }
    }
    return { { "format", "pt" } }; // what transformers insists on
}

/// What the export writes in its own words, so that the originals do not go along.
std::set<std::string> rewrittenNames(const CheckpointOverview& checkpoint, ExportMode mode)
{
    std::set<std::string> names(checkpoint.weightFiles.begin(), checkpoint.weightFiles.end());
    names.insert({ kConfigFileName, kIndexFileName });
    const bool keepsCode = mode == ExportMode::ZeroFilled && isPerLayerSource(checkpoint.spec);
    if (!keepsCode && (mode == ExportMode::PerLayer || isPerLayerSource(checkpoint.spec))) {
        names.insert({ kConfigurationFileName, kModelingFileName });
    }
    return names;
}

/// Config, code, recipe and index; the card comes last because it tells the sizes.
Status addTexts(ExportContents& contents, const CheckpointOverview& checkpoint, const PruningPlan& plan,
                ExportMode mode)
{
    Result<std::string> config = readFileBytes(checkpoint.folder / kConfigFileName);
    if (!config) {
        return config.error();
    }
    Result<EditedConfig> edited = editConfig(*config, checkpoint.spec, plan, mode);
    if (!edited) {
        return edited.error();
    }
    contents.preview.configChanges = edited->changes;
    contents.texts.push_back({ kConfigFileName, std::move(edited->text) });
    if (mode == ExportMode::PerLayer) {
        contents.texts.push_back({ kConfigurationFileName, configurationCode(checkpoint.spec.family) });
        contents.texts.push_back({ kModelingFileName, modelingCode(checkpoint.spec.family) });
    }
    if (!contents.layout.indexJson.empty()) {
        contents.texts.push_back({ kIndexFileName, contents.layout.indexJson });
    }
    contents.texts.push_back({ kRecipeFileName, recipeJson(checkpoint, plan, mode) });
    return Unit {};
}

Status addModelCard(ExportContents& contents, const CheckpointOverview& checkpoint, const PruningPlan& plan,
                    const std::vector<CardRow>& measured)
{
    ModelCardInput input { checkpoint, plan, contents.preview, measured, std::nullopt, {} };
    const auto original
        = std::find_if(contents.copies.begin(), contents.copies.end(), [&](const CompanionFile& file) {
              return file.source == checkpoint.folder / kModelCardFileName;
          });
    if (original != contents.copies.end()) {
        Result<std::string> text = readFileBytes(original->source);
        if (!text) {
            return text.error();
        }
        input.originalCard = std::move(*text);
        input.originalCardName = original->name;
    }
    contents.texts.push_back({ kModelCardFileName, modelCard(input) });
    return Unit {};
}

void listFiles(ExportContents& contents)
{
    std::vector<ExportFile>& files = contents.preview.files;
    std::map<std::string_view, std::size_t> changeOf;
    for (std::size_t change = 0; change < contents.preview.changedTensors.size(); ++change) {
        changeOf[contents.preview.changedTensors[change].name] = change;
    }
    for (const ShardLayout& shard : contents.layout.shards) {
        ExportFile& file = files.emplace_back(ExportFile { shard.fileName, shard.fileBytes, "written" });
        for (const std::size_t index : shard.tensors) {
            const OutputTensor& tensor = contents.weights.tensors[index];
            if (const auto change = changeOf.find(tensor.name); change != changeOf.end()) {
                file.changes.push_back(change->second);
            } else {
                ++file.unchangedTensors;
                file.unchangedBytes += tensor.sizeBytes();
            }
        }
    }
    for (const TextFile& file : contents.texts) {
        files.push_back({ file.name, narrow<std::int64_t>(file.text.size()), "written" });
    }
    for (const CompanionFile& file : contents.copies) {
        files.push_back({ file.name, file.bytes, "copied" });
    }
    contents.totalBytes
        = std::accumulate(files.begin(), files.end(), std::int64_t { 0 },
                          [](std::int64_t sum, const ExportFile& file) { return sum + file.bytes; });
}

} // namespace

std::string exportLoadsIn(const ModelSpec& spec, ExportMode mode)
{
    if (mode == ExportMode::PerLayer || (mode == ExportMode::ZeroFilled && isPerLayerSource(spec))) {
        return "Loads in flash-linear-attention with trust_remote_code=True: two small Python files in the "
               "folder give "
               "each layer its width.";
    }
    return "Loads in stock flash-linear-attention with from_pretrained; no remote code.";
}

std::optional<Error> exportModeProblem(const CheckpointOverview& checkpoint, const PruningPlan& plan,
                                       ExportMode mode)
{
    const ModelIdentity identity { {}, checkpoint.fingerprint, checkpoint.name };
    if (Status fits = checkPlanForModel(plan, checkpoint.spec, identity); !fits) {
        return fits.error();
    }
    if (mode == ExportMode::Uniform) {
        if (std::optional<Error> uneven = unevenWidths(checkpoint.spec, plan)) {
            return uneven;
        }
    }
    return zerosDoNotVanish(checkpoint.spec, plan, mode);
}

Result<ExportContents> exportContents(const CheckpointOverview& checkpoint, const PruningPlan& plan,
                                      const ExportOptions& options)
{
    if (!checkpoint.loadable()) {
        return checkpoint.firstError();
    }
    ExportContents contents;
    ExportPreview& preview = contents.preview;
    preview.mode = options.mode;
    preview.loadsIn = exportLoadsIn(checkpoint.spec, options.mode);
    preview.weightBytesBefore = checkpoint.weightBytes;
    preview.stateBytesBefore = checkpoint.spec.stateBytes();
    preview.blocked = exportModeProblem(checkpoint, plan, options.mode);
    if (preview.blocked) {
        return contents;
    }
    preview.warnings = warningsFor(checkpoint.spec, plan, options.mode);
    preview.stateBytesAfter = options.mode == ExportMode::ZeroFilled ? preview.stateBytesBefore
                                                                     : plan.stateBytes(checkpoint.spec);

    Result<std::shared_ptr<const CheckpointReader>> source = CheckpointReader::open(checkpoint.folder);
    if (!source) {
        return source.error();
    }
    Result<PrunedTensors> weights = pruneTensors(*source, checkpoint.spec, plan, options.mode);
    if (!weights) {
        return weights.error();
    }
    contents.weights = std::move(*weights);
    contents.layout = layoutCheckpoint(contents.weights.tensors, metadataOf(**source), options.shardBytes);
    preview.changedTensors = contents.weights.changes;
    preview.unchangedTensors = std::ssize(contents.weights.tensors) - std::ssize(preview.changedTensors);
    preview.weightBytesAfter = contents.layout.totalTensorBytes;

    Result<CompanionFiles> companions
        = companionFiles(checkpoint.folder, rewrittenNames(checkpoint, options.mode));
    if (!companions) {
        return companions.error();
    }
    contents.copies = std::move(companions->files);
    preview.warnings.insert(preview.warnings.end(), companions->notCopied.begin(),
                            companions->notCopied.end());

    if (Status added = addTexts(contents, checkpoint, plan, options.mode); !added) {
        return added.error();
    }
    if (Status added = addModelCard(contents, checkpoint, plan, options.measured); !added) {
        return added.error();
    }
    listFiles(contents);

    Result<fs::path> target = normalisedTarget(options.target);
    if (!target) {
        preview.blocked = target.error();
        return contents;
    }
    contents.target = std::move(*target);
    if (Status writable = checkTarget(contents.target, options.replaceExisting, checkpoint.folder);
        !writable) {
        preview.blocked = writable.error();
    } else {
        preview.blocked = tooLittleSpace(contents);
    }
    return contents;
}

} // namespace rankscope
