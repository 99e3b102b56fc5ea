// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/ui_support.h"
#include "ui/document/method_change.h"
#include "ui/document/plan_document.h"

#include <QSignalSpy>
#include <QTest>
#include <QUndoStack>

#include <algorithm>
#include <optional>
#include <random>
#include <set>

using namespace rankscope;
using namespace Qt::StringLiterals;

class TestPlanDocument : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void randomEditsUndoAndRedo_data()
    {
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 12; ++seed) {
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
            const int head = below(5);
            const auto force = static_cast<ChannelForce>(below(3));
            const int kind = below(17);
            switch (kind) {
            case 11: // a drag: many moves, one step
                for (const quint64 gesture = document.newGesture(); below(6) != 0;) {
                    document.setKept({ layer }, 1 + below(64), gesture);
                }
                break;
            case 12:
                for (const quint64 gesture = document.newGesture(); below(6) != 0;) {
                    document.setHeadsKept(layer, { { head, below(65) } }, gesture);
                }
                break;
            case 13: // snap, distribute
                document.setSizes({ { layer, 8 * (1 + below(8)) }, { below(8), 32 } }, std::nullopt,
                                  document.newGesture(), u"snap"_s);
                break;
            case 14: // budget
                document.setBudget({ 1 + below(9000), std::nullopt }, { { layer, 1 + below(64) } },
                                   below(100) / 100.0, document.newGesture(), u"budget"_s);
                break;
            case 15: // a loaded plan, a recipe, a candidate, recovered work
                document.replacePlan(
                    history[static_cast<std::size_t>(below(static_cast<int>(history.size())))], u"load"_s);
                break;
            case 16:
                document.setKeptPerLayer({ { layer, below(70) }, { below(8), below(70) } },
                                         document.newGesture());
                break;
            case 4:
                document.forceChannels(layer, head, { below(70) }, force);
                break;
            case 5:
                document.forceChannels(layer, head, { below(64), below(64), below(64) }, force);
                break;
            case 6:
                document.setHeadsKept(layer, { { head, below(70) }, { below(4), std::nullopt } },
                                      document.newGesture());
                break;
            case 7:
                document.setHeadOn(layer, head, below(2) == 0);
                break;
            case 8:
                for (int each = 0; each < 32; ++each) { // one that has something to reset, if there is any
                    if (document.plan().layers[static_cast<std::size_t>(each / 4)].editOf(each % 4)
                        != nullptr) {
                        document.resetHead(each / 4, each % 4);
                        break;
                    }
                }
                break;
            case 9:
                document.resetHeads({ layer, below(8) });
                break;
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
                QVERIFY(planned.headEdits.empty() || std::ssize(planned.headEdits) == spec.layers[at].heads);
                QVERIFY(planned.headEdits.empty()
                        || !std::ranges::all_of(planned.headEdits, &HeadEdit::empty));
                for (int each = 0; each < std::ssize(planned.headEdits); ++each) {
                    QVERIFY(planned.keptKeyDimsOf(each) >= 0
                            && planned.keptKeyDimsOf(each) <= planned.keptKeyDims);
                }
            }
            const int steps = document.undoStack()->index() - before;
            QVERIFY2(steps <= 1, qPrintable(u"kind %1 took %2 steps"_s.arg(kind).arg(steps)));
            if (steps == 1) {
                history.push_back(document.plan());
                m_kinds.insert(kind);
                const QString text = document.undoStack()->undoText();
                QVERIFY2(!text.isEmpty() && !text.contains(u'%') && text == text.simplified(),
                         qPrintable(u"kind %1: \"%2\""_s.arg(kind).arg(text)));
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

    /// The sequences above had a step of every kind in them.
    void everyKindOfEditWasTried()
    {
        for (int kind = 0; kind < 17; ++kind) {
            QVERIFY2(m_kinds.contains(kind), qPrintable(QString::number(kind)));
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

    /// A locked layer keeps its channels, those of a file and those that the method before had chosen.
    void anotherMethodLeavesLockedLayersAlone()
    {
        const ModelSpec spec = test::smallSpec(4, false);
        PruningPlan plan = keepAllPlan(spec);
        plan.method = "l1";
        for (LayerPlan& layer : plan.layers) {
            layer.keptKeyDims = 2;
            layer.kept.clear();
        }
        plan.layers[0].kept = plan.layers[1].kept = { { 0, 1 }, { 2, 3 }, { 0, 1 }, { 2, 3 } };
        plan.layers[0].locked = plan.layers[2].locked = true;
        PruningPlan realised = plan;
        realised.layers[1].kept = realised.layers[2].kept = realised.layers[3].kept
            = { { 4, 5 }, { 6, 7 }, { 4, 5 }, { 6, 7 } };
        realised.layers[2].locked = false; // the lock came later
        PlanDocument document;
        document.open(spec, plan);
        const PruningPlan before = document.plan();
        document.replacePlan(withMethod(document.plan(), "rrqr", realised), u"method RRQR"_s);
        const auto& layers = document.plan().layers;
        QCOMPARE(layers[0].kept, plan.layers[0].kept);
        QVERIFY(layers[1].kept.empty());
        QCOMPARE(layers[2].kept, realised.layers[2].kept);
        QVERIFY(layers[3].kept.empty());
        document.undoStack()->undo();
        QVERIFY(document.plan() == before);
        // What was chosen for another size of the layer is not what it has.
        realised.layers[2].keptKeyDims = 3;
        document.setMethod(u"l1"_s, u"L1"_s);
        QCOMPARE(document.plan().layers[0].kept, plan.layers[0].kept);
        document.replacePlan(withMethod(document.plan(), "random", realised), u"method Random"_s);
        QVERIFY(document.plan().layers[2].kept.empty());
        QCOMPARE(document.plan().layers[0].kept, plan.layers[0].kept);
    }

    void forcedChannels()
    {
        PlanDocument document;
        const ModelSpec spec = test::smallSpec(4, true);
        PruningPlan plan = keepAllPlan(spec);
        document.open(spec, plan);
        document.forceChannels(1, 2, { 17, 3 }, ChannelForce::Out);
        QCOMPARE(document.undoStack()->undoText(), u"force 2 channels of layer 1 head 2 out"_s);
        const LayerPlan& layer = document.plan().layers[1];
        QCOMPARE(layer.headEdits[2].forcedOut, (std::vector<int> { 3, 17 }));
        QCOMPARE(layer.keptKeyDimsOf(2), 62);
        QVERIFY(layer.kept[2].empty()); // to be selected again; the other heads keep their lists
        QCOMPARE(layer.kept[1].size(), std::size_t { 64 });
        document.forceChannels(1, 2, { 17 }, ChannelForce::In);
        QCOMPARE(document.undoStack()->undoText(), u"force channel 17 of layer 1 head 2 in"_s);
        QCOMPARE(channelForce(layer, 2, 17), ChannelForce::In);
        QCOMPARE(channelForce(layer, 2, 3), ChannelForce::Out);
        QCOMPARE(channelForce(layer, 2, 4), ChannelForce::Free);
        document.forceChannels(1, 2, { 3, 17 }, ChannelForce::Free);
        QVERIFY(layer.headEdits.empty());
        // What cannot be forced is no step: a softmax layer, a head or channel that is not there, a locked
        // layer.
        const int steps = document.undoStack()->count();
        document.forceChannels(3, 0, { 1 }, ChannelForce::Out);
        document.forceChannels(1, 4, { 1 }, ChannelForce::Out);
        document.forceChannels(1, 0, { 64, -1 }, ChannelForce::Out);
        QCOMPARE(document.undoStack()->count(), steps);
        document.setLocked({ 1 }, true);
        document.forceChannels(1, 0, { 1 }, ChannelForce::Out);
        document.setHeadOn(1, 0, false);
        document.resetHead(1, 2);
        QCOMPARE(document.undoStack()->count(), steps + 1);
        while (document.undoStack()->canUndo()) {
            document.undoStack()->undo();
        }
        QVERIFY(document.plan() == plan);
    }

    /// Only a drag restores what it took; a step of its own means what it says.
    void explicitListsGoWhereAStepSaysSo()
    {
        PlanDocument document;
        const ModelSpec spec = test::smallSpec(2, false);
        document.open(spec, test::openPlan(spec));
        const PruningPlan listed = [&] {
            PruningPlan plan = keepAllPlan(spec);
            plan.method = "rrqr";
            return plan;
        }();
        document.replacePlan(listed, u"load"_s);
        QVERIFY(document.plan().layers == listed.layers);
        document.resetHeads({ 1 });
        QVERIFY(document.plan().layers[1].kept.empty());
        document.undoStack()->undo();
        QVERIFY(document.plan().layers == listed.layers);
    }

    void headsSwitchedOffComeBack()
    {
        PlanDocument document;
        const ModelSpec spec = test::smallSpec(2, false);
        document.open(spec, test::openPlan(spec));
        document.setHeadOn(1, 3, false);
        QCOMPARE(document.undoStack()->undoText(), u"switch off layer 1 head 3"_s);
        QCOMPARE(document.plan().layers[1].keptKeyDimsOf(3), 0);
        QVERIFY(!document.plan().keepsAll());
        document.setHeadOn(1, 3, true);
        QVERIFY(document.plan().keepsAll());
        // A head's own count outlives smaller sizes of its layer.
        document.setHeadsKept(1, { { 2, 40 } }, document.newGesture());
        document.setKept({ 1 }, 20, document.newGesture());
        QCOMPARE(document.plan().layers[1].keptKeyDimsOf(2), 20);
        document.setKept({ 1 }, 50, document.newGesture());
        QCOMPARE(document.plan().layers[1].keptKeyDimsOf(2), 40);
        QCOMPARE(document.plan().layers[1].keptKeyDimsOf(1), 50);
        document.resetHead(1, 2);
        QCOMPARE(document.undoStack()->undoText(), u"reset layer 1 head 2"_s);
        QCOMPARE(document.plan().layers[1].keptKeyDimsOf(2), 50);
        document.undoStack()->undo();
        QCOMPARE(document.plan().layers[1].keptKeyDimsOf(2), 40);
        document.resetHeads({ 1 });
        QCOMPARE(document.plan().layers[1].keptKeyDimsOf(2), 50);
    }

    void aDraggedHeadIsOneStepAndLeavesNoneWhenItReturns()
    {
        PlanDocument document;
        const ModelSpec spec = test::smallSpec(2, false);
        const PruningPlan plan = keepAllPlan(spec); // with explicit lists, which come back too
        document.open(spec, plan);
        const quint64 gesture = document.newGesture();
        for (const int kept : { 60, 30, 0, 30 }) {
            document.setHeadsKept(0, { { 1, kept } }, gesture);
        }
        QCOMPARE(document.undoStack()->count(), 1);
        document.setHeadsKept(0, { { 1, std::nullopt } }, gesture);
        QCOMPARE(document.undoStack()->count(), 0);
        QVERIFY(document.plan() == plan);
        const quint64 other = document.newGesture();
        document.setKept({ 1 }, 12, other);
        document.setKept({ 1 }, 64, other);
        QCOMPARE(document.undoStack()->count(), 0);
        QVERIFY(document.plan() == plan);
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

private:
    std::set<int> m_kinds; ///< that made a step in a random sequence
};

QTEST_MAIN(TestPlanDocument)
#include "tst_plan_document.moc"
