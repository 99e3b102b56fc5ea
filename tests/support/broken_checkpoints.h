// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "tests/support/tiny_model.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rankscope::test {

/// Who has to notice.
enum class BrokenBy {
    Headers, ///< config and headers show it: inspectCheckpoint fails or lists an error
    Weights, ///< only reading the weights shows it: inspectCheckpoint is content, loadModel fails
};

/// One way in which a checkpoint can be unusable, made from a small good one at test time.
struct BrokenCase {
    std::string name;
    /// Writes the broken checkpoint into `folder`, which exists and is empty.
    std::function<void(const std::filesystem::path& folder)> write;
    /// Each must occur in the message (case ignored): the tensor, key or file, what was expected and what was
    /// found.
    std::vector<std::string> phrases;
    BrokenBy by = BrokenBy::Headers;
    std::optional<ErrorCode> code = std::nullopt; ///< where one code is the only sensible one
};

/// Files that are not what they claim to be.
[[nodiscard]] std::vector<BrokenCase> brokenFiles();
/// Sound files with the wrong tensors in them, or spread wrongly over shards.
[[nodiscard]] std::vector<BrokenCase> brokenTensors();
/// Configurations that are unreadable, unsupported or contradict the weights.
[[nodiscard]] std::vector<BrokenCase> brokenConfigs();

/// The good checkpoint that the cases start from: gated_deltanet, D = 8, V = 11, I = 12, two layers, two
/// heads, Dk = 4, Dv = 4, fp32; the second form is delta_net with the same sizes.
[[nodiscard]] TinyModelOptions smallOptions();
void writeSmallCheckpoint(const std::filesystem::path& folder);
void writeSmallDeltaNet(const std::filesystem::path& folder);

} // namespace rankscope::test
