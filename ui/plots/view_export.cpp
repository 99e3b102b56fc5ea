// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/view_export.h"

#include "ui/dialogs/dialog_port.h"
#include "ui/plots/plot_export.h"
#include "ui/plots/qcp.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// First visible one below `widget` that is not the whole page's.
ViewExport* inside(const QWidget* widget, const QWidget* page)
{
    for (ViewExport* each : widget->findChildren<ViewExport*>()) {
        const auto* view = qobject_cast<const QWidget*>(each->parent());
        if (view != page && view != nullptr && view->isVisible()) {
            return each;
        }
    }
    return nullptr;
}

} // namespace

ViewExport::ViewExport(QWidget& view, QString name, std::function<QString()> csv, DialogPort& dialogs)
    : QObject(&view)
    , m_view(view)
    , m_name(std::move(name))
    , m_csv(std::move(csv))
    , m_dialogs(dialogs)
{
}

ViewExport* ViewExport::find(QWidget* focus, const QWidget* page)
{
    const bool inPage = focus != nullptr && (focus == page || page->isAncestorOf(focus));
    for (QWidget* widget = inPage ? focus : nullptr; widget != nullptr && widget != page;
         widget = widget->parentWidget()) {
        if (ViewExport* found = inside(widget, page)) {
            return found;
        }
    }
    if (ViewExport* found = inside(page, page)) {
        return found;
    }
    // The page itself, unless it is there for views of which none is shown.
    const QList<ViewExport*> all = page->findChildren<ViewExport*>();
    return all.size() == 1 && all.front()->parent() == page && page->isVisible() ? all.front() : nullptr;
}

void ViewExport::copyPicture()
{
    auto* plot = qobject_cast<QCustomPlot*>(&m_view);
    QGuiApplication::clipboard()->setPixmap(
        plot != nullptr ? plot->toPixmap(plot->width(), plot->height(), 2.0) : pictureOf(m_view));
}

void ViewExport::copyValues()
{
    if (hasValues()) {
        QGuiApplication::clipboard()->setText(m_csv());
    }
}

void ViewExport::savePicture()
{
    QString filter = tr("PNG picture (*.png);;SVG drawing (*.svg);;PDF drawing (*.pdf)");
    if (hasValues()) {
        filter += u";;"_s + tr("CSV data (*.csv)");
    }
    save(tr("Save picture or data"), u".png"_s, filter);
}

void ViewExport::saveValues()
{
    if (hasValues()) {
        save(tr("Save the values"), u".csv"_s, tr("CSV data (*.csv)"));
    }
}

QString ViewExport::write(const QString& path) const
{
    const PlotExport source { m_name, m_csv };
    auto* plot = qobject_cast<QCustomPlot*>(&m_view);
    return plot != nullptr ? exportPlot(*plot, source, path) : exportWidget(m_view, source, path);
}

void ViewExport::save(const QString& title, const QString& suffix, const QString& filter)
{
    const QString path = m_dialogs.chooseSaveFile(&m_view, title, m_name + suffix, filter);
    if (path.isEmpty()) {
        return;
    }
    if (const QString error = write(path); !error.isEmpty()) {
        Q_EMIT problem(error);
    }
}

void ViewExport::addActions(QMenu& menu)
{
    menu.addAction(tr("Copy image"), this, &ViewExport::copyPicture);
    if (hasValues()) {
        menu.addAction(tr("Copy data as CSV"), this, &ViewExport::copyValues);
    }
    menu.addAction(tr("Save picture or data…"), this, &ViewExport::savePicture);
}

} // namespace rankscope
