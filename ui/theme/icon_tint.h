// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QIcon>
#include <QPixmap>
#include <QString>

namespace rankscope {

/// An SVG from the resources (":/icons/NAME.svg", drawn in black) in one colour, `size` pixels at `scale`.
[[nodiscard]] QPixmap tintedPixmap(const QString& name, const QColor& colour, int size, qreal scale);
[[nodiscard]] QIcon applicationIcon();
[[nodiscard]] QIcon tintedIcon(const QString& name, const QColor& colour, int size);

} // namespace rankscope
