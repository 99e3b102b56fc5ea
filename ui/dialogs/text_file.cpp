// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/text_file.h"

#include <QCoreApplication>
#include <QSaveFile>

namespace rankscope {

QString writeTextFile(const QString& path, const QString& text)
{
    QSaveFile file(path);
    const QByteArray bytes = text.toUtf8();
    if (file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit()) {
        return {};
    }
    return QCoreApplication::translate("text_file", "\"%1\" could not be written: %2. Choose another place.")
        .arg(path, file.errorString());
}

} // namespace rankscope
