// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <cstdint>

namespace rankscope {

class Tokenizer;

/// A token as a short label: its text with spaces as "·", line ends as "↵", tabs as "⇥", so that nothing is
/// invisible.
[[nodiscard]] QString tokenLabel(const Tokenizer& tokenizer, std::int64_t id);
/// The same marks for any text.
[[nodiscard]] QString visibleWhiteSpace(const QString& text);

} // namespace rankscope
