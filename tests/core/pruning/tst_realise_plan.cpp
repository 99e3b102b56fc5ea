// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/narrow.h"
#include "core/base/random.h"
#include "core/pruning/channel_selection.h"
#include "core/pruning/methods/random_method.h"
#include "core/pruning/methods/score_method.h"
#include "core/pruning/realise_plan.h"
#include "core/pruning/select_channels.h"

#include <QTest>

#include <algorithm>

using namespace rankscope;

namespace {

ModelSpec specOf(int layers, int heads, int keyDims)
{
    ModelSpec spec;
    for (int layer = 0; layer < layers; ++layer) {
        LayerSpec& made = spec.layers.emplace_back();
        made.kind = layer % 3 == 2 ? LayerKind::Softmax : LayerKind::Linear;
        made.heads = made.valueHeads = heads;
        made.keyDims = made.valueDims = keyDims;
    }
    return spec;
}

/// The document's form of a plan: counts and edits, no lists.
PruningPlan openPlan(const ModelSpec& spec)
{
    PruningPlan plan = keepAllPlan(spec);
    for (LayerPlan& layer : plan.layers) {
        layer.kept.clear();
    }
    return plan;
}

HeadEdit randomEdit(Random& random, int keyDims)
{
    HeadEdit edit;
    for (int channel = 0; channel < keyDims; ++channel) {
        switch (random.below(5)) {
        case 0:
            edit.forcedIn.push_back(channel);
            break;
        case 1:
            edit.forcedOut.push_back(channel);
            break;
        default:
            break;
        }
    }
    if (random.below(2) == 0) {
        edit.keptKeyDims = narrow<int>(random.below(narrow<std::uint64_t>(keyDims) + 1));
    }
    return edit;
}

bool includes(const std::vector<int>& set, const std::vector<int>& part)
{
    return std::ranges::includes(set, part);
}

bool disjoint(const std::vector<int>& left, const std::vector<int>& right)
{
    return std::ranges::none_of(left,
                                [&right](int channel) { return std::ranges::binary_search(right, channel); });
}

/// Ten distinct values: forces ties.
std::shared_ptr<const ChannelSelector> coarseScores(const ModelSpec& spec, std::uint64_t seed)
{
    Random random(seed);
    std::vector<int> keyDims;
    std::vector<std::vector<double>> scores;
    for (const LayerSpec& layer : spec.layers) {
        keyDims.push_back(layer.keyDims);
        std::vector<double>& own = scores.emplace_back(idx(layer.heads) * idx(layer.keyDims));
        for (double& score : own) {
            score = static_cast<double>(random.below(10));
        }
    }
    return makeScoreSelector("l1", seed, std::nullopt, std::move(keyDims), std::move(scores));
}

} // namespace

class TestRealisePlan : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Random sizes and edits: the result fits the model, honours what is forced, keeps the wanted counts,
    /// and is a fixed point.
    void realisedPlansHonourEveryEdit_data()
    {
        QTest::addColumn<int>("seed");
        for (int seed = 1; seed <= 60; ++seed) {
            QTest::addRow("seed=%d", seed) << seed;
        }
    }
    void realisedPlansHonourEveryEdit()
    {
        QFETCH(int, seed);
        Random random(narrow<std::uint64_t>(seed));
        const ModelSpec spec = specOf(5, 3, 1 + narrow<int>(random.below(24)));
        const auto selector
            = seed % 2 == 0 ? coarseScores(spec, random.next()) : makeRandomSelector(spec, random.next());
        PruningPlan plan = openPlan(spec);
        for (LayerPlan& layer : plan.layers) {
            if (layer.keyDims == 0) {
                continue;
            }
            layer.keptKeyDims = 1 + narrow<int>(random.below(narrow<std::uint64_t>(layer.keyDims)));
            if (random.below(3) > 0) {
                layer.headEdits
                    = { randomEdit(random, layer.keyDims), {}, randomEdit(random, layer.keyDims) };
            }
        }
        JobContext job;
        const Result<PruningPlan> realised = realisePlan(plan, selector.get(), spec, job);
        QVERIFY(realised.has_value());
        const Status fits = checkPlan(*realised, spec);
        QVERIFY2(fits.has_value(), fits ? "" : fits.error().message.c_str());
        for (int index = 0; index < spec.layerCount(); ++index) {
            const LayerPlan& layer = realised->layers[idx(index)];
            for (int head = 0; head < std::ssize(layer.kept); ++head) {
                const std::vector<int>& kept = layer.kept[idx(head)];
                QCOMPARE(std::ssize(kept), layer.keptKeyDimsOf(head));
                const HeadEdit* edit = layer.editOf(head);
                if (edit == nullptr) {
                    QCOMPARE(kept, selector->keptChannels(index, head, layer.keptKeyDims));
                    continue;
                }
                QVERIFY(disjoint(kept, edit->forcedOut));
                QVERIFY(includes(kept, edit->forcedIn) || includes(edit->forcedIn, kept));
            }
        }
        QVERIFY(!needsSelection(*realised));
        QVERIFY(*realisePlan(*realised, nullptr, spec, job) == *realised);
    }

    /// A larger count keeps what a smaller one keeps, and without forcing it is the method's own choice.
    void forcedSelectionIsNested()
    {
        const ModelSpec spec = specOf(1, 1, 20);
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            Random random(seed);
            const auto selector = coarseScores(spec, seed);
            LayerPlan layer { .keyDims = 20, .keptKeyDims = 20 };
            layer.headEdits = { randomEdit(random, 20) };
            std::vector<int> smaller;
            for (int count = 0; count <= 20; ++count) {
                layer.headEdits[0].keptKeyDims = count;
                const std::vector<int> kept = selectedChannels(layer, 0, 0, selector.get());
                QVERIFY2(includes(kept, smaller), std::to_string(seed).c_str());
                smaller = kept;
            }
        }
    }

    /// Forcing what the method does anyway changes nothing; forcing one channel exchanges one.
    void forcingChangesAsLittleAsItCan()
    {
        const ModelSpec spec = specOf(1, 1, 20);
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            const auto selector = coarseScores(spec, seed);
            LayerPlan layer { .keyDims = 20, .keptKeyDims = 8 };
            const std::vector<int> own = selectedChannels(layer, 0, 0, selector.get());
            std::vector<int> gone;
            for (int channel = 0; channel < 20; ++channel) {
                if (!std::ranges::binary_search(own, channel)) {
                    gone.push_back(channel);
                }
            }
            layer.headEdits = { { {}, own, gone } };
            QCOMPARE(selectedChannels(layer, 0, 0, selector.get()), own);
            for (int channel = 0; channel < 20; ++channel) {
                const bool keeps = std::ranges::binary_search(own, channel);
                layer.headEdits = { { {}, {}, {} } };
                (keeps ? layer.headEdits[0].forcedOut : layer.headEdits[0].forcedIn) = { channel };
                const std::vector<int> exchanged = selectedChannels(layer, 0, 0, selector.get());
                std::vector<int> common;
                std::ranges::set_intersection(own, exchanged, std::back_inserter(common));
                QCOMPARE(std::ssize(common), 7);
                QVERIFY(std::ranges::binary_search(exchanged, channel) != keeps);
                // The method's worst goes, or its best removed one comes.
                const std::vector<double> scores = selector->scores(0, 0);
                std::vector<int> moved;
                std::ranges::set_symmetric_difference(own, exchanged, std::back_inserter(moved));
                std::erase(moved, channel);
                QCOMPARE(std::ssize(moved), 1);
                const std::vector<int>& side = keeps ? gone : own;
                QVERIFY(std::ranges::all_of(side, [&](int other) {
                    return keeps ? scores[idx(moved[0])] >= scores[idx(other)]
                                 : scores[idx(moved[0])] <= scores[idx(other)];
                }));
            }
        }
    }

    /// A what-if in a dense layer needs no selector: everything but the channels that go.
    void nothingToChooseNeedsNoSelector()
    {
        const ModelSpec spec = specOf(2, 2, 6);
        PruningPlan plan = openPlan(spec);
        plan.layers[0].headEdits = { { .forcedOut = { 1, 4 } }, { .keptKeyDims = 0 } };
        QVERIFY(!needsSelection(plan));
        JobContext job;
        const Result<PruningPlan> realised = realisePlan(plan, nullptr, spec, job);
        QVERIFY(realised.has_value());
        QCOMPARE(realised->layers[0].kept, (std::vector<std::vector<int>> { { 0, 2, 3, 5 }, {} }));
        QVERIFY(!realised->keepsAll());
        plan.layers[1].keptKeyDims = 5;
        QVERIFY(needsSelection(plan));
        const Result<PruningPlan> refused = realisePlan(plan, nullptr, spec, job);
        QVERIFY(!refused && refused.error().code == ErrorCode::BadData);
    }

    /// Lists that a file gave stay; only the heads that were edited are selected again.
    void explicitListsStay()
    {
        const ModelSpec spec = specOf(1, 3, 10);
        const auto selector = coarseScores(spec, 3);
        PruningPlan plan = openPlan(spec);
        LayerPlan& layer = plan.layers[0];
        layer.keptKeyDims = 3;
        layer.kept = { { 0, 1, 2 }, {}, { 7, 8, 9 } };
        layer.headEdits = { {}, { .forcedIn = { 5 } }, {} };
        QVERIFY(needsSelection(plan));
        JobContext job;
        const Result<PruningPlan> realised = realisePlan(plan, selector.get(), spec, job);
        QVERIFY(realised.has_value());
        QCOMPARE(realised->layers[0].kept[0], (std::vector<int> { 0, 1, 2 }));
        QCOMPARE(realised->layers[0].kept[2], (std::vector<int> { 7, 8, 9 }));
        QVERIFY(std::ranges::binary_search(realised->layers[0].kept[1], 5));
    }
};

QTEST_GUILESS_MAIN(TestRealisePlan)
#include "tst_realise_plan.moc"
