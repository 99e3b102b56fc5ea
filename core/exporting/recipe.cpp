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
    recipe["removed"] = removedRatio(plan);
    recipe["source"]["name"] = checkpoint.name;
    recipe["source"]["fingerprint"] = checkpoint.fingerprint;
    recipe["source"]["digest"] = plan.modelDigest;
    recipe["plan"] = nlohmann::ordered_json::parse(planToJson(plan));
    return recipe.dump(2) + "\n";
}

double removedRatio(const PruningPlan& plan)
{
    std::int64_t before = 0;
    std::int64_t after = 0;
    for (const LayerPlan& layer : plan.layers) {
        before += layer.keyDims;
        after += layer.keptKeyDims;
    }
    return before > 0 ? 1.0 - static_cast<double>(after) / static_cast<double>(before) : 0.0;
}

const char* programVersion()
{
    return "Rankscope " RANKSCOPE_VERSION;
}

} // namespace rankscope
