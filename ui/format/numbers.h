// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <cstdint>

namespace rankscope {

/// "48.85"; thin spaces in thousands.
[[nodiscard]] QString formatPerplexity(double perplexity);
/// "+0.030", with a true minus sign; nats.
[[nodiscard]] QString formatSigned(double value, int decimals);
/// "236 KiB", "9.4 MiB": one decimal below 10.
[[nodiscard]] QString formatBytes(std::int64_t bytes);
/// Three significant digits, "10.3 MiB": for two sizes that differ by little.
[[nodiscard]] QString formatBytesFine(std::int64_t bytes);
/// The number of KiB alone, for a column whose header says so.
[[nodiscard]] QString formatKib(std::int64_t bytes);
/// "16 352" with thin spaces.
[[nodiscard]] QString formatCount(std::int64_t count);
/// Two decimals.
[[nodiscard]] QString formatRatio(double ratio);
/// "−39 %".
[[nodiscard]] QString formatPercentChange(double before, double after);
/// "0.4 s", "12 s", "3 min 20 s"; rounded as fits a time left.
[[nodiscard]] QString formatSeconds(double seconds);
/// "1.3", "26": one decimal below 10.
[[nodiscard]] QString formatRank(double rank);

} // namespace rankscope
