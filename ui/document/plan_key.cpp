// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/plan_key.h"

namespace rankscope {

std::string planKey(const PruningPlan& plan)
{
    return plan.keepsAll() ? std::string()
                           : plan.method + '/' + std::to_string(plan.seed) + '/' + planFingerprint(plan);
}

} // namespace rankscope
