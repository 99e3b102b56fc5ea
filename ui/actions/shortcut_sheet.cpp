// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/shortcut_sheet.h"

#include "ui/actions/action_registry.h"

#include <QAction>
#include <QCoreApplication>

namespace rankscope {

using namespace Qt::StringLiterals;

QString shortcutSheetHtml(const ActionRegistry& actions)
{
    QString html = u"<table cellpadding=\"4\">"_s;
    for (const ActionRegistry::Entry& entry : actions.entries()) {
        const QString keys = entry.action->shortcut().toString(QKeySequence::NativeText);
        if (!keys.isEmpty()) {
            QString text = entry.action->text();
            text.remove(u'&');
            html += u"<tr><td><b>%1</b></td><td>%2</td></tr>"_s.arg(keys.toHtmlEscaped(),
                                                                    text.toHtmlEscaped());
        }
    }
    return html + u"</table>"_s;
}

QString definitionsHtml()
{
    return QCoreApplication::translate(
        "definitions",
        "<p><b>Key channel</b>: one of the Dk coordinates shared by q and k of a head.<br>"
        "<b>Kept dims</b>: how many of them stay; <b>prune ratio</b>: the fraction removed, "
        "kept = max(1, floor(Dk (1 − ratio))).</p>"
        "<p><b>Stable rank</b>: ‖S‖²<sub>F</sub> / ‖S‖²<sub>2</sub> of the state.<br>"
        "<b>Threshold rank</b>: singular values above 10<sup>−4</sup> of the largest.<br>"
        "<b>Entropy rank</b>: exp of the entropy of σ/Σσ.</p>"
        "<p><b>Calibration text</b>: what selection may see. <b>Evaluation text</b>: what only scoring "
        "sees.<br>"
        "<b>Perplexity</b>: exp of the mean negative log likelihood per predicted token.<br>"
        "<b>Δ</b>: candidate minus baseline on the same windows, in nats per token, with the 95 % bootstrap "
        "interval "
        "of the mean; coloured only when the interval excludes zero.</p>"
        "<p><b>State</b>: fp32 recurrent state of one sequence, HV · Dk · Dv · 4 bytes per layer.</p>");
}

} // namespace rankscope
