// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/method_change.h"

#include <utility>

namespace rankscope {

PruningPlan withMethod(PruningPlan plan, const std::string& methodId,
                       const std::optional<PruningPlan>& realised)
{
    if (plan.method == methodId) {
        return plan;
    }
    plan.method = methodId;
    const bool known = realised && realised->layers.size() == plan.layers.size();
    for (std::size_t index = 0; index < plan.layers.size(); ++index) {
        LayerPlan& layer = plan.layers[index];
        if (!layer.locked) {
            layer.kept.clear();
            continue;
        }
        if (known && !layer.keepsAll()) {
            LayerPlan filled = layer;
            filled.kept = realised->layers[index].kept;
            LayerPlan found = realised->layers[index];
            found.locked = true;
            if (filled == found) { // else of an earlier plan
                layer = std::move(filled);
            }
        }
    }
    return plan;
}

} // namespace rankscope
