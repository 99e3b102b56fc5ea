// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command_context.h"
#include "app/cli/text_table.h"
#include "core/base/size_text.h"
#include "core/model/checkpoint_overview.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rankscope::cli {

namespace {

using Json = nlohmann::ordered_json;

const char* severityName(IssueSeverity severity)
{
    switch (severity) {
    case IssueSeverity::Note:
        return "note";
    case IssueSeverity::Warning:
        return "warning";
    case IssueSeverity::Error:
        return "error";
    }
    return "error";
}

Json overviewJson(const CheckpointOverview& overview)
{
    Json json;
    json["name"] = overview.name;
    json["model_type"] = overview.spec.modelType;
    json["family"] = familyName(overview.spec.family);
    json["parameters"] = overview.parameters;
    json["weight_bytes"] = overview.weightBytes;
    json["dtype"] = overview.dtype;
    json["hidden_size"] = overview.spec.hiddenSize;
    json["vocabulary_size"] = overview.spec.vocabularySize;
    json["tied_head"] = overview.spec.tiedHead;
    json["state_bytes"] = overview.spec.stateBytes();
    json["layers"] = Json::array();
    for (int i = 0; i < overview.spec.layerCount(); ++i) {
        const LayerSpec& layer = overview.spec.layers[static_cast<std::size_t>(i)];
        Json entry;
        entry["index"] = i;
        entry["kind"] = layer.kind == LayerKind::Linear ? "linear" : "softmax";
        entry["heads"] = layer.heads;
        entry["value_heads"] = layer.valueHeads;
        entry["key_dims"] = layer.keyDims;
        entry["value_dims"] = layer.valueDims;
        entry["state_bytes"] = layer.stateBytes();
        json["layers"].push_back(std::move(entry));
    }
    json["files"] = overview.weightFiles;
    json["fingerprint"] = overview.fingerprint;
    json["loadable"] = overview.loadable();
    json["issues"] = Json::array();
    for (const CheckpointIssue& issue : overview.issues) {
        json["issues"].push_back({ { "severity", severityName(issue.severity) },
                                   { "message", issue.message },
                                   { "subject", issue.subject } });
    }
    return json;
}

std::string overviewText(const CheckpointOverview& overview)
{
    FactList facts;
    facts.add("model",
              fmt::format("{} ({}, model_type {})", overview.name, familyName(overview.spec.family),
                          overview.spec.modelType));
    facts.add("parameters",
              fmt::format("{} in {}, {}", countText(overview.parameters), overview.dtype,
                          sizeText(overview.weightBytes)));
    facts.add("hidden size", fmt::format("{}", overview.spec.hiddenSize));
    facts.add("vocabulary",
              fmt::format("{}{}", countText(overview.spec.vocabularySize),
                          overview.spec.tiedHead ? ", tied head" : ""));
    facts.add("state", fmt::format("{} per sequence (fp32)", sizeText(overview.spec.stateBytes())));
    TextTable layers({ "layer", "kind", "heads", "value heads", "key dims", "value dims", "state" });
    for (int i = 0; i < overview.spec.layerCount(); ++i) {
        const LayerSpec& layer = overview.spec.layers[static_cast<std::size_t>(i)];
        const bool linear = layer.kind == LayerKind::Linear;
        layers.addRow({ fmt::format("{}", i), linear ? "linear" : "softmax", fmt::format("{}", layer.heads),
                        fmt::format("{}", layer.valueHeads), fmt::format("{}", layer.keyDims),
                        fmt::format("{}", layer.valueDims), linear ? sizeText(layer.stateBytes()) : "-" });
    }
    std::string text = facts.toText() + "\n" + layers.toText();
    for (const CheckpointIssue& issue : overview.issues) {
        text += fmt::format("{}{}: {}\n", &issue == &overview.issues.front() ? "\n" : "",
                            severityName(issue.severity), issue.message);
    }
    return text;
}

} // namespace

Result<CommandResult> runInspect(CommandContext& context)
{
    Result<CheckpointOverview> overview = inspectCheckpoint(context.options.model);
    if (!overview) {
        return overview.error();
    }
    std::optional<Error> failure;
    if (!overview->loadable()) {
        failure = overview->firstError();
    }
    return finish(context, overviewJson(*overview), overviewText(*overview), std::move(failure));
}

} // namespace rankscope::cli
