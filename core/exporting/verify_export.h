// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/jobs/job_context.h"
#include "core/plan/pruning_plan.h"

#include <filesystem>
#include <string>

namespace rankscope {

struct Verification {
    double maxAbs = 0.0; ///< largest |logit difference|
    double rms = 0.0; ///< root mean square difference over root mean square of the masked model's logits
    double tolerance = 0.0; ///< bound on rms
    bool passed = false;
    std::int64_t comparedLogits = 0;
    std::int64_t comparedTokens = 0;
};

struct VerifyOptions {
    std::filesystem::path cliProgram; ///< rankscope-cli, run as the fresh process
    int tokens = 128; ///< length of the compared sequences
    std::uint64_t seed = 1; ///< of the random token ids
};

/// Reopens `exported` in a fresh process (rankscope-cli forward, fp32, CPU) and compares its logits on random
/// tokens with those of the checkpoint `against` masked by `plan` in this process. A zero-filled export
/// (dense key widths) is compared with the masked model at the dense query scale Dk^-1/2, which is what stock
/// code computes. Errors: what either side reports; a comparison outside the tolerance is a value with passed
/// == false.
[[nodiscard]] Result<Verification> verifyExport(const std::filesystem::path& exported,
                                                const std::filesystem::path& against, const PruningPlan& plan,
                                                const VerifyOptions& options, JobContext& job);

} // namespace rankscope
