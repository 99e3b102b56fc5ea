// SPDX-License-Identifier: GPL-3.0-or-later
// Saves that are stopped, or asked for while another one is under way.
#include "core/plan/plan_file.h"
#include "tests/ui/held_lane.h"
#include "tests/ui/window_bench.h"
#include "ui/document/document_session.h"
#include "ui/panels/plan_panel.h"
#include "ui/widgets/message_bar.h"

#include <QComboBox>
#include <QElapsedTimer>
#include <QFile>
#include <QSignalSpy>
#include <QTest>
#include <QUndoStack>

#include <memory>
#include <optional>
#include <thread>

using namespace rankscope;
using namespace rankscope::test;
using namespace Qt::StringLiterals;

class TestSaving : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR", QByteArray::fromStdString((sourceDir() / "resources").string()));
    }

    /// Stopping everything stops a save too: it says so, and the closing that waited for it does not happen.
    void aStoppedSaveIsSaid_data()
    {
        QTest::addColumn<bool>("writing");
        QTest::newRow("being written") << true;
        QTest::newRow("waits for channels") << false;
    }
    void aStoppedSaveIsSaid()
    {
        QFETCH(bool, writing);
        WindowBench bench;
        QSignalSpy closed(&bench.window, &MainWindow::closed);
        bench.openDemo();
        std::unique_ptr<HeldLane> engine;
        const auto hold = [&] { engine = std::make_unique<HeldLane>(bench.lanes.gpu()); };
        if (writing) {
            QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
            hold();
        } else {
            connect(&bench.workbench, &Workbench::modelChanged, this, hold, Qt::SingleShotConnection);
            QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.model() != nullptr, kEngineMs);
        }
        bench.dialogs.unsaved = UnsavedAnswer::Save;
        bench.dialogs.saveFile = bench.folder.filePath(u"stopped.plan.json"_s);
        bench.edit(16);
        bench.window.close();
        QVERIFY(bench.window.session().isSaving());
        QCOMPARE(bench.window.session().isWriting(), writing);
        bench.workbench.stopAll();
        engine.reset();
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.session().isSaving() && !bench.jobs.anyActive(), kEngineMs);
        QVERIFY2(bench.window.messageBar()->currentText().contains(u"not saved"_s),
                 qPrintable(bench.window.messageBar()->currentText()));
        QVERIFY(!QTest::qWaitFor([&] { return bench.jobs.anyActive() || !closed.isEmpty(); }, 50));
        QVERIFY(!QFile::exists(bench.dialogs.saveFile));
        QVERIFY(bench.window.isWindowModified());
        QVERIFY(bench.action(u"file.savePlan"_s)->isEnabled());
    }

    /// A stop that comes when the file is written already.
    void aSaveThatWasFasterThanItsStopIsSaved()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr && bench.workbench.settled(),
                                 kEngineMs);
        bench.edit(16);
        const QString file = bench.folder.filePath(u"fast.plan.json"_s);
        bench.window.session().save(file);
        QElapsedTimer clock; // without a turn of the event loop
        for (clock.start(); !bench.lanes.idle() && clock.elapsed() < kEngineMs;) {
            std::this_thread::yield();
        }
        bench.workbench.stopAll();
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.session().isSaving(), kEngineMs);
        QVERIFY(QFile::exists(file));
        QCOMPARE(bench.window.session().planFile(), file);
        QVERIFY(!bench.window.isWindowModified());
        QVERIFY2(!bench.window.messageBar()->isShowing(),
                 qPrintable(bench.window.messageBar()->currentText()));
    }

    /// Saving again while a save is being written is not lost, and what is edited meanwhile is in it.
    void savingDuringASaveFollowsIt()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        bench.edit(16);
        bench.dialogs.saveFile = bench.folder.filePath(u"twice.plan.json"_s);
        {
            const HeldLane engine(bench.lanes.gpu());
            bench.action(u"file.savePlan"_s)->trigger();
            QVERIFY(bench.window.session().isWriting());
            bench.edit(12);
            QVERIFY(bench.action(u"file.savePlan"_s)->isEnabled());
            bench.action(u"file.savePlan"_s)->trigger();
        }
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.session().isSaving(), kEngineMs);
        QVERIFY2(!bench.window.messageBar()->isShowing(),
                 qPrintable(bench.window.messageBar()->currentText()));
        QVERIFY(!bench.window.isWindowModified());
        const Result<PruningPlan> saved
            = readPlanFile(std::filesystem::path(bench.dialogs.saveFile.toStdU16String()));
        QVERIFY(saved.has_value());
        QCOMPARE(saved->layers[1].keptKeyDims, 12);
    }

    void whatIsEditedWhileASaveIsWrittenIsNotTakenForSaved()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        bench.edit(16);
        bench.dialogs.saveFile = bench.folder.filePath(u"before.plan.json"_s);
        {
            const HeldLane engine(bench.lanes.gpu());
            bench.action(u"file.savePlan"_s)->trigger();
            QVERIFY(bench.window.session().isWriting());
            bench.edit(12);
        }
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.session().isSaving(), kEngineMs);
        QVERIFY(QFileInfo::exists(bench.dialogs.saveFile));
        QVERIFY(bench.window.isWindowModified());
    }

    /// The window goes on while a large plan is read; what is asked for meanwhile is what counts.
    void aLargePlanIsReadInTheBackground()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr && bench.workbench.settled(),
                                 kEngineMs);
        const QString small = bench.folder.filePath(u"small.plan.json"_s);
        const QString large = bench.folder.filePath(u"large.plan.json"_s);
        bench.edit(16);
        bench.window.session().save(small);
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.session().isSaving(), kEngineMs);
        QVERIFY(QFile::copy(small, large));
        QFile file(large);
        QVERIFY(file.open(QIODevice::Append) && file.write(QByteArray(1 << 20, ' ')) > 0);
        file.close();
        bench.document.keepEverything();
        const int steps = bench.document.undoStack()->count();
        {
            const HeldLane files(bench.lanes.cpu());
            bench.window.loadPlan(large);
            QVERIFY(bench.document.plan().keepsAll());
            QVERIFY(bench.jobs.anyActive());
        }
        QTRY_COMPARE_WITH_TIMEOUT(bench.document.plan().layers[1].keptKeyDims, 16, kEngineMs);
        QCOMPARE(bench.document.undoStack()->count(), steps + 1);
        QCOMPARE(bench.window.session().planFile(), large);
        QCOMPARE(bench.settings.get(setting::recentPlans).first(), large);
        bench.document.undoStack()->undo();
        QVERIFY(bench.document.plan().keepsAll());
        // Another one that is loaded meanwhile, and a stop.
        {
            const HeldLane files(bench.lanes.cpu());
            bench.window.loadPlan(large);
            bench.window.loadPlan(small);
            QCOMPARE(bench.window.session().planFile(), small);
        }
        QTRY_VERIFY_WITH_TIMEOUT(!bench.jobs.anyActive(), kEngineMs);
        QCOMPARE(bench.window.session().planFile(), small);
        {
            const HeldLane files(bench.lanes.cpu());
            bench.window.loadPlan(large);
            bench.workbench.stopAll();
        }
        QTRY_VERIFY_WITH_TIMEOUT(
            bench.window.messageBar()->currentText().contains(u"reading it was stopped"_s), kEngineMs);
        QCOMPARE(bench.window.session().planFile(), small);
        bench.window.messageBar()->dismiss();
        // Work that is recovered meanwhile is not replaced by it.
        SessionSnapshot recovered = bench.window.session().snapshot();
        recovered.plan.layers[3].keptKeyDims = 8;
        {
            const HeldLane files(bench.lanes.cpu());
            bench.window.loadPlan(large);
            bench.window.session().resume(recovered);
        }
        QTRY_VERIFY_WITH_TIMEOUT(!bench.jobs.anyActive(), kEngineMs);
        QCOMPARE(bench.document.plan().layers[3].keptKeyDims, 8);
        // What is too large to be a plan is refused before it is read.
        QVERIFY(file.resize(kMostPlanFileBytes + 1));
        bench.window.openPath(large);
        QVERIFY2(bench.window.messageBar()->currentText().contains(u"was not read: it has 64"_s),
                 qPrintable(bench.window.messageBar()->currentText()));
        QCOMPARE(bench.window.session().planFile(), small);
    }

    void aSaveThatAnotherOneReplacesIsSaid()
    {
        WindowBench bench;
        QSignalSpy replaced(&bench.window.session(), &DocumentSession::saveReplaced);
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.document.isOpen(), kEngineMs);
        const QString a = bench.folder.filePath(u"a.plan.json"_s);
        const QString b = bench.folder.filePath(u"b.plan.json"_s);
        {
            const HeldLane engine(bench.lanes.gpu());
            bench.edit(16);
            bench.window.session().save(a);
            bench.window.session().save(a); // the same again replaces nothing
            QVERIFY(bench.window.session().isSaving() && !bench.window.session().isWriting());
            QCOMPARE(replaced.count(), 0);
            bench.window.session().save(b);
            QCOMPARE(replaced.count(), 1);
            QVERIFY(replaced.front().front().toString().contains(u"\"a.plan.json\" is not saved"_s));
        }
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.session().isSaving(), kEngineMs);
        QVERIFY(QFile::exists(b) && !QFile::exists(a));
    }

    /// Reading a plan is no loading of weights: the one does not replace the other in the list of jobs.
    void aLargePlanThatIsReadLeavesTheWeightsLoading()
    {
        WindowBench bench;
        const QString large = bench.folder.filePath(u"large.plan.json"_s);
        QFile file(large);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(QByteArray(1 << 20, ' ')) > 0);
        file.close();
        {
            const HeldLane engine(bench.lanes.gpu());
            bench.openDemo();
            QTRY_VERIFY_WITH_TIMEOUT(bench.document.isOpen(), kEngineMs);
            bench.window.loadPlan(large);
            QTRY_VERIFY_WITH_TIMEOUT(bench.window.messageBar()->isShowing(), kEngineMs); // no plan
            QVERIFY(bench.workbench.model() == nullptr);
        }
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.model() != nullptr, kEngineMs);
    }

    /// A lock keeps the channels that the method has chosen, also before the plan has its number.
    void aLockedLayerKeepsItsChannelsBeforeTheNumber()
    {
        // Every window of the text: evaluating takes much longer than selecting.
        WindowBench bench({}, {}, { 0, 2, 64, 2, 32 });
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr
                                     && bench.workbench.baselineTrust() == Trust::Final,
                                 kEngineMs);
        bench.edit(16);
        std::optional<PruningPlan> selected;
        QTRY_VERIFY_WITH_TIMEOUT((selected = bench.workbench.selectedPlan()).has_value(), kEngineMs);
        QVERIFY(!bench.workbench.realisedPlan());
        bench.document.setLocked({ 1 }, true);
        QComboBox* method = bench.window.planPanel()->method();
        const int l1 = method->findData(u"l1"_s);
        Q_EMIT method->activated(l1);
        const auto& layers = bench.document.plan().layers;
        QCOMPARE(bench.document.plan().method, std::string("l1"));
        QCOMPARE(layers[1].kept, selected->layers[1].kept);
        QVERIFY(layers[2].kept.empty());
        // What has been selected by one method is nothing that another has.
        QVERIFY(!bench.workbench.selectedPlan() || bench.workbench.selectedPlan()->method == "l1");
        // An edit of another layer makes nothing of that unknown.
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selectedPlan().has_value(), kEngineMs);
        const std::vector<std::vector<int>> second = bench.workbench.selectedPlan()->layers[2].kept;
        QVERIFY(!second.empty());
        bench.document.setLocked({ 2 }, true);
        bench.document.setKept({ 4 }, 8, bench.document.newGesture());
        Q_EMIT method->activated(method->findData(u"random"_s));
        QCOMPARE(bench.document.plan().layers[2].kept, second);
        QVERIFY(bench.document.plan().layers[4].kept.empty());
    }
};

QTEST_MAIN(TestSaving)
#include "tst_saving.moc"
