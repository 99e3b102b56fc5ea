// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/plan_reader.h"

#include "core/base/narrow.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace rankscope {

PlanReader::PlanReader(const std::string& what)
    : m_what(what)
{
}

void PlanReader::fail(ErrorCode code, std::string message)
{
    if (!m_error) {
        m_error = Error { code, std::move(message), {} };
    }
}

void PlanReader::failKey(std::string_view key, std::string_view expected, const Json& found)
{
    std::string shown = found.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (shown.size() > 40) {
        shown = std::string(found.type_name());
    }
    fail(ErrorCode::BadFormat,
         fmt::format("The plan {} is damaged: \"{}\" should be {}, found {}.", m_what, key, expected, shown));
}

const PlanReader::Json* PlanReader::object(const Json& value, std::string_view key,
                                           std::span<const std::string_view> members)
{
    if (!value.is_object()) {
        failKey(key, "an object", value);
        return nullptr;
    }
    for (const auto& [name, unused] : value.items()) {
        if (std::find(members.begin(), members.end(), name) == members.end()) {
            fail(ErrorCode::BadFormat,
                 fmt::format(
                     "The plan {} has an unknown key \"{}\"{}: it was made by another program or edited; "
                     "remove the key or make the plan again.",
                     m_what, name, key.empty() ? "" : fmt::format(" in \"{}\"", key)));
            return nullptr;
        }
    }
    for (const std::string_view member : members) {
        if (!value.contains(member)) {
            fail(ErrorCode::BadFormat,
                 fmt::format("The plan {} is incomplete: \"{}\" is missing{}.", m_what, member,
                             key.empty() ? "" : fmt::format(" in \"{}\"", key)));
            return nullptr;
        }
    }
    return &value;
}

std::string PlanReader::text(const Json& value, std::string_view key)
{
    if (!value.is_string()) {
        failKey(key, "a text", value);
        return {};
    }
    return value.get<std::string>();
}

double PlanReader::fraction(const Json& value, std::string_view key)
{
    const double number = value.is_number() ? value.get<double>() : -1.0;
    if (!(number >= 0.0 && number <= 1.0)) {
        failKey(key, "a number from 0 to 1", value);
        return 0.0;
    }
    return number;
}

std::uint64_t PlanReader::unsignedNumber(const Json& value, std::string_view key)
{
    if (!value.is_number_unsigned()) {
        failKey(key, "a whole number of at least 0", value);
        return 0;
    }
    return value.get<std::uint64_t>();
}

int PlanReader::number(const Json& value, std::string_view key)
{
    constexpr std::int64_t kLimit = std::numeric_limits<int>::max();
    const bool fits = value.is_number_integer()
        && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::uint64_t { kLimit })
        && value.get<std::int64_t>() >= -kLimit;
    if (!fits) {
        failKey(key, "a whole number", value);
        return 0;
    }
    return narrow<int>(value.get<std::int64_t>());
}

bool PlanReader::flag(const Json& value, std::string_view key)
{
    if (!value.is_boolean()) {
        failKey(key, "true or false", value);
        return false;
    }
    return value.get<bool>();
}

const PlanReader::Json& PlanReader::array(const Json& value, std::string_view key)
{
    static const Json kEmpty = Json::array();
    if (!value.is_array()) {
        failKey(key, "a list", value);
        return kEmpty;
    }
    return value;
}

} // namespace rankscope
