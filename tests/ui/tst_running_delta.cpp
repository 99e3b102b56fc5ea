// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/quality.h"

#include <QTest>

#include <cmath>
#include <random>

using namespace rankscope;

namespace {

std::shared_ptr<const PerplexityEstimate> estimate(unsigned seed, int windows, int total)
{
    std::mt19937 random(seed);
    auto made = std::make_shared<PerplexityEstimate>();
    made->length = 512;
    made->windowsTotal = total;
    for (int window = 0; window < windows; ++window) {
        made->windowNll.push_back(3.0 + static_cast<double>(random() % 1000) / 1000.0);
    }
    return made;
}

} // namespace

class TestRunningDelta : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void growingGivesTheSameAsAtOnce()
    {
        RunningDelta grown;
        for (const int windows : { 1, 2, 5, 6, 20, 32 }) {
            grown.update(estimate(1, 32, 32), estimate(2, windows, 32));
            QCOMPARE(static_cast<int>(grown.points().size()), windows);
        }
        RunningDelta once;
        once.update(estimate(1, 32, 32), estimate(2, 32, 32));
        const PairedDelta expected = pairedDelta(*estimate(1, 32, 32), *estimate(2, 32, 32));
        for (const RunningDelta* each : { &grown, &once }) {
            QCOMPARE(each->delta()->meanNll, expected.meanNll);
            QCOMPARE(each->delta()->low, expected.low);
            QCOMPARE(each->delta()->high, expected.high);
            QCOMPARE(each->tokens(), std::int64_t { 32 * 511 });
        }
    }

    /// On the way the band comes from another bootstrap: of the same size as the exact one, and the same
    /// however the windows arrived.
    void theBandIsCloseToTheExactIntervals()
    {
        RunningDelta grown;
        for (int windows = 1; windows <= 200; windows += 13) {
            grown.update(estimate(1, 200, 200), estimate(2, windows, 200));
        }
        grown.update(estimate(1, 200, 200), estimate(2, 200, 200));
        RunningDelta once;
        once.update(estimate(1, 200, 200), estimate(2, 200, 200));
        for (const int windows : { 16, 31, 100, 190 }) {
            const RunningDelta::Point& point = once.points()[static_cast<std::size_t>(windows - 1)];
            const PairedDelta exact = pairedDelta(*estimate(1, windows, 200), *estimate(2, windows, 200));
            QVERIFY(std::abs(point.mean - exact.meanNll) < 1e-12);
            const double ratio = (point.high - point.low) / (exact.high - exact.low);
            QVERIFY2(ratio > 0.85 && ratio < 1.15, qPrintable(QString::number(ratio)));
            QVERIFY(point.low <= point.mean && point.mean <= point.high);
            QCOMPARE(grown.points()[static_cast<std::size_t>(windows - 1)].delta, point.delta);
        }
        QCOMPARE(once.points()[0].low, once.points()[0].high);
    }

    /// Of many windows on their way the newest interval is that of the growing bootstrap, and that of all is
    /// exact; few windows are exact at every step. Being told the same again changes nothing.
    void exactAtTheEndAndWhereItCostsNothing()
    {
        RunningDelta delta;
        for (int windows = 8; windows <= 400; windows += 56) {
            const auto candidate = estimate(2, windows, 400);
            const PairedDelta exact = pairedDelta(*estimate(1, 400, 400), *candidate);
            for (int again = 0; again < 2; ++again) {
                delta.update(estimate(1, 400, 400), candidate);
                QCOMPARE(delta.delta()->windows, windows);
                QCOMPARE(delta.points().back().low, delta.delta()->low);
                QCOMPARE(delta.points().back().high, delta.delta()->high);
                if (windows <= 64 || windows == 400) {
                    QVERIFY(*delta.delta() == exact);
                } else {
                    QVERIFY(std::abs(delta.delta()->meanNll - exact.meanNll) < 1e-12);
                    QVERIFY(delta.delta()->low != exact.low); // not computed anew from all windows
                    const double ratio
                        = (delta.delta()->high - delta.delta()->low) / (exact.high - exact.low);
                    QVERIFY2(ratio > 0.85 && ratio < 1.15, qPrintable(QString::number(ratio)));
                }
            }
        }
        // The same windows, now declared to be all.
        delta.update(estimate(1, 400, 400), estimate(2, 300, 400));
        auto ended = std::make_shared<PerplexityEstimate>(*estimate(2, 300, 400));
        ended->complete = true;
        delta.update(estimate(1, 400, 400), ended);
        QVERIFY(*delta.delta() == pairedDelta(*estimate(1, 400, 400), *ended));
    }

    void onlyCommonWindowsCount()
    {
        RunningDelta delta;
        delta.update(estimate(1, 4, 32), estimate(2, 9, 32));
        QCOMPARE(delta.delta()->windows, 4);
    }

    void anotherCandidateReplacesThePoints()
    {
        RunningDelta delta;
        delta.update(estimate(1, 8, 8), estimate(2, 8, 8));
        const double before = delta.delta()->meanNll;
        delta.update(estimate(1, 8, 8), estimate(3, 2, 8));
        QCOMPARE(static_cast<int>(delta.points().size()), 2);
        QVERIFY(delta.delta()->meanNll != before);
        delta.update(estimate(1, 8, 8), nullptr);
        QVERIFY(!delta.delta().has_value());
    }
};

QTEST_MAIN(TestRunningDelta)
#include "tst_running_delta.moc"
