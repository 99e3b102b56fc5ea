// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/format/numbers.h"

#include <QTest>

using namespace rankscope;
using namespace Qt::StringLiterals;

class TestNumbers : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void formats()
    {
        QCOMPARE(formatPerplexity(48.8456), u"48.85"_s);
        QCOMPARE(formatPerplexity(12345.678), u"12\u2009345.68"_s);
        QCOMPARE(formatSigned(0.0301, 3), u"+0.030"_s);
        QCOMPARE(formatSigned(-0.0301, 3), u"\u22120.030"_s);
        QCOMPARE(formatSigned(-0.0001, 3), u"±0.000"_s);
        QCOMPARE(formatBytes(512), u"512 B"_s);
        QCOMPARE(formatBytes(236 * 1024), u"236 KiB"_s);
        QCOMPARE(formatBytes(std::int64_t { 94 } * 1024 * 1024 / 10), u"9.4 MiB"_s);
        QCOMPARE(formatBytesFine(std::int64_t { 103 } * 1024 * 1024 / 10), u"10.3 MiB"_s);
        QCOMPARE(formatBytesFine(std::int64_t { 972 } * 1024 * 1024 / 100), u"9.72 MiB"_s);
        QCOMPARE(formatBytesFine(236 * 1024), u"236 KiB"_s);
        QCOMPARE(formatBytesFine(512), u"512 B"_s);
        QCOMPARE(formatCount(16352), u"16\u2009352"_s);
        QCOMPARE(formatCount(999), u"999"_s);
        QCOMPARE(formatPercentChange(384.0, 236.0), u"\u221239 %"_s);
        QCOMPARE(formatSeconds(0.42), u"0.4 s"_s);
        QCOMPARE(formatSeconds(200.0), u"3 min 20 s"_s);
        QCOMPARE(formatRank(1.26), u"1.3"_s);
        QCOMPARE(formatRank(26.4), u"26"_s);
    }
};

QTEST_MAIN(TestNumbers)
#include "tst_numbers.moc"
