// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

class QPixmap;

namespace rankscope {

/// A file that was there stays as it was unless all of the new one could be written. Returns an error
/// sentence, or nothing.
[[nodiscard]] QString writeFileBytes(const QString& path, const QByteArray& bytes);
/// The same with `text` as UTF-8.
[[nodiscard]] QString writeTextFile(const QString& path, const QString& text);

/// The picture as a PNG file has it; empty when there is none.
[[nodiscard]] QByteArray pngBytes(const QPixmap& picture);

} // namespace rankscope
