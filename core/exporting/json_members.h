// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rankscope {

/// The outermost object of a JSON document as text, for edits that leave every other byte alone: the order of
/// keys, the spelling of numbers, bare Infinity and NaN, indentation.
class JsonMembers {
public:
    /// `text` holds one object and has passed a JSON parser. `what` names it in messages. Errors: BadFormat.
    [[nodiscard]] static Result<JsonMembers> parse(std::string_view text, const std::string& what);

    [[nodiscard]] bool contains(std::string_view key) const;
    /// The value as written, or nothing.
    [[nodiscard]] std::optional<std::string> valueText(std::string_view key) const;

    /// Replaces the value, or appends the member in the style of those before it. `value` is JSON.
    void set(std::string_view key, std::string value);
    void remove(std::string_view key);

    [[nodiscard]] std::string text() const;

private:
    struct Member {
        std::string before; ///< blanks before the key
        std::string key; ///< as written, with quotes
        std::string colon; ///< blanks and the colon
        std::string value; ///< as written
        std::string after; ///< blanks before the comma or the closing brace
    };
    [[nodiscard]] std::vector<Member>::const_iterator find(std::string_view key) const;

    std::string m_head; ///< up to and with the opening brace
    std::vector<Member> m_members;
    std::string m_tail; ///< the closing brace and what follows
};

} // namespace rankscope
