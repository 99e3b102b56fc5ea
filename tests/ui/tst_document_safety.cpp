// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/plan_file.h"
#include "tests/support/raw_safetensors.h"
#include "tests/support/tiny_model.h"
#include "tests/ui/window_bench.h"
#include "ui/document/document_session.h"
#include "ui/document/recovery_keeper.h"
#include "ui/models/layer_selection.h"
#include "ui/widgets/message_bar.h"

#include <QDir>
#include <QFile>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QUndoStack>

using namespace rankscope;
using namespace rankscope::test;
using namespace Qt::StringLiterals;

namespace {

void edit(WindowBench& bench, int kept)
{
    bench.document.setKept({ 1, 2 }, kept, bench.document.newGesture());
}

QString onlyTextIn(const QString& stateFolder)
{
    const QDir recovery(stateFolder + u"/recovery"_s);
    const QStringList files = recovery.entryList({ u"*.json"_s }, QDir::Files);
    return files.size() == 1 ? recovery.filePath(files.front()) : QString();
}

} // namespace

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
        edit(bench, 16);
        QVERIFY(bench.window.isWindowModified());
        bench.document.undoStack()->undo();
        QVERIFY(!bench.window.isWindowModified());
        // Back to the start by another way than undo: nothing to lose either.
        edit(bench, 16);
        edit(bench, 64);
        QVERIFY(!bench.window.isWindowModified());
        edit(bench, 16);
        bench.dialogs.saveFile = bench.folder.filePath(u"tuned.plan.json"_s);
        bench.action(u"file.savePlan"_s)->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.isWindowModified(), kEngineMs);
        QVERIFY(bench.window.windowTitle().contains(u"tuned.plan.json"_s));
        QCOMPARE(bench.settings.get(setting::recentPlans), QStringList { bench.dialogs.saveFile });
        // The second time it knows the file.
        const int asked = bench.dialogs.asked;
        edit(bench, 8);
        bench.action(u"file.savePlan"_s)->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.isWindowModified(), kEngineMs);
        QCOMPARE(bench.dialogs.asked, asked);
        const Result<PruningPlan> saved
            = readPlanFile(std::filesystem::path(bench.dialogs.saveFile.toStdU16String()));
        QVERIFY(saved.has_value());
        QCOMPARE(saved->layers[1].kept.front().size(), std::size_t { 8 });
    }

    void savingWaitsForTheChannels()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.document.isOpen(), kEngineMs);
        QVERIFY(bench.workbench.selector() == nullptr);
        edit(bench, 16);
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
        for (const char* occasion : { "open", "load", "close" }) {
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
        const QString plan = bench.folder.filePath(u"loaded.plan.json"_s);
        PruningPlan loaded = keepAllPlan(bench.document.spec());
        loaded.layers[0].locked = true;
        QVERIFY(writePlanFile(loaded, std::filesystem::path(plan.toStdU16String())).has_value());
        edit(bench, 16);
        const PruningPlan edited = bench.document.plan();
        bench.dialogs.unsaved = answer;
        bench.dialogs.saveFile = bench.folder.filePath(u"mine.plan.json"_s);
        const auto happened = [&] {
            return occasion == u"open"_s
                ? bench.workbench.overview()->folder.u16string() == m_other.path().toStdU16String()
                : occasion == u"load"_s ? bench.document.plan().layers[0].locked
                                        : closed.count() == 1;
        };
        if (occasion == u"open"_s) {
            bench.window.openFolder(m_other.path());
        } else if (occasion == u"load"_s) {
            bench.window.loadPlan(plan);
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

    void backingOutOfTheFileDialogCancels()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.document.isOpen(), kEngineMs);
        edit(bench, 16);
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
        edit(bench, 16);
        bench.dialogs.unsaved = UnsavedAnswer::Save;
        bench.dialogs.saveFile = bench.folder.filePath(u"no/such/folder/plan.json"_s);
        bench.window.close();
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.messageBar()->isShowing(), kEngineMs);
        QVERIFY(bench.window.messageBar()->currentText().contains(u"plan.json"_s));
        QVERIFY(bench.window.isVisible());
        QVERIFY(bench.window.isWindowModified());
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

    void aKilledSessionIsOfferedAndComesBack()
    {
        const QTemporaryDir state;
        PruningPlan work;
        QByteArray text;
        QString file;
        {
            WindowBench bench(state.path());
            bench.openDemo();
            QTRY_VERIFY_WITH_TIMEOUT(bench.document.isOpen(), kEngineMs);
            bench.window.selection().setCurrentLayer(2);
            edit(bench, 24);
            bench.document.setLocked({ 3 }, true);
            work = bench.document.plan();
            QTRY_VERIFY_WITH_TIMEOUT(!onlyTextIn(state.path()).isEmpty(), kEngineMs);
            QTRY_VERIFY_WITH_TIMEOUT(bench.window.recovery()->isSafe(), kEngineMs);
            file = onlyTextIn(state.path());
            QFile kept(file);
            QVERIFY(kept.open(QIODevice::ReadOnly));
            text = kept.readAll();
            // Going back to the start, there is nothing left to recover.
            bench.document.undoStack()->undo();
            bench.document.undoStack()->undo();
            QTRY_VERIFY_WITH_TIMEOUT(onlyTextIn(state.path()).isEmpty(), kEngineMs);
        }
        QVERIFY(QDir(state.filePath(u"recovery"_s)).isEmpty()); // an orderly end
        // What a kill would have left.
        writeBytes(std::filesystem::path(file.toStdU16String()),
                   std::string_view(text.constData(), static_cast<std::size_t>(text.size())));

        WindowBench bench(state.path());
        bench.window.show();
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.messageBar()->choices().size() == 2, kEngineMs);
        QVERIFY(bench.window.messageBar()->currentText().contains(u"demo"_s));
        {
            WindowBench second(state.path()); // does not fight over it
            second.window.show();
            QTest::qWait(100);
            QVERIFY(!second.window.messageBar()->isShowing());
        }
        bench.openDemo(); // what the program does at its start; the offer stays
        QTRY_VERIFY_WITH_TIMEOUT(bench.document.isOpen(), kEngineMs);
        QCOMPARE(bench.window.messageBar()->choices().size(), 2);
        bench.window.messageBar()->choices().front()->click();
        QTRY_VERIFY_WITH_TIMEOUT(bench.document.plan().layers == work.layers, kEngineMs);
        QVERIFY(bench.window.isWindowModified());
        QCOMPARE(bench.window.selection().currentLayer(), 2);
        // Safe in this instance, so the old one goes.
        QTRY_VERIFY_WITH_TIMEOUT(!QFile::exists(file) && !onlyTextIn(state.path()).isEmpty(), kEngineMs);
        bench.document.undoStack()->undo();
        QVERIFY(bench.document.plan().keepsAll());
    }

    void discardedWorkIsGone()
    {
        const QTemporaryDir state;
        SessionSnapshot session;
        session.modelFolder = demoDir();
        session.plan.modelName = "demo";
        QVERIFY(QDir().mkpath(state.filePath(u"recovery"_s)));
        const QString file = state.filePath(u"recovery/session-1-abcdef.json"_s);
        writeBytes(std::filesystem::path(file.toStdU16String()), sessionToJson(session));
        WindowBench bench(state.path());
        bench.window.show();
        QTRY_COMPARE_WITH_TIMEOUT(bench.window.messageBar()->choices().size(), 2, kEngineMs);
        bench.window.messageBar()->choices().last()->click();
        QVERIFY(!bench.window.messageBar()->isShowing());
        QVERIFY(!QFile::exists(file));
    }

    void workOnAModelThatChangedIsNotForced()
    {
        const QTemporaryDir state;
        SessionSnapshot session;
        session.modelFolder = demoDir();
        session.plan.modelName = "demo";
        session.plan.modelFingerprint = "another";
        QVERIFY(QDir().mkpath(state.filePath(u"recovery"_s)));
        writeBytes(std::filesystem::path(state.filePath(u"recovery/session-1-x.json"_s).toStdU16String()),
                   sessionToJson(session));
        WindowBench bench(state.path());
        bench.window.show();
        QTRY_COMPARE_WITH_TIMEOUT(bench.window.messageBar()->choices().size(), 2, kEngineMs);
        bench.window.messageBar()->choices().front()->click();
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.messageBar()->currentText().contains(u"changed since"_s),
                                 kEngineMs);
        QVERIFY(bench.document.plan().keepsAll());
    }

    void aStateFolderThatCannotBeWrittenIsSaidOnce()
    {
        QFile file(m_other.filePath(u"in-the-way"_s));
        QVERIFY(file.open(QIODevice::WriteOnly));
        WindowBench bench(file.fileName());
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.document.isOpen(), kEngineMs);
        edit(bench, 16);
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.messageBar()->currentText().contains(u"not kept safe"_s),
                                 kEngineMs);
        bench.window.messageBar()->dismiss();
        edit(bench, 17);
        QTest::qWait(100);
        QVERIFY(!bench.window.messageBar()->isShowing());
    }

private:
    QTemporaryDir m_other;
};

QTEST_MAIN(TestDocumentSafety)
#include "tst_document_safety.moc"
