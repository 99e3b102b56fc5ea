// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rankscope {

/// Reads values of a plan's JSON and remembers the first thing that is wrong, so that the code that uses it
/// reads as the format does. After a failure the values are defaults.
class PlanReader {
public:
    using Json = nlohmann::ordered_json;

    /// `what` names the plan in messages and outlives the reader.
    explicit PlanReader(const std::string& what);

    [[nodiscard]] const std::optional<Error>& error() const { return m_error; }

    void fail(ErrorCode code, std::string message);
    void failKey(std::string_view key, std::string_view expected, const Json& found);

    /// An object with exactly these keys; null (after a failure) otherwise.
    const Json* object(const Json& value, std::string_view key, std::span<const std::string_view> members);
    std::string text(const Json& value, std::string_view key);
    double fraction(const Json& value, std::string_view key);
    std::uint64_t unsignedNumber(const Json& value, std::string_view key);
    /// A whole number that fits an int. Its range in the plan is checked afterwards, with layer and head
    /// named.
    int number(const Json& value, std::string_view key);
    bool flag(const Json& value, std::string_view key);
    const Json& array(const Json& value, std::string_view key);

private:
    const std::string& m_what;
    std::optional<Error> m_error;
};

} // namespace rankscope
