// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/narrow.h"
#include "tests/support/paths.h"
#include "tests/ui/held_lane.h"
#include "tests/ui/ui_support.h"
#include "ui/document/layer_probes.h"
#include "ui/document/size_snap.h"
#include "ui/document/workbench.h"
#include "ui/format/numbers.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/models/layer_table_model.h"
#include "ui/panels/plan_panel.h"
#include "ui/settings/settings.h"
#include "ui/widgets/ratio_editor.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QUndoStack>

#include <algorithm>

using namespace rankscope;
using namespace Qt::StringLiterals;

namespace {

constexpr int kEngineMs = 60000;

/// The demo with 10 windows of 48 tokens, so that a sample is less than all.
struct Bench {
    JobLanes lanes;
    JobListModel jobs;
    PlanDocument document;
    Workbench workbench { lanes, jobs, document, Workbench::Options { 10, 2, 48, 2, 32 } };
    LayerProbes probes { workbench, lanes, jobs, document };

    ~Bench()
    {
        workbench.stopAll();
        lanes.drain();
    }
    void open()
    {
        workbench.open(QString::fromStdU16String(test::demoDir().u16string()));
        QTRY_VERIFY_WITH_TIMEOUT(probes.haveCosts(), kEngineMs);
    }
    [[nodiscard]] bool allFinal() const
    {
        for (const int layer : document.prunableLayers()) {
            const bool cut = !document.plan().layers[idx(layer)].keepsAll();
            if (probes.of(layer).aloneTrust != (cut ? Trust::Final : Trust::Missing)) {
                return false;
            }
        }
        return !probes.measuring();
    }
};

} // namespace

class TestLayerProbes : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR",
                QByteArray::fromStdString((test::sourceDir() / "resources").string()));
    }

    void measuresWhatIsCutAndOnlyThat()
    {
        Bench bench;
        bench.open();
        for (int layer = 0; layer < 6; ++layer) {
            QCOMPARE(bench.probes.of(layer).curve.size(), std::size_t { 4 });
            QVERIFY(!bench.probes.of(layer).alone);
        }
        QCOMPARE(bench.probes.estimate(std::vector<int>(6, 64)), std::optional(0.0));
        bench.document.setKeptPerLayer({ { 1, 32 }, { 4, 20 } }, bench.document.newGesture());
        QTRY_VERIFY_WITH_TIMEOUT(bench.allFinal(), kEngineMs);
        const LayerProbe first = *bench.probes.of(4).alone;
        QCOMPARE(first.losses.windows(), 10);
        QCOMPARE(first.keptKeyDims, 20);
        QVERIFY(!bench.probes.of(0).alone);
        // The estimate of the present plan is what was measured.
        const double measured
            = bench.workbench.candidate()->meanNll() - bench.workbench.baseline()->meanNll();
        const std::vector<int> kept { 64, 32, 64, 64, 20, 64 };
        QVERIFY(std::abs(*bench.probes.estimate(kept) - measured) < 1e-9);
        QVERIFY(*bench.probes.estimate({ 8, 8, 8, 8, 8, 8 }) > *bench.probes.estimate(kept));

        // Another layer: the measured one is kept, bit for bit, and stays final.
        bench.document.setKept({ 1 }, 16, bench.document.newGesture());
        QCOMPARE(bench.probes.of(1).aloneTrust, Trust::Stale);
        QVERIFY(bench.probes.of(1).alone); // greyed, not gone
        QCOMPARE(bench.probes.of(4).aloneTrust, Trust::Final);
        QTRY_VERIFY_WITH_TIMEOUT(bench.allFinal(), kEngineMs);
        QVERIFY(*bench.probes.of(4).alone == first);
        QCOMPARE(bench.probes.of(1).alone->keptKeyDims, 16);
        // Back: measured again, the same numbers.
        bench.document.undoStack()->undo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.allFinal(), kEngineMs);
        QCOMPARE(bench.probes.of(1).alone->keptKeyDims, 32);
        bench.document.keepEverything();
        QTRY_VERIFY_WITH_TIMEOUT(bench.allFinal(), kEngineMs);
        QVERIFY(!bench.probes.of(4).alone);
    }

    void stopsAndGoesOn()
    {
        Bench bench;
        bench.open();
        bench.document.setPruneRatio(0.5, bench.document.newGesture());
        QTRY_VERIFY_WITH_TIMEOUT(bench.probes.measuring(), kEngineMs);
        bench.workbench.stopAll();
        QTRY_VERIFY_WITH_TIMEOUT(!bench.probes.measuring(), kEngineMs);
        QTest::qWait(400); // nothing starts by itself
        QVERIFY(!bench.probes.measuring());
        QVERIFY(bench.probes.note().contains(u"Measure the layers"_s));
        bench.probes.measureNow();
        QTRY_VERIFY_WITH_TIMEOUT(bench.allFinal(), kEngineMs);
        QVERIFY(bench.probes.note().isEmpty());
    }

    /// What was selected for another text is no result of this one, before the new selection has run either.
    void anotherCalibrationTextMakesThemStale()
    {
        Bench bench;
        bench.open();
        bench.document.setPruneRatio(0.5, bench.document.newGesture());
        QTRY_VERIFY_WITH_TIMEOUT(bench.allFinal(), kEngineMs);
        {
            const test::HeldLane engine(bench.lanes.gpu());
            bench.workbench.setCalibrationText(bench.workbench.evaluationText());
            QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.statistics(), nullptr, kEngineMs);
            for (const int layer : bench.document.prunableLayers()) {
                QCOMPARE(bench.probes.of(layer).aloneTrust, Trust::Stale);
                QCOMPARE(bench.probes.of(layer).curveTrust, Trust::Stale);
            }
            QVERIFY(!bench.probes.haveCosts());
        }
        QTRY_VERIFY_WITH_TIMEOUT(bench.allFinal() && bench.probes.haveCosts(), kEngineMs);
    }

    /// Channels that a plan names itself depend on no text.
    void listedChannelsStayMeasured()
    {
        Bench bench;
        bench.open();
        bench.document.setKept({ 2 }, 16, bench.document.newGesture());
        QTRY_VERIFY_WITH_TIMEOUT(bench.allFinal(), kEngineMs);
        bench.document.replacePlan(*bench.workbench.realisedPlan(), u"load"_s);
        QTRY_VERIFY_WITH_TIMEOUT(bench.allFinal(), kEngineMs);
        const test::HeldLane engine(bench.lanes.gpu());
        bench.workbench.setCalibrationText(bench.workbench.evaluationText());
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.statistics(), nullptr, kEngineMs);
        QCOMPARE(bench.probes.of(2).aloneTrust, Trust::Final);
        QCOMPARE(bench.probes.of(2).curveTrust, Trust::Stale);
    }

    void anotherMethodHasOtherCurves()
    {
        Bench bench;
        bench.open();
        const std::vector<LayerProbe> before = bench.probes.of(3).curve;
        bench.document.setMethod(u"random"_s, u"Random"_s);
        QVERIFY(!bench.probes.haveCosts());
        QCOMPARE(bench.probes.of(3).curveTrust, Trust::Stale);
        QTRY_VERIFY_WITH_TIMEOUT(bench.probes.haveCosts(), kEngineMs);
        QVERIFY(!(bench.probes.of(3).curve == before));
    }

    /// A layer of full size whose heads are edited loses something, too.
    void aHeadThatIsOffIsACut()
    {
        Bench bench;
        LayerTableModel table(bench.document);
        table.setProbes(&bench.probes);
        bench.open();
        const auto tip = [&](int layer) {
            return table.index(layer, LayerTableModel::DeltaColumn).data(Qt::ToolTipRole).toString();
        };
        QCOMPARE(tip(2), u"Layer 2 keeps everything."_s);
        {
            const test::HeldLane engine(bench.lanes.gpu());
            bench.document.setHeadOn(2, 0, false);
            QVERIFY2(!tip(2).contains(u"keeps everything"_s), qPrintable(tip(2)));
            QCOMPARE(tip(1), u"Layer 1 keeps everything."_s);
        }
        QTRY_VERIFY_WITH_TIMEOUT(bench.allFinal(), kEngineMs);
        QVERIFY2(tip(2).startsWith(u"Only layer 2 pruned as planned"_s), qPrintable(tip(2)));
    }

    /// What the status bar says of another view stays while plan and numbers change.
    void thePlanPanelSpeaksOnlyOfItsPreviews()
    {
        Bench bench;
        QTemporaryDir folder;
        Settings settings(folder.filePath(u"settings.ini"_s));
        SizeSnap snap(settings);
        PlanPanel panel(bench.workbench, bench.document, bench.probes, snap);
        panel.show();
        bench.open();
        const QSignalSpy said(&panel, &PlanPanel::hovered);
        bench.document.setPruneRatio(0.5, bench.document.newGesture());
        QTRY_VERIFY_WITH_TIMEOUT(bench.allFinal(), kEngineMs);
        QCOMPARE(said.count(), 0);
        QEvent enter(QEvent::Enter);
        QCoreApplication::sendEvent(panel.byRank(), &enter);
        QCOMPARE(said.count(), 1);
        QVERIFY(!said.last().first().toString().isEmpty());
        QEvent leave(QEvent::Leave);
        QCoreApplication::sendEvent(panel.byRank(), &leave);
        QCOMPARE(said.count(), 2);
        QVERIFY(said.last().first().toString().isEmpty());
    }

    /// Another method under the pointer or the keys: what is known of it without selecting by it.
    void thePlanPanelSaysWhatAnotherMethodWouldGive()
    {
        Bench bench;
        QTemporaryDir folder;
        Settings settings(folder.filePath(u"settings.ini"_s));
        SizeSnap snap(settings);
        PlanPanel panel(bench.workbench, bench.document, bench.probes, snap);
        panel.show();
        bench.open();
        QComboBox* method = panel.method();
        const int l1 = method->findData(u"l1"_s);
        const QString name = method->itemText(l1);
        const auto highlight = [&](int index) {
            method->showPopup();
            QTest::keyClick(method->view(), Qt::Key_Home);
            for (int row = 0; row < index; ++row) {
                QTest::keyClick(method->view(), Qt::Key_Down);
            }
            return panel.previewText();
        };
        const QSignalSpy said(&panel, &PlanPanel::hovered);
        QVERIFY2(highlight(l1).startsWith(name + u" would give: 384 of 384 dims"_s)
                     && panel.previewText().endsWith(u"no difference while nothing is removed"_s),
                 qPrintable(panel.previewText()));
        QVERIFY(said.last().first().toString().contains(method->itemData(l1, Qt::ToolTipRole).toString()));
        method->hidePopup();
        QVERIFY(panel.previewText().startsWith(u"Now"_s));
        QVERIFY(said.last().first().toString().isEmpty());
        bench.document.setPruneRatio(0.5, bench.document.newGesture());
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.realisedPlan().has_value(), kEngineMs);
        bench.document.setLocked({ 1 }, true);
        const PruningPlan before = bench.document.plan();
        QVERIFY2(highlight(l1).contains(u"192 of 384 dims · 192 KiB"_s)
                     && panel.previewText().endsWith(
                         u"other channels, to be selected and measured · 1 locked layer keeps its own"_s),
                 qPrintable(panel.previewText()));
        QVERIFY(!panel.previewText().contains(u"nats"_s)); // no guess from another method's curves
        // The present one is what is there.
        QVERIFY(highlight(method->findData(u"rrqr"_s)).startsWith(u"Now"_s));
        method->hidePopup();
        QVERIFY(bench.document.plan() == before); // said before it is done
        // Tried once, its number is known.
        Q_EMIT method->activated(l1);
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        const QString loss = formatSigned(bench.workbench.denseDelta()->meanNll, 3);
        bench.document.undoStack()->undo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.realisedPlan().has_value(), kEngineMs);
        QVERIFY2(highlight(l1).contains(u"measured %1 nats against dense"_s.arg(loss)),
                 qPrintable(panel.previewText()));
        method->hidePopup();
    }

    void thePlanPanelSaysWhatItWouldGive()
    {
        Bench bench;
        QTemporaryDir folder;
        Settings settings(folder.filePath(u"settings.ini"_s));
        SizeSnap snap(settings);
        PlanPanel panel(bench.workbench, bench.document, bench.probes, snap);
        panel.resize(320, 500);
        panel.show();
        bench.open();
        QVERIFY(panel.previewText().startsWith(u"Now"_s));
        QVERIFY(!panel.bySensitivity()->isEnabled()); // nothing is cut

        QLineEdit* typed = panel.ratio()->number()->findChild<QLineEdit*>();
        typed->selectAll();
        QTest::keyClicks(typed, u"0.5"_s);
        QVERIFY(panel.previewText().contains(u"192 of 384 dims"_s));
        QVERIFY(panel.previewText().contains(u"192 KiB"_s));
        QVERIFY(panel.previewText().contains(u"≈ +"_s));
        QVERIFY(panel.previewText().contains(u"single-layer probes"_s));
        QVERIFY(bench.document.plan().keepsAll()); // said before it is done
        QTest::keyClick(panel.ratio()->number(), Qt::Key_Return);
        QCOMPARE(bench.document.plan().layers[0].keptKeyDims, 32);

        const std::int64_t bytes = bench.document.stateBytes();
        QTRY_VERIFY_WITH_TIMEOUT(bench.allFinal(), kEngineMs);
        QVERIFY(panel.previewText().contains(u"measured"_s));
        const int steps = bench.document.undoStack()->count();
        panel.bySensitivity()->click();
        QCOMPARE(bench.document.undoStack()->count(), steps + 1);
        QCOMPARE(bench.document.stateBytes(), bytes);
        panel.byRank()->click();
        QCOMPARE(bench.document.stateBytes(), bytes);
        // Nothing is shared out by ranks of another text.
        const auto spectra = bench.workbench.spectra();
        {
            const test::HeldLane engine(bench.lanes.gpu());
            bench.workbench.setEvaluationText(bench.workbench.calibrationText());
            QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.spectraTrust(), Trust::Stale, kEngineMs);
            QVERIFY(!panel.byRank()->isEnabled());
            QVERIFY2(panel.byRank()->toolTip().contains(u"earlier text"_s),
                     qPrintable(panel.byRank()->toolTip()));
        }
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.spectra() != spectra && panel.byRank()->isEnabled(),
                                 kEngineMs);

        panel.budgetField()->setFocus();
        panel.budgetField()->selectAll();
        QTest::keyClicks(panel.budgetField(), u"240 KiB"_s);
        QVERIFY(panel.previewText().contains(u"240 KiB would give: 240 of 384 dims"_s));
        QTest::keyClick(panel.budgetField(), Qt::Key_Return);
        QCOMPARE(bench.document.stateBytes(), std::int64_t { 240 * 1024 });
        QCOMPARE(bench.document.plan().layers[2].keptKeyDims, 40);
        QCOMPARE(keptKeyDimsForRatio(64, bench.document.plan().requestedRatio), 40); // no overrides

        // What was asked for stays beside what came of it, and Enter goes back to it.
        QTest::keyClicks(panel.budgetField(), u"62 %"_s);
        QTest::keyClick(panel.budgetField(), Qt::Key_Return);
        const auto says = [&panel](const QString& asked, const QString& outcome) {
            return panel.budgetField()->text() == asked && panel.budgetOutcome()->accessibleName() == outcome;
        };
        QVERIFY2(says(u"62 %"_s, u"→ 234 KiB of 384 KiB"_s), qPrintable(panel.budgetOutcome()->text()));
        const PruningPlan asked = bench.document.plan();
        bench.document.setKept({ 2 }, 64, 0);
        QVERIFY2(says(u"62 %"_s, u"→ 259 KiB, 21 KiB over"_s), qPrintable(panel.budgetOutcome()->text()));
        QTest::keyClick(panel.budgetField(), Qt::Key_Return);
        QVERIFY(bench.document.plan() == asked);
        panel.budgetField()->selectAll();
        QTest::keyClicks(panel.budgetField(), u"240 KiB"_s);
        QTest::keyClick(panel.budgetField(), Qt::Key_Return);
        QVERIFY2(says(u"240 KiB"_s, u"→ 240 KiB of 384 KiB"_s), qPrintable(panel.budgetOutcome()->text()));

        snap.setRule(SizeRule::MultiplesOf16);
        QVERIFY(panel.snapRule()->toolTip().contains(u"40: a multiple of 8, runs in the kernel for 48"_s));
        panel.budgetField()->selectAll();
        for (const QString& text : { u"nonsense"_s, u"240 KiBB"_s, u"100 B"_s, u"0 %"_s }) {
            panel.budgetField()->selectAll();
            QTest::keyClicks(panel.budgetField(), text);
            for (const bool entered : { false, true }) {
                if (entered) {
                    QTest::keyClick(panel.budgetField(), Qt::Key_Return);
                }
                QVERIFY2(panel.previewText().contains(text)
                             && (panel.previewText().contains(u"no budget"_s)
                                 || panel.previewText().contains(u"too little"_s)),
                         qPrintable(panel.previewText()));
                QCOMPARE(bench.document.stateBytes(), std::int64_t { 240 * 1024 });
                QCOMPARE(panel.budgetField()->text(), text); // to be mended
            }
        }
        // The sentence names what is possible.
        snap.setRule(SizeRule::Any);
        panel.budgetField()->selectAll();
        QTest::keyClicks(panel.budgetField(), u"1 KiB"_s);
        QVERIFY2(panel.previewText().contains(u"the smallest state has 6 KiB"_s),
                 qPrintable(panel.previewText()));
        panel.budgetField()->selectAll();
        QTest::keyClicks(panel.budgetField(), u"6 KiB"_s);
        QTest::keyClick(panel.budgetField(), Qt::Key_Return);
        QCOMPARE(bench.document.stateBytes(), std::int64_t { 6 * 1024 });
        panel.ratio()->number()->setFocus(); // what was not entered is forgotten
        QCOMPARE(panel.budgetField()->text(), u"6 KiB"_s);
    }
};

QTEST_MAIN(TestLayerProbes)
#include "tst_layer_probes.moc"
