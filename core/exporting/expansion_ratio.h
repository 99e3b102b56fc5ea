// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace rankscope {

/// A factor e with trunc(whole * e) == part in double arithmetic, as the loaders of these models evaluate it
/// (expand_k, expand_v): the quotient, moved up by the last bit where it would land just below the integer.
/// It also satisfies the newer loaders that round and insist on a near-integer. part >= 0, whole > 0.
[[nodiscard]] double expansionRatio(std::int64_t part, std::int64_t whole);

/// trunc(whole * ratio): the loaders' formula.
[[nodiscard]] std::int64_t expandedWidth(std::int64_t whole, double ratio);

/// The shortest decimal that reads back as the same double, always with a point or an exponent: JSON keeps it
/// a float.
[[nodiscard]] std::string floatText(double value);

} // namespace rankscope
