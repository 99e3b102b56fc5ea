// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rankscope {

/// Of plans that nobody gave a seed, in the window and on the command line: that of the published selections.
inline constexpr std::uint64_t kDefaultSeed = 42;

struct MethodInfo {
    const char* id; ///< as the command line and plans spell it: "random", "l1", "rrqr"
    const char* label; ///< for people: "Strong RRQR"
    const char* description; ///< one or two sentences with formula and source, for tooltips
    const char* scoreLabel; ///< axis label of its importances, "|R_ii| of the pivoted QR"
    bool needsStatistics; ///< needs a calibration text
    bool usesSeed;
};

/// All methods of this build, the recommended one first.
[[nodiscard]] std::span<const MethodInfo> pruningMethods();
/// Null when there is none of that name.
[[nodiscard]] const MethodInfo* findMethod(std::string_view id);

} // namespace rankscope
