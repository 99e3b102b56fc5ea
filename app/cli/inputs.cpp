// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/inputs.h"

#include "app/cli/text_table.h"
#include "core/base/size_text.h"
#include "core/plan/plan_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace rankscope::cli {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

} // namespace

Result<LoadOptions> loadOptions(const CommandOptions& options)
{
    Result<Device> device = deviceFromString(options.device);
    if (!device) {
        return device.error();
    }
    if (Status usable = requireDevice(*device); !usable) {
        return usable.error();
    }
    LoadOptions load { *device, device->kind == DeviceKind::Cuda ? DType::BF16 : DType::F32 };
    if (!options.dtype.empty()) {
        load.dtype = dtypeFromShortName(options.dtype).value_or(load.dtype);
    }
    return load;
}

Result<std::shared_ptr<const Model>> loadChosenModel(CommandContext& context)
{
    Result<LoadOptions> load = loadOptions(context.options);
    if (!load) {
        return load.error();
    }
    const auto start = std::chrono::steady_clock::now();
    Result<std::shared_ptr<const Model>> model = [&] {
        const Stage stage(context.console, "Loading the model", "bytes");
        return loadModel(context.options.model, *load, context.job);
    }();
    if (!model) {
        return model.error();
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    context.debug(fmt::format("Loaded \"{}\" in {}: {} on {}, {}.", (*model)->overview().name,
                              secondsText(seconds), shortName((*model)->dtype()),
                              toString((*model)->device()), sizeText((*model)->weightBytes())));
    warnOfIssues(context, (*model)->overview());
    return model;
}

void warnOfIssues(CommandContext& context, const CheckpointOverview& overview)
{
    for (const CheckpointIssue& issue : overview.issues) {
        if (issue.severity == IssueSeverity::Warning) {
            context.warn(issue.message);
        }
    }
}

Result<std::shared_ptr<const TokenWindows>> makeWindows(CommandContext& context, const TextSource& text)
{
    const Stage stage(context.console, "Tokenising the text", "bytes");
    context.job.progress().begin(0);
    Result<std::shared_ptr<const Tokenizer>> tokenizer = Tokenizer::load(context.options.model);
    if (!tokenizer) {
        return tokenizer.error();
    }
    WindowOptions options;
    options.length = context.options.length;
    options.maxWindows = context.options.windows;
    options.pieceLines = context.options.pieceLines;
    options.addBos = context.options.bos;
    Result<TokenWindows> windows = makeTokenWindows(**tokenizer, text, options, context.job);
    if (!windows) {
        return windows.error();
    }
    if (options.maxWindows && windows->count < *options.maxWindows) {
        context.warn(fmt::format("\"{}\" has {} of {} tokens, fewer than the {} asked for.",
                                 windows->sourceName, pluralText(windows->count, "window"), windows->length,
                                 *options.maxWindows));
    }
    if (windows->droppedTokens > 0) {
        context.info(fmt::format("The last {} of \"{}\" do not fill a window and are left out.",
                                 pluralText(windows->droppedTokens, "token"), windows->sourceName));
    }
    return std::make_shared<const TokenWindows>(std::move(*windows));
}

Result<std::unique_ptr<const PruningPlan>> readChosenPlan(CommandContext& context)
{
    if (context.options.plan.empty()) {
        return std::unique_ptr<const PruningPlan>();
    }
    Result<PruningPlan> plan = readPlanOrRecipe(context.options.plan);
    if (!plan) {
        return plan.error();
    }
    return std::unique_ptr<const PruningPlan>(std::make_unique<PruningPlan>(std::move(*plan)));
}

Status checkChosenPlan(const PruningPlan& plan, const Model& model)
{
    return checkPlanForModel(plan, model.spec(),
                             { model.digest(), model.overview().fingerprint, model.overview().name });
}

Status checkOutputFile(const std::string& path)
{
    if (path.empty()) {
        return Error { ErrorCode::InvalidArgument,
                       "The output file has no name: give one with -o FILE.",
                       {} };
    }
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
        return Error { ErrorCode::AlreadyExists,
                       fmt::format("\"{}\" is a folder, so no file can be written there: give a file name.",
                                   path),
                       {} };
    }
    fs::path folder = fs::path(path).parent_path();
    if (folder.empty()) {
        folder = ".";
    }
    if (!fs::is_directory(folder, ignored)) {
        return Error { ErrorCode::NotFound,
                       fmt::format("There is no folder \"{}\" to write \"{}\" into: create it first.",
                                   folder.string(), fs::path(path).filename().string()),
                       {} };
    }
    if (access(folder.c_str(), W_OK) != 0) {
        return Error { ErrorCode::Io,
                       fmt::format("The folder \"{}\" cannot be written to: choose another place for \"{}\".",
                                   folder.string(), fs::path(path).filename().string()),
                       {} };
    }
    return Unit {};
}

void warnOfOverlap(CommandContext& context, const PruningPlan& plan, const TokenWindows& windows)
{
    if (plan.calibration && plan.calibration->sourceSha256 == windows.sourceSha256) {
        context.warn(
            fmt::format("The plan was calibrated on this very text (\"{}\"): the candidate looks better "
                        "than it is; score it on another text.",
                        windows.sourceName));
    }
}

Json modelJson(const CheckpointOverview& overview, const std::string& digest)
{
    Json json;
    json["name"] = overview.name;
    json["digest"] = digest;
    json["fingerprint"] = overview.fingerprint;
    return json;
}

Json textJson(const TokenWindows& windows)
{
    Json json;
    json["source"] = windows.sourceName;
    json["sha256"] = windows.sourceSha256;
    json["tokens"] = windows.textTokens;
    json["dropped_tokens"] = windows.droppedTokens;
    json["whole_text"] = windows.wholeText;
    json["piece_lines"] = windows.options.pieceLines;
    json["bos"] = windows.options.addBos;
    return json;
}

Json estimateJson(const PerplexityEstimate& estimate)
{
    Json json;
    json["perplexity"] = estimate.perplexity();
    json["mean_nll"] = estimate.meanNll();
    json["tokens"] = estimate.tokens();
    json["windows"] = estimate.windows();
    json["length"] = estimate.length;
    json["dtype"] = shortName(estimate.dtype);
    json["device"] = toString(estimate.device);
    json["seconds"] = estimate.seconds;
    json["window_nll"] = estimate.windowNll;
    return json;
}

Json planSummaryJson(const PruningPlan& plan, const ModelSpec& spec)
{
    Json json;
    json["method"] = plan.method;
    json["ratio"] = plan.requestedRatio;
    json["budget_bytes"] = plan.requestedBudget ? Json(plan.requestedBudget->bytes) : Json(nullptr);
    json["fingerprint"] = planFingerprint(plan);
    json["state_bytes"] = { { "before", spec.stateBytes() }, { "after", plan.stateBytes(spec) } };
    Json kept = Json::array();
    for (const LayerPlan& layer : plan.layers) {
        kept.push_back(layer.keptKeyDims);
    }
    json["kept_key_dims"] = std::move(kept);
    return json;
}

std::string windowsText(const TokenWindows& windows)
{
    return fmt::format("{} of {} tokens from \"{}\"", pluralText(windows.count, "window"), windows.length,
                       windows.sourceName);
}

std::string keptDimsText(const PruningPlan& plan)
{
    std::vector<std::string> kept;
    for (const LayerPlan& layer : plan.layers) {
        if (layer.keyDims > 0) {
            kept.push_back(fmt::format("{}", layer.keptKeyDims));
        }
    }
    if (kept.empty()) {
        return "none: no layer can be pruned";
    }
    if (std::all_of(kept.begin(), kept.end(), [&](const std::string& k) { return k == kept.front(); })) {
        return kept.front() + " in every layer";
    }
    return fmt::format("{}", fmt::join(kept, ", "));
}

fs::path ownProgram()
{
    std::error_code failure;
    return fs::read_symlink("/proc/self/exe", failure);
}

} // namespace rankscope::cli
