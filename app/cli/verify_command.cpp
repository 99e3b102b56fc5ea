// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/inputs.h"
#include "app/cli/verification_report.h"
#include "core/plan/plan_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rankscope::cli {

namespace {

namespace fs = std::filesystem;

/// --plan, or the recipe that an export leaves in its folder.
Result<PruningPlan> planOfExport(const CommandOptions& options)
{
    if (!options.plan.empty()) {
        return readPlanOrRecipe(options.plan);
    }
    const fs::path recipe = fs::path(options.model) / "rankscope-recipe.json";
    std::error_code ignored;
    if (!fs::exists(recipe, ignored)) {
        return Error { ErrorCode::NotFound,
                       fmt::format(
                           "\"{}\" has no rankscope-recipe.json that says what was pruned: give the plan "
                           "with --plan FILE.",
                           options.model),
                       {} };
    }
    return readPlanOrRecipe(recipe);
}

} // namespace

Result<Verification> verifyFolder(CommandContext& context, const fs::path& exported, const fs::path& against,
                                  const PruningPlan& plan)
{
    VerifyOptions options;
    options.cliProgram = ownProgram();
    options.tokens = context.options.verifyTokens;
    options.seed = context.options.seed;
    const Stage stage(context.console, "Verifying in a fresh process", "steps", StageKind::Outside);
    return verifyExport(exported, against, plan, options, context.job);
}

nlohmann::ordered_json verificationJson(const Verification& verification)
{
    nlohmann::ordered_json json;
    json["max_abs"] = verification.maxAbs;
    json["rms"] = verification.rms;
    json["tolerance"] = verification.tolerance;
    json["passed"] = verification.passed;
    json["compared_logits"] = verification.comparedLogits;
    return json;
}

std::string verificationText(const Verification& verification)
{
    return fmt::format(
        "verification  {}: relative RMS {:.3g} (bound {:.3g}), largest difference {:.3g}, {} logits\n",
        verification.passed ? "passed" : "FAILED", verification.rms, verification.tolerance,
        verification.maxAbs, verification.comparedLogits);
}

std::optional<Error> verificationFailure(const Verification& verification, const fs::path& folder)
{
    if (verification.passed) {
        return std::nullopt;
    }
    return Error { ErrorCode::VerificationFailed,
                   fmt::format(
                       "\"{}\" does not reproduce the masked model: the relative RMS difference of its "
                       "logits is {:.3g}, the bound {:.3g}. Do not use it.",
                       folder.string(), verification.rms, verification.tolerance),
                   {} };
}

Result<CommandResult> runVerify(CommandContext& context)
{
    const CommandOptions& options = context.options;
    Result<PruningPlan> plan = planOfExport(options);
    if (!plan) {
        return plan.error();
    }
    Result<CheckpointOverview> against = inspectCheckpoint(options.against);
    if (!against) {
        return against.error();
    }
    if (!against->loadable()) {
        return against->firstError();
    }
    if (Status fits = checkPlanForModel(*plan, against->spec, { {}, against->fingerprint, against->name });
        !fits) {
        return fits.error();
    }
    Result<Verification> verification = verifyFolder(context, options.model, options.against, *plan);
    if (!verification) {
        return verification.error();
    }
    return finish(context, verificationJson(*verification), verificationText(*verification),
                  verificationFailure(*verification, options.model));
}

} // namespace rankscope::cli
