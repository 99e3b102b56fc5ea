// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/shortcut_sheet.h"

#include "ui/actions/action_registry.h"
#include "ui/format/menu_text.h"

#include <QAction>
#include <QCoreApplication>
#include <QMap>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

QString row(const QString& keys, const QString& text)
{
    return u"<tr><td width=\"36%\"><b>%1</b></td><td>%2</td></tr>"_s.arg(keys.toHtmlEscaped(),
                                                                         text.toHtmlEscaped());
}

QString tr(const char* text)
{
    return QCoreApplication::translate("ShortcutSheet", text);
}

} // namespace

QString shortcutSheetHtml(const ActionRegistry& actions)
{
    QStringList groups;
    QMap<QString, QString> rows;
    for (const ActionRegistry::Entry& entry : actions.entries()) {
        const QString keys = entry.action->shortcut().toString(QKeySequence::NativeText);
        if (!keys.isEmpty()) {
            if (!groups.contains(entry.group)) {
                groups << entry.group;
            }
            rows[entry.group] += row(keys, readText(entry.action->text()));
        }
    }
    const QString mouse = tr("In plots and faders");
    groups << mouse;
    rows[mouse] = row(tr("Wheel"), tr("Zoom at the pointer, on the axis below it"))
        + row(tr("Drag"), tr("Pan a plot; draw kept dims across faders"))
        + row(tr("Shift-drag, Alt-drag on a fader"), tr("All unlocked layers together; the same total"))
        + row(tr("Double click"), tr("Fit an axis; a fader back to the method's proposal"))
        + row(tr("Right click"), tr("Copy, export and reset"));
    QString html;
    for (const QString& group : groups) {
        html += u"<h3>%1</h3><table width=\"100%\" cellpadding=\"3\">%2</table>"_s.arg(group.toHtmlEscaped(),
                                                                                       rows[group]);
    }
    return html;
}

} // namespace rankscope
