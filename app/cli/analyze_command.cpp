// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command_context.h"
#include "app/cli/inputs.h"
#include "app/cli/text_table.h"
#include "core/analysis/spectra.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace rankscope::cli {

namespace {

using Json = nlohmann::ordered_json;

/// Median of the middle; of an even count the mean of the two in the middle.
double median(std::vector<double> values)
{
    if (values.empty()) {
        return 0.0;
    }
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2.0;
}

struct LayerSummary {
    double stableRank = 0.0;
    double utilisation = 0.0;
    double entropyRank = 0.0;
    double thresholdRank = 0.0;
};

/// Medians over heads and windows at the last position.
LayerSummary summarise(const LayerSpectra& layer, int windows, int positions)
{
    std::vector<double> stable;
    std::vector<double> used;
    std::vector<double> entropy;
    std::vector<double> threshold;
    for (int window = 0; window < windows; ++window) {
        for (int head = 0; head < layer.valueHeads; ++head) {
            const RankMeasures measures
                = rankMeasures(layer.at(window, positions - 1, head, positions), layer.rank);
            stable.push_back(measures.stableRank);
            used.push_back(measures.utilisation);
            entropy.push_back(measures.entropyRank);
            threshold.push_back(measures.thresholdRank);
        }
    }
    return { median(std::move(stable)), median(std::move(used)), median(std::move(entropy)),
             median(std::move(threshold)) };
}

void addLayer(Json& json, TextTable& table, int index, const LayerSpectra& layer, const StateSpectra& spectra)
{
    Json entry { { "index", index } };
    if (layer.valueHeads == 0) {
        entry["kind"] = "softmax";
        table.addRow({ fmt::format("{}", index), "softmax", "-", "-", "-", "-", "-" });
        json["layers"].push_back(std::move(entry));
        return;
    }
    const LayerSummary summary
        = summarise(layer, spectra.windows, static_cast<int>(spectra.positions.size()));
    entry["kind"] = "linear";
    entry["value_heads"] = layer.valueHeads;
    entry["rank"] = layer.rank;
    entry["stable_rank"] = summary.stableRank;
    entry["utilisation"] = summary.utilisation;
    entry["entropy_rank"] = summary.entropyRank;
    entry["threshold_rank"] = summary.thresholdRank;
    table.addRow({ fmt::format("{}", index), "linear", fmt::format("{}", layer.rank),
                   fmt::format("{:.2f}", summary.stableRank),
                   fmt::format("{:.1f} %", summary.utilisation * 100.0),
                   fmt::format("{:.2f}", summary.entropyRank), fmt::format("{:g}", summary.thresholdRank) });
    json["layers"].push_back(std::move(entry));
}

} // namespace

Result<CommandResult> runAnalyze(CommandContext& context)
{
    const CommandOptions& options = context.options;
    if (!options.output.empty()) {
        if (Status writable = checkOutputFile(options.output); !writable) {
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
    Result<std::shared_ptr<const StateSpectra>> computed = [&] {
        const Stage stage(context.console, "Analysing the state", "layers x windows");
        return computeStateSpectra(**model, **windows, 0, options.every, plan->get(), context.job);
    }();
    if (!computed) {
        return computed.error();
    }
    const StateSpectra& spectra = **computed;
    if (!options.output.empty()) {
        if (context.job.stopRequested()) {
            return cancelledError();
        }
        if (Status written = writeSpectraFile(spectra, options.output); !written) {
            return written.error();
        }
    }
    Json json;
    json["positions"] = spectra.positions;
    json["windows"] = spectra.windows;
    json["length"] = (*windows)->length;
    json["layers"] = Json::array();
    TextTable table({ "layer", "kind", "rank", "stable rank", "utilisation", "entropy rank", "above 1e-4" });
    for (std::size_t i = 0; i < spectra.layers.size(); ++i) {
        addLayer(json, table, static_cast<int>(i), spectra.layers[i], spectra);
    }
    json["dtype"] = shortName((*model)->dtype());
    json["device"] = toString((*model)->device());
    json["seconds"] = spectra.seconds;
    json["output"] = options.output.empty() ? Json() : Json(options.output);
    json["model"] = modelJson((*model)->overview(), (*model)->digest());
    json["text"] = textJson(**windows);
    if (*plan != nullptr) {
        json["plan"] = planSummaryJson(**plan, (*model)->spec());
    }
    std::string report = table.toText()
        + fmt::format("\nMedians over heads and windows after {} tokens; {}, {}; {}, {}; {}\n",
                      spectra.positions.back(), pluralText(std::ssize(spectra.positions), "position"),
                      windowsText(**windows), shortName((*model)->dtype()), toString((*model)->device()),
                      secondsText(spectra.seconds));
    if (!options.output.empty()) {
        report += fmt::format("written to {}\n", options.output);
    }
    return finish(context, std::move(json), std::move(report));
}

} // namespace rankscope::cli
