// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/exporting/json_members.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rankscope {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

/// Reads pieces of a document from front to end; a piece is empty where the document does not go on as
/// expected.
class Scanner {
public:
    explicit Scanner(std::string_view text)
        : m_text(text)
    {
    }

    [[nodiscard]] char peek() const { return m_position < m_text.size() ? m_text[m_position] : '\0'; }
    std::string_view rest() { return take(m_text.size()); }
    std::string_view through(char c)
    {
        const std::size_t found = m_text.find(c, m_position);
        return found == std::string_view::npos ? std::string_view() : take(found + 1);
    }
    std::string_view blanks()
    {
        return take(std::min(m_text.find_first_not_of(kBlanks, m_position), m_text.size()));
    }
    std::string_view string()
    {
        const std::size_t end = endOfString(m_position);
        return end == std::string_view::npos ? std::string_view() : take(end);
    }
    std::string_view value()
    {
        if (peek() == '"') {
            return string();
        }
        if (peek() != '{' && peek() != '[') {
            return take(std::min(m_text.find_first_of(" \t\r\n,}", m_position), m_text.size()));
        }
        int depth = 0;
        for (std::size_t i = m_position; i < m_text.size(); ++i) {
            const char c = m_text[i];
            if (c == '"') {
                const std::size_t end = endOfString(i);
                if (end == std::string_view::npos) {
                    return {};
                }
                i = end - 1;
            } else if (c == '{' || c == '[') {
                ++depth;
            } else if ((c == '}' || c == ']') && --depth == 0) {
                return take(i + 1);
            }
        }
        return {};
    }

private:
    std::string_view take(std::size_t end)
    {
        const std::string_view piece = m_text.substr(m_position, end - m_position);
        m_position = end;
        return piece;
    }
    [[nodiscard]] std::size_t endOfString(std::size_t begin) const
    {
        if (begin >= m_text.size() || m_text[begin] != '"') {
            return std::string_view::npos;
        }
        for (std::size_t i = begin + 1; i < m_text.size(); ++i) {
            if (m_text[i] == '\\') {
                ++i;
            } else if (m_text[i] == '"') {
                return i + 1;
            }
        }
        return std::string_view::npos;
    }

    std::string_view m_text;
    std::size_t m_position = 0;
};

} // namespace

Result<JsonMembers> JsonMembers::parse(std::string_view text, const std::string& what)
{
    const Error bad { ErrorCode::BadFormat, fmt::format("{} is not a JSON object.", what), {} };
    JsonMembers result;
    Scanner scanner(text);
    result.m_head = scanner.through('{');
    if (result.m_head.empty()) {
        return bad;
    }
    std::string before(scanner.blanks());
    if (scanner.peek() == '}') {
        result.m_tail = before + std::string(scanner.rest());
        return result;
    }
    for (;;) {
        Member member;
        member.before = std::move(before);
        member.key = scanner.string();
        member.colon = scanner.blanks();
        if (scanner.peek() != ':') {
            return bad;
        }
        member.colon += scanner.through(':');
        member.colon += scanner.blanks();
        member.value = scanner.value();
        member.after = scanner.blanks();
        if (member.key.empty() || member.value.empty()) {
            return bad;
        }
        result.m_members.push_back(std::move(member));
        if (scanner.peek() == '}') {
            result.m_tail = scanner.rest();
            return result;
        }
        if (scanner.through(',').size() != 1) {
            return bad;
        }
        before = scanner.blanks();
    }
}

std::vector<JsonMembers::Member>::const_iterator JsonMembers::find(std::string_view key) const
{
    // Keys of model configurations are plain words: compared as written.
    const std::string quoted = fmt::format("\"{}\"", key);
    return std::find_if(m_members.begin(), m_members.end(),
                        [&](const Member& member) { return member.key == quoted; });
}

bool JsonMembers::contains(std::string_view key) const
{
    return find(key) != m_members.end();
}

std::optional<std::string> JsonMembers::valueText(std::string_view key) const
{
    const auto member = find(key);
    return member == m_members.end() ? std::nullopt : std::optional(member->value);
}

void JsonMembers::set(std::string_view key, std::string value)
{
    const auto present = find(key);
    if (present != m_members.end()) {
        m_members[static_cast<std::size_t>(present - m_members.begin())].value = std::move(value);
        return;
    }
    Member member { "\n  ", fmt::format("\"{}\"", key), ": ", std::move(value), "\n" };
    if (!m_members.empty()) {
        member.before = m_members.back().before;
        member.colon = m_members.back().colon;
        member.after = std::exchange(m_members.back().after, std::string());
    }
    m_members.push_back(std::move(member));
}

void JsonMembers::remove(std::string_view key)
{
    const auto present = find(key);
    if (present == m_members.end()) {
        return;
    }
    const auto position = static_cast<std::size_t>(present - m_members.begin());
    if (position + 1 == m_members.size() && position > 0) {
        m_members[position - 1].after = m_members[position].after;
    }
    m_members.erase(present);
}

std::string JsonMembers::text() const
{
    std::string text = m_head;
    for (std::size_t i = 0; i < m_members.size(); ++i) {
        const Member& member = m_members[i];
        text += (i == 0 ? "" : ",") + member.before + member.key + member.colon + member.value + member.after;
    }
    return text + m_tail;
}

} // namespace rankscope
