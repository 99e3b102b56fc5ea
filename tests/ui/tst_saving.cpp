// SPDX-License-Identifier: GPL-3.0-or-later
// Saves that are stopped, or asked for while another one is under way.
#include "core/plan/plan_file.h"
#include "tests/ui/held_lane.h"
#include "tests/ui/window_bench.h"
#include "ui/document/document_session.h"
#include "ui/widgets/message_bar.h"

#include <QElapsedTimer>
#include <QFile>
#include <QSignalSpy>
#include <QTest>

#include <memory>
#include <thread>

using namespace rankscope;
using namespace rankscope::test;
using namespace Qt::StringLiterals;

namespace {

void edit(WindowBench& bench, int kept)
{
    bench.document.setKept({ 1, 2 }, kept, bench.document.newGesture());
}

} // namespace

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
        edit(bench, 16);
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
        edit(bench, 16);
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
        edit(bench, 16);
        bench.dialogs.saveFile = bench.folder.filePath(u"twice.plan.json"_s);
        {
            const HeldLane engine(bench.lanes.gpu());
            bench.action(u"file.savePlan"_s)->trigger();
            QVERIFY(bench.window.session().isWriting());
            edit(bench, 12);
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
};

QTEST_MAIN(TestSaving)
#include "tst_saving.moc"
