// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

class QCPAxis;
class QCPAxisRect;
class QCPRange;
class QCustomPlot;

namespace rankscope {

/// How the user moves in an axis rect.
struct AxisNavigation {
    /// All that there is to see on an axis: the range that a double click brings and no view leaves.
    std::function<QCPRange(const QCPAxis&)> whole;
    /// After every change by hand; `fitted`: the axis shows everything again.
    std::function<void(const QCPAxis&, bool fitted)> moved;
};

/// Wheel zooms at the cursor: over an axis that one, over the area both; drag pans; double click on an axis
/// fits it, on the area both. Log axes zoom by factors. The plot's own zooming is switched off.
void installNavigation(QCustomPlot& plot, QCPAxisRect& area, AxisNavigation navigation);

/// Scales the range of an axis by `factor` about `anchor`, kept inside `whole`: what the wheel does, for
/// keys. True when the axis shows everything now.
[[nodiscard]] bool zoomAxis(QCPAxis& axis, double factor, double anchor, const QCPRange& whole);

} // namespace rankscope
