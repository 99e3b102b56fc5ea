// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPixmap>
#include <QString>

#include <functional>

class QCustomPlot;
class QMenu;
class QWidget;

namespace rankscope {

class DialogPort;

/// What a plot can give away. `csv` returns the shown data with a header line; null when there is none.
struct PlotExport {
    QString name; ///< stem of proposed file names
    std::function<QString()> csv;
};

/// Writes the plot as PNG (twice the screen's size), PDF, SVG or CSV, chosen by the file name's ending.
/// Returns an error sentence, or nothing.
[[nodiscard]] QString exportPlot(QCustomPlot& plot, const PlotExport& source, const QString& path);

/// The same for a widget that paints itself: as it stands, in every format as sharp as the format can be.
[[nodiscard]] QPixmap pictureOf(QWidget& widget);
[[nodiscard]] QString exportWidget(QWidget& widget, const PlotExport& source, const QString& path);
/// Without "Copy data", which such a widget has in a form of its own.
void addWidgetExportActions(QMenu& menu, QWidget& widget, const PlotExport& source, DialogPort& dialogs,
                            std::function<void(const QString&)> failed);

} // namespace rankscope
