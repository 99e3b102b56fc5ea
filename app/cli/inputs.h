// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command_context.h"
#include "core/evaluation/perplexity.h"
#include "core/model/model.h"
#include "core/plan/pruning_plan.h"
#include "core/text/token_windows.h"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace rankscope::cli {

/// Device and dtype of the options, with the default dtype of the device. Checks that the device is usable.
[[nodiscard]] Result<LoadOptions> loadOptions(const CommandOptions& options);

/// The checkpoint options.model on the device of the options.
[[nodiscard]] Result<std::shared_ptr<const Model>> loadChosenModel(CommandContext& context);

/// Log lines for what is odd about a checkpoint that can be used.
void warnOfIssues(CommandContext& context, const CheckpointOverview& overview);

/// `text` cut into windows with the tokenizer of options.model. A rest that does not fill a window, and a
/// text with fewer windows than asked for, are reported as log lines.
[[nodiscard]] Result<std::shared_ptr<const TokenWindows>> makeWindows(CommandContext& context,
                                                                      const TextSource& text);

/// options.plan checked against the loaded model. Null when no plan was given.
[[nodiscard]] Result<std::unique_ptr<const PruningPlan>> readChosenPlan(CommandContext& context);
[[nodiscard]] Status checkChosenPlan(const PruningPlan& plan, const Model& model);

/// Ok when a file can be created at `path`: its folder is there and writable. Asked before long work, so that
/// hours are not lost to a typing mistake.
[[nodiscard]] Status checkOutputFile(const std::string& path);

/// Says so when selection saw the text that now scores.
void warnOfOverlap(CommandContext& context, const PruningPlan& plan, const TokenWindows& windows);

// Parts of results that several commands share.
[[nodiscard]] nlohmann::ordered_json modelJson(const CheckpointOverview& overview, const std::string& digest);
[[nodiscard]] nlohmann::ordered_json textJson(const TokenWindows& windows);
/// perplexity, mean_nll, tokens, windows, length, dtype, device, seconds, window_nll.
[[nodiscard]] nlohmann::ordered_json estimateJson(const PerplexityEstimate& estimate);
/// method, ratio, state_bytes, kept_key_dims, fingerprint.
[[nodiscard]] nlohmann::ordered_json planSummaryJson(const PruningPlan& plan, const ModelSpec& spec);
[[nodiscard]] std::string windowsText(const TokenWindows& windows);
/// "32 in every layer", or the numbers of all prunable layers.
[[nodiscard]] std::string keptDimsText(const PruningPlan& plan);

/// The running program's own file.
[[nodiscard]] std::filesystem::path ownProgram();

} // namespace rankscope::cli
