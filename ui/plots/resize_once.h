// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QCustomPlot;

namespace rankscope {

/// Draws the plot when it is painted after a change of size, and not at every step of a layout that resizes
/// it several times before anything is shown. A second call changes nothing.
void drawResizedOnce(QCustomPlot& plot);

} // namespace rankscope
