// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command_context.h"
#include "core/exporting/verify_export.h"
#include "core/plan/pruning_plan.h"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace rankscope::cli {

/// verifyExport with this very program as the fresh process.
[[nodiscard]] Result<Verification> verifyFolder(CommandContext& context,
                                                const std::filesystem::path& exported,
                                                const std::filesystem::path& against,
                                                const PruningPlan& plan);

/// max_abs, rms, tolerance, passed, compared_logits.
[[nodiscard]] nlohmann::ordered_json verificationJson(const Verification& verification);
[[nodiscard]] std::string verificationText(const Verification& verification);

/// VerificationFailed with its sentence when the verification did not pass.
[[nodiscard]] std::optional<Error> verificationFailure(const Verification& verification,
                                                       const std::filesystem::path& folder);

} // namespace rankscope::cli
