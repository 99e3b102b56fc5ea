// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/saved_file.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QPixmap>
#include <QSaveFile>

namespace rankscope {

QString writeFileBytes(const QString& path, const QByteArray& bytes)
{
    QSaveFile file(path);
    // commit() does not notice a full disk when what is written last still lies in Qt's buffer; flush() does.
    if (file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.flush()
        && file.commit()) {
        return {};
    }
    return QCoreApplication::translate("saved_file", "\"%1\" could not be written: %2. Choose another place.")
        .arg(path, file.errorString());
}

QString writeTextFile(const QString& path, const QString& text)
{
    return writeFileBytes(path, text.toUtf8());
}

QByteArray pngBytes(const QPixmap& picture)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    return buffer.open(QIODevice::WriteOnly) && picture.save(&buffer, "PNG") ? bytes : QByteArray();
}

} // namespace rankscope
