// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/config_reader.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace rankscope {

ConfigReader::ConfigReader(const nlohmann::ordered_json& object, std::string where,
                           std::vector<CheckpointIssue>& issues)
    : m_object(object)
    , m_where(std::move(where))
    , m_issues(issues)
{
}

const nlohmann::ordered_json* ConfigReader::find(const char* key) const
{
    const auto place = m_object.find(key);
    return place == m_object.end() || place->is_null() ? nullptr : &*place;
}

bool ConfigReader::has(const char* key) const
{
    return find(key) != nullptr;
}

const nlohmann::ordered_json& ConfigReader::raw(const char* key) const
{
    return *m_object.find(key);
}

void ConfigReader::fail(const std::string& key, const std::string& message)
{
    m_issues.push_back(CheckpointIssue { IssueSeverity::Error, message, key, "config.json" });
}

std::optional<std::int64_t> ConfigReader::optionalInteger(const char* key, std::int64_t low,
                                                          std::int64_t high)
{
    const nlohmann::ordered_json* value = find(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    // Some writers store whole numbers as 4.0.
    const double number = value->is_number() ? value->get<double>() : std::nan("");
    if (!(std::floor(number) == number)) {
        fail(key, fmt::format("{}: \"{}\" should be a whole number, found {}.", m_where, key, value->dump()));
        return std::nullopt;
    }
    if (number < static_cast<double>(low) || number > static_cast<double>(high)) {
        fail(key,
             fmt::format("{}: \"{}\" should be from {} to {}, found {}.", m_where, key, low, high,
                         value->dump()));
        return std::nullopt;
    }
    return static_cast<std::int64_t>(number);
}

std::int64_t ConfigReader::integer(const char* key, std::int64_t fallback, std::int64_t low,
                                   std::int64_t high)
{
    return optionalInteger(key, low, high).value_or(fallback);
}

double ConfigReader::number(const char* key, double fallback)
{
    const nlohmann::ordered_json* value = find(key);
    if (value == nullptr) {
        return fallback;
    }
    if (!value->is_number() || !std::isfinite(value->get<double>())) {
        fail(key, fmt::format("{}: \"{}\" should be a number, found {}.", m_where, key, value->dump()));
        return fallback;
    }
    return value->get<double>();
}

bool ConfigReader::boolean(const char* key, bool fallback)
{
    const nlohmann::ordered_json* value = find(key);
    if (value == nullptr) {
        return fallback;
    }
    if (!value->is_boolean()) {
        fail(key, fmt::format("{}: \"{}\" should be true or false, found {}.", m_where, key, value->dump()));
        return fallback;
    }
    return value->get<bool>();
}

std::string ConfigReader::text(const char* key, const std::string& fallback)
{
    const nlohmann::ordered_json* value = find(key);
    if (value == nullptr) {
        return fallback;
    }
    if (!value->is_string()) {
        fail(key, fmt::format("{}: \"{}\" should be text, found {}.", m_where, key, value->dump()));
        return fallback;
    }
    return value->get<std::string>();
}

int truncatedProduct(int count, double ratio)
{
    return static_cast<int>(std::trunc(static_cast<double>(count) * ratio));
}

} // namespace rankscope
