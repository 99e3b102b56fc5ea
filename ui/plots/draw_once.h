// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QCustomPlot;
class QString;

namespace rankscope {

/// Draws the whole plot anew, however often it is asked for until then: in an event of its own, one plot per
/// turn of the event loop, so that a change that concerns every plot keeps nobody waiting for all of them. A
/// plot that is not on the screen is drawn when it comes there; a picture that is taken of it is never old.
void drawSoon(QCustomPlot& plot);
/// After a change of size the plot is drawn soon, and not at every step of a layout that resizes it several
/// times before anything is shown. A second call changes nothing.
void drawResizedOnce(QCustomPlot& plot);
/// After a change of size the axis rects learn their own when the plot is drawn, or here, for what is made to
/// fit them.
void layOutResized(QCustomPlot& plot);
/// Draws one buffered layer anew when the plot is painted next, however often it is asked for until then, and
/// nothing else: what follows the pointer is in a layer of its own.
void drawLayerOnce(QCustomPlot& plot, const QString& layer);
void drawOverlayOnce(QCustomPlot& plot);

} // namespace rankscope
