// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/exporting/model_card.h"

#include "core/base/narrow.h"
#include "core/base/size_text.h"
#include "core/exporting/recipe.h"
#include "core/plan/head_edit_lines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <string_view>

namespace rankscope {

namespace {

/// Ratios closer than this read the same.
constexpr double kSameRatio = 0.005;

/// The YAML block between the first two lines of three dashes, these included; empty when there is none.
std::string frontMatter(const std::string& card)
{
    constexpr std::string_view fence = "---\n";
    if (!card.starts_with(fence)) {
        return {};
    }
    const std::size_t end = card.find("\n---\n", fence.size() - 1);
    return end == std::string::npos ? std::string() : card.substr(0, end + 5) + "\n";
}

void row(std::string& text, std::string_view quantity, const std::string& value)
{
    text += fmt::format("| {} | {} |\n", quantity, value);
}

std::string calibrationText(const CalibrationRecord& calibration)
{
    return fmt::format("{}, {} windows of {} tokens", calibration.sourceName, calibration.windows,
                       calibration.length);
}

std::string layerTable(const CheckpointOverview& checkpoint, const PruningPlan& plan)
{
    std::string text = "| layer | kind | key channels per head, before | kept |\n|---|---|---|---|\n";
    for (int index = 0; index < checkpoint.spec.layerCount(); ++index) {
        const LayerSpec& layer = checkpoint.spec.layers[idx(index)];
        text += layer.prunable() ? fmt::format("| {} | linear | {} | {} |\n", index, layer.keyDims,
                                               plan.layers[idx(index)].keptKeyDims)
                                 : fmt::format("| {} | softmax | untouched | |\n", index);
    }
    return text;
}

const char* modeSentence(ExportMode mode)
{
    switch (mode) {
    case ExportMode::Uniform:
        return "The removed channels are cut out, the same number in every linear layer.";
    case ExportMode::PerLayer:
        return "The removed channels are cut out, a number of its own in each layer.";
    case ExportMode::ZeroFilled:
        return "The removed channels are set to zero: this copy is for checking a plan, it is neither "
               "smaller nor "
               "faster than the original.";
    }
    return "";
}

} // namespace

std::string modelCard(const ModelCardInput& input)
{
    const CheckpointOverview& checkpoint = input.checkpoint;
    const PruningPlan& plan = input.plan;
    const bool remoteCode = input.preview.mode == ExportMode::PerLayer
        || (input.preview.mode == ExportMode::ZeroFilled
            && checkpoint.spec.modelType != checkpoint.spec.baseModelType);

    std::string text = input.originalCard ? frontMatter(*input.originalCard) : std::string();
    text += fmt::format("# {}, recurrent state pruned\n\n", checkpoint.name);
    text += fmt::format("`{}` ({}) with key channels of its linear-attention layers removed by {}. {}\n\n",
                        checkpoint.name, familyName(checkpoint.spec.family), programVersion(),
                        modeSentence(input.preview.mode));
    text += "| | |\n|---|---|\n";
    row(text, "export mode", exportModeName(input.preview.mode));
    row(text, "selection method",
        plan.method.empty() ? std::string("chosen by hand") : fmt::format("`{}`", plan.method));
    const double removed = removedRatio(plan);
    row(text, "prune ratio (removed)", fmt::format("{:.2f}", removed));
    if (std::abs(plan.requestedRatio - removed) >= kSameRatio) {
        row(text, "asked for globally, before single layers were changed or sizes rounded",
            fmt::format("{:.2f}", plan.requestedRatio));
    }
    if (const std::optional<StateBudget>& budget = plan.requestedBudget) {
        row(text, "state that was asked for, at most",
            budget->percent ? fmt::format("{:g} % ({})", *budget->percent, sizeText(budget->bytes))
                            : sizeText(budget->bytes));
    }
    row(text, "seed", fmt::format("{}", plan.seed));
    if (plan.calibration) {
        row(text, "calibration text", calibrationText(*plan.calibration));
    }
    row(text, "recurrent state per sequence, fp32",
        fmt::format("{} -> {}", sizeText(input.preview.stateBytesBefore),
                    sizeText(input.preview.stateBytesAfter)));
    row(text, "weights",
        fmt::format("{} -> {}", sizeText(input.preview.weightBytesBefore),
                    sizeText(input.preview.weightBytesAfter)));
    for (const CardRow& measured : input.measured) {
        row(text, measured.quantity, measured.value);
    }
    text += "\n## Loading\n\n" + input.preview.loadsIn
        + "\n\n```python\nimport fla  # registers the model classes\n"
        + "from transformers import AutoModelForCausalLM\n\nmodel = "
          "AutoModelForCausalLM.from_pretrained(\"path/to/this/folder\""
        + (remoteCode ? ", trust_remote_code=True" : "") + ")\n```\n\n";
    text += "## What was removed\n\n" + layerTable(checkpoint, plan) + "\n";
    if (const std::vector<std::string> heads = headEditLines(plan); !heads.empty()) {
        text += fmt::format(
            "Decided by hand for single heads (a head that keeps fewer channels than its layer "
            "is filled up with zero rows):\n\n* {}\n\n",
            fmt::join(heads, "\n* "));
    }
    text += fmt::format(
        "All other tensors are byte for byte those of the original. `{}` lists the kept channels of every "
        "head and repeats the export.\n",
        kRecipeFileName);
    if (input.originalCard) {
        text += fmt::format("The card of the original model is `{}`.\n", input.originalCardName);
    }
    return text;
}

} // namespace rankscope
