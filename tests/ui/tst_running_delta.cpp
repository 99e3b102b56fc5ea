// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/quality.h"

#include <QTest>

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
