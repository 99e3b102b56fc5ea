// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/export_outcome.h"

#include "ui/format/numbers.h"
#include "ui/theme/theme.h"

#include <QCoreApplication>
#include <QDir>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("ExportOutcome", text);
}

QString scientific(double value)
{
    return QString::number(value, 'e', 1);
}

struct Row {
    QString quantity;
    QString value;
};

QString folderOf(const ExportOutcome& outcome)
{
    return QDir::toNativeSeparators(QString::fromStdU16String(outcome.report.folder.u16string()));
}

std::vector<Row> verificationRows(const ExportOutcome& outcome)
{
    const Verification& verification = *outcome.verification;
    return {
        { tr("rms difference of the logits"),
          tr("%1 of their rms · bound %2")
              .arg(scientific(verification.rms), scientific(verification.tolerance)) },
        { tr("largest difference"), scientific(verification.maxAbs) },
        { tr("compared"),
          tr("%1 random tokens · %2 logits")
              .arg(formatCount(verification.comparedTokens), formatCount(verification.comparedLogits)) },
        { tr("original, masked here"), QDir::toNativeSeparators(outcome.source) },
        { tr("written, reopened"), folderOf(outcome) },
    };
}

QString headline(const ExportOutcome& outcome)
{
    if (!outcome.verification) {
        return outcome.notVerified.isEmpty() ? tr("Written.") : tr("Written, but not verified.");
    }
    return outcome.verification->passed
        ? tr("✓ Verified. A fresh process reproduces the masked model.")
        : tr("✕ Verification failed. The written checkpoint differs from the masked model: do not use it.");
}

} // namespace

QString outcomeHtml(const ExportOutcome& outcome, const Theme& theme)
{
    const bool good = outcome.verification && outcome.verification->passed;
    const bool bad = outcome.verification ? !good : !outcome.notVerified.isEmpty();
    const QColor colour = good ? theme.better : bad ? theme.worse : theme.text;
    QString html = u"<b style=\"color:%1\">%2</b>"_s.arg(colour.name(), headline(outcome).toHtmlEscaped());
    if (!outcome.notVerified.isEmpty()) {
        html += u"<br>"_s + outcome.notVerified.toHtmlEscaped();
    }
    if (outcome.verification) {
        html += u"<table cellspacing=\"0\">"_s;
        for (const Row& row : verificationRows(outcome)) {
            html += u"<tr><td style=\"color:%1; padding-right:14px\">%2</td><td>%3</td></tr>"_s.arg(
                theme.muted.name(), row.quantity.toHtmlEscaped(), row.value.toHtmlEscaped());
        }
        html += u"</table>"_s;
    } else {
        html += u"<br>"_s + folderOf(outcome).toHtmlEscaped();
    }
    for (const std::string& warning : outcome.report.warnings) {
        html += u"<br>⚠ "_s + QString::fromStdString(warning).toHtmlEscaped();
    }
    return html;
}

QString outcomeText(const ExportOutcome& outcome)
{
    const ExportPreview& preview = outcome.preview;
    QString text = tr("Rankscope export") + u"\n\n"_s;
    const auto add = [&text](const QString& quantity, const QString& value) {
        text += u"- %1: %2\n"_s.arg(quantity, value);
    };
    add(tr("folder"), folderOf(outcome));
    add(tr("made from"), QDir::toNativeSeparators(outcome.source));
    add(tr("mode"), QString::fromUtf8(exportModeName(preview.mode)));
    add(tr("loads in"), QString::fromStdString(preview.loadsIn));
    add(tr("method"), outcome.method);
    add(tr("weights"),
        u"%1 → %2"_s.arg(formatBytes(preview.weightBytesBefore), formatBytes(preview.weightBytesAfter)));
    add(tr("state per sequence"),
        u"%1 → %2"_s.arg(formatBytes(preview.stateBytesBefore), formatBytes(preview.stateBytesAfter)));
    for (const CardRow& row : outcome.measured) {
        add(QString::fromStdString(row.quantity), QString::fromStdString(row.value));
    }
    text += u'\n' + headline(outcome) + u'\n';
    if (!outcome.notVerified.isEmpty()) {
        text += outcome.notVerified + u'\n';
    }
    if (outcome.verification) {
        for (const Row& row : verificationRows(outcome)) {
            add(row.quantity, row.value);
        }
    }
    for (const std::string& warning : outcome.report.warnings) {
        add(tr("warning"), QString::fromStdString(warning));
    }
    return text;
}

} // namespace rankscope
