// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/format/token_label.h"

#include "core/text/tokenizer.h"

namespace rankscope {

QString visibleWhiteSpace(const QString& text)
{
    QString shown;
    shown.reserve(text.size());
    for (const QChar character : text) {
        switch (character.unicode()) {
        case u' ':
        case u'\u00a0':
        case u'\u2581':
            shown += u'·';
            break;
        case u'\n':
        case u'\r':
            shown += u'↵';
            break;
        case u'\t':
            shown += u'⇥';
            break;
        default:
            shown += character.isPrint() || character.isSurrogate() ? character : QChar(u'\ufffd');
        }
    }
    return shown;
}

QString tokenLabel(const Tokenizer& tokenizer, std::int64_t id)
{
    return visibleWhiteSpace(QString::fromStdString(tokenizer.label(id)));
}

} // namespace rankscope
