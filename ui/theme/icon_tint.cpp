// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/icon_tint.h"

#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

/// The resources live in a static library: they are linked and registered by this call only. Outside any
/// namespace, as the macro demands.
static void registerIcons()
{
    Q_INIT_RESOURCE(rankscope);
}

namespace rankscope {

using namespace Qt::StringLiterals;

QPixmap tintedPixmap(const QString& name, const QColor& colour, int size, qreal scale)
{
    static const bool registered = (registerIcons(), true);
    Q_UNUSED(registered)
    const QString key
        = u"rankscope/%1/%2/%3/%4"_s.arg(name, colour.name(QColor::HexArgb)).arg(size).arg(scale);
    QPixmap pixmap;
    if (QPixmapCache::find(key, &pixmap)) {
        return pixmap;
    }
    pixmap = QPixmap(qRound(size * scale), qRound(size * scale));
    pixmap.fill(Qt::transparent);
    {
        QPainter painter(&pixmap);
        QSvgRenderer renderer(u":/icons/%1.svg"_s.arg(name));
        renderer.render(&painter, QRectF(0, 0, pixmap.width(), pixmap.height()));
        painter.setCompositionMode(QPainter::CompositionMode_SourceIn);
        painter.fillRect(pixmap.rect(), colour);
    }
    pixmap.setDevicePixelRatio(scale);
    QPixmapCache::insert(key, pixmap);
    return pixmap;
}

QIcon applicationIcon()
{
    registerIcons();
    return QIcon(u":/icons/rankscope.svg"_s);
}

QIcon tintedIcon(const QString& name, const QColor& colour, int size)
{
    QIcon icon;
    icon.addPixmap(tintedPixmap(name, colour, size, 1.0));
    icon.addPixmap(tintedPixmap(name, colour, size, 2.0));
    return icon;
}

} // namespace rankscope
