// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <filesystem>

namespace rankscope::test {

/// Counts of a run over a file that tests/fixtures/text/text_cases.py wrote.
struct CaseReport {
    int cases = 0;
    int texts = 0;
    QString firstDifference; ///< empty when all agree; else which text of which case, and how
};

/// Encodes and decodes every text with the case's tokenizer and compares ids, spans and texts. Patched
/// tokenizer files are written into `scratch`.
[[nodiscard]] CaseReport runCases(const std::filesystem::path& casesFile,
                                  const std::filesystem::path& scratch);

} // namespace rankscope::test
