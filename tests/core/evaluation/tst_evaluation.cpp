// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"
#include "core/evaluation/live_evaluator.h"
#include "core/evaluation/perplexity.h"
#include "core/evaluation/window_batches.h"
#include "core/model/model.h"
#include "core/text/token_windows.h"
#include "tests/support/paths.h"

#include <QtTest/QTest>

#include <algorithm>
#include <thread>

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

/// Keeps the first channels from `firstLayer` on.
PruningPlan planFrom(int firstLayer, int kept)
{
    PruningPlan plan = keepAllPlan(demo()->spec());
    for (std::size_t i = static_cast<std::size_t>(firstLayer); i < plan.layers.size(); ++i) {
        plan.layers[i].keptKeyDims = kept;
        for (auto& head : plan.layers[i].kept) {
            head.resize(static_cast<std::size_t>(kept));
        }
    }
    return plan;
}

} // namespace

class TestEvaluation : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void batchesCoverTheWindows()
    {
        for (const int count : { 1, 2, 3, 7, 32, 100 }) {
            for (const int length : { 2, 512, 4096 }) {
                int next = 0;
                for (const WindowBatch& batch : windowBatches(count, length, Device {})) {
                    QCOMPARE(batch.first, next);
                    QVERIFY(batch.count > 0);
                    next += batch.count;
                }
                QCOMPARE(next, count);
            }
        }
    }

    void liveEqualsFull_data()
    {
        QTest::addColumn<int>("firstLayer");
        for (int layer = 0; layer <= 6; ++layer) {
            QTest::addRow("from layer %d", layer) << layer;
        }
    }

    void liveEqualsFull()
    {
        QFETCH(int, firstLayer);
        const auto windows = randomWindows(9, 128);
        const PruningPlan plan = planFrom(firstLayer, 24);
        JobContext job;
        LiveEvaluator live(demo(), windows);
        const auto fast = live.candidate(plan, {}, job);
        const auto full = evaluatePerplexity(*demo(), *windows, &plan, {}, job);
        QVERIFY(fast.has_value() && full.has_value());
        QCOMPARE((*fast)->windowNll, (*full)->windowNll); // bit for bit
        QVERIFY((*fast)->complete);
        const auto dense = evaluatePerplexity(*demo(), *windows, nullptr, {}, job);
        QCOMPARE((*live.baseline({}, job))->windowNll, (*dense)->windowNll);
        if (firstLayer == 6) {
            QCOMPARE((*fast)->windowNll, (*dense)->windowNll);
        } else {
            QVERIFY((*fast)->windowNll != (*dense)->windowNll);
        }
    }

    /// What does not fit into the cache is run again, with the same numbers.
    void aSmallCacheChangesNothing()
    {
        const auto windows = randomWindows(20, 64);
        JobContext job;
        const LiveEvaluator whole(demo(), windows);
        const std::int64_t all = whole.cacheBytes();
        QCOMPARE(all, std::int64_t { 6 } * 20 * 64 * demo()->spec().hiddenSize * 4);
        for (const std::int64_t limit : { std::int64_t { 0 }, all / 2, all }) {
            LiveEvaluator live(demo(), windows, limit);
            QVERIFY(live.cacheBytes() <= limit);
            QCOMPARE(live.cacheBytes() > 0, limit > 0);
            for (const int firstLayer : { 0, 5 }) {
                const PruningPlan plan = planFrom(firstLayer, 24);
                QCOMPARE((*live.candidate(plan, {}, job))->windowNll,
                         (*evaluatePerplexity(*demo(), *windows, &plan, {}, job))->windowNll);
                QCOMPARE((*live.compareTokens(plan, {}, job))->kl,
                         (*compareTokens(*demo(), *windows, plan, {}, job))->kl);
            }
            QCOMPARE((*live.baseline({}, job))->windowNll,
                     (*evaluatePerplexity(*demo(), *windows, nullptr, {}, job))->windowNll);
        }
    }

    void cancelledRunsGoOn()
    {
        const auto windows = randomWindows(40, 64);
        LiveEvaluator live(demo(), windows);
        const PruningPlan plan = planFrom(2, 16);
        JobContext whole;
        const auto expected = evaluatePerplexity(*demo(), *windows, &plan, {}, whole);
        for (int attempt = 0; attempt < 6; ++attempt) {
            std::stop_source source;
            JobContext job(source.get_token());
            std::jthread canceller([&source, attempt] {
                std::this_thread::sleep_for(std::chrono::milliseconds(7 * attempt));
                source.request_stop();
            });
            const auto result = live.candidate(plan, {}, job);
            QVERIFY(result.has_value() || result.error().code == ErrorCode::Cancelled);
        }
        const auto result = live.candidate(plan, {}, whole);
        QVERIFY(result.has_value());
        QCOMPARE((*result)->windowNll, (*expected)->windowNll);
    }

    void partialsGrow()
    {
        const auto windows = randomWindows(20, 256);
        JobContext job;
        std::vector<int> seen;
        const auto final = evaluatePerplexity(
            *demo(), *windows, nullptr,
            [&](const std::shared_ptr<const PerplexityEstimate>& partial) {
                QVERIFY(!partial->complete);
                seen.push_back(partial->windows());
            },
            job);
        QVERIFY(final.has_value());
        QVERIFY(!seen.empty());
        QVERIFY(std::ranges::is_sorted(seen));
        QCOMPARE((*final)->windows(), 20);
        QCOMPARE(job.progress().done(), std::int64_t { 20 });
    }

    void intervalProperties()
    {
        Random random(4);
        PerplexityEstimate a;
        PerplexityEstimate b;
        for (int i = 0; i < 32; ++i) {
            a.windowNll.push_back(4.0 + random.normal());
            b.windowNll.push_back(a.windowNll.back() + 0.1 + 0.01 * random.normal());
        }
        const PairedDelta delta = pairedDelta(a, b);
        QVERIFY(delta.low <= delta.meanNll && delta.meanNll <= delta.high);
        QVERIFY(delta.significant());
        QVERIFY(std::abs(delta.meanNll - 0.1) < 0.01);
        // Pairing: the windows' own spread (about 1) does not enter.
        QVERIFY(delta.high - delta.low < 0.02);
        const PairedDelta same = pairedDelta(a, a);
        QCOMPARE(same.meanNll, 0.0);
        QVERIFY(!same.significant());
        const PairedDelta reversed = pairedDelta(b, a);
        QVERIFY(std::abs(reversed.meanNll + delta.meanNll) < 1e-12);
        PerplexityEstimate one;
        one.windowNll = { 5.0 };
        QVERIFY(!pairedDelta(a, one).significant());
        QCOMPARE(pairedDelta(a, one).windows, 1);
    }

    void refusesForeignPlans()
    {
        PruningPlan plan = planFrom(0, 8);
        plan.layers.pop_back();
        JobContext job;
        const auto result = evaluatePerplexity(*demo(), *randomWindows(1, 16), &plan, {}, job);
        QVERIFY(!result.has_value());
        QCOMPARE(result.error().code, ErrorCode::Mismatch);
    }
};

QTEST_GUILESS_MAIN(TestEvaluation)
#include "tst_evaluation.moc"
