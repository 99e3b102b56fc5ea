// SPDX-License-Identifier: GPL-3.0-or-later
// Unsaved work that a session left behind: offered, taken back, discarded.
#include "core/plan/session_snapshot.h"
#include "tests/support/raw_safetensors.h"
#include "tests/ui/held_lane.h"
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

QString onlyTextIn(const QString& stateFolder)
{
    const QDir recovery(stateFolder + u"/recovery"_s);
    const QStringList files = recovery.entryList({ u"*.json"_s }, QDir::Files);
    return files.size() == 1 ? recovery.filePath(files.front()) : QString();
}

} // namespace

class TestRecovery : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR", QByteArray::fromStdString((sourceDir() / "resources").string()));
    }

    void keptWorkNamesTheTextsOfNow()
    {
        const QTemporaryDir state;
        WindowBench bench(state.path());
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        bench.edit(16);
        QTRY_VERIFY_WITH_TIMEOUT(!onlyTextIn(state.path()).isEmpty(), kEngineMs);
        const QString calibration = bench.workbench.calibrationText();
        bench.workbench.setEvaluationText(calibration);
        const auto named = [&] {
            QFile file(onlyTextIn(state.path()));
            return file.open(QIODevice::ReadOnly) && file.readAll().count(calibration.toUtf8()) == 2;
        };
        QTRY_VERIFY_WITH_TIMEOUT(named(), kEngineMs);
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
            bench.edit(24);
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
        // Dismissed, it can still be had.
        QAction* recover = bench.action(u"file.recover"_s);
        bench.window.messageBar()->dismiss();
        QVERIFY(recover->isEnabled());
        recover->trigger();
        QVERIFY(!recover->isEnabled());
        QTRY_VERIFY_WITH_TIMEOUT(bench.document.plan().layers == work.layers, kEngineMs);
        QVERIFY(bench.window.isWindowModified());
        QCOMPARE(bench.window.selection().currentLayer(), 2);
        // Safe in this instance, so the old one goes.
        QTRY_VERIFY_WITH_TIMEOUT(!QFile::exists(file) && !onlyTextIn(state.path()).isEmpty(), kEngineMs);
        bench.document.undoStack()->undo();
        QVERIFY(bench.document.plan().keepsAll());
    }

    /// Neither closing the window nor closing the message is an answer.
    void anOfferThatWasNotAnsweredIsMadeAgain()
    {
        const QTemporaryDir state;
        SessionSnapshot session;
        session.modelFolder = demoDir();
        session.plan.modelName = "demo";
        QVERIFY(QDir().mkpath(state.filePath(u"recovery"_s)));
        const QString file = state.filePath(u"recovery/session-1-abcdef.json"_s);
        writeBytes(std::filesystem::path(file.toStdU16String()), sessionToJson(session));
        for (const bool dismissed : { false, true, false }) {
            WindowBench bench(state.path());
            bench.window.show();
            QTRY_COMPARE_WITH_TIMEOUT(bench.window.messageBar()->choices().size(), 2, kEngineMs);
            if (dismissed) {
                bench.window.messageBar()->dismiss();
            }
            for (int message = 0; message < 30; ++message) { // what happens later pushes it out
                bench.window.messageBar()->showMessage(QString::number(message), IssueSeverity::Note);
            }
            bench.window.close();
            QVERIFY(QFile::exists(file));
        }
    }

    void anOfferWhoseModelCannotBeOpenedStays()
    {
        const QTemporaryDir state;
        SessionSnapshot session;
        session.modelFolder = std::filesystem::path(state.filePath(u"not there"_s).toStdU16String());
        session.plan.modelName = "away";
        QVERIFY(QDir().mkpath(state.filePath(u"recovery"_s)));
        const QString file = state.filePath(u"recovery/session-1-abcdef.json"_s);
        writeBytes(std::filesystem::path(file.toStdU16String()), sessionToJson(session));
        WindowBench bench(state.path());
        QSignalSpy resumed(&bench.window.session(), &DocumentSession::resumed);
        bench.window.show();
        QTRY_COMPARE_WITH_TIMEOUT(bench.window.messageBar()->choices().size(), 2, kEngineMs);
        for (int attempt = 1; attempt <= 2; ++attempt) {
            QVERIFY(bench.action(u"file.recover"_s)->isEnabled());
            bench.action(u"file.recover"_s)->trigger();
            QTRY_COMPARE_WITH_TIMEOUT(resumed.count(), attempt, kEngineMs);
            QVERIFY2(resumed.last().first().toString().contains(u"could not be opened"_s),
                     qPrintable(resumed.last().first().toString()));
        }
        QVERIFY(QFile::exists(file));
        // It is over: a model that is opened later has nothing put into it.
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.document.isOpen(), kEngineMs);
        QCOMPARE(resumed.count(), 2);
        QVERIFY(bench.action(u"file.recover"_s)->isEnabled());
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
        QVERIFY(bench.action(u"file.recover"_s)->isEnabled());
        bench.window.messageBar()->choices().last()->click();
        QVERIFY(!bench.window.messageBar()->isShowing());
        QVERIFY(!bench.action(u"file.recover"_s)->isEnabled());
        QVERIFY(!QFile::exists(file));
    }

    /// Saved before it could be kept here: it is in its file, and not offered again.
    void recoveredWorkThatIsSavedAtOnceIsNotOfferedAgain()
    {
        const QTemporaryDir state;
        SessionSnapshot session;
        session.modelFolder = demoDir();
        {
            WindowBench first;
            first.openDemo();
            QTRY_VERIFY_WITH_TIMEOUT(first.document.isOpen(), kEngineMs);
            first.edit(24);
            session.plan = first.document.plan();
        }
        QVERIFY(QDir().mkpath(state.filePath(u"recovery"_s)));
        const QString file = state.filePath(u"recovery/session-1-abcdef.json"_s);
        writeBytes(std::filesystem::path(file.toStdU16String()), sessionToJson(session));
        WindowBench bench(state.path());
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr && bench.workbench.settled()
                                     && bench.window.messageBar()->choices().size() == 2,
                                 kEngineMs);
        QSignalSpy saved(&bench.window.session(), &DocumentSession::saved);
        {
            const HeldLane files(bench.lanes.cpu()); // nothing is kept meanwhile
            bench.action(u"file.recover"_s)->trigger();
            QCOMPARE(bench.document.plan().layers[2].keptKeyDims, 24);
            QVERIFY(QFile::exists(file));
            bench.window.session().save(bench.folder.filePath(u"recovered.plan.json"_s));
            QTRY_COMPARE_WITH_TIMEOUT(saved.count(), 1, kEngineMs);
            QVERIFY(!bench.window.isWindowModified());
            QVERIFY(!QFile::exists(file));
        }
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.recovery()->isSafe(), kEngineMs);
        QVERIFY(QDir(state.filePath(u"recovery"_s)).entryList({ u"*.json"_s }, QDir::Files).isEmpty());
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
        // New work is kept beside it, not instead of it.
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        bench.edit(16);
        const QDir recovery(state.filePath(u"recovery"_s));
        QTRY_COMPARE_WITH_TIMEOUT(recovery.entryList({ u"*.json"_s }, QDir::Files).size(), 2, kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.recovery()->isSafe(), kEngineMs);
        QVERIFY(recovery.exists(u"session-1-x.json"_s));
    }

    void aStateFolderThatCannotBeWrittenIsSaidOnce()
    {
        const QTemporaryDir folder;
        QFile file(folder.filePath(u"in-the-way"_s));
        QVERIFY(file.open(QIODevice::WriteOnly));
        WindowBench bench(file.fileName());
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.document.isOpen(), kEngineMs);
        bench.edit(16);
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.messageBar()->currentText().contains(u"not kept safe"_s),
                                 kEngineMs);
        bench.window.messageBar()->dismiss();
        bench.edit(17);
        QTest::qWait(100);
        QVERIFY(!bench.window.messageBar()->isShowing());
    }
};

QTEST_MAIN(TestRecovery)
#include "tst_recovery.moc"
