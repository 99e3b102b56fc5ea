// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/exporting/expansion_ratio.h"

#include <QtTest/QTest>

#include <cmath>
#include <cstdlib>

using namespace rankscope;

class TestExpansionRatio : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// head_dim n, value width m: the loader truncates n * ratio and must find m (model-families 4.4).
    void everyPairUpTo512()
    {
        int naiveFailures = 0;
        for (std::int64_t whole = 1; whole <= 512; ++whole) {
            for (std::int64_t part = 1; part <= 512; ++part) {
                const double ratio = expansionRatio(part, whole);
                QCOMPARE(std::trunc(static_cast<double>(whole) * ratio), static_cast<double>(part));
                // What is written is read back as the same double.
                QCOMPARE(std::strtod(floatText(ratio).c_str(), nullptr), ratio);
                naiveFailures += std::trunc(static_cast<double>(whole)
                                            * (static_cast<double>(part) / static_cast<double>(whole)))
                        != static_cast<double>(part)
                    ? 1
                    : 0;
            }
        }
        // Without the correction this test would have something to find.
        QVERIFY(naiveFailures > 0);
    }

    /// expand_k of a whole model: H d' of D, for every D up to 8192 that is a multiple of 64.
    void everyHiddenSize()
    {
        for (std::int64_t hidden = 64; hidden <= 8192; hidden += 64) {
            for (std::int64_t width = 1; width <= hidden; width += hidden < 1024 ? 1 : 7) {
                QCOMPARE(expandedWidth(hidden, expansionRatio(width, hidden)), width);
            }
        }
    }

    void plainRatiosStayPlain()
    {
        QCOMPARE(floatText(expansionRatio(32, 64)), std::string("0.5"));
        QCOMPARE(floatText(expansionRatio(64, 32)), std::string("2.0"));
    }
};

QTEST_GUILESS_MAIN(TestExpansionRatio)
#include "tst_expansion_ratio.moc"
