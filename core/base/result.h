// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <cassert>
#include <type_traits>
#include <utility>
#include <variant>

namespace rankscope {

/// A value or an Error: the only thing that crosses a layer. Spelled like std::expected.
template <typename T> class [[nodiscard]] Result {
public:
    using value_type = T;

    Result(T value) // NOLINT(google-explicit-constructor): returning a value is the point
        : m_state(std::in_place_index<0>, std::move(value))
    {
    }
    Result(Error error) // NOLINT(google-explicit-constructor): returning an error is the point
        : m_state(std::in_place_index<1>, std::move(error))
    {
    }
    /// A value that converts to T, as a shared_ptr<T> to shared_ptr<const T>.
    // clang-format off
    template <typename U>
        requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, T>
                 && !std::is_same_v<std::remove_cvref_t<U>, Error> && !std::is_same_v<std::remove_cvref_t<U>, Result>)
    // NOLINTNEXTLINE(google-explicit-constructor,bugprone-forwarding-reference-overload): the constraint excludes copies
    Result(U&& value)
        : m_state(std::in_place_index<0>, std::forward<U>(value))
    {
    }
    // clang-format on

    [[nodiscard]] bool has_value() const { return m_state.index() == 0; }
    explicit operator bool() const { return has_value(); }

    [[nodiscard]] T& value() &
    {
        assert(has_value());
        return *std::get_if<0>(&m_state);
    }
    [[nodiscard]] const T& value() const&
    {
        assert(has_value());
        return *std::get_if<0>(&m_state);
    }
    [[nodiscard]] T&& value() &&
    {
        assert(has_value());
        return std::move(*std::get_if<0>(&m_state));
    }
    [[nodiscard]] T& operator*() & { return value(); }
    [[nodiscard]] const T& operator*() const& { return value(); }
    [[nodiscard]] T&& operator*() && { return std::move(*this).value(); }
    [[nodiscard]] T* operator->() { return &value(); }
    [[nodiscard]] const T* operator->() const { return &value(); }

    [[nodiscard]] Error& error() &
    {
        assert(!has_value());
        return *std::get_if<1>(&m_state);
    }
    [[nodiscard]] const Error& error() const&
    {
        assert(!has_value());
        return *std::get_if<1>(&m_state);
    }
    [[nodiscard]] Error&& error() &&
    {
        assert(!has_value());
        return std::move(*std::get_if<1>(&m_state));
    }

private:
    std::variant<T, Error> m_state;
};

struct Unit { };
using Status = Result<Unit>;

} // namespace rankscope
