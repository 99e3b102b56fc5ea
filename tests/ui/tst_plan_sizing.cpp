// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/narrow.h"
#include "core/base/random.h"
#include "tests/ui/ui_support.h"
#include "ui/document/plan_document.h"
#include "ui/document/plan_sizing.h"
#include "ui/document/size_snap.h"
#include "ui/models/override_list_model.h"
#include "ui/settings/settings.h"

#include <QAbstractItemModelTester>
#include <QTemporaryDir>
#include <QTest>
#include <QUndoStack>

#include <algorithm>

using namespace rankscope;
using namespace Qt::StringLiterals;

namespace {

/// A plan with random sizes, every third prunable layer locked.
PruningPlan randomPlan(const ModelSpec& spec, unsigned seed)
{
    Random random(seed);
    PruningPlan plan = test::openPlan(spec);
    int count = 0;
    for (LayerPlan& layer : plan.layers) {
        if (layer.keyDims > 0) {
            setKeptCount(layer, narrow<int>(1 + random.below(narrow<std::uint64_t>(layer.keyDims))));
            layer.locked = ++count % 3 == 0;
        }
    }
    return plan;
}

std::vector<std::vector<CostPoint>> someCosts(const ModelSpec& spec)
{
    std::vector<std::vector<CostPoint>> costs;
    for (int layer = 0; layer < spec.layerCount(); ++layer) {
        const double scale = 0.01 * (1 + layer % 5);
        costs.push_back({ { 8, 9.0 * scale }, { 16, 4.0 * scale }, { 32, scale }, { 64, 0.0 } });
    }
    return costs;
}

} // namespace

class TestPlanSizing : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void distributionsKeepTheTotal_data()
    {
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 20; ++seed) {
            QTest::addRow("seed=%u", seed) << seed;
        }
    }
    void distributionsKeepTheTotal()
    {
        QFETCH(unsigned, seed);
        const ModelSpec spec = test::smallSpec(9, true);
        const PruningPlan plan = randomPlan(spec, seed);
        const SpectraSummary spectra = test::someSpectra(spec);
        const std::int64_t total = plan.stateBytes(spec);
        for (const SizesOfLayers& sizes : { sizesBySensitivity(spec, plan, someCosts(spec), SizeRule::Any),
                                            sizesByRank(spec, plan, spectra, SizeRule::Any) }) {
            QCOMPARE(stateBytesOf(spec, keptWith(plan, sizes)), total);
            for (const auto& [layer, size] : sizes) {
                QVERIFY(!plan.layers[idx(layer)].locked);
                QVERIFY(size >= 1 && size <= 64);
            }
            QVERIFY(std::ranges::none_of(
                sizes, [&](const auto& entry) { return plan.layers[idx(entry.first)].keyDims == 0; }));
        }
        for (const SizeRule rule : { SizeRule::MultiplesOf8, SizeRule::MultiplesOf16 }) {
            const SizesOfLayers sizes = sizesBySensitivity(spec, plan, someCosts(spec), rule);
            for (const auto& [layer, size] : sizes) {
                QVERIFY(std::ranges::binary_search(sizesOfRule(rule, 64), size));
            }
            const std::int64_t least
                = stateBytesOf(spec, keptWith(plan, sizesForBudget(spec, plan, 0, rule)));
            if (least <= total) {
                QVERIFY(stateBytesOf(spec, keptWith(plan, sizes)) <= total);
            }
        }
    }

    void costlyLayersKeepMore()
    {
        const ModelSpec spec = test::smallSpec(5, false);
        PruningPlan plan = test::openPlan(spec);
        for (LayerPlan& layer : plan.layers) {
            setKeptCount(layer, 24);
        }
        const SizesOfLayers sizes = sizesBySensitivity(spec, plan, someCosts(spec), SizeRule::Any);
        QVERIFY(sizes.at(4) > sizes.at(0));
        QVERIFY(std::ranges::all_of(sizes, [](const auto& entry) { return entry.second >= 8; }));
    }

    void budgetsFit()
    {
        const ModelSpec spec = test::smallSpec(8, true);
        const PruningPlan plan = randomPlan(spec, 5);
        std::int64_t last = -1;
        for (std::int64_t budget = spec.stateBytes() / 3; budget <= spec.stateBytes();
             budget += spec.stateBytes() / 37) {
            const SizesOfLayers sizes = sizesForBudget(spec, plan, budget, SizeRule::Any);
            const std::int64_t bytes = stateBytesOf(spec, keptWith(plan, sizes));
            QVERIFY(bytes <= budget);
            QVERIFY(bytes >= last);
            last = bytes;
            // One size for all: the ratio that fits.
            const int first = sizes.begin()->second;
            QVERIFY(std::ranges::all_of(sizes, [first](const auto& entry) { return entry.second == first; }));
        }
    }

    void ratiosSnap()
    {
        const ModelSpec spec = test::smallSpec(4, false);
        const PruningPlan plan = test::openPlan(spec);
        QCOMPARE(sizesForRatio(plan, 0.39, SizeRule::Any).at(0), 39);
        QCOMPARE(sizesForRatio(plan, 0.39, SizeRule::MultiplesOf4).at(0), 40);
        QCOMPARE(sizesForRatio(plan, 0.39, SizeRule::MultiplesOf16).at(0), 32);
        QCOMPARE(sizesForRatio(plan, 0.0, SizeRule::MultiplesOf16).at(0), 64);
    }

    void bytesAreRead_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qint64>("bytes");
        QTest::newRow("KiB") << u"240 KiB"_s << qint64 { 240 * 1024 };
        QTest::newRow("fraction") << u"0.5MiB"_s << qint64 { 512 * 1024 };
        QTest::newRow("comma") << u"1,5 k"_s << qint64 { 1536 };
        QTest::newRow("bytes") << u"5000 B"_s << qint64 { 5000 };
        QTest::newRow("as shown") << u"200"_s << qint64 { 200 * 1024 };
        QTest::newRow("percent") << u"50 %"_s << qint64 { 500 };
        QTest::newRow("thin space") << u"2\u2009000 b"_s << qint64 { 2000 };
        QTest::newRow("words") << u"a lot"_s << qint64 { -1 };
        QTest::newRow("empty") << QString() << qint64 { -1 };
        QTest::newRow("negative") << u"-3 KiB"_s << qint64 { -1 };
        QTest::newRow("too much") << u"99999999999999999999 GiB"_s << qint64 { -1 };
    }
    void bytesAreRead()
    {
        QFETCH(QString, text);
        QFETCH(qint64, bytes);
        const std::optional<StateBudget> budget = parseBudget(text, 1000, u"192 KiB"_s);
        QCOMPARE(budget.value_or(StateBudget { -1, {} }).bytes, bytes);
        QCOMPARE(budget && budget->percent.has_value(), text.contains(u'%') && budget);
    }

    void overridesAreListed()
    {
        PlanDocument document;
        const QTemporaryDir folder;
        Settings settings(folder.filePath(u"settings.ini"_s));
        SizeSnap snap(settings);
        OverrideListModel model(document, snap);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const ModelSpec spec = test::smallSpec(8, true);
        document.open(spec, test::openPlan(spec));
        QCOMPARE(model.rowCount(), 0);
        document.setPruneRatio(0.5, document.newGesture());
        QCOMPARE(model.rowCount(), 0);
        document.setKept({ 1 }, 20, document.newGesture());
        document.setLocked({ 4 }, true);
        document.setHeadsKept(5, { { 2, 0 } }, document.newGesture());
        document.forceChannels(5, 1, { 3, 4 }, ChannelForce::In);
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(model.index(0, 0).data().toString(), u"Layer 1: 20 instead of 32"_s);
        QCOMPARE(model.index(1, 0).data().toString(), u"Layer 4: locked"_s);
        const QString heads = model.index(2, 0).data().toString();
        QVERIFY(heads.contains(u"off"_s) && heads.contains(u"forced"_s));
        const int steps = document.undoStack()->count();
        model.reset(2);
        model.reset(0);
        QCOMPARE(document.undoStack()->count(), steps + 2);
        QCOMPARE(model.rowCount(), 1);
        QVERIFY(document.plan().layers[5].headEdits.empty());
        model.reset(0);
        QCOMPARE(model.rowCount(), 0);
        QVERIFY(!document.plan().layers[4].locked);
        document.undoStack()->undo();
        QCOMPARE(model.rowCount(), 1);
    }

    void overridesInTwoStacks()
    {
        PlanDocument document;
        const QTemporaryDir folder;
        Settings settings(folder.filePath(u"settings.ini"_s));
        SizeSnap snap(settings);
        OverrideListModel model(document, snap);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const ModelSpec spec = test::smallSpec(8, false);
        document.open(spec, test::openPlan(spec));
        for (const int layer : { 0, 2, 3, 5, 7 }) {
            document.setKept({ layer }, 20 + layer, document.newGesture());
        }
        document.setLocked({ 5 }, true);
        model.setStacks(2);
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(model.columnCount(), 4);
        QCOMPARE(model.commonProposal().value_or(-1), 64);
        // From top to bottom, then the next stack; short, as the title says what they depart from.
        QCOMPARE(model.index(2, 0).data().toString(), u"Layer 3: 23"_s);
        QCOMPARE(model.index(0, 2).data().toString(), u"Layer 5: 25, locked"_s);
        QCOMPARE(model.index(0, 2).data(Qt::ToolTipRole).toString(), u"Layer 5: 25 instead of 64, locked"_s);
        QVERIFY(!model.index(2, 2).data().isValid() && model.index(2, 2).flags() == Qt::NoItemFlags);
        QCOMPARE(model.entryAt(model.index(2, 3)), -1);
        model.reset(model.entryAt(model.index(0, 3)));
        QCOMPARE(document.plan().layers[5].keptKeyDims, 64);
        QVERIFY(!document.plan().layers[5].locked);
        QCOMPARE(model.rowCount(), 2);
    }

    /// What a reset goes back to is what the ratio gives under the rule: not an override.
    void resetsGoToTheSizesOfTheRule()
    {
        PlanDocument document;
        const QTemporaryDir folder;
        Settings settings(folder.filePath(u"settings.ini"_s));
        SizeSnap snap(settings);
        snap.setRule(SizeRule::MultiplesOf16);
        OverrideListModel model(document, snap);
        const ModelSpec spec = test::smallSpec(4, false);
        document.open(spec, test::openPlan(spec));
        const SizesOfLayers sizes = sizesForRatio(document.plan(), 0.4, snap.rule()); // 38 of 64 without it
        document.setSizes(sizes, 0.4, document.newGesture(), u"ratio"_s);
        QCOMPARE(document.plan().layers[0].keptKeyDims, 32);
        QCOMPARE(model.rowCount(), 0);
        document.setKept({ 2 }, 20, document.newGesture());
        QCOMPARE(model.rowCount(), 1);
        model.reset(0);
        QCOMPARE(document.plan().layers[2].keptKeyDims, 32);
        snap.setRule(SizeRule::Any);
        QCOMPARE(model.rowCount(), 4); // 32 instead of 38
    }

    void sizesAreOneStep()
    {
        PlanDocument document;
        const ModelSpec spec = test::smallSpec(8, true);
        document.open(spec, test::openPlan(spec));
        document.setLocked({ 0 }, true);
        document.setSizes({ { 0, 10 }, { 1, 20 }, { 2, 30 } }, 0.4, 0, u"a budget"_s);
        QCOMPARE(document.plan().layers[0].keptKeyDims, 64); // locked
        QCOMPARE(document.plan().layers[1].keptKeyDims, 20);
        QCOMPARE(document.plan().requestedRatio, 0.4);
        QCOMPARE(document.undoStack()->undoText(), u"a budget"_s);
        document.undoStack()->undo();
        QCOMPARE(document.plan().layers[2].keptKeyDims, 64);
        QCOMPARE(document.plan().requestedRatio, 0.0);
    }

    /// What was asked for last holds; edits of single layers change what comes of it, not what was asked.
    void budgetsAreRemembered()
    {
        PlanDocument document;
        const ModelSpec spec = test::smallSpec(8, true);
        document.open(spec, test::openPlan(spec));
        const StateBudget budget { 4096, 60.0 };
        document.setBudget(budget, { { 1, 20 }, { 2, 30 } }, 0.4, 0, u"a budget"_s);
        QCOMPARE(document.plan().layers[1].keptKeyDims, 20);
        QCOMPARE(document.plan().requestedRatio, 0.4);
        QVERIFY(document.plan().requestedBudget == budget);
        document.setKept({ 1 }, 60, 0);
        document.setSizes({ { 1, 16 } }, std::nullopt, 0, u"snap"_s);
        document.setMethod(u"l1"_s, u"L1"_s);
        QVERIFY(document.plan().requestedBudget == budget);
        const auto forgets = [&](auto edit) {
            edit();
            const bool forgotten = !document.plan().requestedBudget;
            document.undoStack()->undo();
            return forgotten && document.plan().requestedBudget == budget;
        };
        QVERIFY(forgets([&] { document.setPruneRatio(0.3, 0); }));
        QVERIFY(forgets([&] { document.setSizes({ { 1, 8 } }, 0.3, 0, u"a ratio"_s); }));
        QVERIFY(forgets([&] { document.keepEverything(); }));
        QCOMPARE(budgetText(budget), u"60 %"_s);
        QCOMPARE(budgetText({ 240 * 1024, std::nullopt }), u"240 KiB"_s);
    }
};

QTEST_MAIN(TestPlanSizing)
#include "tst_plan_sizing.moc"
