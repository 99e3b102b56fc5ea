// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

class QCPAxis;
class QCPColorGradient;
class QCPColorScale;
class QCPItemText;
class QCustomPlot;
class QPalette;
class QWidget;

namespace rankscope {

struct Theme;

/// Colours, fonts and pens of axes, grid and background from the palette of the plot.
void applyPlotTheme(QCustomPlot& plot);
/// A label of our axes: quantity and unit, in small muted type.
void setAxisLabel(QCPAxis& axis, const QString& label);
/// A true log axis with powers of ten.
void makeLogarithmic(QCPAxis& axis);
/// Ticks at whole numbers only: indices and counts.
void makeIntegral(QCPAxis& axis);
/// A log axis with powers of two, 1 to at most a few hundred: ranks.
void makeBinary(QCPAxis& axis);
/// cividis() and diverging() of the theme for colour maps.
[[nodiscard]] QCPColorGradient cividisGradient();
[[nodiscard]] QCPColorGradient divergingGradient(const Theme& theme);
/// Fonts and pens of a colour scale beside a plot.
void applyScaleTheme(QCPColorScale& scale);
/// Decimals that ticks `step` apart need, so that none is rounded; at most 6.
[[nodiscard]] int tickDecimals(double step);
/// Tick labels of differences: a sign, a true minus, as many decimals as the steps need.
void makeSigned(QCPAxis& axis);

} // namespace rankscope
