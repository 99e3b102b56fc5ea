// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace rankscope {

/// Writes `text` as UTF-8. A file that was there stays as it was unless all of it could be written. Returns
/// an error sentence, or nothing.
[[nodiscard]] QString writeTextFile(const QString& path, const QString& text);

} // namespace rankscope
