// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"
#include "core/evaluation/layer_sensitivity.h"
#include "core/model/model.h"
#include "core/pruning/channel_selector.h"
#include "tests/support/paths.h"

#include <QtTest/QTest>

#include <algorithm>

using namespace rankscope;

namespace {

std::shared_ptr<const Model> demo()
{
    static const std::shared_ptr<const Model> model = [] {
        JobContext job;
        return loadModel(test::demoDir(), LoadOptions {}, job).value();
    }();
    return model;
}

std::shared_ptr<const TokenWindows> randomWindows(int count, int length)
{
    auto windows = std::make_shared<TokenWindows>();
    windows->count = count;
    windows->length = length;
    Random random(11);
    for (int i = 0; i < count * length; ++i) {
        windows->ids.push_back(static_cast<std::int64_t>(random.below(4096)));
    }
    return windows;
}

std::shared_ptr<const ChannelSelector> selector()
{
    JobContext job;
    return makeChannelSelector("random", 42, demo(), nullptr, job).value();
}

/// Keeps `kept[layer]` channels as `selector()` selects.
PruningPlan planOf(const std::vector<int>& kept)
{
    JobContext job;
    return makePlan(*selector(), *demo(), kept, job).value();
}

PruningPlan onlyLayer(const PruningPlan& plan, std::size_t layer)
{
    PruningPlan alone = keepAllPlan(demo()->spec());
    alone.layers[layer] = plan.layers[layer];
    return alone;
}

} // namespace

class TestLayerSensitivity : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void batchesAreThoseOfTheCandidate()
    {
        const auto windows = randomWindows(40, 96);
        LiveEvaluator live(demo(), windows);
        const PruningPlan plan = planOf({ 64, 64, 20, 64, 40, 64 });
        JobContext job;
        PairedLosses all;
        while (all.windows() < windows->count) {
            const auto more = live.pairedLosses(plan, all.windows(), job);
            QVERIFY(more.has_value());
            QVERIFY(more->windows() > 0);
            all.append(*more);
        }
        QCOMPARE(all.candidate, (*live.candidate(plan, {}, job))->windowNll);
        QCOMPARE(all.baseline, (*live.baseline({}, job))->windowNll);
        QCOMPARE(live.pairedLosses(plan, 1, job).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(live.pairedLosses(plan, 40, job).error().code, ErrorCode::InvalidArgument);
    }

    void measuresEveryLayerAlone()
    {
        const auto windows = randomWindows(24, 96);
        LiveEvaluator live(demo(), windows);
        SensitivityRequest request;
        request.plan = planOf({ 32, 64, 16, 64, 8, 48 });
        request.selector = selector();
        request.sampleWindows = 4;
        JobContext job;
        std::vector<int> order; // layers as their first number arrives
        const auto found = measureLayerSensitivities(
            live, request, {},
            [&](const std::shared_ptr<const LayerSensitivities>& part) {
                for (int layer = 0; layer < 6; ++layer) {
                    if ((*part)[static_cast<std::size_t>(layer)].alone
                        && std::ranges::count(order, layer) == 0) {
                        order.push_back(layer);
                    }
                }
            },
            job);
        QVERIFY(found.has_value());
        QCOMPARE(order, (std::vector<int> { 5, 4, 2, 0 })); // the cheap ones first; nothing for whole layers
        QCOMPARE(job.progress().done() >= job.progress().total(), true);
        const auto dense = evaluatePerplexity(*demo(), *windows, nullptr, {}, job);
        for (std::size_t layer = 0; layer < 6; ++layer) {
            const LayerSensitivity& one = (**found)[layer];
            QCOMPARE(one.alone.has_value(), layer != 1 && layer != 3);
            if (one.alone) {
                const PruningPlan alone = onlyLayer(*request.plan, layer);
                const auto full = evaluatePerplexity(*demo(), *windows, &alone, {}, job);
                QCOMPARE(one.alone->losses.candidate, (*full)->windowNll); // bit for bit
                QVERIFY(one.alone->delta == pairedDelta(**dense, **full));
                QCOMPARE(one.alone->keptKeyDims, request.plan->layers[layer].keptKeyDims);
            }
            QCOMPARE(one.curve.size(), std::size_t { 4 });
            QVERIFY(std::ranges::is_sorted(one.curve, {}, &LayerProbe::keptKeyDims));
            QCOMPARE(one.curve.front().keptKeyDims, 8);
            // A layer planned as the method selects lies on its own curve.
            for (const LayerProbe& probe : one.curve) {
                if (one.alone && probe.keptKeyDims == one.alone->keptKeyDims) {
                    QVERIFY(std::equal(probe.losses.candidate.begin(), probe.losses.candidate.end(),
                                       one.alone->losses.candidate.begin()));
                }
            }
            const std::vector<CostPoint> cost = costCurve(one, 64);
            QCOMPARE(cost.back(), (CostPoint { 64, 0.0 }));
            QCOMPARE(cost.size(), std::size_t { 5 });
        }
    }

    void cancelledCallsGoOn()
    {
        LiveEvaluator live(demo(), randomWindows(12, 48));
        SensitivityRequest request;
        request.plan = planOf({ 32, 40, 16, 64, 8, 48 });
        request.selector = selector();
        request.sampleWindows = 3;
        request.keptShares = { 0.5 };
        JobContext whole;
        const auto expected = measureLayerSensitivities(live, request, {}, {}, whole);
        QVERIFY(expected.has_value());
        LayerSensitivities known;
        int calls = 0;
        for (int polls = 3;; polls *= 2) { // stopped later and later, each time with what was found
            std::stop_source source;
            int left = polls;
            JobContext job(source.get_token(), [&] {
                if (--left == 0) {
                    source.request_stop();
                }
            });
            ++calls;
            const auto result = measureLayerSensitivities(
                live, request, known,
                [&](const std::shared_ptr<const LayerSensitivities>& part) { known = *part; }, job);
            if (result) {
                QVERIFY(**result == **expected);
                break;
            }
            QCOMPARE(result.error().code, ErrorCode::Cancelled);
        }
        QVERIFY(calls > 3);
        // Everything known: nothing is run again.
        JobContext again;
        QVERIFY(**measureLayerSensitivities(live, request, known, {}, again) == **expected);
        QCOMPARE(again.progress().done(), std::int64_t { 0 });
    }

    void refusesForeignPlans()
    {
        LiveEvaluator live(demo(), randomWindows(2, 16));
        SensitivityRequest request;
        request.plan = planOf({ 32, 40, 16, 64, 8, 48 });
        request.plan->layers.pop_back();
        JobContext job;
        QCOMPARE(measureLayerSensitivities(live, request, {}, {}, job).error().code, ErrorCode::Mismatch);
    }

    void probeSizesAreSane()
    {
        QCOMPARE(probeSizes(64, { 0.75, 0.5, 0.25, 0.125 }), (std::vector<int> { 8, 16, 32, 48 }));
        QCOMPARE(probeSizes(3, { 0.75, 0.5, 0.25, 0.125 }), (std::vector<int> { 1, 2 }));
        QVERIFY(probeSizes(1, { 0.75, 0.5 }).empty());
    }
};

QTEST_GUILESS_MAIN(TestLayerSensitivity)
#include "tst_layer_sensitivity.moc"
