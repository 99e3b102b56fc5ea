// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command_context.h"
#include "app/cli/inputs.h"
#include "app/cli/text_table.h"
#include "core/base/size_text.h"
#include "core/evaluation/perplexity.h"
#include "core/evaluation/token_comparison.h"
#include "core/io/safetensors_file.h"

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

/// `ids` [windows, length], the rest [windows, length - 1]: entry t predicts id t + 1.
Status writeTokens(const std::string& path, const TokenComparison& comparison, const TokenWindows& windows)
{
    const std::int64_t count = comparison.windows();
    const std::vector<std::int64_t> shape { count, comparison.length - 1 };
    return writeSafetensorsFile(
        path,
        { { "ids", HostTensor::from<std::int64_t>(DType::I64, { count, comparison.length }, windows.ids) },
          { "baseline_nll", HostTensor::from<float>(DType::F32, shape, comparison.baselineNll) },
          { "candidate_nll", HostTensor::from<float>(DType::F32, shape, comparison.candidateNll) },
          { "kl", HostTensor::from<float>(DType::F32, shape, comparison.kl) },
          { "same_top", HostTensor::from<std::uint8_t>(DType::U8, shape, comparison.sameTop) } });
}

/// Compares token by token, writes the file, and fills `json`; the answer is a line for people.
Result<std::string> compareAndWrite(CommandContext& context, const Model& model, const TokenWindows& windows,
                                    const PruningPlan& plan, Json& json)
{
    const Stage stage(context.console, "Comparing the tokens", "windows");
    const Result<std::shared_ptr<const TokenComparison>> comparison
        = compareTokens(model, windows, plan, {}, context.job);
    if (!comparison) {
        return comparison.error();
    }
    if (Status written = writeTokens(context.options.tokens, **comparison, windows); !written) {
        return written.error();
    }
    const MeanInterval kl = meanKl(**comparison);
    const MeanInterval top = topAgreement(**comparison);
    json["kl"] = { { "mean", kl.mean }, { "low", kl.low }, { "high", kl.high }, { "windows", kl.count } };
    json["top1"]
        = { { "share", top.mean }, { "low", top.low }, { "high", top.high }, { "tokens", top.count } };
    json["token_file"] = context.options.tokens;
    return fmt::format("KL(dense || masked) {:.6f} nats/token [{:.6f}, {:.6f}]; same first token {:.2f} % "
                       "[{:.2f}, {:.2f}]; tokens written to {}\n",
                       kl.mean, kl.low, kl.high, 100.0 * top.mean, 100.0 * top.low, 100.0 * top.high,
                       context.options.tokens);
}

} // namespace

Result<CommandResult> runEvaluate(CommandContext& context)
{
    const CommandOptions& options = context.options;
    if (!options.tokens.empty()) {
        if (Status writable = checkOutputFile(options.tokens); !writable) {
            return writable.error();
        }
    }
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
                          sizeText((*plan)->stateBytes((*model)->spec())),
                          sizeText((*model)->spec().stateBytes()));
        if (!options.tokens.empty()) {
            const Result<std::string> line = compareAndWrite(context, **model, **windows, **plan, json);
            if (!line) {
                return line.error();
            }
            after += *line;
        }
    }
    std::string report = table.toText()
        + fmt::format("\n{} predicted in {}; {}, {}\n", pluralText((*baseline)->tokens(), "token"),
                      windowsText(**windows), shortName((*model)->dtype()), toString((*model)->device()))
        + after;
    return finish(context, std::move(json), std::move(report));
}

} // namespace rankscope::cli
