// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>

namespace rankscope {

struct Theme;

/// Cividis, for amounts: perceptually uniform, safe for the colour blind. share: 0..1, clamped.
[[nodiscard]] QColor cividis(double share);
/// Blue - neutral - orange, for signed values. share: -1..1, clamped; 0 is neutral (near the panel's colour).
[[nodiscard]] QColor diverging(const Theme& theme, double share);
/// Black or white, whichever reads on `background`.
[[nodiscard]] QColor inkOn(const QColor& background);

} // namespace rankscope
