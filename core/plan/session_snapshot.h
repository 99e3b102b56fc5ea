// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/plan/pruning_plan.h"

#include <filesystem>
#include <string>

namespace rankscope {

/// What a person was working on: enough to go on after a kill.
struct SessionSnapshot {
    std::filesystem::path modelFolder;
    std::filesystem::path evaluationText;
    std::filesystem::path calibrationText;
    std::filesystem::path planFile; ///< empty for a plan that was never saved
    int layer = -1; ///< selected; -1 for none
    int head = 0;
    /// As the person left it: the list of kept channels of a layer or of a head may be empty, "as the method
    /// selects".
    PruningPlan plan;

    friend bool operator==(const SessionSnapshot&, const SessionSnapshot&) = default;
};

// Session: UTF-8 JSON, keys in this order.
//   {"rankscope_session": 1,            version; others are refused
//    "model": "/folder", "evaluation_text": "…", "calibration_text": "…", "plan_file": "…",
//    "layer": 4, "head": 1,
//    "unselected": [true, [2], ...],     per layer the heads whose channel lists in "plan" only stand in;
//    true: all "plan": {...}}                     as in a plan file (plan_file.h)
[[nodiscard]] std::string sessionToJson(const SessionSnapshot& session);
/// Errors: BadFormat, Unsupported (another version).
[[nodiscard]] Result<SessionSnapshot> sessionFromJson(const std::string& text);

} // namespace rankscope
