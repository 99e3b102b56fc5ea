// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/narrow.h"
#include "core/plan/budget.h"
#include "core/plan/pruning_plan.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

using namespace rankscope;

namespace {

LayerSpec layerOf(LayerKind kind, int heads, int valueHeads, int keyDims, int valueDims)
{
    LayerSpec layer;
    layer.kind = kind;
    layer.heads = heads;
    layer.valueHeads = valueHeads;
    layer.keyDims = keyDims;
    layer.valueDims = valueDims;
    return layer;
}

/// Three linear layers of different sizes with a softmax layer between them.
ModelSpec hybridSpec()
{
    ModelSpec spec;
    spec.layers = { layerOf(LayerKind::Linear, 2, 4, 8, 16), layerOf(LayerKind::Softmax, 4, 4, 16, 16),
                    layerOf(LayerKind::Linear, 3, 3, 12, 10), layerOf(LayerKind::Linear, 2, 2, 8, 16) };
    return spec;
}

PruningPlan somePlan()
{
    PruningPlan plan = keepAllPlan(hybridSpec());
    plan.layers[0].keptKeyDims = 3;
    plan.layers[0].kept = { { 0, 4, 7 }, { 1, 2, 3 } };
    return plan;
}

bool mentions(const Error& error, const std::string& phrase)
{
    return error.message.find(phrase) != std::string::npos;
}

} // namespace

class TestPruningPlan : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void headsThatAreOffFreeNoBytes()
    {
        PruningPlan plan = somePlan();
        const std::int64_t bytes = plan.stateBytes(hybridSpec());
        QCOMPARE(plan.headsOff(), 0);
        plan.layers[0].headEdits = { { .keptKeyDims = 0 }, { .keptKeyDims = 2 } };
        plan.layers[2].headEdits.resize(3);
        plan.layers[2].headEdits[1].keptKeyDims = 0;
        QCOMPARE(plan.headsOff(), 2);
        QCOMPARE(plan.stateBytes(hybridSpec()), bytes);
    }

    void keptKeyDimsForRatioIsThePublishedOne_data()
    {
        QTest::addColumn<int>("keyDims");
        QTest::addColumn<double>("ratio");
        QTest::addColumn<int>("kept");
        // Values of max(1, math.floor(dk * (1 - ratio))) in Python.
        QTest::newRow("100 at 0.8") << 100 << 0.8 << 19;
        QTest::newRow("100 at 0.9") << 100 << 0.9 << 9;
        QTest::newRow("64 at 0.5") << 64 << 0.5 << 32;
        QTest::newRow("64 at 0.25") << 64 << 0.25 << 48;
        QTest::newRow("128 at 0.75") << 128 << 0.75 << 32;
        QTest::newRow("128 at 0.9") << 128 << 0.9 << 12;
        QTest::newRow("10 at 0.7") << 10 << 0.7 << 3;
        QTest::newRow("10 at 0.9") << 10 << 0.9 << 1; // 0.9999999999999998 floors to 0, then 1
        QTest::newRow("all") << 64 << 0.0 << 64;
        QTest::newRow("nothing is never left") << 64 << 1.0 << 1;
        QTest::newRow("softmax") << 0 << 0.5 << 0;
    }
    void keptKeyDimsForRatioIsThePublishedOne()
    {
        QFETCH(int, keyDims);
        QFETCH(double, ratio);
        QFETCH(int, kept);
        QCOMPARE(keptKeyDimsForRatio(keyDims, ratio), kept);
    }

    void keepAllFitsAndRemovesNothing()
    {
        const ModelSpec spec = hybridSpec();
        const PruningPlan plan = keepAllPlan(spec);
        QVERIFY(plan.keepsAll());
        QVERIFY(checkPlan(plan, spec).has_value());
        QCOMPARE(plan.layers[1], LayerPlan {});
        QCOMPARE(plan.stateBytes(spec), 4 * (4 * 8 * 16 + 3 * 12 * 10 + 2 * 8 * 16));
        const PruningPlan cut = somePlan();
        QVERIFY(!cut.keepsAll());
        QVERIFY(checkPlan(cut, spec).has_value());
        QCOMPARE(cut.stateBytes(spec), 4 * (4 * 3 * 16 + 3 * 12 * 10 + 2 * 8 * 16));
    }

    void violationsAreNamed_data()
    {
        QTest::addColumn<std::function<void(PruningPlan&)>>("damage");
        QTest::addColumn<std::string>("phrase");
        using Damage = std::function<void(PruningPlan&)>;
        QTest::newRow("unsorted") << Damage([](PruningPlan& plan) {
            plan.layers[0].kept[1] = { 1, 3, 2 };
        }) << std::string("layer 0, head 1 lists channel 2 after 3, expected ascending order");
        QTest::newRow("twice") << Damage([](PruningPlan& plan) {
            plan.layers[0].kept[0] = { 0, 4, 4 };
        }) << std::string("layer 0, head 0 lists channel 4 twice");
        QTest::newRow("beyond") << Damage([](PruningPlan& plan) {
            plan.layers[0].kept[0] = { 0, 4, 8 };
        }) << std::string("layer 0, head 0 lists channel 8, expected 0 to 7");
        QTest::newRow("negative") << Damage([](PruningPlan& plan) {
            plan.layers[0].kept[0] = { -1, 4, 7 };
        }) << std::string("layer 0, head 0 lists channel -1, expected 0 to 7");
        QTest::newRow("count") << Damage([](PruningPlan& plan) {
            plan.layers[0].kept[1] = { 1, 2 };
        }) << std::string("layer 0, head 1 keeps 2 channels, expected 3");
        QTest::newRow("none") << Damage([](PruningPlan& plan) {
            plan.layers[0].keptKeyDims = 0;
            plan.layers[0].kept = { {}, {} };
        }) << std::string("layer 0 keeps 0 key channels per head, expected 1 to 8");
        QTest::newRow("more than there are")
            << Damage([](PruningPlan& plan) { plan.layers[2].keptKeyDims = 13; })
            << std::string("layer 2 keeps 13 key channels per head, expected 1 to 12");
        QTest::newRow("heads") << Damage([](PruningPlan& plan) { plan.layers[2].kept.pop_back(); })
                               << std::string("layer 2 lists 2 heads, expected 3");
        QTest::newRow("other size") << Damage([](PruningPlan& plan) {
            plan.layers[3].keyDims = 16;
        }) << std::string("layer 3 is planned for 16 key channels per head, expected 8");
        QTest::newRow("softmax") << Damage([](PruningPlan& plan) {
            plan.layers[1] = plan.layers[0];
        }) << std::string("layer 1 is planned for 8 key channels per head, but it is a softmax");
        QTest::newRow("softmax keeps") << Damage([](PruningPlan& plan) { plan.layers[1].kept = { { 0 } }; })
                                       << std::string("layer 1 has no key channels to prune but keeps");
        const auto edited = [](HeadEdit edit) {
            return Damage([edit](PruningPlan& plan) { plan.layers[0].headEdits = { edit, {} }; });
        };
        QTest::newRow("fewer than wanted")
            << edited({ 2, {}, {} }) << std::string("layer 0, head 0 keeps 3 channels, expected 2");
        QTest::newRow("forced in but removed")
            << edited({ {}, { 5 }, {} }) << std::string("layer 0, head 0 removes channels that it forces in");
        QTest::newRow("forced out but kept")
            << edited({ {}, {}, { 4 } })
            << std::string("layer 0, head 0 keeps channel 4, which it forces out");
        QTest::newRow("forced twice") << edited({ {}, { 4 }, { 4 } })
                                      << std::string("layer 0, head 0 forces channel 4 both in and out");
        QTest::newRow("forced beyond")
            << edited({ {}, {}, { 8 } })
            << std::string("layer 0, head 0 forces out channel 8, expected 0 to 7");
        QTest::newRow("wants more than there are")
            << edited({ 9, {}, {} }) << std::string("layer 0, head 0 is to keep 9 channels, expected 0 to 8");
        QTest::newRow("edits of too many heads")
            << Damage([](PruningPlan& plan) { plan.layers[0].headEdits.resize(3); })
            << std::string("layer 0 edits 3 heads, expected 2");
        QTest::newRow("layers") << Damage([](PruningPlan& plan) { plan.layers.pop_back(); })
                                << std::string("it has 3 layers, expected 4");
    }
    void violationsAreNamed()
    {
        QFETCH(std::function<void(PruningPlan&)>, damage);
        QFETCH(std::string, phrase);
        PruningPlan plan = somePlan();
        damage(plan);
        const Status status = checkPlan(plan, hybridSpec());
        QVERIFY(!status);
        QVERIFY(status.error().code == ErrorCode::Mismatch);
        QVERIFY2(mentions(status.error(), phrase), status.error().message.c_str());
    }

    void allViolationsAreListed()
    {
        PruningPlan plan = somePlan();
        for (const std::size_t layer : { std::size_t { 0 }, std::size_t { 2 }, std::size_t { 3 } }) {
            for (std::vector<int>& head : plan.layers[layer].kept) {
                std::swap(head.front(), head.back());
            }
        }
        const Status status = checkPlan(plan, hybridSpec());
        QVERIFY(!status);
        QVERIFY2(mentions(status.error(), "and 3 more"), status.error().message.c_str());
        QCOMPARE(std::count(status.error().context.begin(), status.error().context.end(), '\n'), 6);
        QVERIFY(status.error().context.find("layer 3, head 1") != std::string::npos);
    }

    void headsMayDepartFromTheirLayer()
    {
        const ModelSpec spec = hybridSpec();
        PruningPlan plan = somePlan();
        LayerPlan& layer = plan.layers[0];
        layer.headEdits
            = { { .keptKeyDims = 2, .forcedIn = { 7 }, .forcedOut = { 0 } }, { .keptKeyDims = 0 } };
        layer.kept = { { 4, 7 }, {} };
        QVERIFY(checkPlan(plan, spec).has_value());
        QCOMPARE(layer.keptKeyDimsOf(0), 2);
        QCOMPARE(layer.keptKeyDimsOf(1), 0);
        QCOMPARE(plan.stateBytes(spec), somePlan().stateBytes(spec)); // the layer's rows
        // What does not fit is remembered: at most the layer's, and those forced in that have room.
        layer.keptKeyDims = 1;
        layer.headEdits[0].forcedIn = { 4, 7 };
        QCOMPARE(layer.keptKeyDimsOf(0), 1);
        layer.kept[0] = { 7 };
        QVERIFY(checkPlan(plan, spec).has_value());
        // A layer of full size with a head that lost a channel is changed.
        PruningPlan dense = keepAllPlan(spec);
        dense.layers[3].headEdits = { {}, { .forcedIn = { 1, 2 } } };
        QVERIFY(dense.keepsAll());
        dense.layers[3].headEdits[1].forcedOut = { 5 };
        QVERIFY(!dense.keepsAll());
        QVERIFY(!dense.layers[3].keepsAll());
        QCOMPARE(dense.layers[3].keptKeyDimsOf(1), 7);
    }

    void planOfAnotherModelIsRefused()
    {
        const ModelSpec spec = hybridSpec();
        PruningPlan plan = somePlan();
        plan.modelName = "first";
        plan.modelDigest = "aaaa";
        plan.modelFingerprint = "ffff";
        QVERIFY(checkPlanForModel(plan, spec, { "aaaa", "ffff", "first" }).has_value());
        QVERIFY(checkPlanForModel(plan, spec, { "aaaa", "", "renamed" }).has_value());
        QVERIFY(checkPlanForModel(plan, spec, { "", "ffff", "first" }).has_value());
        QVERIFY(
            checkPlanForModel(somePlan(), spec, { "bbbb", "eeee", "second" }).has_value()); // made by hand
        for (const ModelIdentity& other :
             { ModelIdentity { "bbbb", "ffff", "second" }, ModelIdentity { "", "eeee", "second" } }) {
            const Status status = checkPlanForModel(plan, spec, other);
            QVERIFY(!status);
            QVERIFY(status.error().code == ErrorCode::Mismatch);
            QCOMPARE(QString::fromStdString(status.error().message),
                     QStringLiteral(
                         "The plan was made for another model: \"first\", not \"second\". Make a plan for "
                         "this model."));
        }
        const Status sameName = checkPlanForModel(plan, spec, { "bbbb", "ffff", "first" });
        QVERIFY(!sameName);
        QVERIFY(mentions(sameName.error(), "another model of the same name \"first\""));
        plan.layers.pop_back();
        QVERIFY(!checkPlanForModel(plan, spec, { "aaaa", "ffff", "first" }));
    }

    void fingerprintFollowsWhatChangesNumbers()
    {
        const std::string first = planFingerprint(somePlan());
        QCOMPARE(first.size(), std::size_t { 16 });
        QVERIFY(first.find_first_not_of("0123456789abcdef") == std::string::npos);
        PruningPlan same = somePlan();
        same.method = "l1";
        same.seed = 7;
        same.requestedRatio = 0.3;
        same.modelName = "renamed";
        same.layers[0].locked = true;
        same.calibration = CalibrationRecord { "text", "00", 4, 512 };
        QCOMPARE(planFingerprint(same), first);
        PruningPlan other = somePlan();
        other.layers[0].kept[1] = { 1, 2, 4 };
        QVERIFY(planFingerprint(other) != first);
        other = somePlan();
        other.modelDigest = "aaaa";
        QVERIFY(planFingerprint(other) != first);
        other = somePlan();
        std::swap(other.layers[0].kept[0], other.layers[0].kept[1]);
        QVERIFY(planFingerprint(other) != first);

        // Edits are history where the channels are listed, and what counts where they are not yet.
        same = somePlan();
        same.layers[0].headEdits = { { .forcedIn = { 4 } }, {} };
        QCOMPARE(planFingerprint(same), first);
        PruningPlan unselected = somePlan();
        unselected.layers[0].kept.clear();
        std::vector<std::string> different { planFingerprint(unselected) };
        for (const HeadEdit& edit :
             { HeadEdit { 2, {}, {} }, HeadEdit { 0, {}, {} }, HeadEdit { {}, { 1 }, {} },
               HeadEdit { {}, {}, { 1 } }, HeadEdit { {}, { 2 }, { 1 } } }) {
            unselected.layers[0].headEdits = { {}, edit };
            const std::string print = planFingerprint(unselected);
            QVERIFY(std::find(different.begin(), different.end(), print) == different.end());
            different.push_back(print);
        }
    }

    void budgetIsUsedUpAndKept()
    {
        const ModelSpec spec = hybridSpec();
        const std::vector<int> one { 1, 0, 1, 1 };
        const std::int64_t least = stateBytesOf(spec, one);
        const std::int64_t dense = spec.stateBytes();
        for (std::int64_t budget = least; budget <= dense + 100; budget += 36) {
            const Result<std::vector<int>> kept = keptKeyDimsForStateBytes(spec, budget);
            QVERIFY(kept.has_value());
            QVERIFY(stateBytesOf(spec, *kept) <= budget);
            QCOMPARE((*kept)[1], 0);
            QCOMPARE((*kept)[0], (*kept)[3]);
            // The next larger common fraction does not fit.
            for (int count = 1; count <= 24; ++count) {
                const std::vector<int> next { std::max(1, 8 * count / 24), 0, std::max(1, 12 * count / 24),
                                              std::max(1, 8 * count / 24) };
                QVERIFY(stateBytesOf(spec, next) <= stateBytesOf(spec, *kept)
                        || stateBytesOf(spec, next) > budget);
            }
        }
        QCOMPARE(*keptKeyDimsForStateBytes(spec, dense), (std::vector<int> { 8, 0, 12, 8 }));
        const Result<std::vector<int>> tooSmall = keptKeyDimsForStateBytes(spec, least - 1);
        QVERIFY(!tooSmall);
        QVERIFY(tooSmall.error().code == ErrorCode::InvalidArgument);
        QVERIFY(mentions(tooSmall.error(), std::to_string(least)));
        ModelSpec softmax = hybridSpec();
        softmax.layers = { softmax.layers[1] };
        QVERIFY(!keptKeyDimsForStateBytes(softmax, 1000));
        QCOMPARE(keptKeyDimsForRatio(spec, 0.5), (std::vector<int> { 4, 0, 6, 4 }));
    }

    void sizesSnap()
    {
        QCOMPARE(usefulKeyDims(64, 16), (std::vector<int> { 16, 32, 48, 64 }));
        QCOMPARE(usefulKeyDims(70, 32), (std::vector<int> { 32, 64, 70 }));
        QCOMPARE(usefulKeyDims(10, 16), (std::vector<int> { 10 }));
        const std::vector<int> sizes { 16, 32, 48, 64 };
        for (int kept = 1; kept <= 64; ++kept) {
            const int down = snapKeyDims(kept, sizes, SnapRule::Down);
            const int up = snapKeyDims(kept, sizes, SnapRule::Up);
            const int nearest = snapKeyDims(kept, sizes, SnapRule::Nearest);
            QVERIFY(up >= kept && up - kept < 16 && up % 16 == 0);
            QCOMPARE(down, std::max(16, kept / 16 * 16));
            QCOMPARE(nearest, up - kept <= kept - down || kept < 16 ? up : down);
        }
        QCOMPARE(snapKeyDims(65, sizes, SnapRule::Up), 64);
    }
};

QTEST_GUILESS_MAIN(TestPruningPlan)
#include "tst_pruning_plan.moc"
