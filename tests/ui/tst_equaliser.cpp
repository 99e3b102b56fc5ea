// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/narrow.h"
#include "tests/ui/paint_spy.h"
#include "tests/ui/ui_support.h"
#include "ui/document/plan_document.h"
#include "ui/document/size_snap.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/head_equaliser_panel.h"
#include "ui/settings/settings.h"
#include "ui/widgets/equaliser.h"

#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <QUndoStack>

#include <numeric>

using namespace rankscope;
using namespace Qt::StringLiterals;

namespace {

/// An equaliser on a document, as its panel wires them.
struct Bench {
    explicit Bench(int layers)
    {
        const ModelSpec spec = test::smallSpec(layers, false);
        document.open(spec, test::openPlan(spec));
        faders.setGestureSource([this] { return document.newGesture(); });
        QObject::connect(&document, &PlanDocument::planChanged, &faders, [this] { refresh(); });
        QObject::connect(&faders, &Equaliser::edited, &document,
                         [this](const std::map<int, int>& kept, quint64 gesture) {
                             document.setKeptPerLayer(kept, gesture);
                         });
        QObject::connect(&faders, &Equaliser::picked, &faders, &Equaliser::setCurrent);
        QObject::connect(&faders, &Equaliser::resetWanted, &document,
                         [this](int layer, quint64 gesture) { document.setKept({ layer }, 50, gesture); });
        faders.resize(400, 300);
        refresh();
        faders.setCurrent(1);
        faders.show();
    }

    void refresh()
    {
        std::vector<Equaliser::Fader> shown;
        for (int layer = 0; layer < document.spec().layerCount(); ++layer) {
            const LayerPlan& plan = document.plan().layers[idx(layer)];
            Equaliser::Fader fader;
            fader.id = layer;
            fader.track = { plan.keyDims, plan.keptKeyDims, plan.locked, 1024 };
            shown.push_back(std::move(fader));
        }
        faders.setFaders(std::move(shown));
    }

    [[nodiscard]] std::vector<int> kept() const
    {
        std::vector<int> result;
        for (const LayerPlan& layer : document.plan().layers) {
            result.push_back(layer.keptKeyDims);
        }
        return result;
    }

    void drag(const std::vector<std::pair<int, double>>& path, Qt::KeyboardModifiers keys = {})
    {
        QTest::mousePress(&faders, Qt::LeftButton, keys, at(path.front()));
        for (const auto& point : path) {
            QTest::mouseMove(&faders, at(point));
            QMouseEvent move(QEvent::MouseMove, at(point), faders.mapToGlobal(at(point)), Qt::NoButton,
                             Qt::LeftButton, keys);
            QCoreApplication::sendEvent(&faders, &move);
        }
        QTest::mouseRelease(&faders, Qt::LeftButton, keys, at(path.back()));
    }

    [[nodiscard]] QPoint at(const std::pair<int, double>& point) const
    {
        return faders.pointOf(point.first, point.second).toPoint();
    }

    PlanDocument document;
    Equaliser faders;
};

} // namespace

class TestEqualiser : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aClickSelectsAndChangesNothing()
    {
        Bench bench(6);
        QTest::mouseClick(&bench.faders, Qt::LeftButton, {}, bench.at({ 3, 20.0 }));
        QCOMPARE(bench.faders.current(), 3);
        QCOMPARE(bench.document.undoStack()->count(), 0);
        QVERIFY(!bench.faders.hasGhost());
    }

    /// What a fader would cost, or its ranks, of an earlier plan: shown, and not in the colour of a result.
    void whatIsOfAnEarlierPlanLooksSo()
    {
        Equaliser faders;
        faders.resize(300, 300);
        const auto painted = [&faders](bool costsStale, bool ranksStale) {
            Equaliser::Fader fader;
            fader.track = { 50, 30, false, 1024 };
            fader.entropyRank = 20.0;
            fader.thresholdRank = 25.0;
            fader.costs = { { 1, 0.5 }, { 25, 0.2 }, { 50, 0.0 } };
            fader.costsStale = costsStale;
            fader.ranksStale = ranksStale;
            faders.setFaders({ fader });
            return faders.grab().toImage();
        };
        const QImage now = painted(false, false);
        QVERIFY(painted(true, false) != now);
        QVERIFY(painted(false, true) != now);
        QCOMPARE(painted(false, false), now);
    }

    /// Faders of many layers are not painted again for a pointer that moves over one of them.
    void paintsOnlyTheFaderUnderThePointer()
    {
        Bench bench(24);
        bench.faders.resize(900, 300);
        QVERIFY(QTest::qWaitForWindowExposed(&bench.faders));
        QVERIFY(test::screenIsUpToDate(bench.faders));
        test::PaintSpy spy(bench.faders);
        bench.faders.update(); // with all that showing it left to do
        QVERIFY(spy.paints(bench.faders.rect(), bench.faders.rect()));
        const auto around = [&bench](int first, int last) {
            return QRect(QPoint(bench.at({ first, 0.0 }).x() - 2, 0),
                         QPoint(bench.at({ last, 0.0 }).x() + 2, bench.faders.height() - 1));
        };
        const auto move = [&bench](const QPointF& at) {
            QMouseEvent event(QEvent::MouseMove, at, bench.faders.mapToGlobal(at), Qt::NoButton, Qt::NoButton,
                              {});
            QCoreApplication::sendEvent(&bench.faders, &event);
        };
        move(bench.at({ 10, 20.0 }));
        QVERIFY(spy.paints(around(10, 10), around(8, 13)));
        QVERIFY(test::screenIsUpToDate(bench.faders));
        QVERIFY(spy.paints({}, bench.faders.rect())); // that was painted whole
        move(bench.at({ 11, 50.0 }));
        QVERIFY(spy.paints(around(10, 11), around(8, 14)));
        bench.faders.setHovered(3);
        QVERIFY(spy.paints(around(3, 3), around(1, 5)));
        bench.faders.setHovered(23);
        QVERIFY(spy.paints(QRegion(around(3, 3)) + around(23, 23),
                           QRegion(around(1, 5)) + around(21, 23).adjusted(0, 0, 30, 0)));
        move(QPointF(-1.0, -1.0));
        QVERIFY(spy.paints(around(11, 11), around(8, 14)));
        QVERIFY(test::screenIsUpToDate(bench.faders));
    }

    void aDragIsOneStep()
    {
        Bench bench(6);
        bench.drag({ { 0, 60.0 }, { 1, 40.0 }, { 2, 30.0 }, { 5, 12.0 } });
        QCOMPARE(bench.document.undoStack()->count(), 1);
        QVERIFY(std::abs(bench.kept()[2] - 30) <= 1);
        QVERIFY(std::abs(bench.kept()[5] - 12) <= 1);
        QVERIFY(bench.kept()[3] < bench.kept()[2] && bench.kept()[3] > bench.kept()[5]); // drawn across
        QVERIFY(bench.faders.hasGhost()); // until the first number
        bench.faders.clearGhost();
        QVERIFY(!bench.faders.hasGhost());
        bench.document.undoStack()->undo();
        QCOMPARE(bench.kept(), std::vector<int>(6, 64));
        // Back to where it began: no step remains.
        bench.document.undoStack()->clear();
        bench.drag({ { 2, 60.0 }, { 2, 20.0 }, { 2, 70.0 } });
        QCOMPARE(bench.document.undoStack()->count(), 0);
    }

    void altKeepsTheTotal()
    {
        Bench bench(6);
        bench.document.setKept({ 0, 1, 2, 3, 4, 5 }, 32, bench.document.newGesture());
        bench.document.setLocked({ 5 }, true);
        for (const Qt::KeyboardModifier key : { Qt::AltModifier, Qt::ControlModifier }) {
            bench.drag({ { 1, 32.0 }, { 1, 50.0 }, { 2, 45.0 } }, key);
            const std::vector<int> kept = bench.kept();
            QCOMPARE(std::accumulate(kept.begin(), kept.end(), 0), 32 * 6);
            QCOMPARE(kept[5], 32);
            QVERIFY(kept[1] > 40);
            bench.document.undoStack()->undo();
        }
    }

    void shiftMovesAll()
    {
        Bench bench(4);
        bench.document.setKeptPerLayer({ { 0, 40 }, { 1, 30 }, { 2, 20 }, { 3, 50 } },
                                       bench.document.newGesture());
        bench.drag({ { 1, 30.0 }, { 1, 20.0 } }, Qt::ShiftModifier);
        const std::vector<int> kept = bench.kept();
        QVERIFY(kept[1] < 25);
        QCOMPARE(kept[0] - kept[1], 10);
        QCOMPARE(kept[3] - kept[2], 30);
    }

    void keysMoveTheCurrentFader()
    {
        Bench bench(4);
        bench.document.setKept({ 0, 1, 2, 3 }, 32, bench.document.newGesture());
        const auto press = [&](Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
            QTest::keyClick(&bench.faders, key, modifiers);
            return bench.kept()[1];
        };
        QCOMPARE(press(Qt::Key_Up), 33);
        QCOMPARE(press(Qt::Key_Up, Qt::ShiftModifier), 37);
        QCOMPARE(press(Qt::Key_Down), 36);
        QCOMPARE(press(Qt::Key_PageUp), 44);
        QCOMPARE(press(Qt::Key_PageDown), 36);
        QCOMPARE(bench.document.undoStack()->count(), 2); // one burst
        QCOMPARE(press(Qt::Key_Home), 64);
        QCOMPARE(press(Qt::Key_End), 1);
        QTest::keyClick(&bench.faders, Qt::Key_Right);
        QCOMPARE(bench.faders.current(), 2);
        QVERIFY(bench.faders.accessibleDescription().contains(u"layer 2 keeps 32 of 64"_s));
        QTest::keyClick(&bench.faders, Qt::Key_Delete);
        QCOMPARE(bench.kept()[2], 50);
        bench.faders.setSizes([](int size) { return sizesOf16(size); });
        QTest::keyClick(&bench.faders, Qt::Key_Up);
        QCOMPARE(bench.kept()[2], 64);
        QTest::keyClick(&bench.faders, Qt::Key_Down);
        QCOMPARE(bench.kept()[2], 48);
    }

    void numbersAreTyped()
    {
        Bench bench(4);
        bench.faders.setFocus();
        QTest::keyClick(&bench.faders, Qt::Key_2);
        auto* entry = bench.faders.findChild<QSpinBox*>();
        QVERIFY(entry != nullptr && entry->isVisible());
        QTest::keyClick(entry, Qt::Key_7);
        QTest::keyClick(entry, Qt::Key_Return);
        QCOMPARE(bench.kept()[1], 27);
        QCOMPARE(bench.document.undoStack()->count(), 1);
        QTest::keyClick(&bench.faders, Qt::Key_9);
        entry = nullptr;
        for (QSpinBox* box : bench.faders.findChildren<QSpinBox*>()) {
            entry = box->isVisible() ? box : entry;
        }
        QVERIFY(entry != nullptr);
        QTest::keyClick(entry, Qt::Key_Escape);
        QTRY_COMPARE(bench.kept()[1], 27);
    }

    /// As many faders, but of another layer: another step, and no outline of the sizes before.
    void headsOfAnotherLayerAreAnotherStep()
    {
        QTemporaryDir folder;
        Settings settings(folder.filePath(u"settings.ini"_s));
        JobLanes lanes;
        JobListModel jobs;
        PlanDocument document;
        Workbench workbench(lanes, jobs, document, {});
        LayerSelection selection;
        SizeSnap snap(settings);
        test::FakeDialogs dialogs;
        const ModelSpec spec = test::smallSpec(3, false);
        document.open(spec, test::openPlan(spec));
        selection.reset(3, 0);
        HeadEqualiserPanel panel(workbench, document, selection, snap, dialogs);
        panel.resize(400, 300);
        panel.show();
        Equaliser& faders = *panel.equaliser();
        QTest::keyClick(&faders, Qt::Key_Down);
        QTest::keyClick(&faders, Qt::Key_Down);
        QCOMPARE(document.undoStack()->count(), 1);
        QVERIFY(faders.hasGhost());
        selection.setCurrentLayer(1);
        QVERIFY(!faders.hasGhost());
        QTest::keyClick(&faders, Qt::Key_Down);
        QCOMPARE(document.undoStack()->count(), 2);
        document.undoStack()->undo();
        QVERIFY(document.plan().layers[1].headEdits.empty());
        QCOMPARE(document.plan().layers[0].keptKeyDimsOf(0), 62);
    }

    void aDoubleClickResets()
    {
        Bench bench(4);
        QTest::mouseDClick(&bench.faders, Qt::LeftButton, {}, bench.at({ 2, 10.0 }));
        QCOMPARE(bench.kept()[2], 50);
        QCOMPARE(bench.document.undoStack()->count(), 1);
    }

    void lockedFadersStay()
    {
        Bench bench(4);
        bench.document.setLocked({ 1 }, true);
        bench.drag({ { 0, 60.0 }, { 3, 20.0 } });
        QCOMPARE(bench.kept()[1], 64);
        bench.document.undoStack()->undo();
        QTest::keyClick(&bench.faders, Qt::Key_Down);
        QCOMPARE(bench.kept()[1], 64);
    }

    void manyFadersScroll()
    {
        Bench bench(96);
        QVERIFY(bench.faders.pointOf(95, 10.0).x() > bench.faders.width());
        bench.faders.setCurrent(95);
        QVERIFY(bench.faders.pointOf(95, 10.0).x() < bench.faders.width());
        QVERIFY(bench.faders.pointOf(0, 10.0).x() < 0.0);
        QVERIFY(!bench.faders.grab().isNull());
        bench.faders.resize(2000, 300);
        QCoreApplication::processEvents();
        QVERIFY(bench.faders.pointOf(0, 10.0).x() > 0.0);
    }

private:
    static std::vector<int> sizesOf16(int size)
    {
        std::vector<int> sizes;
        for (int each = 16; each <= size; each += 16) {
            sizes.push_back(each);
        }
        return sizes;
    }
};

QTEST_MAIN(TestEqualiser)
#include "tst_equaliser.moc"
