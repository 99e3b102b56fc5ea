// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command_context.h"
#include "app/cli/inputs.h"
#include "app/cli/text_table.h"
#include "core/evaluation/perplexity.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rankscope::cli {

namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> estimateRow(const std::string& name, const PerplexityEstimate& estimate)
{
    return { name, fmt::format("{:.3f}", estimate.perplexity()), fmt::format("{:.6f}", estimate.meanNll()),
             secondsText(estimate.seconds),
             fmt::format("{:.0f}", static_cast<double>(estimate.tokens()) / estimate.seconds) };
}

std::string deltaText(const PairedDelta& delta)
{
    return fmt::format("delta {:+.6f} nats/token, 95 % interval [{:+.6f}, {:+.6f}] over {}{}\n",
                       delta.meanNll, delta.low, delta.high, pluralText(delta.windows, "window"),
                       delta.significant() ? "" : " (includes zero)");
}

} // namespace

Result<CommandResult> runEvaluate(CommandContext& context)
{
    const CommandOptions& options = context.options;
    Result<std::unique_ptr<const PruningPlan>> plan = readChosenPlan(context);
    if (!plan) {
        return plan.error();
    }
    Result<TextSource> text = readTextSource(options.text);
    if (!text) {
        return text.error();
    }
    Result<std::shared_ptr<const Model>> model = loadChosenModel(context);
    if (!model) {
        return model.error();
    }
    if (*plan != nullptr) {
        if (Status fits = checkChosenPlan(**plan, **model); !fits) {
            return fits.error();
        }
    }
    Result<std::shared_ptr<const TokenWindows>> windows = makeWindows(context, *text);
    if (!windows) {
        return windows.error();
    }
    if (*plan != nullptr) {
        warnOfOverlap(context, **plan, **windows);
    }
    const auto score = [&](const char* what, const PruningPlan* chosen) {
        const Stage stage(context.console, what, "windows");
        return evaluatePerplexity(**model, **windows, chosen, {}, context.job);
    };
    Result<std::shared_ptr<const PerplexityEstimate>> baseline = score("Scoring the model", nullptr);
    if (!baseline) {
        return baseline.error();
    }
    Json json = estimateJson(**baseline);
    json["model"] = modelJson((*model)->overview(), (*model)->digest());
    json["text"] = textJson(**windows);
    TextTable table({ (*model)->overview().name, "perplexity", "NLL (nats/token)", "time", "tokens/s" });
    table.addRow(estimateRow("dense", **baseline));
    std::string after;
    if (*plan != nullptr) {
        Result<std::shared_ptr<const PerplexityEstimate>> candidate
            = score("Scoring the masked model", plan->get());
        if (!candidate) {
            return candidate.error();
        }
        const PairedDelta delta = pairedDelta(**baseline, **candidate);
        json["candidate"] = estimateJson(**candidate);
        json["candidate"]["plan"] = planSummaryJson(**plan, (*model)->spec());
        json["delta"] = { { "mean_nll", delta.meanNll },
                          { "low", delta.low },
                          { "high", delta.high },
                          { "windows", delta.windows },
                          { "significant", delta.significant() } };
        json["calibration_overlap"]
            = (*plan)->calibration && (*plan)->calibration->sourceSha256 == (*windows)->sourceSha256;
        table.addRow(estimateRow(fmt::format("masked ({})", (*plan)->method), **candidate));
        after = deltaText(delta)
            + fmt::format("kept key dims: {}; state {} of {}\n", keptDimsText(**plan),
                          bytesText((*plan)->stateBytes((*model)->spec())),
                          bytesText((*model)->spec().stateBytes()));
    }
    std::string report = table.toText()
        + fmt::format("\n{} predicted in {}; {}, {}\n", pluralText((*baseline)->tokens(), "token"),
                      windowsText(**windows), shortName((*model)->dtype()), toString((*model)->device()))
        + after;
    return finish(context, std::move(json), std::move(report));
}

} // namespace rankscope::cli
