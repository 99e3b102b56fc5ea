// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rankscope::cli {

/// Columns of text for a terminal: the first is aligned to the left, the others to the right.
class TextTable {
public:
    explicit TextTable(std::vector<std::string> header);

    void addRow(std::vector<std::string> cells);
    /// Lines that end in a newline, with a rule below the header.
    [[nodiscard]] std::string toText() const;

private:
    std::vector<std::vector<std::string>> m_rows; ///< the header first
};

/// "quantity   value" lines, the quantities aligned.
class FactList {
public:
    void add(std::string quantity, std::string value);
    [[nodiscard]] std::string toText() const;

private:
    std::vector<std::pair<std::string, std::string>> m_facts;
};

/// "5,414,024".
[[nodiscard]] std::string countText(std::int64_t count);
/// "850 ms", "2.31 s".
[[nodiscard]] std::string secondsText(double seconds);
/// "1 window", "32 windows".
[[nodiscard]] std::string pluralText(std::int64_t count, const char* singular);

} // namespace rankscope::cli
