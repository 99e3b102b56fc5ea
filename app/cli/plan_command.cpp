// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command_context.h"
#include "app/cli/inputs.h"
#include "app/cli/plan_edits.h"
#include "app/cli/selection.h"
#include "app/cli/text_table.h"
#include "core/base/size_text.h"
#include "core/plan/budget.h"
#include "core/plan/head_edit_lines.h"
#include "core/plan/plan_file.h"
#include "core/pruning/realise_plan.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>

namespace rankscope::cli {

namespace {

using Json = nlohmann::ordered_json;

/// Kept key dims of every layer, by whichever of the three sizes was given.
Result<std::vector<int>> chosenKeyDims(const CommandOptions& options, const ModelSpec& spec)
{
    if (options.stateBytes) {
        return keptKeyDimsForStateBytes(spec, *options.stateBytes);
    }
    if (options.ratio) {
        if (!(*options.ratio >= 0.0 && *options.ratio <= 1.0)) {
            return Error { ErrorCode::InvalidArgument,
                           fmt::format("--ratio is the fraction to remove, from 0 to 1, not {}.",
                                       *options.ratio),
                           {} };
        }
        return keptKeyDimsForRatio(spec, *options.ratio);
    }
    std::vector<int> kept;
    for (int i = 0; i < spec.layerCount(); ++i) {
        const LayerSpec& layer = spec.layers[static_cast<std::size_t>(i)];
        if (layer.prunable() && *options.kept > layer.keyDims) {
            return Error { ErrorCode::InvalidArgument,
                           fmt::format("Layer {} has {} key channels in a head, so {} cannot be kept.", i,
                                       layer.keyDims, *options.kept),
                           {} };
        }
        kept.push_back(layer.prunable() ? *options.kept : 0);
    }
    return kept;
}

Result<PruningPlan> select(CommandContext& context, const MethodInfo& method,
                           const std::shared_ptr<const Model>& model,
                           const std::optional<TextSource>& calibration, const std::vector<int>& keyDims)
{
    Result<std::shared_ptr<const ChannelSelector>> selector
        = makeChosenSelector(context, method, model, calibration);
    if (!selector) {
        return selector.error();
    }
    const Stage stage(context.console, "Selecting channels", "heads");
    Result<PruningPlan> plan = makePlan(**selector, *model, keyDims, context.job);
    if (!plan) {
        return plan;
    }
    if (context.options.ratio) {
        plan->requestedRatio = *context.options.ratio;
    }
    Result<bool> edited = applyHeadEdits(context.options, model->spec(), *plan);
    if (!edited) {
        return edited.error();
    }
    return *edited ? realisePlan(*plan, selector->get(), model->spec(), context.job) : std::move(plan);
}

std::string planText(const PruningPlan& plan, const ModelSpec& spec)
{
    TextTable table({ "layer", "key dims", "kept", "state" });
    for (std::size_t i = 0; i < plan.layers.size(); ++i) {
        const LayerPlan& layer = plan.layers[i];
        if (layer.keyDims == 0) {
            table.addRow({ fmt::format("{}", i), "-", "not prunable", "-" });
            continue;
        }
        table.addRow({ fmt::format("{}", i), fmt::format("{}", layer.keyDims),
                       fmt::format("{}", layer.keptKeyDims),
                       sizeText(spec.layers[i].stateBytes(layer.keptKeyDims)) });
    }
    std::string text = table.toText();
    for (const std::string& line : headEditLines(plan)) {
        text += line + '\n';
    }
    return text;
}

} // namespace

Result<CommandResult> runPlan(CommandContext& context)
{
    const CommandOptions& options = context.options;
    const auto start = std::chrono::steady_clock::now();
    Result<const MethodInfo*> method = chosenMethod(options);
    if (!method) {
        return method.error();
    }
    if (Status writable = checkOutputFile(options.output); !writable) {
        return writable.error();
    }
    Result<std::optional<TextSource>> calibration = readCalibration(context, **method);
    if (!calibration) {
        return calibration.error();
    }
    Result<std::shared_ptr<const Model>> model = loadChosenModel(context);
    if (!model) {
        return model.error();
    }
    Result<std::vector<int>> keyDims = chosenKeyDims(options, (*model)->spec());
    if (!keyDims) {
        return keyDims.error();
    }
    if (Status applied = applyLayerCounts(options, (*model)->spec(), *keyDims); !applied) {
        return applied.error();
    }
    // Mistakes in what was decided by hand are told before the calibration text is read.
    PruningPlan scratch = keepAllPlan((*model)->spec());
    if (Result<bool> valid = applyHeadEdits(options, (*model)->spec(), scratch); !valid) {
        return valid.error();
    }
    Result<PruningPlan> plan = select(context, **method, *model, *calibration, *keyDims);
    if (!plan) {
        return plan.error();
    }
    if (context.job.stopRequested()) {
        return cancelledError();
    }
    if (Status written = writePlanFile(*plan, options.output); !written) {
        return written.error();
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    Json json = Json::parse(planToJson(*plan));
    json["state_bytes"]
        = { { "before", (*model)->spec().stateBytes() }, { "after", plan->stateBytes((*model)->spec()) } };
    json["fingerprint"] = planFingerprint(*plan);
    json["output"] = options.output;
    json["seconds"] = seconds;
    std::string text = planText(*plan, (*model)->spec())
        + fmt::format("\n{} on {}: state {} of {}; {}\n", (*method)->label, (*model)->overview().name,
                      sizeText(plan->stateBytes((*model)->spec())), sizeText((*model)->spec().stateBytes()),
                      secondsText(seconds));
    if (plan->calibration) {
        text += fmt::format("calibrated on {} of {} tokens from \"{}\"\n",
                            pluralText(plan->calibration->windows, "window"), plan->calibration->length,
                            plan->calibration->sourceName);
    }
    text += fmt::format("written to {}\n", options.output);
    return finish(context, std::move(json), std::move(text));
}

} // namespace rankscope::cli
