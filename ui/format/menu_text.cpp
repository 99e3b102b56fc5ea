// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/format/menu_text.h"

namespace rankscope {

QString menuText(QString name)
{
    return name.replace(u'&', QStringLiteral("&&"));
}

QString readText(const QString& menuText)
{
    QString read;
    read.reserve(menuText.size());
    for (qsizetype at = 0; at < menuText.size(); ++at) {
        if (menuText[at] == u'&' && ++at == menuText.size()) {
            break;
        }
        read += menuText[at];
    }
    return read;
}

} // namespace rankscope
