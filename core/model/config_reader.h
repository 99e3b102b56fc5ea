// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/checkpoint_overview.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rankscope {

/// Typed access to one object of config.json: absent and null keys take the default, a value of the wrong
/// type or out of range becomes an issue that names the key and gives the default in its place.
class ConfigReader {
public:
    /// `where` names the object in messages: "config.json", "config.json, attn".
    ConfigReader(const nlohmann::ordered_json& object, std::string where,
                 std::vector<CheckpointIssue>& issues);

    [[nodiscard]] bool has(const char* key) const; ///< present and not null
    [[nodiscard]] std::int64_t integer(const char* key, std::int64_t fallback, std::int64_t low,
                                       std::int64_t high);
    [[nodiscard]] std::optional<std::int64_t> optionalInteger(const char* key, std::int64_t low,
                                                              std::int64_t high);
    [[nodiscard]] double number(const char* key, double fallback);
    [[nodiscard]] bool boolean(const char* key, bool fallback);
    [[nodiscard]] std::string text(const char* key, const std::string& fallback);
    /// The raw value; only after has().
    [[nodiscard]] const nlohmann::ordered_json& raw(const char* key) const;

    void fail(const std::string& key, const std::string& message);

    [[nodiscard]] const std::string& where() const { return m_where; }
    [[nodiscard]] std::vector<CheckpointIssue>& issues() { return m_issues; }

private:
    [[nodiscard]] const nlohmann::ordered_json* find(const char* key) const;

    const nlohmann::ordered_json& m_object;
    std::string m_where;
    std::vector<CheckpointIssue>& m_issues;
};

/// trunc(count * ratio) in double, as the Python side computes widths.
[[nodiscard]] int truncatedProduct(int count, double ratio);

} // namespace rankscope
