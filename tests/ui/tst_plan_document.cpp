// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/ui_support.h"
#include "ui/document/plan_document.h"

#include <QSignalSpy>
#include <QTest>
#include <QUndoStack>

#include <random>

using namespace rankscope;
using namespace Qt::StringLiterals;

class TestPlanDocument : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void randomEditsUndoAndRedo_data()
    {
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 8; ++seed) {
            QTest::addRow("seed=%u", seed) << seed;
        }
    }
    void randomEditsUndoAndRedo()
    {
        QFETCH(unsigned, seed);
        std::mt19937 random(seed);
        const auto below
            = [&](int bound) { return static_cast<int>(random() % static_cast<unsigned>(bound)); };
        PlanDocument document;
        const ModelSpec spec = test::smallSpec(8, true);
        document.open(spec, test::openPlan(spec));
        std::vector<PruningPlan> history { document.plan() };
        for (int step = 0; step < 60; ++step) {
            const int before = document.undoStack()->index();
            const int layer = below(8);
            switch (below(5)) {
            case 0:
                document.setKept({ layer, below(8) }, 1 + below(80), document.newGesture());
                break;
            case 1:
                document.setPruneRatio(below(100) / 100.0, document.newGesture());
                break;
            case 2:
                document.setMethod(below(2) == 0 ? u"l1"_s : u"rrqr"_s, u"method"_s);
                break;
            case 3:
                document.setLocked({ layer }, below(2) == 0);
                break;
            default:
                document.keepEverything();
            }
            for (std::size_t at = 0; at < document.plan().layers.size(); ++at) {
                const LayerPlan& planned = document.plan().layers[at];
                QVERIFY(planned.keptKeyDims <= planned.keyDims);
                QVERIFY(planned.keyDims == 0 || planned.keptKeyDims >= 1);
                QCOMPARE(planned.keyDims == 0, !spec.layers[at].prunable());
            }
            if (document.undoStack()->index() > before) {
                history.push_back(document.plan());
            } else {
                QVERIFY(document.plan() == history.back()); // no step, no change
            }
        }
        for (std::size_t at = history.size() - 1; at > 0; --at) {
            QVERIFY(document.plan() == history[at]);
            document.undoStack()->undo();
        }
        QVERIFY(document.plan() == history.front());
        for (std::size_t at = 1; at < history.size(); ++at) {
            document.undoStack()->redo();
            QVERIFY(document.plan() == history[at]);
        }
    }

    void oneGestureIsOneStep()
    {
        PlanDocument document;
        const ModelSpec spec = test::smallSpec(4, false);
        document.open(spec, test::openPlan(spec));
        const quint64 gesture = document.newGesture();
        for (int kept = 63; kept >= 20; --kept) {
            document.setKept({ 1 }, kept, gesture);
        }
        QCOMPARE(document.undoStack()->count(), 1);
        document.setKept({ 1 }, 10, document.newGesture());
        QCOMPARE(document.undoStack()->count(), 2);
        document.undoStack()->undo();
        QCOMPARE(document.plan().layers[1].keptKeyDims, 20);
        document.undoStack()->undo();
        QCOMPARE(document.plan().layers[1].keptKeyDims, 64);
    }

    void aGestureThatReturnsToItsStartLeavesNoStep()
    {
        PlanDocument document;
        const ModelSpec spec = test::smallSpec(4, false);
        document.open(spec, test::openPlan(spec));
        const quint64 gesture = document.newGesture();
        document.setKept({ 2 }, 40, gesture);
        document.setKept({ 2 }, 64, gesture);
        QCOMPARE(document.undoStack()->count(), 0);
        QVERIFY(document.undoStack()->isClean());
    }

    void locksProtectAgainstGlobalAndDirectEdits()
    {
        PlanDocument document;
        const ModelSpec spec = test::smallSpec(4, false);
        document.open(spec, test::openPlan(spec));
        document.setLocked({ 0 }, true);
        document.setPruneRatio(0.5, document.newGesture());
        QCOMPARE(document.plan().layers[0].keptKeyDims, 64);
        QCOMPARE(document.plan().layers[1].keptKeyDims, 32);
        document.setKept({ 0, 1 }, 8, document.newGesture());
        QCOMPARE(document.plan().layers[0].keptKeyDims, 64);
        QCOMPARE(document.plan().layers[1].keptKeyDims, 8);
    }

    void anEditForgetsTheChannelListOfItsLayerOnly()
    {
        PlanDocument document;
        const ModelSpec spec = test::smallSpec(2, false);
        PruningPlan plan = keepAllPlan(spec);
        plan.method = "l1";
        document.open(spec, plan);
        document.setKept({ 1 }, 12, document.newGesture());
        QCOMPARE(document.plan().layers[0].kept.size(), std::size_t { 4 });
        QVERIFY(document.plan().layers[1].kept.empty());
    }

    void theModelsDigestSurvivesUndo()
    {
        PlanDocument document;
        const ModelSpec spec = test::smallSpec(2, false);
        document.open(spec, test::openPlan(spec));
        document.setKept({ 1 }, 12, document.newGesture());
        document.setModelDigest("abc");
        document.undoStack()->undo();
        QCOMPARE(document.plan().modelDigest, std::string("abc"));
    }

    void everyStepEmitsOnce()
    {
        PlanDocument document;
        const ModelSpec spec = test::smallSpec(2, false);
        document.open(spec, test::openPlan(spec));
        const QSignalSpy changes(&document, &PlanDocument::planChanged);
        document.setPruneRatio(0.25, document.newGesture());
        document.undoStack()->undo();
        document.undoStack()->redo();
        QCOMPARE(changes.count(), 3);
    }
};

QTEST_MAIN(TestPlanDocument)
#include "tst_plan_document.moc"
