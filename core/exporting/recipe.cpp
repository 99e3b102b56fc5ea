// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/exporting/recipe.h"

#include "core/plan/plan_file.h"

#include <nlohmann/json.hpp>

namespace rankscope {

std::string recipeJson(const CheckpointOverview& checkpoint, const PruningPlan& plan, ExportMode mode)
{
    nlohmann::ordered_json recipe;
    recipe["rankscope_recipe"] = 1;
    recipe["program"] = programVersion();
    recipe["mode"] = exportModeName(mode);
    recipe["source"]["name"] = checkpoint.name;
    recipe["source"]["fingerprint"] = checkpoint.fingerprint;
    recipe["source"]["digest"] = plan.modelDigest;
    recipe["plan"] = nlohmann::ordered_json::parse(planToJson(plan));
    return recipe.dump(2) + "\n";
}

const char* programVersion()
{
    return "Rankscope " RANKSCOPE_VERSION;
}

} // namespace rankscope
