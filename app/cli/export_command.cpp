// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command_context.h"
#include "app/cli/inputs.h"
#include "app/cli/text_table.h"
#include "app/cli/verification_report.h"
#include "core/base/size_text.h"
#include "core/exporting/export_checkpoint.h"
#include "core/plan/plan_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rankscope::cli {

namespace {

using Json = nlohmann::ordered_json;

/// Perplexities of --text for the model card, dense and masked; also the model's digest is checked on the
/// way.
Result<std::vector<CardRow>> measure(CommandContext& context, const PruningPlan& plan, const TextSource& text)
{
    std::vector<CardRow> rows;
    Result<std::shared_ptr<const Model>> model = loadChosenModel(context);
    if (!model) {
        return model.error();
    }
    if (Status fits = checkChosenPlan(plan, **model); !fits) {
        return fits.error();
    }
    Result<std::shared_ptr<const TokenWindows>> windows = makeWindows(context, text);
    if (!windows) {
        return windows.error();
    }
    warnOfOverlap(context, plan, **windows);
    std::shared_ptr<const PerplexityEstimate> baseline;
    for (const PruningPlan* chosen : { static_cast<const PruningPlan*>(nullptr), &plan }) {
        const Stage stage(context.console,
                          chosen == nullptr ? "Scoring the model" : "Scoring the masked model", "windows");
        Result<std::shared_ptr<const PerplexityEstimate>> estimate
            = evaluatePerplexity(**model, **windows, chosen, {}, context.job);
        if (!estimate) {
            return estimate.error();
        }
        rows.push_back({ fmt::format("perplexity, {}, {}, {}", chosen == nullptr ? "original" : "pruned",
                                     windowsText(**windows), shortName((*model)->dtype())),
                         fmt::format("{:.3f}", (*estimate)->perplexity()) });
        if (chosen == nullptr) {
            baseline = *estimate;
            continue;
        }
        const PairedDelta delta = pairedDelta(*baseline, **estimate);
        rows.push_back({ "difference in nats per token (95 % interval)",
                         fmt::format("{:+.4f} [{:+.4f}, {:+.4f}]", delta.meanNll, delta.low, delta.high) });
    }
    return rows;
}

Json reportJson(const ExportReport& report, const ExportPreview& preview)
{
    Json json;
    json["folder"] = report.folder.string();
    json["mode"] = exportModeName(preview.mode);
    json["files"] = Json::array();
    for (const ExportFile& file : report.files) {
        json["files"].push_back(
            { { "name", file.name }, { "bytes", file.bytes }, { "origin", file.origin } });
    }
    json["bytes"] = report.bytes;
    json["weight_bytes"] = { { "before", preview.weightBytesBefore }, { "after", preview.weightBytesAfter } };
    json["state_bytes"] = { { "before", preview.stateBytesBefore }, { "after", preview.stateBytesAfter } };
    json["changed_tensors"] = preview.changedTensors.size();
    json["unchanged_tensors"] = preview.unchangedTensors;
    json["config_changes"] = preview.configChanges;
    json["loads_in"] = preview.loadsIn;
    return json;
}

std::string reportText(const ExportReport& report, const ExportPreview& preview)
{
    TextTable table({ "file", "size", "" });
    for (const ExportFile& file : report.files) {
        table.addRow({ file.name, sizeText(file.bytes), file.origin });
    }
    FactList facts;
    facts.add("folder", report.folder.string());
    facts.add("weights",
              fmt::format("{} before, {} after", sizeText(preview.weightBytesBefore),
                          sizeText(preview.weightBytesAfter)));
    facts.add("state",
              fmt::format("{} before, {} after", sizeText(preview.stateBytesBefore),
                          sizeText(preview.stateBytesAfter)));
    facts.add("loading", preview.loadsIn);
    for (const std::string& change : preview.configChanges) {
        facts.add("config", change);
    }
    return table.toText() + "\n" + facts.toText();
}

/// Says which option gives consent.
Error withHint(Error error)
{
    constexpr std::string_view kOffer = "allow it to be replaced";
    const std::size_t offer = error.message.find(kOffer);
    if (error.code == ErrorCode::AlreadyExists && offer != std::string::npos) {
        error.message.insert(offer + kOffer.size(), " with --overwrite");
    }
    return error;
}

/// The outcome of reopening the finished folder: it is complete, whatever verification says.
Result<CommandResult> finishVerified(CommandContext& context, const PruningPlan& plan, Json json,
                                     std::string text, const std::filesystem::path& folder)
{
    Result<Verification> verification = verifyFolder(context, folder, context.options.model, plan);
    if (!verification) {
        Error error = verification.error();
        error.message = error.code == ErrorCode::Cancelled
            ? fmt::format("Cancelled: \"{}\" is complete but was not verified.", folder.string())
            : fmt::format("\"{}\" was written but could not be verified: {}", folder.string(), error.message);
        return error;
    }
    json["verification"] = verificationJson(*verification);
    text += verificationText(*verification);
    return finish(context, std::move(json), std::move(text), verificationFailure(*verification, folder));
}

} // namespace

Result<CommandResult> runExport(CommandContext& context)
{
    const CommandOptions& options = context.options;
    Result<PruningPlan> plan = readPlanOrRecipe(options.plan);
    if (!plan) {
        return plan.error();
    }
    Result<CheckpointOverview> checkpoint = inspectCheckpoint(options.model);
    if (!checkpoint) {
        return checkpoint.error();
    }
    if (!checkpoint->loadable()) {
        return checkpoint->firstError();
    }
    if (Status fits
        = checkPlanForModel(*plan, checkpoint->spec, { {}, checkpoint->fingerprint, checkpoint->name });
        !fits) {
        return fits.error();
    }
    ExportOptions exporting;
    exporting.mode = exportModeFromName(options.mode).value_or(ExportMode::Uniform);
    exporting.target = options.output;
    exporting.replaceExisting = options.overwrite;
    exporting.shardBytes = options.shardBytes;
    // First a look at what would stop the export, before anything is measured.
    Result<ExportPreview> preview = previewExport(*checkpoint, *plan, exporting);
    if (!preview) {
        return preview.error();
    }
    if (preview->blocked) {
        return withHint(*preview->blocked);
    }
    if (!options.text.empty()) {
        Result<TextSource> text = readTextSource(options.text);
        if (!text) {
            return text.error();
        }
        Result<std::vector<CardRow>> measured = measure(context, *plan, *text);
        if (!measured) {
            return measured.error();
        }
        exporting.measured = std::move(*measured);
    }
    context.debug(fmt::format("Exporting to \"{}\".", options.output));
    Result<ExportReport> report = [&] {
        const Stage stage(context.console, "Writing the checkpoint", "bytes", StageKind::Outside);
        return exportCheckpoint(*checkpoint, *plan, exporting, context.job);
    }();
    if (!report) {
        return report.error();
    }
    for (const std::string& warning : report->warnings) {
        context.warn(warning);
    }
    Json json = reportJson(*report, *preview);
    std::string text = reportText(*report, *preview);
    if (!options.verify) {
        json["verification"] = nullptr;
        return finish(context, std::move(json), text + "verification  skipped\n");
    }
    return finishVerified(context, *plan, std::move(json), std::move(text), report->folder);
}

} // namespace rankscope::cli
