// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command_context.h"
#include "app/cli/inputs.h"
#include "app/cli/text_table.h"
#include "core/io/safetensors_file.h"
#include "core/model/forward/forward.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>

namespace rankscope::cli {

namespace {

namespace fs = std::filesystem;

struct TokenIds {
    std::vector<std::int64_t> values; ///< [batch, length]
    std::int64_t batch = 0;
    std::int64_t length = 0;
};

/// FILE, or FILE:key; a colon that belongs to the file's own name is told by the file being there.
Result<TokenIds> readIds(const std::string& argument)
{
    std::string path = argument;
    std::string key = "input_ids";
    std::error_code ignored;
    const std::size_t colon = argument.rfind(':');
    if (colon != std::string::npos && !fs::exists(argument, ignored)) {
        path = argument.substr(0, colon);
        key = argument.substr(colon + 1);
    }
    Result<HostTensor> tensor = readSafetensorsTensor(path, key);
    if (!tensor) {
        return tensor.error();
    }
    const bool sized = tensor->shape.size() == 2 && tensor->shape[0] > 0 && tensor->shape[1] > 0;
    if ((tensor->dtype != DType::I64 && tensor->dtype != DType::I32) || !sized) {
        return Error { ErrorCode::BadData,
                       fmt::format(
                           "Token ids should be int64 of shape [B, T] with at least one token; \"{}\" in "
                           "\"{}\" is {} [{}].",
                           key, path, safetensorsName(tensor->dtype), fmt::join(tensor->shape, ", ")),
                       {} };
    }
    TokenIds ids { {}, tensor->shape[0], tensor->shape[1] };
    if (tensor->dtype == DType::I64) {
        const auto values = tensor->as<std::int64_t>();
        ids.values.assign(values.begin(), values.end());
    } else {
        const auto values = tensor->as<std::int32_t>();
        ids.values.assign(values.begin(), values.end());
    }
    return ids;
}

RecurrenceForm formFromName(const std::string& name)
{
    if (name == "token") {
        return RecurrenceForm::Token;
    }
    if (name == "chunk") {
        return RecurrenceForm::Chunk;
    }
    return name == "kernel" ? RecurrenceForm::Kernel : RecurrenceForm::Automatic;
}

std::vector<NamedTensor> namedTensors(ForwardOutput output)
{
    std::vector<NamedTensor> tensors;
    tensors.push_back({ "logits", std::move(output.logits) });
    for (std::size_t i = 0; i < output.hidden.size(); ++i) {
        tensors.push_back({ fmt::format("hidden.{}", i), std::move(output.hidden[i]) });
    }
    for (auto& [layer, state] : output.states) {
        tensors.push_back({ fmt::format("state.{}", layer), std::move(state) });
    }
    return tensors;
}

} // namespace

Result<CommandResult> runForwardCommand(CommandContext& context)
{
    const CommandOptions& options = context.options;
    if (Status writable = checkOutputFile(options.output); !writable) {
        return writable.error();
    }
    Result<TokenIds> ids = readIds(options.ids);
    if (!ids) {
        return ids.error();
    }
    Result<std::unique_ptr<const PruningPlan>> plan = readChosenPlan(context);
    if (!plan) {
        return plan.error();
    }
    Result<LoadOptions> load = loadOptions(options);
    if (!load) {
        return load.error();
    }
    // One pass on a CPU needs no loaded model; a plan is checked against the digest of all weights, though.
    std::shared_ptr<const Model> model;
    if (*plan != nullptr || load->device.kind != DeviceKind::Cpu) {
        Result<std::shared_ptr<const Model>> loaded = loadChosenModel(context);
        if (!loaded) {
            return loaded.error();
        }
        model = std::move(*loaded);
    }
    if (*plan != nullptr) {
        if (Status fits = checkChosenPlan(**plan, *model); !fits) {
            return fits.error();
        }
    }
    Result<CheckpointOverview> overview = inspectCheckpoint(options.model);
    if (!overview) {
        return overview.error();
    }
    if (model == nullptr) {
        warnOfIssues(context, *overview);
        context.debug(fmt::format("Running \"{}\" from its files, one block after the other: {} on {}.",
                                  overview->name, shortName(load->dtype), toString(load->device)));
    }
    ForwardRequest request;
    request.plan = plan->get();
    request.form = formFromName(options.form);
    request.hidden = options.hidden;
    request.states = options.states;
    const auto start = std::chrono::steady_clock::now();
    Result<ForwardOutput> output = [&] {
        const Stage stage(context.console, "Running the model", "layers");
        return model != nullptr
            ? runForward(*model, ids->values, ids->batch, ids->length, request, context.job)
            : runForward(options.model, *load, ids->values, ids->batch, ids->length, request, context.job);
    }();
    if (!output) {
        return output.error();
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const std::vector<NamedTensor> tensors = namedTensors(std::move(*output));
    if (context.job.stopRequested()) {
        return cancelledError();
    }
    if (Status written = writeSafetensorsFile(options.output, tensors); !written) {
        return written.error();
    }
    nlohmann::ordered_json json;
    json["output"] = options.output;
    json["tensors"] = nlohmann::ordered_json::array();
    TextTable table({ "tensor", "dtype", "shape" });
    for (const auto& [name, tensor] : tensors) {
        json["tensors"].push_back(
            { { "name", name }, { "dtype", safetensorsName(tensor.dtype) }, { "shape", tensor.shape } });
        table.addRow({ name, shortName(tensor.dtype), fmt::format("[{}]", fmt::join(tensor.shape, ", ")) });
    }
    json["dtype"] = shortName(load->dtype);
    json["device"] = toString(load->device);
    json["seconds"] = seconds;
    std::string text = table.toText()
        + fmt::format("\n{} x {} tokens through {} in {} ({}, {}); written to {}\n", ids->batch, ids->length,
                      overview->name, secondsText(seconds), shortName(load->dtype), toString(load->device),
                      options.output);
    return finish(context, std::move(json), std::move(text));
}

} // namespace rankscope::cli
