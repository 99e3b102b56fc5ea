// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/plan_file.h"
#include "tests/support/raw_safetensors.h"
#include "tests/support/tiny_model.h"
#include "tests/ui/held_lane.h"
#include "tests/ui/window_bench.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/document/document_session.h"
#include "ui/document/recovery_keeper.h"
#include "ui/jobs/job.h"
#include "ui/models/layer_selection.h"
#include "ui/widgets/message_bar.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QScopeGuard>
#include <QSignalSpy>
#include <QTest>
#include <QThread>
#include <QUndoStack>

#include <latch>

using namespace rankscope;
using namespace rankscope::test;
using namespace Qt::StringLiterals;

Q_DECLARE_METATYPE(rankscope::UnsavedAnswer)

class TestDocumentSafety : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR", QByteArray::fromStdString((sourceDir() / "resources").string()));
        writeRandomCheckpoint(std::filesystem::path(m_other.path().toStdU16String()), {});
    }

    void titleFollowsTheWork()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        QVERIFY(!bench.window.isWindowModified());
        bench.edit(16);
        QVERIFY(bench.window.isWindowModified());
        bench.document.undoStack()->undo();
        QVERIFY(!bench.window.isWindowModified());
        // Back to the start by another way than undo: nothing to lose either.
        bench.edit(16);
        bench.edit(64);
        QVERIFY(!bench.window.isWindowModified());
        bench.edit(16);
        bench.dialogs.saveFile = bench.folder.filePath(u"tuned.plan.json"_s);
        bench.action(u"file.savePlan"_s)->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.isWindowModified(), kEngineMs);
        QVERIFY(bench.window.windowTitle().contains(u"tuned.plan.json"_s));
        QCOMPARE(bench.settings.get(setting::recentPlans), QStringList { bench.dialogs.saveFile });
        // The second time it knows the file.
        const int asked = bench.dialogs.asked;
        bench.edit(8);
        bench.action(u"file.savePlan"_s)->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.isWindowModified(), kEngineMs);
        QCOMPARE(bench.dialogs.asked, asked);
        const Result<PruningPlan> saved
            = readPlanFile(std::filesystem::path(bench.dialogs.saveFile.toStdU16String()));
        QVERIFY(saved.has_value());
        QCOMPARE(saved->layers[1].kept.front().size(), std::size_t { 8 });
    }

    void savedPlansHaveASuffix()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        bench.edit(16);
        bench.dialogs.saveFile = bench.folder.filePath(u"demo-a"_s);
        bench.action(u"file.savePlan"_s)->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(bench.folder.filePath(u"demo-a.json"_s)), kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.session().isSaving(), kEngineMs);
        QVERIFY(!QFile::exists(bench.dialogs.saveFile));
        // What the dialog did not ask about is asked here.
        bench.edit(8);
        bench.dialogs.loseData = false;
        bench.action(u"file.savePlanAs"_s)->trigger();
        QVERIFY(!bench.window.session().isSaving());
        QVERIFY(bench.window.isWindowModified());
    }

    void savingWaitsForTheChannels()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.document.isOpen(), kEngineMs);
        QVERIFY(bench.workbench.selector() == nullptr);
        bench.edit(16);
        bench.dialogs.saveFile = bench.folder.filePath(u"early.plan.json"_s);
        bench.action(u"file.savePlan"_s)->trigger();
        QVERIFY(bench.window.session().isSaving());
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(bench.dialogs.saveFile), kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.isWindowModified(), kEngineMs);
    }

    void prompts_data()
    {
        QTest::addColumn<QString>("occasion");
        QTest::addColumn<UnsavedAnswer>("answer");
        for (const char* occasion : { "open", "close" }) {
            QTest::addRow("%s, save", occasion) << QString::fromUtf8(occasion) << UnsavedAnswer::Save;
            QTest::addRow("%s, discard", occasion) << QString::fromUtf8(occasion) << UnsavedAnswer::Discard;
            QTest::addRow("%s, cancel", occasion) << QString::fromUtf8(occasion) << UnsavedAnswer::Cancel;
        }
    }
    void prompts()
    {
        QFETCH(QString, occasion);
        QFETCH(UnsavedAnswer, answer);
        WindowBench bench;
        QSignalSpy closed(&bench.window, &MainWindow::closed);
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        QCOMPARE(bench.dialogs.asked, 0);
        bench.edit(16);
        const PruningPlan edited = bench.document.plan();
        bench.dialogs.unsaved = answer;
        bench.dialogs.saveFile = bench.folder.filePath(u"mine.plan.json"_s);
        const auto happened = [&] {
            return occasion == u"open"_s
                ? bench.workbench.overview()->folder.u16string() == m_other.path().toStdU16String()
                : closed.count() == 1;
        };
        if (occasion == u"open"_s) {
            bench.window.openFolder(m_other.path());
        } else {
            bench.window.close();
        }
        QCOMPARE(bench.dialogs.asked, answer == UnsavedAnswer::Save ? 2 : 1);
        QVERIFY2(bench.dialogs.question.contains(u"demo"_s), qPrintable(bench.dialogs.question));
        if (answer == UnsavedAnswer::Cancel) {
            QTest::qWait(50);
            QVERIFY(!happened());
            QVERIFY(bench.document.plan() == edited);
            QVERIFY(bench.window.isVisible());
        } else {
            QTRY_VERIFY_WITH_TIMEOUT(happened(), kEngineMs);
        }
        QCOMPARE(QFile::exists(bench.dialogs.saveFile), answer == UnsavedAnswer::Save);
    }

    /// Nothing is lost that undo does not bring back, so nothing is asked; the file name follows.
    void loadingAsksNothingAndIsOneUndoStep()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        const QString plan = bench.folder.filePath(u"loaded.plan.json"_s);
        PruningPlan loaded = keepAllPlan(bench.document.spec());
        loaded.layers[0].locked = true;
        QVERIFY(writePlanFile(loaded, std::filesystem::path(plan.toStdU16String())).has_value());
        QUndoStack* undo = bench.document.undoStack();
        bench.edit(16);
        const PruningPlan edited = bench.document.plan();
        bench.window.loadPlan(plan);
        QCOMPARE(bench.dialogs.asked, 0);
        QVERIFY(bench.document.plan().layers[0].locked);
        QVERIFY(!bench.window.isWindowModified());
        QCOMPARE(bench.window.session().planFile(), plan);
        undo->undo();
        QVERIFY(bench.document.plan() == edited);
        QVERIFY(bench.window.isWindowModified());
        QVERIFY2(!bench.window.windowTitle().contains(u"loaded"_s), qPrintable(bench.window.windowTitle()));
        undo->redo();
        QVERIFY(!bench.window.isWindowModified());
        QVERIFY(bench.window.windowTitle().contains(u"loaded.plan.json"_s));
        // Saving the plan of before asks for a place, and does not write into the loaded file.
        undo->undo();
        bench.dialogs.saveFile = bench.folder.filePath(u"mine.plan.json"_s);
        bench.action(u"file.savePlan"_s)->trigger();
        QCOMPARE(bench.dialogs.asked, 1);
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.isWindowModified(), kEngineMs);
        QCOMPARE(bench.window.session().planFile(), bench.dialogs.saveFile);
        undo->redo();
        QCOMPARE(bench.window.session().planFile(), plan);
        undo->undo();
        bench.edit(8); // the loaded plan cannot be redone any more
        QCOMPARE(bench.window.session().planFile(), bench.dialogs.saveFile);
        bench.edit(4);
        QCOMPARE(bench.window.session().planFile(), bench.dialogs.saveFile);
        // The very plan that is open already: no step, but a file.
        bench.window.loadPlan(plan);
        const int steps = undo->count();
        QVERIFY(QFile::copy(plan, bench.folder.filePath(u"copy.plan.json"_s)));
        bench.window.loadPlan(bench.folder.filePath(u"copy.plan.json"_s));
        QVERIFY(undo->count() == steps || undo->count() == steps + 1);
        QVERIFY(bench.window.session().planFile().endsWith(u"copy.plan.json"_s));
    }

    /// The undo stack forgets its oldest steps; the file of a plan that was loaded by one of them stays its
    /// file.
    /// Undo leads back to them as long as there is an undo.
    void editsUnderALoadedPlanAreNotLostUnasked()
    {
        WindowBench bench;
        QSignalSpy closed(&bench.window, &MainWindow::closed);
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        bench.edit(16);
        bench.dialogs.saveFile = bench.folder.filePath(u"a.plan.json"_s);
        bench.action(u"file.savePlan"_s)->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.isWindowModified(), kEngineMs);
        bench.edit(12); // no file holds this
        bench.window.loadPlan(bench.dialogs.saveFile);
        QCOMPARE(bench.document.plan().layers[1].keptKeyDims, 16);
        QVERIFY(!bench.window.isWindowModified());
        const int asked = bench.dialogs.asked;
        bench.dialogs.loseData = false;
        bench.window.close();
        QCOMPARE(bench.dialogs.asked, asked + 1);
        QCOMPARE(closed.count(), 0);
        bench.window.openFolder(m_other.path());
        QCOMPARE(bench.dialogs.asked, asked + 2);
        QVERIFY(!bench.jobs.anyActive() || bench.workbench.overview()->folder == demoDir());
        // Back at the edits there is the usual question, and none once they are saved.
        bench.document.undoStack()->undo();
        QCOMPARE(bench.document.plan().layers[1].keptKeyDims, 12);
        bench.window.close();
        QVERIFY(bench.dialogs.question.contains(u"Save the changes"_s));
        QCOMPARE(closed.count(), 0);
        bench.action(u"file.savePlan"_s)->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.isWindowModified(), kEngineMs);
        bench.window.close();
        QCOMPARE(bench.dialogs.asked, asked + 3);
        QCOMPARE(closed.count(), 1);
    }

    void editsMadeWhileAnotherModelIsReadAreAskedAbout()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.document.isOpen(), kEngineMs);
        const auto folder = [&bench] {
            return QString::fromStdU16String(bench.workbench.overview()->folder.u16string());
        };
        const QString first = folder();
        const auto editWhileOpening = [&](int kept) {
            const HeldLane files(bench.lanes.cpu());
            bench.window.openFolder(m_other.path());
            bench.edit(kept);
        };
        editWhileOpening(16);
        QTRY_COMPARE_WITH_TIMEOUT(bench.dialogs.asked, 1, kEngineMs); // "Cancel"
        QCOMPARE(folder(), first);
        QCOMPARE(bench.document.plan().layers[1].keptKeyDims, 16);
        // Given up when the model was chosen, they are not asked about again; what came later is.
        bench.dialogs.unsaved = UnsavedAnswer::Discard;
        editWhileOpening(12);
        QCOMPARE(bench.dialogs.asked, 2);
        QTRY_COMPARE_WITH_TIMEOUT(bench.dialogs.asked, 3, kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(folder() != first, kEngineMs);
        bench.document.setKept({ 0 }, 4, bench.document.newGesture());
        bench.window.openFolder(first);
        QCOMPARE(bench.dialogs.asked, 4);
        QTRY_COMPARE_WITH_TIMEOUT(folder(), first, kEngineMs);
        QCOMPARE(bench.dialogs.asked, 4);
    }

    void aLoadedPlanStaysItsFileHoweverManyEditsFollow()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.document.isOpen(), kEngineMs);
        const QString first = bench.folder.filePath(u"first.plan.json"_s);
        const QString second = bench.folder.filePath(u"second.plan.json"_s);
        QVERIFY(
            writePlanFile(keepAllPlan(bench.document.spec()), std::filesystem::path(second.toStdU16String()))
                .has_value());
        bench.edit(16);
        bench.window.session().save(first);
        QTRY_COMPARE_WITH_TIMEOUT(bench.window.session().planFile(), first, kEngineMs);
        bench.window.loadPlan(second);
        const QUndoStack& undo = *bench.document.undoStack();
        for (int step = 0; step < undo.undoLimit() + 5; ++step) {
            bench.edit(8 + step % 2);
        }
        QCOMPARE(undo.count(), undo.undoLimit());
        QCOMPARE(bench.window.session().planFile(), second);
        QVERIFY(bench.window.isWindowModified());
        bench.document.undoStack()->setIndex(0);
        QCOMPARE(bench.window.session().planFile(), second);
        bench.edit(20); // nothing of before the loading can come back
        QCOMPARE(bench.window.session().planFile(), second);
    }

    void backingOutOfTheFileDialogCancels()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.document.isOpen(), kEngineMs);
        bench.edit(16);
        bench.dialogs.unsaved = UnsavedAnswer::Save; // and no file is chosen
        bench.window.close();
        QVERIFY(bench.window.isVisible());
        QVERIFY(bench.window.isWindowModified());
    }

    void aFailedSaveDoesNotClose()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        bench.edit(16);
        bench.dialogs.unsaved = UnsavedAnswer::Save;
        bench.dialogs.saveFile = bench.folder.filePath(u"no/such/folder/plan.json"_s);
        bench.window.close();
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.messageBar()->isShowing(), kEngineMs);
        QVERIFY(bench.window.messageBar()->currentText().contains(u"plan.json"_s));
        QVERIFY(bench.window.isVisible());
        QVERIFY(bench.window.isWindowModified());
    }

    void editsMadeWhileASaveWaitsAreAskedAbout()
    {
        WindowBench bench;
        QSignalSpy closed(&bench.window, &MainWindow::closed);
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.document.isOpen(), kEngineMs);
        QVERIFY(bench.workbench.selector() == nullptr);
        bench.edit(16);
        bench.dialogs.unsaved = UnsavedAnswer::Save;
        bench.dialogs.saveFile = bench.folder.filePath(u"early.plan.json"_s);
        bench.window.close();
        QCOMPARE(bench.dialogs.asked, 2); // what to do, and where
        QVERIFY(bench.window.session().isSaving());
        bench.edit(12);
        QTRY_COMPARE_WITH_TIMEOUT(closed.count(), 1, kEngineMs);
        QCOMPARE(bench.dialogs.asked, 3); // what to do with the edit
        const Result<PruningPlan> saved
            = readPlanFile(std::filesystem::path(bench.dialogs.saveFile.toStdU16String()));
        QVERIFY(saved.has_value());
        QCOMPARE(saved->layers[1].keptKeyDims, 12);
    }

    /// What was to be saved was undone meanwhile: the file is written all the same.
    void aSaveThatWaitsIsAskedAbout()
    {
        WindowBench bench;
        QSignalSpy closed(&bench.window, &MainWindow::closed);
        const QString file = bench.folder.filePath(u"early.plan.json"_s);
        {
            const HeldLane engine(bench.lanes.gpu());
            bench.openDemo();
            QTRY_VERIFY_WITH_TIMEOUT(bench.document.isOpen(), kEngineMs);
            bench.edit(16);
            bench.window.session().save(file);
            bench.document.undoStack()->undo();
            QVERIFY(!bench.window.session().hasUnsavedWork());
            bench.dialogs.unsaved = UnsavedAnswer::Save;
            bench.window.close();
            QCOMPARE(bench.dialogs.asked, 1);
            QCOMPARE(closed.count(), 0);
            bench.dialogs.unsaved = UnsavedAnswer::Discard; // what the file then says differently
        }
        QTRY_COMPARE_WITH_TIMEOUT(closed.count(), 1, kEngineMs);
        QCOMPARE(bench.dialogs.asked, 2);
        const Result<PruningPlan> saved = readPlanFile(std::filesystem::path(file.toStdU16String()));
        QVERIFY(saved.has_value());
        QCOMPARE(saved->layers[1].keptKeyDims, 16);
    }

    void aSaveThatEndsAfterAnotherModelWasOpenedIsNotItsFile()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        bench.edit(16);
        const QString file = bench.folder.filePath(u"old.plan.json"_s);
        bench.window.session().save(file);
        QVERIFY(bench.window.session().isSaving());
        // What opening does at its end, before the save can report.
        bench.document.open(smallSpec(6, false), openPlan(smallSpec(6, false)));
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.session().isSaving(), kEngineMs);
        QVERIFY(QFile::exists(file));
        QCOMPARE(bench.window.session().planFile(), QString());
        QVERIFY(!bench.window.isWindowModified());
    }

    void openingWaitsForASaveUnderWay()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        bench.edit(16);
        const QString file = bench.folder.filePath(u"old.plan.json"_s);
        bench.window.session().save(file);
        bench.window.openFolder(m_other.path());
        QCOMPARE(bench.dialogs.asked, 0);
        QTRY_VERIFY_WITH_TIMEOUT(
            bench.workbench.overview()->folder.u16string() == m_other.path().toStdU16String(), kEngineMs);
        QVERIFY(QFile::exists(file));
        QCOMPARE(bench.dialogs.asked, 0);
        QCOMPARE(bench.window.session().planFile(), QString());
    }

    void anExportIsAskedAboutOnceForEveryClosing()
    {
        WindowBench bench;
        QSignalSpy closed(&bench.window, &MainWindow::closed);
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        bench.edit(16);
        bench.window.openExportDialog();
        ExportDialog* dialog = bench.window.exportDialog();
        dialog->modeButton(ExportMode::PerLayer)->setChecked(true);
        dialog->target()->setText(bench.folder.filePath(u"out"_s));
        QTRY_VERIFY_WITH_TIMEOUT(dialog->exportButton()->isEnabled(), kEngineMs);
        // Keeps the export in the queue.
        const auto release = std::make_shared<std::latch>(1);
        for (int thread = 0; thread < QThread::idealThreadCount(); ++thread) {
            (new Job(0, u"block"_s, &bench.window))
                ->start(
                    bench.lanes.cpu(), [release](JobContext&) { return release->wait(), Status(Unit {}); },
                    [](const Status&) {});
        }
        const auto letGo = qScopeGuard([&release] { release->count_down(); });
        dialog->exportButton()->click();
        QVERIFY(dialog->isWriting());
        bench.dialogs.loseData = false; // about the export: do not close
        bench.window.close();
        QCOMPARE(bench.dialogs.asked, 1);
        bench.dialogs.loseData = true;
        bench.dialogs.unsaved = UnsavedAnswer::Cancel; // about the plan: do not close
        bench.window.close();
        QCOMPARE(bench.dialogs.asked, 3);
        QTest::qWait(20);
        QCOMPARE(closed.count(), 0);
        bench.dialogs.unsaved = UnsavedAnswer::Discard;
        bench.window.close();
        QTRY_COMPARE_WITH_TIMEOUT(closed.count(), 1, kEngineMs);
        QCOMPARE(bench.dialogs.asked, 5); // each once more, none twice
    }

    void anExportedPlanIsNotLost()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        bench.edit(16);
        QVERIFY(bench.window.isWindowModified());
        bench.window.openExportDialog();
        ExportDialog* dialog = bench.window.exportDialog();
        dialog->modeButton(ExportMode::PerLayer)->setChecked(true);
        dialog->target()->setText(bench.folder.filePath(u"out"_s));
        QTRY_VERIFY_WITH_TIMEOUT(dialog->exportButton()->isEnabled(), kEngineMs);
        dialog->exportButton()->click();
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.isWindowModified(), kEngineMs);
        bench.edit(20);
        QVERIFY(bench.window.isWindowModified());
        // Another model: mode and folder of the first mean nothing for it.
        QTRY_VERIFY_WITH_TIMEOUT(!dialog->isBusy(), kEngineMs);
        bench.dialogs.unsaved = UnsavedAnswer::Discard;
        bench.window.openFolder(m_other.path());
        QTRY_VERIFY_WITH_TIMEOUT(
            dialog->target()->text().endsWith(QFileInfo(m_other.path()).fileName() + u"-pruned"_s),
            kEngineMs);
        QVERIFY(dialog->modeButton(ExportMode::Uniform)->isChecked());
    }

    /// A snapshot of the Hugging Face cache lies in a folder whose name is a hash.
    void modelsOfTheCacheHaveTheirNames()
    {
        WindowBench bench;
        const QString snapshot = bench.folder.filePath(u"models--org--tiny/snapshots/0123456789abcdef"_s);
        QVERIFY(QDir().mkpath(snapshot));
        const QDir demo(QString::fromStdU16String(demoDir().u16string()));
        for (const QFileInfo& file : demo.entryInfoList(QDir::Files)) {
            QVERIFY(QFile::link(file.filePath(), snapshot + u'/' + file.fileName()));
        }
        bench.window.show();
        bench.window.openFolder(snapshot);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        QVERIFY2(bench.window.windowTitle().contains(u"org/tiny"_s)
                     && !bench.window.windowTitle().contains(u"0123"_s),
                 qPrintable(bench.window.windowTitle()));
        bench.edit(16);
        bench.action(u"file.savePlan"_s)->trigger();
        QCOMPARE(QFileInfo(bench.dialogs.offered).fileName(), u"tiny.plan.json"_s);
        QVERIFY2(QFileInfo(bench.dialogs.offered).isAbsolute(), qPrintable(bench.dialogs.offered));
        bench.window.openExportDialog();
        QVERIFY2(bench.window.exportDialog()->target()->text().endsWith(u"/tiny-pruned"_s),
                 qPrintable(bench.window.exportDialog()->target()->text()));
    }

    void closingDuringARunAsksNothing()
    {
        WindowBench bench;
        QSignalSpy closed(&bench.window, &MainWindow::closed);
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.jobs.anyActive(), kEngineMs);
        bench.window.close();
        QCOMPARE(closed.count(), 1);
        QCOMPARE(bench.dialogs.asked, 0);
    }

private:
    QTemporaryDir m_other;
};

QTEST_MAIN(TestDocumentSafety)
#include "tst_document_safety.moc"
