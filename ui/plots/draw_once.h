// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QCustomPlot;
class QString;

namespace rankscope {

/// Draws the plot when it is painted after a change of size, and not at every step of a layout that resizes
/// it several times before anything is shown. A second call changes nothing.
void drawResizedOnce(QCustomPlot& plot);
/// Draws one buffered layer anew when the plot is painted next, however often it is asked for until then, and
/// nothing else: what follows the pointer is in a layer of its own.
void drawLayerOnce(QCustomPlot& plot, const QString& layer);
void drawOverlayOnce(QCustomPlot& plot);

} // namespace rankscope
