// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/plan_key.h"

#include "core/pruning/channel_selector.h"
#include "core/pruning/realise_plan.h"

namespace rankscope {

std::string planKey(const PruningPlan& plan, const ChannelSelector* selector)
{
    if (plan.keepsAll()) {
        return {};
    }
    std::string key = plan.method + '/' + std::to_string(plan.seed) + '/' + planFingerprint(plan);
    if (needsSelection(plan) && selector != nullptr && selector->calibration()) {
        const CalibrationRecord& text = *selector->calibration();
        key += '/' + text.sourceSha256 + '/' + std::to_string(text.length) + '/'
            + std::to_string(text.windows);
    }
    return key;
}

bool isOfPlan(const ChannelSelector* selector, const PruningPlan& plan)
{
    return selector != nullptr && selector->methodId() == plan.method && selector->seed() == plan.seed;
}

} // namespace rankscope
