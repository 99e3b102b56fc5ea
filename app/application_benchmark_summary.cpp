// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/application_benchmark_summary.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QStringList>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

QString ms(const QJsonValue& value)
{
    return value.isDouble() && value.toDouble() >= 0.0 ? u"%1 ms"_s.arg(value.toDouble(), 0, 'f', 0) : u"–"_s;
}

QString medianAndMax(const QJsonValue& summary)
{
    return u"median %1, longest %2"_s.arg(ms(summary[u"median"_s]), ms(summary[u"max"_s]));
}

QString mib(const QJsonValue& memory)
{
    return u"%1 MiB"_s.arg(memory[u"private_bytes"_s].toDouble() / (1024.0 * 1024.0), 0, 'f', 0);
}

void add(QString& text, const QString& quantity, const QString& value)
{
    text += u"%1 %2\n"_s.arg(quantity, -36).arg(value);
}

void addOpening(QString& text, const QString& name, const QJsonValue& times)
{
    if (times.isObject()) {
        add(text, name,
            u"described %1, weights %2, first number %3, baseline %4, spectra %5, selection %6"_s.arg(
                ms(times[u"overview_ms"_s]), ms(times[u"weights_ms"_s]), ms(times[u"first_number_ms"_s]),
                ms(times[u"baseline_ms"_s]), ms(times[u"spectra_ms"_s]), ms(times[u"selection_ms"_s])));
    }
}

void addStalls(QString& text, const QString& name, const QJsonValue& stalls)
{
    if (stalls.isObject()) {
        add(text, name,
            u"%1; %2 of 50 ms or more"_s.arg(ms(stalls[u"longest"_s][u"own_ms"_s]))
                .arg(stalls[u"over_50_ms"_s].toInt()));
    }
}

} // namespace

QString benchmarkSummary(const QJsonObject& result)
{
    QString text;
    if (result.contains(u"error"_s)) {
        add(text, u"not measured"_s, result[u"error"_s].toString());
    }
    if (result.contains(u"device"_s)) {
        add(text, u"device"_s,
            u"%1, %2"_s.arg(result[u"device"_s].toString(), result[u"dtype"_s].toString()));
    }
    for (const auto& [name, key] : { std::pair(u"edit to first number, engine idle"_s, u"edits_idle"_s),
                                     std::pair(u"edit to first number, engine busy"_s, u"edits_busy"_s) }) {
        if (const QJsonValue edits = result[key]; edits.isObject()) {
            add(text, name, medianAndMax(edits[u"first_number_ms"_s]));
            add(text, u"  to the final number"_s, medianAndMax(edits[u"final_number_ms"_s]));
        }
    }
    for (const QJsonValue& drag : result[u"drag"_s].toArray()) {
        add(text, u"drag of layer %1"_s.arg(drag[u"layer"_s].toInt()),
            u"%1 numbers for %2 edits, longest gap %3, %4 after the release"_s.arg(drag[u"numbers"_s].toInt())
                .arg(drag[u"edits"_s].toInt())
                .arg(ms(drag[u"longest_gap_ms"_s]), ms(drag[u"after_release_ms"_s])));
    }
    addStalls(text, u"longest without an answer, opening"_s, result[u"open_stalls"_s]);
    addStalls(text, u"  edits and drags"_s, result[u"edit_stalls"_s]);
    addStalls(text, u"  the rest of the session"_s, result[u"session_stalls"_s]);
    addOpening(text, u"opening"_s, result[u"open"_s]);
    const QJsonValue session = result[u"session"_s];
    addOpening(text, u"  another model"_s, session[u"open_another"_s]);
    addOpening(text, u"  the first one again"_s, session[u"open_again"_s]);
    if (session.isObject()) {
        add(text, u"export with verification"_s,
            u"%1 s"_s.arg(session[u"export_and_verify_s"_s].toDouble(), 0, 'f', 1));
    }
    if (result.contains(u"memory_at_end"_s)) {
        add(text, u"memory of its own"_s,
            u"%1 after opening, %2 at the end"_s.arg(mib(result[u"memory_after_open"_s]),
                                                     mib(result[u"memory_at_end"_s])));
    }
    return text;
}

} // namespace rankscope
