// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/plot_export.h"

#include "ui/dialogs/dialog_port.h"
#include "ui/dialogs/saved_file.h"
#include "ui/plots/qcp.h"

#include <QBuffer>
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

/// The content of a file in every format; empty when it could not be drawn.
struct Pictures {
    std::function<QByteArray()> png;
    std::function<QByteArray()> svg;
    std::function<QByteArray()> pdf;
};

/// Drawn in memory: neither writer of drawings notices a disk that is full.
template <typename Draw> QByteArray drawn(Draw draw)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    return buffer.open(QIODevice::WriteOnly) && draw(buffer) ? bytes : QByteArray();
}

template <typename Paint> QByteArray svgOf(const QWidget& shown, Paint paint)
{
    return drawn([&](QIODevice& to) {
        QSvgGenerator generator;
        generator.setOutputDevice(&to);
        generator.setSize(shown.size());
        generator.setViewBox(shown.rect());
        return paint(generator);
    });
}

/// `paint` gets a device of as many points as the widget has pixels.
template <typename Paint> QByteArray pdfOf(const QWidget& shown, double pointsPerPixel, int dpi, Paint paint)
{
    return drawn([&](QIODevice& to) {
        QPdfWriter writer(&to);
        writer.setResolution(dpi);
        writer.setPageSize(QPageSize(QSizeF(shown.size()) * pointsPerPixel, QPageSize::Point));
        writer.setPageMargins(QMarginsF());
        return paint(writer);
    });
}

bool paintPlot(QCustomPlot& plot, QPaintDevice& device, bool scaled)
{
    QCPPainter painter;
    if (!painter.begin(&device)) {
        return false;
    }
    painter.setMode(QCPPainter::pmVectorized);
    if (scaled) {
        painter.setWindow(plot.rect());
    }
    plot.toPainter(&painter, plot.width(), plot.height());
    return painter.end();
}

Pictures picturesOf(QCustomPlot& plot)
{
    return { [&plot] { return pngBytes(plot.toPixmap(plot.width(), plot.height(), 2.0)); },
             [&plot] {
                 return svgOf(plot, [&plot](QPaintDevice& device) { return paintPlot(plot, device, false); });
             },
             [&plot] {
                 // At the screen's resolution, so that text keeps its size among the lines.
                 return pdfOf(plot, 1.0, plot.logicalDpiX(),
                              [&plot](QPaintDevice& device) { return paintPlot(plot, device, true); });
             } };
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

Pictures picturesOf(QWidget& widget)
{
    return { [&widget] { return pngBytes(pictureOf(widget)); },
             [&widget] {
                 return svgOf(widget,
                              [&widget](QPaintDevice& device) { return paintWidget(widget, device, 1.0); });
             },
             [&widget] {
                 constexpr double kPointsPerPixel = 0.75;
                 constexpr int kDotsPerInch = 288; // four to a point
                 return pdfOf(widget, kPointsPerPixel, kDotsPerInch, [&widget](QPaintDevice& device) {
                     return paintWidget(widget, device, kPointsPerPixel * 4.0);
                 });
             } };
}

QString write(const Pictures& pictures, const PlotExport& source, const QString& path)
{
    const QString suffix = QFileInfo(path).suffix().toLower();
    if (suffix == u"csv"_s && source.csv != nullptr) {
        return writeTextFile(path, source.csv());
    }
    const std::function<QByteArray()>* draw = suffix == u"png"_s ? &pictures.png
        : suffix == u"pdf"_s                                     ? &pictures.pdf
        : suffix == u"svg"_s                                     ? &pictures.svg
                                                                 : nullptr;
    if (draw == nullptr) {
        return translated(
                   "The picture was not saved as \"%1\": the name must end in .png, .svg, .pdf or .csv.")
            .arg(QFileInfo(path).fileName());
    }
    const QByteArray bytes = (*draw)();
    return bytes.isEmpty()
        ? translated("The picture \"%1\" could not be drawn: make the view larger and try again.").arg(path)
        : writeFileBytes(path, bytes);
}

void addSaving(QMenu& menu, QWidget& shown, const Pictures& pictures, const PlotExport& source,
               DialogPort& dialogs, std::function<void(const QString&)> failed)
{
    menu.addAction(
        translated("Save picture or data…"), &shown,
        [&shown, &dialogs, pictures, source, failed = std::move(failed)] {
            const QString path = dialogs.chooseSaveFile(
                &shown, translated("Save picture or data"), source.name + u".png"_s,
                translated(
                    "PNG picture (*.png);;SVG drawing (*.svg);;PDF drawing (*.pdf);;CSV data (*.csv)"));
            if (path.isEmpty()) {
                return;
            }
            const QString error = write(pictures, source, path);
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
    return write(picturesOf(plot), source, path);
}

QString exportWidget(QWidget& widget, const PlotExport& source, const QString& path)
{
    return write(picturesOf(widget), source, path);
}

void addWidgetExportActions(QMenu& menu, QWidget& widget, const PlotExport& source, DialogPort& dialogs,
                            std::function<void(const QString&)> failed)
{
    menu.addAction(translated("Copy image"), &widget,
                   [&widget] { QGuiApplication::clipboard()->setPixmap(pictureOf(widget)); });
    addSaving(menu, widget, picturesOf(widget), source, dialogs, std::move(failed));
}

} // namespace rankscope
