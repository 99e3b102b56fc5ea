// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/plot_export.h"

#include "ui/dialogs/dialog_port.h"
#include "ui/plots/qcp.h"

#include <QClipboard>
#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>
#include <QGuiApplication>
#include <QMenu>
#include <QMimeData>
#include <QSvgGenerator>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

QString translated(const char* text)
{
    return QCoreApplication::translate("plot_export", text);
}

bool writeSvg(QCustomPlot& plot, const QString& path)
{
    QSvgGenerator generator;
    generator.setFileName(path);
    generator.setSize(plot.size());
    generator.setViewBox(plot.rect());
    QCPPainter painter;
    if (!painter.begin(&generator)) {
        return false;
    }
    painter.setMode(QCPPainter::pmVectorized);
    plot.toPainter(&painter, plot.width(), plot.height());
    return painter.end();
}

bool writeText(const QString& text, const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly | QIODevice::Truncate) && file.write(text.toUtf8()) >= 0
        && file.flush();
}

} // namespace

QString exportPlot(QCustomPlot& plot, const PlotExport& source, const QString& path)
{
    const QString suffix = QFileInfo(path).suffix().toLower();
    bool written = false;
    if (suffix == u"png"_s) {
        written = plot.savePng(path, plot.width(), plot.height(), 2.0);
    } else if (suffix == u"pdf"_s) {
        written = plot.savePdf(path, plot.width(), plot.height());
    } else if (suffix == u"svg"_s) {
        written = writeSvg(plot, path);
    } else if (suffix == u"csv"_s) {
        written = writeText(source.csv(), path);
    } else {
        return translated("The picture was not saved: the file name must end in .png, .svg, .pdf or .csv.");
    }
    return written
        ? QString()
        : translated("The picture could not be written to \"%1\": check the folder and the free space.")
              .arg(path);
}

void addPlotExportActions(QMenu& menu, QCustomPlot& plot, const PlotExport& source, DialogPort& dialogs,
                          std::function<void(const QString&)> failed)
{
    menu.addAction(translated("Copy image"), &plot, [&plot] {
        QGuiApplication::clipboard()->setPixmap(plot.toPixmap(plot.width(), plot.height(), 2.0));
    });
    menu.addAction(translated("Copy data as CSV"), &plot,
                   [source] { QGuiApplication::clipboard()->setText(source.csv()); });
    menu.addAction(
        translated("Save picture or data…"), &plot, [&plot, &dialogs, source, failed = std::move(failed)] {
            const QString path = dialogs.chooseSaveFile(
                &plot, translated("Save picture or data"), source.name + u".png"_s,
                translated(
                    "PNG picture (*.png);;SVG drawing (*.svg);;PDF drawing (*.pdf);;CSV data (*.csv)"));
            if (path.isEmpty()) {
                return;
            }
            const QString error = exportPlot(plot, source, path);
            if (!error.isEmpty()) {
                failed(error);
            }
        });
}

} // namespace rankscope
