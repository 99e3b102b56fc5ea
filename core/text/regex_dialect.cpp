// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/regex_dialect.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <optional>

namespace rankscope {

namespace {

/// Oniguruma's \w. The numbers of Latin-1 are in it because it takes those characters from an older table.
constexpr std::string_view kWordSet = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\xb2\\xb3\\xb9\\xbc-\\xbe";

/// General categories: spelled alike in both engines.
constexpr std::string_view kCategories[]
    = { "C",  "Cc", "Cf", "Cn", "Co", "Cs", "L",  "Ll", "Lm", "Lo", "Lt", "Lu", "M",
        "Mc", "Me", "Mn", "N",  "Nd", "Nl", "No", "P",  "Pc", "Pd", "Pe", "Pf", "Pi",
        "Po", "Ps", "S",  "Sc", "Sk", "Sm", "So", "Z",  "Zl", "Zp", "Zs" };

/// Names that mean a script in both engines; others are refused rather than guessed.
constexpr std::string_view kScripts[]
    = { "Arabic",   "Armenian",  "Bengali", "Cyrillic", "Devanagari", "Ethiopic", "Georgian", "Greek",
        "Gujarati", "Han",       "Hangul",  "Hebrew",   "Hiragana",   "Katakana", "Khmer",    "Lao",
        "Latin",    "Mongolian", "Myanmar", "Tamil",    "Telugu",     "Thai",     "Tibetan" };

template <typename Table> bool contains(const Table& table, std::string_view name)
{
    return std::find(std::begin(table), std::end(table), name) != std::end(table);
}

class Translator {
public:
    explicit Translator(std::string_view pattern)
        : m_in(pattern)
    {
    }

    Result<std::string> run()
    {
        while (!m_error && m_pos < m_in.size()) {
            step();
        }
        if (!m_error && m_classStart) {
            fail(ErrorCode::BadFormat, "has an unfinished character class", m_in.substr(*m_classStart));
        }
        if (m_error) {
            return *m_error;
        }
        return std::move(m_out);
    }

private:
    void fail(ErrorCode code, std::string_view problem, std::string_view part)
    {
        m_error = Error { code, fmt::format("the regular expression '{}' {} ('{}')", m_in, problem, part),
                          fmt::format("at byte {}", m_pos) };
    }
    void unsupported(std::string_view what, std::size_t sizeBytes)
    {
        fail(ErrorCode::Unsupported, fmt::format("uses {}, which is not supported", what),
             m_in.substr(m_pos, sizeBytes));
    }
    void copy(std::size_t sizeBytes)
    {
        m_out.append(m_in.substr(m_pos, sizeBytes));
        m_pos += sizeBytes;
    }
    void put(std::string_view text, std::size_t consumed)
    {
        m_out.append(text);
        m_pos += consumed;
    }
    [[nodiscard]] bool at(std::string_view text) const { return m_in.substr(m_pos).starts_with(text); }

    void step()
    {
        const char c = m_in[m_pos];
        if (c == '\\') {
            escape();
        } else if (m_classStart) {
            inClass(c);
        } else if (c == '[') {
            m_classStart = m_pos;
            copy(1);
            if (at("^")) {
                copy(1);
            }
            if (at("]")) { // Ruby warns and takes it as a member; spelled so that both agree
                put("\\]", 1);
            }
        } else if (c == '(' && at("(?")) {
            group();
        } else if (c == '(' && at("(*")) {
            unsupported("a (* verb", 2);
        } else if (c == '}' && at("}+")) {
            unsupported("a plus after a counted repeat", 2);
        } else {
            copy(1);
        }
    }

    void inClass(char c)
    {
        if (c == ']') {
            m_classStart.reset();
            copy(1);
        } else if (c == '[') {
            unsupported(at("[:") ? "a POSIX bracket" : "a nested character class", 2);
        } else if (at("&&")) {
            unsupported("an intersection of character classes", 2);
        } else {
            copy(1);
        }
    }

    void group()
    {
        for (const std::string_view known :
             { "(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!", "(?i:", "(?i)", "(?-i:" }) {
            if (at(known)) {
                copy(known.size());
                return;
            }
        }
        unsupported("a group of a kind we do not know", 4);
    }

    void escape()
    {
        if (m_pos + 1 >= m_in.size()) {
            fail(ErrorCode::BadFormat, "ends in a backslash", "\\");
            return;
        }
        const char c = m_in[m_pos + 1];
        const bool inside = m_classStart.has_value();
        switch (c) {
        case 's':
            put("\\p{White_Space}", 2);
            return;
        case 'S':
            put("\\P{White_Space}", 2);
            return;
        case 'w':
            put(inside ? std::string(kWordSet) : fmt::format("[{}]", kWordSet), 2);
            return;
        case 'W':
            if (inside) {
                unsupported("\\W inside a character class", 2);
            } else {
                put(fmt::format("[^{}]", kWordSet), 2);
            }
            return;
        case 'h':
            put(inside ? "0-9a-fA-F" : "[0-9a-fA-F]", 2);
            return;
        case 'v':
            put("\\x0b", 2);
            return;
        case 'p':
        case 'P':
            property();
            return;
        case 'u':
            codePoint();
            return;
        case 'x':
        case 'd':
        case 'D':
        case 'n':
        case 'r':
        case 't':
        case 'f':
        case 'e':
        case 'a':
            copy(2);
            return;
        case 'A':
        case 'z':
            if (!inside) {
                copy(2);
                return;
            }
            break;
        default:
            if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
                copy(2);
                return;
            }
        }
        unsupported(fmt::format("the escape \\{}", c), 2);
    }

    void property()
    {
        const std::size_t close = m_in.find('}', m_pos);
        if (m_pos + 2 < m_in.size() && m_in[m_pos + 2] != '{') {
            unsupported("a property without braces", 3);
            return;
        }
        if (close == std::string_view::npos) {
            fail(ErrorCode::BadFormat, "has an unfinished property", m_in.substr(m_pos));
            return;
        }
        bool negated = m_in[m_pos + 1] == 'P';
        std::string_view name = m_in.substr(m_pos + 3, close - m_pos - 3);
        if (name.starts_with('^')) {
            negated = !negated;
            name.remove_prefix(1);
        }
        const std::size_t consumed = close + 1 - m_pos;
        if (contains(kCategories, name)) {
            put(fmt::format("\\{}{{{}}}", negated ? 'P' : 'p', name), consumed);
        } else if (contains(kScripts, name)) {
            put(fmt::format("\\{}{{sc:{}}}", negated ? 'P' : 'p', name), consumed);
        } else {
            unsupported(fmt::format("the property {}", name), consumed);
        }
    }

    void codePoint()
    {
        const std::string_view digits = m_in.substr(std::min(m_pos + 2, m_in.size()), 4);
        if (digits.size() < 4 || !std::all_of(digits.begin(), digits.end(), [](char d) {
                return std::isxdigit(static_cast<unsigned char>(d)) != 0;
            })) {
            unsupported("a \\u escape without four digits", 6);
            return;
        }
        put(fmt::format("\\x{{{}}}", digits), 6);
    }

    std::string_view m_in;
    std::size_t m_pos = 0;
    std::string m_out;
    std::optional<std::size_t> m_classStart;
    std::optional<Error> m_error;
};

} // namespace

Result<std::string> pcreFromOniguruma(std::string_view pattern)
{
    return Translator(pattern).run();
}

} // namespace rankscope
