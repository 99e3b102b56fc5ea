// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/narrow.h"
#include "core/base/random.h"
#include "core/plan/allocation.h"
#include "core/plan/budget.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace rankscope;

namespace {

LayerShare share(int keyDims, std::int64_t rowBytes, SizeRule rule = SizeRule::Any)
{
    return { sizesOfRule(rule, keyDims), rowBytes };
}

std::int64_t bytesOf(const std::vector<LayerShare>& layers, const std::vector<int>& sizes)
{
    std::int64_t bytes = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        bytes += layers[i].rowBytes * sizes[i];
    }
    return bytes;
}

bool allAllowed(const std::vector<LayerShare>& layers, const std::vector<int>& sizes)
{
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (!std::ranges::binary_search(layers[i].sizes, sizes[i])) {
            return false;
        }
    }
    return sizes.size() == layers.size();
}

/// No layer's next size fits into what is left.
bool isTight(const std::vector<LayerShare>& layers, const std::vector<int>& sizes, std::int64_t budget)
{
    const std::int64_t rest = budget - bytesOf(layers, sizes);
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const auto next = std::ranges::upper_bound(layers[i].sizes, sizes[i]);
        if (next != layers[i].sizes.end() && layers[i].rowBytes * (*next - sizes[i]) <= rest) {
            return false;
        }
    }
    return true;
}

std::vector<CostPoint> randomCurve(Random& random, int keyDims)
{
    std::vector<CostPoint> curve;
    double cost = 0.0;
    for (int kept = keyDims; kept >= 1; kept /= 2) {
        curve.insert(curve.begin(), CostPoint { kept, cost });
        cost += 0.1 * random.normal() + 0.05;
    }
    return curve;
}

double totalCost(const std::vector<std::vector<CostPoint>>& curves, const std::vector<int>& sizes)
{
    double cost = 0.0;
    for (std::size_t i = 0; i < curves.size(); ++i) {
        cost += costAt(convexCost(curves[i]), sizes[i]);
    }
    return cost;
}

} // namespace

class TestAllocation : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void proportionMeetsTheBudget_data()
    {
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 40; ++seed) {
            QTest::addRow("seed=%u", seed) << seed;
        }
    }
    void proportionMeetsTheBudget()
    {
        QFETCH(unsigned, seed);
        Random random(seed);
        const bool equalRows = seed % 2 == 0;
        std::vector<LayerShare> layers;
        std::vector<double> weights;
        std::int64_t least = 0;
        std::int64_t most = 0;
        const auto count = 1 + random.below(9);
        for (std::uint64_t i = 0; i < count; ++i) {
            const int keyDims = equalRows ? 64 : narrow<int>(1 + random.below(128));
            layers.push_back(share(keyDims, equalRows ? 1024 : 16 * (1 + narrow<int>(random.below(9))),
                                   seed % 4 == 3 ? SizeRule::MultiplesOf8 : SizeRule::Any));
            weights.push_back(0.1 + std::abs(random.normal()));
            least += layers.back().rowBytes * layers.back().sizes.front();
            most += layers.back().rowBytes * layers.back().sizes.back();
        }
        for (int trial = 0; trial < 30; ++trial) {
            const std::int64_t budget
                = least + narrow<std::int64_t>(random.below(narrow<std::uint64_t>(most - least + 1)));
            const std::vector<int> sizes = shareInProportion(layers, weights, budget);
            QVERIFY(allAllowed(layers, sizes));
            QVERIFY(bytesOf(layers, sizes) <= budget);
            QVERIFY(isTight(layers, sizes, budget));
            if (equalRows) {
                QCOMPARE(bytesOf(layers, sizes), budget / 1024 * 1024);
            }
        }
        QCOMPARE(bytesOf(layers, shareInProportion(layers, weights, most)), most);
        QCOMPARE(bytesOf(layers, shareInProportion(layers, weights, 0)), least);
    }

    void proportionFollowsTheWeights()
    {
        const std::vector<LayerShare> layers(4, share(64, 100));
        QCOMPARE(shareInProportion(layers, { 1.0, 2.0, 4.0, 8.0 }, 100 * 60),
                 (std::vector<int> { 4, 8, 16, 32 }));
        // A layer at its end leaves the rest to the others.
        QCOMPARE(shareInProportion(layers, { 1.0, 1.0, 1.0, 50.0 }, 100 * 100),
                 (std::vector<int> { 12, 12, 12, 64 }));
        // One row less is taken where it is felt least; sizes that already fit stay.
        QCOMPARE(shareInProportion(layers, { 40.0, 28.0, 24.0, 56.0 }, 100 * 147),
                 (std::vector<int> { 40, 28, 24, 55 }));
        QCOMPARE(shareInProportion(layers, { 40.0, 28.0, 24.0, 56.0 }, 100 * 148),
                 (std::vector<int> { 40, 28, 24, 56 }));
        QVERIFY(shareInProportion({}, {}, 100).empty());
    }

    void convexIsConvexAndBelow()
    {
        Random random(7);
        for (int trial = 0; trial < 200; ++trial) {
            const std::vector<CostPoint> points = randomCurve(random, 64);
            const std::vector<CostPoint> convex = convexCost(points);
            QCOMPARE(convex.front().keptKeyDims, points.front().keptKeyDims);
            QCOMPARE(convex.back(), points.back());
            for (int kept = 3; kept <= 64; ++kept) {
                const double step = costAt(convex, kept) - costAt(convex, kept - 1);
                QVERIFY(step <= 1e-12);
                QVERIFY(step >= costAt(convex, kept - 1) - costAt(convex, kept - 2) - 1e-12);
            }
        }
    }

    void costRunsThroughThePoints()
    {
        const std::vector<CostPoint> points { { 16, 0.4 }, { 32, 0.1 }, { 64, 0.0 } };
        QCOMPARE(costAt(points, 16), 0.4);
        QCOMPARE(costAt(points, 24), 0.25);
        QCOMPARE(costAt(points, 64), 0.0);
        QVERIFY(std::abs(costAt(points, 8) - 0.55) < 1e-12); // on, not back to nothing
        QCOMPARE(costAt({ { 64, 0.0 } }, 3), 0.0);
    }

    void greedyIsOptimal_data() { proportionMeetsTheBudget_data(); }
    void greedyIsOptimal()
    {
        QFETCH(unsigned, seed);
        Random random(seed + 100);
        const std::vector<LayerShare> layers(3, share(16, 64));
        std::vector<std::vector<CostPoint>> curves;
        for (int i = 0; i < 3; ++i) {
            curves.push_back(randomCurve(random, 16));
        }
        for (int rows = 3; rows <= 48; rows += 5) {
            const std::vector<int> sizes = shareByCost(layers, curves, 64 * rows);
            QVERIFY(allAllowed(layers, sizes));
            QCOMPARE(bytesOf(layers, sizes), std::int64_t { 64 } * rows); // the total is kept
            const double cost = totalCost(curves, sizes);
            for (int a = 1; a <= 16; ++a) {
                for (int b = 1; b <= 16; ++b) {
                    const int c = rows - a - b;
                    if (c >= 1 && c <= 16) {
                        QVERIFY(cost <= totalCost(curves, { a, b, c }) + 1e-9);
                    }
                }
            }
        }
    }

    void greedyWithUnequalRowsStaysBelow()
    {
        Random random(3);
        const std::vector<LayerShare> layers { share(64, 100), share(128, 37), share(64, 250),
                                               share(48, 100, SizeRule::MultiplesOf16) };
        std::vector<std::vector<CostPoint>> curves;
        for (const LayerShare& layer : layers) {
            curves.push_back(randomCurve(random, layer.sizes.back()));
        }
        for (std::int64_t budget = 2000; budget < 32000; budget += 777) {
            const std::vector<int> sizes = shareByCost(layers, curves, budget);
            QVERIFY(allAllowed(layers, sizes));
            QVERIFY(bytesOf(layers, sizes) <= budget);
            QVERIFY(isTight(layers, sizes, budget));
        }
    }

    void flatCurvesAreSharedEvenly()
    {
        const std::vector<LayerShare> layers(4, share(64, 10));
        const std::vector<std::vector<CostPoint>> flat(4, { { 8, 0.0 }, { 64, 0.0 } });
        QCOMPARE(shareByCost(layers, flat, 10 * 128), (std::vector<int> { 32, 32, 32, 32 }));
    }

    void rulesAndKernels()
    {
        QCOMPARE(sizesOfRule(SizeRule::Any, 4), (std::vector<int> { 1, 2, 3, 4 }));
        QCOMPARE(sizesOfRule(SizeRule::MultiplesOf4, 10), (std::vector<int> { 4, 8, 10 }));
        QCOMPARE(sizesOfRule(SizeRule::OwnKernel, 64), (std::vector<int> { 16, 32, 48, 64 }));
        QCOMPARE(sizesOfRule(SizeRule::OwnKernel, 384).back(), 384);
        QVERIFY(!std::ranges::binary_search(sizesOfRule(SizeRule::OwnKernel, 384), 272));
        for (int kept = 1; kept <= 512; ++kept) {
            QVERIFY(kernelKeyDims(kept) >= kept);
            QCOMPARE(kernelKeyDims(kernelKeyDims(kept)), kernelKeyDims(kept));
        }
    }
};

QTEST_GUILESS_MAIN(TestAllocation)
#include "tst_allocation.moc"
