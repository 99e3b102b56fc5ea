// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command_context.h"
#include "app/cli/inputs.h"
#include "app/cli/selection.h"
#include "app/cli/text_table.h"
#include "core/evaluation/layer_sensitivity.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>

namespace rankscope::cli {

namespace {

using Json = nlohmann::ordered_json;

Json probeJson(const LayerProbe& probe)
{
    return { { "kept", probe.keptKeyDims },      { "mean_nll", probe.delta.meanNll },
             { "low", probe.delta.low },         { "high", probe.delta.high },
             { "windows", probe.delta.windows }, { "significant", probe.delta.significant() } };
}

std::string probeText(const LayerProbe& probe)
{
    return fmt::format("{}: {:+.4f} [{:+.4f}, {:+.4f}]", probe.keptKeyDims, probe.delta.meanNll,
                       probe.delta.low, probe.delta.high);
}

/// Sizes that are not fractions of Dk are our user's mistake.
Status checkShares(const std::vector<double>& shares)
{
    for (const double share : shares) {
        if (!(share > 0.0 && share < 1.0)) {
            return Error { ErrorCode::InvalidArgument,
                           fmt::format("--shares are fractions of the key channels that stay, between 0 and "
                                       "1, not {}.",
                                       share),
                           {} };
        }
    }
    return Unit {};
}

} // namespace

Result<CommandResult> runSensitivity(CommandContext& context)
{
    const CommandOptions& options = context.options;
    const auto start = std::chrono::steady_clock::now();
    SensitivityRequest request;
    request.keptShares = options.shares;
    request.sampleWindows = options.sampleWindows;
    if (Status sane = checkShares(options.shares); !sane) {
        return sane.error();
    }
    Result<std::unique_ptr<const PruningPlan>> plan = readChosenPlan(context);
    if (!plan) {
        return plan.error();
    }
    const MethodInfo* method = nullptr;
    std::optional<TextSource> calibration;
    if (!options.method.empty()) {
        Result<const MethodInfo*> chosen = chosenMethod(options);
        if (!chosen) {
            return chosen.error();
        }
        method = *chosen;
        Result<std::optional<TextSource>> read = readCalibration(context, *method);
        if (!read) {
            return read.error();
        }
        calibration = std::move(*read);
    } else if (*plan == nullptr) {
        return Error { ErrorCode::InvalidArgument,
                       "There is nothing to measure: give a --plan (each of its layers alone), a --method "
                       "(a curve per layer), or both.",
                       {} };
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
        request.plan = **plan;
    }
    Result<std::shared_ptr<const TokenWindows>> windows = makeWindows(context, *text);
    if (!windows) {
        return windows.error();
    }
    if (*plan != nullptr) {
        warnOfOverlap(context, **plan, **windows);
    }
    if (method != nullptr) {
        Result<std::shared_ptr<const ChannelSelector>> selector
            = makeChosenSelector(context, *method, *model, calibration);
        if (!selector) {
            return selector.error();
        }
        request.selector = std::move(*selector);
    }
    LiveEvaluator evaluator(*model, *windows);
    const Stage stage(context.console, "Measuring layers", "block windows");
    Result<std::shared_ptr<const LayerSensitivities>> found
        = measureLayerSensitivities(evaluator, request, {}, {}, context.job);
    if (!found) {
        return found.error();
    }
    const ModelSpec& spec = (*model)->spec();
    Json layers = Json::array();
    std::vector<std::string> header { "layer", "key dims" };
    if (*plan != nullptr) {
        header.emplace_back("alone, kept: delta (nats/token) [95 %]");
    }
    if (method != nullptr) {
        header.push_back(fmt::format("curve of {}, kept: delta", method->id));
    }
    TextTable table(std::move(header));
    for (int layer = 0; layer < spec.layerCount(); ++layer) {
        const LayerSensitivity& one = (**found)[static_cast<std::size_t>(layer)];
        const LayerSpec& sizes = spec.layers[static_cast<std::size_t>(layer)];
        Json entry { { "index", layer }, { "key_dims", sizes.prunable() ? sizes.keyDims : 0 } };
        entry["alone"] = one.alone ? probeJson(*one.alone) : Json();
        entry["curve"] = Json::array();
        std::string curve;
        for (const LayerProbe& probe : one.curve) {
            entry["curve"].push_back(probeJson(probe));
            curve += fmt::format("{}{}: {:+.4f}", curve.empty() ? "" : "  ", probe.keptKeyDims,
                                 probe.delta.meanNll);
        }
        layers.push_back(std::move(entry));
        std::vector<std::string> cells { fmt::format("{}", layer),
                                         sizes.prunable() ? fmt::format("{}", sizes.keyDims) : "softmax" };
        if (*plan != nullptr) {
            cells.push_back(one.alone ? probeText(*one.alone) : "-");
        }
        if (method != nullptr) {
            cells.push_back(curve.empty() ? "-" : curve);
        }
        table.addRow(std::move(cells));
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    Json json { { "layers", std::move(layers) }, { "seconds", seconds } };
    json["method"] = method != nullptr ? Json(method->id) : Json();
    json["model"] = modelJson((*model)->overview(), (*model)->digest());
    json["text"] = textJson(**windows);
    return finish(context, std::move(json),
                  table.toText()
                      + fmt::format("\neach layer alone, all others dense{}; {}; {}, {}; {}\n",
                                    method == nullptr ? " (--method adds a curve over several sizes)" : "",
                                    windowsText(**windows), shortName((*model)->dtype()),
                                    toString((*model)->device()), secondsText(seconds)));
}

} // namespace rankscope::cli
