// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/format/numbers.h"

#include <QCoreApplication>

#include <cmath>
#include <utility>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr QChar kThinSpace(0x2009);
constexpr QChar kMinus(0x2212);

QString withThinSpaces(QString digits)
{
    const qsizetype point = digits.indexOf(u'.');
    for (qsizetype at = (point < 0 ? digits.size() : point) - 3; at > 0; at -= 3) {
        digits.insert(at, kThinSpace);
    }
    return digits;
}

QString plain(double value, int decimals)
{
    return QString::number(value, 'f', decimals);
}

std::pair<double, QString> inUnit(std::int64_t bytes)
{
    const char16_t* const units[] = { u"B", u"KiB", u"MiB", u"GiB", u"TiB" };
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= (unit == 0 ? 1024.0 : 1000.0) && unit + 1 < std::size(units)) {
        value /= 1024.0;
        ++unit;
    }
    return { value, QString::fromUtf16(units[unit]) };
}

} // namespace

QString formatPerplexity(double perplexity)
{
    if (!std::isfinite(perplexity)) {
        return u"∞"_s;
    }
    if (perplexity >= 1e7) {
        return QString::number(perplexity, 'e', 1);
    }
    return withThinSpaces(plain(perplexity, 2));
}

QString formatSigned(double value, int decimals)
{
    if (!std::isfinite(value)) {
        return u"∞"_s;
    }
    const QString digits = plain(std::abs(value), decimals);
    const bool zero = digits.toDouble() == 0.0;
    if (zero) {
        return u"±"_s + digits;
    }
    return (value < 0.0 ? QString(kMinus) : u"+"_s) + digits;
}

QString formatBytes(std::int64_t bytes)
{
    const auto [value, unit] = inUnit(bytes);
    return plain(value, value < 9.95 && value != std::floor(value) ? 1 : 0) + u' ' + unit;
}

QString formatBytesFine(std::int64_t bytes)
{
    const auto [value, unit] = inUnit(bytes);
    const int decimals = value == std::floor(value) ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return plain(value, decimals) + u' ' + unit;
}

QString formatKib(std::int64_t bytes)
{
    const double value = static_cast<double>(bytes) / 1024.0;
    return withThinSpaces(plain(value, value < 9.95 && value != std::floor(value) ? 1 : 0));
}

QString formatCount(std::int64_t count)
{
    return withThinSpaces(QString::number(count));
}

QString formatRatio(double ratio)
{
    return plain(ratio, 2);
}

QString formatPercentChange(double before, double after)
{
    if (before == 0.0) {
        return u"±0 %"_s;
    }
    const double percent = 100.0 * (after - before) / before;
    return formatSigned(percent, 0) + u" %"_s;
}

QString formatSeconds(double seconds)
{
    if (seconds < 0.095) {
        return QCoreApplication::translate("numbers", "%1 ms").arg(plain(seconds * 1000.0, 0));
    }
    if (seconds < 9.95) {
        return QCoreApplication::translate("numbers", "%1 s").arg(plain(seconds, 1));
    }
    if (seconds < 100.0) {
        return QCoreApplication::translate("numbers", "%1 s").arg(plain(seconds, 0));
    }
    const auto whole = static_cast<std::int64_t>(seconds);
    if (whole < 6000) {
        return QCoreApplication::translate("numbers", "%1 min %2 s")
            .arg(whole / 60)
            .arg(whole % 60 / 10 * 10);
    }
    return QCoreApplication::translate("numbers", "%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60);
}

QString formatRank(double rank)
{
    return plain(rank, rank < 9.95 ? 1 : 0);
}

} // namespace rankscope
