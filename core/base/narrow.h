// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cassert>
#include <type_traits>
#include <utility>

namespace rankscope {

/// Integer conversion that must not lose anything; asserted in debug builds.
template <typename To, typename From> [[nodiscard]] constexpr To narrow(From value)
{
    static_assert(std::is_integral_v<To> && std::is_integral_v<From>);
    assert(std::in_range<To>(value));
    return static_cast<To>(value);
}

/// Index into a standard container from our signed indices.
template <typename From> [[nodiscard]] constexpr std::size_t idx(From value)
{
    return narrow<std::size_t>(value);
}

} // namespace rankscope
