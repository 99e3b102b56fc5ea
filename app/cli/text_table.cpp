// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace rankscope::cli {

namespace {

/// Characters of UTF-8 text: bytes that begin one.
std::size_t widthOf(const std::string& text)
{
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string padded(const std::string& text, std::size_t width, bool left)
{
    const std::string fill(width - std::min(width, widthOf(text)), ' ');
    return left ? text + fill : fill + text;
}

} // namespace

TextTable::TextTable(std::vector<std::string> header)
    : m_rows { std::move(header) }
{
}

void TextTable::addRow(std::vector<std::string> cells)
{
    cells.resize(m_rows.front().size());
    m_rows.push_back(std::move(cells));
}

std::string TextTable::toText() const
{
    const std::size_t columns = m_rows.front().size();
    std::vector<std::size_t> widths(columns, 0);
    for (const auto& row : m_rows) {
        for (std::size_t column = 0; column < columns; ++column) {
            widths[column] = std::max(widths[column], widthOf(row[column]));
        }
    }
    std::string text;
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        std::string line;
        for (std::size_t column = 0; column < columns; ++column) {
            line += (column == 0 ? "" : "  ") + padded(m_rows[i][column], widths[column], column == 0);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
        if (i == 0) {
            std::size_t total = 2 * (columns - 1);
            for (const std::size_t width : widths) {
                total += width;
            }
            text += std::string(total, '-') + "\n";
        }
    }
    return text;
}

void FactList::add(std::string quantity, std::string value)
{
    m_facts.emplace_back(std::move(quantity), std::move(value));
}

std::string FactList::toText() const
{
    std::size_t width = 0;
    for (const auto& [quantity, value] : m_facts) {
        width = std::max(width, widthOf(quantity));
    }
    std::string text;
    for (const auto& [quantity, value] : m_facts) {
        text += padded(quantity, width, true) + "  " + value + "\n";
    }
    return text;
}

std::string countText(std::int64_t count)
{
    const std::string digits = fmt::format("{}", count);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const bool group = i > 0 && digits[i - 1] != '-' && (digits.size() - i) % 3 == 0;
        if (group) {
            text += ',';
        }
        text += digits[i];
    }
    return text;
}

std::string secondsText(double seconds)
{
    if (seconds < 1.0) {
        return fmt::format("{:.3g} ms", seconds * 1e3);
    }
    return seconds < 100.0 ? fmt::format("{:.2f} s", seconds) : fmt::format("{:.0f} s", seconds);
}

std::string pluralText(std::int64_t count, const char* singular)
{
    return fmt::format("{} {}{}", countText(count), singular, count == 1 ? "" : "s");
}

} // namespace rankscope::cli
