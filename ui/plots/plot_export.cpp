// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/plot_export.h"

#include "ui/dialogs/dialog_port.h"
#include "ui/dialogs/text_file.h"
#include "ui/plots/qcp.h"

#include <QClipboard>
#include <QCoreApplication>
#include <QFileInfo>
#include <QGuiApplication>
#include <QMenu>
#include <QPainter>
#include <QPdfWriter>
#include <QPixmap>
#include <QSvgGenerator>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

QString translated(const char* text)
{
    return QCoreApplication::translate("plot_export", text);
}

/// What there is to write, whatever it is drawn by.
struct Writers {
    std::function<bool(const QString& path)> png;
    std::function<bool(const QString& path)> svg;
    std::function<bool(const QString& path)> pdf;
};

bool writeSvg(const QWidget& shown, const QString& path, const std::function<bool(QSvgGenerator&)>& paint)
{
    QSvgGenerator generator;
    generator.setFileName(path);
    generator.setSize(shown.size());
    generator.setViewBox(shown.rect());
    return paint(generator);
}

bool paintPlot(QCustomPlot& plot, QSvgGenerator& device)
{
    QCPPainter painter;
    if (!painter.begin(&device)) {
        return false;
    }
    painter.setMode(QCPPainter::pmVectorized);
    plot.toPainter(&painter, plot.width(), plot.height());
    return painter.end();
}

Writers writersOf(QCustomPlot& plot)
{
    return { [&plot](const QString& path) { return plot.savePng(path, plot.width(), plot.height(), 2.0); },
             [&plot](const QString& path) {
                 return writeSvg(plot, path,
                                 [&plot](QSvgGenerator& device) { return paintPlot(plot, device); });
             },
             [&plot](const QString& path) { return plot.savePdf(path, plot.width(), plot.height()); } };
}

bool paintWidget(QWidget& widget, QPaintDevice& device, double scale)
{
    QPainter painter;
    if (!painter.begin(&device)) {
        return false;
    }
    painter.scale(scale, scale);
    painter.fillRect(widget.rect(), widget.palette().color(QPalette::Base));
    widget.render(&painter, QPoint(), QRegion(), QWidget::DrawChildren);
    return painter.end();
}

bool writePdf(QWidget& widget, const QString& path)
{
    QPdfWriter writer(path);
    constexpr double kPointsPerPixel = 0.75;
    writer.setResolution(288); // dots per inch: four to a point
    writer.setPageSize(QPageSize(QSizeF(widget.size()) * kPointsPerPixel, QPageSize::Point));
    writer.setPageMargins(QMarginsF());
    return paintWidget(widget, writer, kPointsPerPixel * 4.0);
}

Writers writersOf(QWidget& widget)
{
    return { [&widget](const QString& path) { return pictureOf(widget).save(path, "PNG"); },
             [&widget](const QString& path) {
                 return writeSvg(widget, path, [&widget](QSvgGenerator& device) {
                     return paintWidget(widget, device, 1.0);
                 });
             },
             [&widget](const QString& path) { return writePdf(widget, path); } };
}

QString write(const Writers& writers, const PlotExport& source, const QString& path)
{
    const QString suffix = QFileInfo(path).suffix().toLower();
    bool written = false;
    if (suffix == u"png"_s) {
        written = writers.png(path);
    } else if (suffix == u"pdf"_s) {
        written = writers.pdf(path);
    } else if (suffix == u"svg"_s) {
        written = writers.svg(path);
    } else if (suffix == u"csv"_s && source.csv != nullptr) {
        return writeTextFile(path, source.csv());
    } else {
        return translated(
                   "The picture was not saved as \"%1\": the name must end in .png, .svg, .pdf or .csv.")
            .arg(QFileInfo(path).fileName());
    }
    return written
        ? QString()
        : translated("The picture could not be written to \"%1\": check the folder and the free space.")
              .arg(path);
}

void addSaving(QMenu& menu, QWidget& shown, const Writers& writers, const PlotExport& source,
               DialogPort& dialogs, std::function<void(const QString&)> failed)
{
    menu.addAction(
        translated("Save picture or data…"), &shown,
        [&shown, &dialogs, writers, source, failed = std::move(failed)] {
            const QString path = dialogs.chooseSaveFile(
                &shown, translated("Save picture or data"), source.name + u".png"_s,
                translated(
                    "PNG picture (*.png);;SVG drawing (*.svg);;PDF drawing (*.pdf);;CSV data (*.csv)"));
            if (path.isEmpty()) {
                return;
            }
            const QString error = write(writers, source, path);
            if (!error.isEmpty()) {
                failed(error);
            }
        });
}

} // namespace

QPixmap pictureOf(QWidget& widget)
{
    QPixmap picture(widget.size() * 2);
    picture.setDevicePixelRatio(2.0);
    paintWidget(widget, picture, 1.0);
    return picture;
}

QString exportPlot(QCustomPlot& plot, const PlotExport& source, const QString& path)
{
    return write(writersOf(plot), source, path);
}

QString exportWidget(QWidget& widget, const PlotExport& source, const QString& path)
{
    return write(writersOf(widget), source, path);
}

void addWidgetExportActions(QMenu& menu, QWidget& widget, const PlotExport& source, DialogPort& dialogs,
                            std::function<void(const QString&)> failed)
{
    menu.addAction(translated("Copy image"), &widget,
                   [&widget] { QGuiApplication::clipboard()->setPixmap(pictureOf(widget)); });
    addSaving(menu, widget, writersOf(widget), source, dialogs, std::move(failed));
}

} // namespace rankscope
