// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/narrow.h"
#include "core/base/random.h"
#include "core/linalg/strong_rrqr.h"
#include "core/pruning/channel_selection.h"
#include "core/pruning/method_registry.h"
#include "core/pruning/methods/random_method.h"
#include "core/pruning/methods/rrqr_method.h"
#include "core/pruning/methods/score_method.h"
#include "core/pruning/realise_plan.h"
#include "core/pruning/select_channels.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

using namespace rankscope;

namespace {

LayerSpec layerOf(LayerKind kind, int heads, int keyDims)
{
    LayerSpec layer;
    layer.kind = kind;
    layer.heads = heads;
    layer.valueHeads = heads;
    layer.keyDims = keyDims;
    layer.valueDims = 8;
    return layer;
}

ModelSpec hybridSpec()
{
    ModelSpec spec;
    spec.layers = { layerOf(LayerKind::Linear, 3, 16), layerOf(LayerKind::Softmax, 2, 16),
                    layerOf(LayerKind::Linear, 2, 10) };
    return spec;
}

/// Ten distinct values: forces ties.
std::vector<double> coarseRandomScores(std::uint64_t seed, int size)
{
    Random random(seed);
    std::vector<double> scores(idx(size));
    for (double& score : scores) {
        score = static_cast<double>(random.below(10));
    }
    return scores;
}

/// Gram matrices of random rows.
std::shared_ptr<const ChannelStatistics> randomStatistics(const ModelSpec& spec, std::uint64_t seed)
{
    Random random(seed);
    auto statistics = std::make_shared<ChannelStatistics>();
    statistics->calibration = CalibrationRecord { "made up", "00", 2, 32 };
    for (const LayerSpec& layer : spec.layers) {
        LayerStatistics& sums = statistics->layers.emplace_back();
        if (!layer.prunable()) {
            continue;
        }
        sums.heads = layer.heads;
        sums.keyDims = layer.keyDims;
        sums.gram.assign(idx(layer.heads) * idx(layer.keyDims) * idx(layer.keyDims), 0.0);
        for (int head = 0; head < layer.heads; ++head) {
            double* gram = sums.gram.data() + std::ptrdiff_t { head } * layer.keyDims * layer.keyDims;
            for (int row = 0; row < 64; ++row) {
                std::vector<double> values(idx(layer.keyDims));
                for (double& value : values) {
                    value = random.normal();
                }
                for (int i = 0; i < layer.keyDims * layer.keyDims; ++i) {
                    gram[i] += values[idx(i / layer.keyDims)] * values[idx(i % layer.keyDims)];
                }
            }
        }
    }
    return statistics;
}

std::shared_ptr<const ChannelSelector> coarseSelector(const ModelSpec& spec)
{
    std::vector<int> keyDims;
    std::vector<std::vector<double>> scores;
    for (const LayerSpec& layer : spec.layers) {
        keyDims.push_back(layer.keyDims);
        scores.push_back(layer.prunable() ? coarseRandomScores(7, layer.heads * layer.keyDims)
                                          : std::vector<double> {});
    }
    return makeScoreSelector("l1", 5, std::nullopt, keyDims, scores);
}

std::vector<std::shared_ptr<const ChannelSelector>> allSelectors(const ModelSpec& spec)
{
    JobContext job;
    return { makeRandomSelector(spec, 11), coarseSelector(spec),
             *makeRrqrSelector(3, randomStatistics(spec, 1), job) };
}

} // namespace

class TestChannelSelection : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void keepLargestKeepsTheLargest_data()
    {
        QTest::addColumn<unsigned>("seed");
        QTest::addColumn<int>("kept");
        for (const unsigned seed : { 1U, 2U, 3U }) {
            for (const int kept : { 0, 1, 64, 127, 128 }) {
                QTest::addRow("seed=%u 128->%d", seed, kept) << seed << kept;
            }
        }
    }
    void keepLargestKeepsTheLargest()
    {
        QFETCH(unsigned, seed);
        QFETCH(int, kept);
        const std::vector<double> scores = coarseRandomScores(seed, 128);
        const std::vector<int> result = keepLargest(scores, kept);
        QCOMPARE(std::ssize(result), kept);
        const std::set<int> keptSet(result.begin(), result.end());
        QVERIFY(
            std::equal(result.begin(), result.end(), keptSet.begin(), keptSet.end())); // ascending and unique
        for (const int stays : result) {
            for (int goes = 0; goes < 128; ++goes) {
                const bool tie = scores[idx(goes)] == scores[idx(stays)];
                const bool inOrder = scores[idx(goes)] < scores[idx(stays)] || (tie && goes > stays);
                QVERIFY(keptSet.contains(goes) || inOrder);
            }
        }
    }

    void registryIsComplete()
    {
        std::set<std::string> ids;
        for (const MethodInfo& method : pruningMethods()) {
            QVERIFY(ids.insert(method.id).second);
            QCOMPARE(findMethod(method.id), &method);
            QVERIFY(std::string(method.description).find("Source: ") != std::string::npos);
            QVERIFY(std::string(method.label).size() > 1 && std::string(method.scoreLabel).size() > 1);
        }
        QCOMPARE(ids, (std::set<std::string> { "random", "l1", "rrqr" }));
        QCOMPARE(std::string(pruningMethods().front().id), std::string("rrqr"));
        QCOMPARE(findMethod("magic"), nullptr);
    }

    void everyMethodKeepsTheRightNumber()
    {
        const ModelSpec spec = hybridSpec();
        for (const auto& selector : allSelectors(spec)) {
            for (const int layer : { 0, 2 }) {
                for (int head = 0; head < spec.layers[idx(layer)].heads; ++head) {
                    const int keyDims = spec.layers[idx(layer)].keyDims;
                    QCOMPARE(std::ssize(selector->scores(layer, head)), keyDims);
                    for (int count = 1; count <= keyDims; ++count) {
                        const std::vector<int> kept = selector->keptChannels(layer, head, count);
                        QCOMPARE(std::ssize(kept), count);
                        QVERIFY(std::adjacent_find(kept.begin(), kept.end(), std::greater_equal<int>())
                                == kept.end());
                        QVERIFY(kept.front() >= 0 && kept.back() < keyDims);
                    }
                }
            }
        }
    }

    void scoreMethodsKeepTheirLargestScores()
    {
        const ModelSpec spec = hybridSpec();
        const auto selectors = allSelectors(spec);
        for (std::size_t i = 0; i < 2;
             ++i) { // random and l1; the swaps of strong RRQR may overrule its scores
            for (int count = 1; count <= 16; ++count) {
                QCOMPARE(selectors[i]->keptChannels(0, 1, count),
                         keepLargest(selectors[i]->scores(0, 1), count));
            }
        }
    }

    void randomDependsOnSeedLayerAndHeadOnly()
    {
        const ModelSpec spec = hybridSpec();
        ModelSpec wider = spec;
        wider.layers[0] = layerOf(LayerKind::Linear, 5, 32);
        const auto first = makeRandomSelector(spec, 42);
        const auto again = makeRandomSelector(spec, 42);
        const auto otherModel = makeRandomSelector(wider, 42);
        const auto otherSeed = makeRandomSelector(spec, 43);
        std::set<std::vector<double>> distinct;
        for (int head = 0; head < 3; ++head) {
            QCOMPARE(first->scores(0, head), again->scores(0, head));
            distinct.insert(first->scores(0, head));
            distinct.insert(otherSeed->scores(0, head));
        }
        QCOMPARE(distinct.size(), std::size_t { 6 });
        QCOMPARE(first->scores(2, 1), otherModel->scores(2, 1));
        // The same on every machine and with every library: plans say no more than the seed.
        QCOMPARE(first->keptChannels(0, 0, 5), (std::vector<int> { 2, 5, 8, 10, 12 }));
        QCOMPARE(first->keptChannels(0, 1, 5), (std::vector<int> { 3, 4, 5, 6, 15 }));
        std::vector<int> smaller;
        for (int count = 1; count <= 16; ++count) {
            const std::vector<int> kept = first->keptChannels(0, 2, count);
            QVERIFY(std::includes(kept.begin(), kept.end(), smaller.begin(), smaller.end()));
            smaller = kept;
        }
    }

    void randomIsFair()
    {
        // Each channel is kept half the time: 4000 draws, five standard deviations.
        ModelSpec spec;
        spec.layers = { layerOf(LayerKind::Linear, 4000, 8) };
        const auto selector = makeRandomSelector(spec, 1);
        std::vector<int> timesKept(8, 0);
        for (int head = 0; head < 4000; ++head) {
            for (const int channel : selector->keptChannels(0, head, 4)) {
                ++timesKept[idx(channel)];
            }
        }
        for (const int times : timesKept) {
            QVERIFY2(std::abs(times - 2000) < 158, std::to_string(times).c_str());
        }
    }

    void rrqrIsStrongRrqrOfEveryHead()
    {
        const ModelSpec spec = hybridSpec();
        const auto statistics = randomStatistics(spec, 2);
        JobContext job;
        const auto selector = *makeRrqrSelector(0, statistics, job);
        QCOMPARE(job.progress().done(), 5);
        QCOMPARE(job.progress().total(), 5);
        QVERIFY(selector->calibration() == statistics->calibration);
        for (int head = 0; head < 3; ++head) {
            const std::span<const double> gram
                = std::span(statistics->layers[0].gram).subspan(idx(head) * 256, 256);
            const PivotOrder pivots = greedyPivotOrder(gram, 16);
            for (const int count : { 1, 8, 15, 16 }) {
                QCOMPARE(selector->keptChannels(0, head, count),
                         strongRrqr(gram, 16, pivots, count, {}).kept);
            }
            QCOMPARE(selector->scores(0, head)[idx(pivots.order[3])], pivots.diagonalOfR[3]);
        }
    }

    /// Channels decided by hand change what else is worth keeping: the twin of one that is forced in goes.
    void rrqrChoosesAgainAroundForcedChannels()
    {
        const ModelSpec spec = hybridSpec();
        auto statistics = std::make_shared<ChannelStatistics>(*randomStatistics(spec, 2));
        std::vector<double>& grams = statistics->layers[0].gram; // [3, 16, 16]
        const auto gram = [&grams](int i, int j) -> double& { return grams[idx(i * 16 + j)]; };
        for (int i = 0; i < 16; ++i) { // channel 0 three times as long; channel 1 nearly its twin
            gram(0, i) = gram(i, 0) = 3.0 * gram(0, i);
        }
        gram(0, 0) *= 3.0;
        for (int i = 0; i < 16; ++i) {
            gram(1, i) = gram(i, 1) = 0.9 * gram(0, i);
        }
        gram(1, 1) = 0.81 * gram(0, 0) * (1.0 + 1e-6);
        JobContext job;
        const auto selector = *makeRrqrSelector(0, statistics, job);
        LayerPlan layer { .keyDims = 16, .keptKeyDims = 4 };
        QVERIFY(std::ranges::binary_search(selectedChannels(layer, 0, 0, selector.get()), 0));
        layer.headEdits = { { .forcedIn = { 1 } }, {}, {} };
        const std::vector<int> around = selectedChannels(layer, 0, 0, selector.get());
        QVERIFY(std::ranges::binary_search(around, 1) && !std::ranges::binary_search(around, 0));
        QCOMPARE(around,
                 strongRrqrForced(std::span(grams).first(256), 16, std::vector { 1 }, {}, 4, {}).kept);
        // More forced in than there is room for: the best of them.
        layer.headEdits = { { .forcedIn = { 0, 1, 5, 7, 9, 11 } }, {}, {} };
        const std::vector<int> some = selectedChannels(layer, 0, 0, selector.get());
        QCOMPARE(std::ssize(some), 4);
        QVERIFY(std::ranges::includes(layer.headEdits[0].forcedIn, some));
        QVERIFY(std::ranges::binary_search(some, 0) && !std::ranges::binary_search(some, 1));
    }

    void statisticsThatAreNotFiniteAreRefused()
    {
        const ModelSpec spec = hybridSpec();
        auto statistics = std::make_shared<ChannelStatistics>(*randomStatistics(spec, 2));
        statistics->layers[2].gram.back() = std::numeric_limits<double>::quiet_NaN();
        JobContext job;
        const auto selector = makeRrqrSelector(0, statistics, job);
        QVERIFY(!selector && selector.error().code == ErrorCode::BadData);
        QVERIFY(selector.error().message.find("layer 2, head 1") != std::string::npos);
    }

    void plansFitTheirModel()
    {
        const ModelSpec spec = hybridSpec();
        for (const auto& selector : allSelectors(spec)) {
            JobContext job;
            const Result<PruningPlan> plan = selectChannels(*selector, spec, { 4, 99, 10 }, job);
            QVERIFY(plan.has_value());
            QVERIFY(checkPlan(*plan, spec).has_value());
            QCOMPARE(plan->method, selector->methodId());
            QCOMPARE(plan->seed, selector->seed());
            QVERIFY(plan->calibration == selector->calibration());
            QCOMPARE(plan->requestedRatio, 1.0 - (3 * 4 + 2 * 10) / 68.0);
            QCOMPARE(plan->layers[0].kept[2], selector->keptChannels(0, 2, 4));
            QCOMPARE(plan->layers[1], LayerPlan {});
            QCOMPARE(job.progress().done(), 5);
            QVERIFY(selectChannels(*selector, spec, { 16, 0, 10 }, job)->keepsAll());
        }
    }

    void wrongCountsAreRefused()
    {
        const ModelSpec spec = hybridSpec();
        const auto selector = makeRandomSelector(spec, 1);
        JobContext job;
        const Result<PruningPlan> none = selectChannels(*selector, spec, { 4, 0, 0 }, job);
        QVERIFY(!none && none.error().code == ErrorCode::InvalidArgument);
        QCOMPARE(QString::fromStdString(none.error().message),
                 QStringLiteral("Layer 2 cannot keep 0 key channels per head: choose 1 to 10."));
        QVERIFY(!selectChannels(*selector, spec, { 17, 0, 10 }, job));
        const Result<PruningPlan> layers = selectChannels(*selector, spec, { 4, 4 }, job);
        QVERIFY(!layers && layers.error().code == ErrorCode::InvalidArgument);
        QCOMPARE(QString::fromStdString(layers.error().message),
                 QStringLiteral("Key sizes were given for 2 layers, but the model has 3."));
    }

    void selectionStopsWhenAsked()
    {
        const ModelSpec spec = hybridSpec();
        std::stop_source stop;
        stop.request_stop();
        JobContext job(stop.get_token());
        const auto selector = makeRrqrSelector(0, randomStatistics(spec, 1), job);
        QVERIFY(!selector && selector.error().code == ErrorCode::Cancelled);
        const Result<PruningPlan> plan = selectChannels(*makeRandomSelector(spec, 1), spec, { 4, 0, 4 }, job);
        QVERIFY(!plan && plan.error().code == ErrorCode::Cancelled);
    }
};

QTEST_GUILESS_MAIN(TestChannelSelection)
#include "tst_channel_selection.moc"
