// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/what_is_this.h"

#include "ui/actions/definitions.h"

#include <QCoreApplication>
#include <QCursor>
#include <QMenu>
#include <QWhatsThis>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// A name as definitions() has it.
QString name(const char* text)
{
    return QCoreApplication::translate("Definitions", text);
}

} // namespace

QStringList definitionNames(Topic topic)
{
    switch (topic) {
    case Topic::Layers:
        return { name("Kept dims"),   name("State per sequence"), name("Entropy rank"),
                 name("Stable rank"), name("Threshold rank"),     name("Δ alone"),
                 name("Sensitivity") };
    case Topic::Faders:
        return { name("Kept dims"), name("Prune ratio"), name("Entropy rank"), name("Threshold rank"),
                 name("Sensitivity") };
    case Topic::Spectra:
        return { name("Singular values σ"), name("Entropy rank"), name("Stable rank"), name("Threshold rank"),
                 name("Masked model") };
    case Topic::State:
        return { name("State S"), name("Key channel"), name("Masked model") };
    case Topic::Ranks:
        return { name("Entropy rank"), name("Stable rank"), name("Threshold rank"), name("Utilisation") };
    case Topic::Importance: {
        QStringList names { name("Key channel") };
        for (const Definition& entry : definitions()) {
            if (entry.group == name("Importance of channels")) {
                names << entry.name;
            }
        }
        return names;
    }
    case Topic::Quality:
        return { name("Perplexity"),    name("NLL"), name("Δ NLL"),
                 name("95 % interval"), name("KL"),  name("Top-1 agreement") };
    case Topic::Tokens:
        return { name("NLL"), name("KL"), name("Top-1 agreement") };
    case Topic::Texts:
        return { name("Calibration text, evaluation text"), name("Perplexity"), name("Δ NLL") };
    case Topic::Candidates:
        return { name("State per sequence"), name("Perplexity"), name("Δ NLL"), name("95 % interval") };
    }
    return {};
}

QString whatIsThisHtml(const QWidget& shown, Topic topic)
{
    QString html;
    if (!shown.toolTip().isEmpty()) {
        html = Qt::mightBeRichText(shown.toolTip())
            ? shown.toolTip()
            : u"<p>%1</p>"_s.arg(shown.toolTip().toHtmlEscaped().replace(u'\n', u"<br>"_s));
    }
    const std::vector<Definition> all = definitions();
    for (const QString& wanted : definitionNames(topic)) {
        const auto found
            = std::ranges::find_if(all, [&](const Definition& entry) { return entry.name == wanted; });
        const bool said = html.contains(u"<b>%1</b>"_s.arg(wanted.toHtmlEscaped())); // by the tooltip
        if (found != all.end() && !said) {
            const bool both = !found->range.isEmpty() && !found->source.isEmpty();
            const QString details = found->range + (both ? u" · "_s : QString()) + found->source;
            html += u"<p><b>%1</b>: %2%3</p>"_s.arg(found->name.toHtmlEscaped(), found->meaning,
                                                    details.isEmpty() ? QString()
                                                                      : u"<br><i>%1</i>"_s.arg(details));
        }
    }
    return html;
}

void addWhatIsThis(QMenu& menu, QWidget& shown, Topic topic)
{
    menu.addSeparator();
    menu.addAction(QCoreApplication::translate("Definitions", "&What is this?"), &shown, [&shown, topic] {
        QWhatsThis::showText(QCursor::pos(), whatIsThisHtml(shown, topic), &shown);
    });
}

} // namespace rankscope
