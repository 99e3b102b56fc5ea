// SPDX-License-Identifier: GPL-3.0-or-later
// What stands in the way of numbers: weights that cannot be loaded, texts that are no good, work that was
// stopped; and how it goes on.
#include "tests/support/shortage.h"
#include "tests/ui/window_bench.h"
#include "ui/document/document_session.h"
#include "ui/document/layer_probes.h"
#include "ui/document/pruned_spectra.h"
#include "ui/document/resources.h"
#include "ui/document/text_scores.h"
#include "ui/document/token_losses.h"
#include "ui/document/token_ranks.h"
#include "ui/jobs/job.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/dock_panel.h"
#include "ui/panels/quality_panel.h"
#include "ui/panels/spectra_panel.h"
#include "ui/plots/delta_plot.h"
#include "ui/plots/spectrum_plot.h"
#include "ui/widgets/message_bar.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QTimer>

using namespace rankscope;
using namespace rankscope::test;
using namespace Qt::StringLiterals;

namespace {

QString demo()
{
    return QString::fromStdU16String(demoDir().u16string());
}

/// A copy of the demo whose last weights are not a number.
void writeDemoWithNan(const QString& folder)
{
    for (const QFileInfo& file : QDir(demo()).entryInfoList(QDir::Files)) {
        QVERIFY(QFile::copy(file.filePath(), folder + u'/' + file.fileName()));
    }
}

/// Of the last four bytes of the weights; returns what was there.
QByteArray replaceTail(const QString& folder, const QByteArray& tail)
{
    QFile file(folder + u"/model.safetensors"_s);
    file.setPermissions(file.permissions() | QFile::WriteOwner);
    if (!file.open(QIODevice::ReadWrite) || !file.seek(file.size() - tail.size())) {
        return {};
    }
    const QByteArray before = file.peek(tail.size());
    file.write(tail);
    return before;
}

QString writeText(const QString& path, const QByteArray& text)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(text) == text.size() ? path : QString();
}

} // namespace

class TestOpening : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR", QByteArray::fromStdString((sourceDir() / "resources").string()));
    }

    void weightsThatFailStayFailedWhenTheTextsAreGood()
    {
        const QTemporaryDir folder;
        writeDemoWithNan(folder.path());
        const QByteArray good = replaceTail(folder.path(), QByteArrayLiteral("\xC0\x7F\xC0\x7F"));
        QCOMPARE(good.size(), 4);
        WindowBench bench;
        bench.window.show();
        bench.window.openFolder(folder.path());
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.texts().evaluation != nullptr && !bench.jobs.anyActive(),
                                 kEngineMs);
        const QString sentence = bench.workbench.blockingSentence();
        QVERIFY2(sentence.contains(u"NaN"_s), qPrintable(sentence));
        QCOMPARE(bench.window.messageBar()->currentText(), sentence); // there, and in no view
        QVERIFY2(bench.window.tokenRanks().note().contains(u"Issues says why"_s),
                 qPrintable(bench.window.tokenRanks().note()));
        QVERIFY(bench.workbench.settled());
        // Another text does not hide it, and F5 tries again: still broken, then mended.
        bench.workbench.setEvaluationText(bench.workbench.calibrationText());
        QTRY_VERIFY_WITH_TIMEOUT(!bench.jobs.anyActive(), kEngineMs);
        QCOMPARE(bench.workbench.blockingSentence(), sentence);
        for (const bool mended : { false, true }) {
            if (mended) {
                replaceTail(folder.path(), good);
            }
            QVERIFY(bench.action(u"run.analyse"_s)->isEnabled());
            bench.action(u"run.analyse"_s)->trigger();
            QVERIFY(bench.workbench.blockingSentence().isEmpty()); // it is loading now
            QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.settled(), kEngineMs);
            QCOMPARE(bench.workbench.blockingSentence(), mended ? QString() : sentence);
        }
        QCOMPARE(bench.workbench.baselineTrust(), Trust::Final);
    }

    /// The message says what is wrong and offers the way on; every view says what it lacks, in other words.
    void aFailureIsSaidOnce_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("offer");
        QTest::newRow("no such folder") << u"folder"_s << u"Open model…"_s;
        QTest::newRow("config of another family") << u"config"_s << u"Open model…"_s;
        QTest::newRow("weights cut short") << u"header"_s << u"Open model…"_s;
        QTest::newRow("NaN") << u"nan"_s << u"Open model…"_s;
        QTest::newRow("short text") << u"text"_s << u"Choose evaluation text…"_s;
    }
    void aFailureIsSaidOnce()
    {
        QFETCH(QString, what);
        QFETCH(QString, offer);
        const QTemporaryDir folder;
        WindowBench bench;
        QString opened = folder.path();
        if (what == u"text"_s) {
            bench.workbench.setEvaluationText(writeText(bench.folder.filePath(u"bad.txt"_s), "Too short."));
            opened = QString::fromStdU16String(demoDir().u16string());
        } else if (what == u"folder"_s) {
            opened = folder.filePath(u"not there"_s);
        } else {
            writeDemoWithNan(folder.path());
            if (what == u"nan"_s) {
                QCOMPARE(replaceTail(folder.path(), QByteArrayLiteral("\xC0\x7F\xC0\x7F")).size(), 4);
            } else if (what == u"config"_s) {
                QVERIFY(!writeText(folder.filePath(u"config.json"_s), R"({"model_type":"llama"})").isEmpty());
            } else if (what == u"header"_s) {
                QVERIFY(QFile::resize(folder.filePath(u"model.safetensors"_s), 100'000));
            }
        }
        bench.window.resize(1440, 900);
        bench.window.show();
        bench.window.openFolder(opened);
        QTRY_VERIFY_WITH_TIMEOUT(!bench.workbench.blockingSentence().isEmpty() && !bench.jobs.anyActive(),
                                 kEngineMs);
        const QString sentence = bench.workbench.blockingSentence();
        MessageBar* messages = bench.window.messageBar();
        QCOMPARE(messages->currentText(), sentence);
        QCOMPARE(messages->choices().size(), 1);
        QCOMPARE(messages->choices().front()->text(), offer);
        bool explained = false;
        for (const EmptyNote* note : bench.window.findChildren<EmptyNote*>()) {
            QVERIFY2(!note->text().contains(sentence), qPrintable(note->text()));
            explained = explained || (note->isVisible() && note->button()->isVisible());
        }
        QVERIFY(explained);
        // What the message was about is gone with the next model that opens.
        bench.workbench.setEvaluationText(demoEvaluationText());
        bench.window.openFolder(QString::fromStdU16String(demoDir().u16string()));
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.baselineTrust(), Trust::Final, kEngineMs);
        QVERIFY2(messages->currentText() != sentence, qPrintable(messages->currentText()));
    }

    void whatWasStoppedGoesOnWithF5_data()
    {
        QTest::addColumn<QStringList>("kinds");
        QTest::addColumn<QString>("command");
        QTest::newRow("weights") << QStringList { u"load"_s } << u"run.analyse"_s;
        QTest::newRow("texts") << QStringList { u"texts"_s } << u"run.analyse"_s;
        QTest::newRow("both") << QStringList { u"load"_s, u"texts"_s } << u"run.analyse"_s;
        QTest::newRow("both, with Ctrl+R") << QStringList { u"load"_s, u"texts"_s } << u"run.evaluate"_s;
    }
    void whatWasStoppedGoesOnWithF5()
    {
        QFETCH(QStringList, kinds);
        QFETCH(QString, command);
        WindowBench bench;
        bool stopped = false;
        // As soon as both are in their lanes.
        connect(&bench.workbench, &Workbench::overviewChanged, &bench.window, [&] {
            QTimer::singleShot(0, &bench.window, [&] {
                for (const QString& kind : std::exchange(stopped, true) ? QStringList() : kinds) {
                    bench.jobs.cancelKind(kind);
                }
            });
        });
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(stopped && bench.workbench.canResume() && !bench.jobs.anyActive(),
                                 kEngineMs);
        const QString sentence = bench.workbench.blockingSentence();
        QVERIFY2(sentence.contains(u"stopped"_s) && sentence.contains(u"F5"_s), qPrintable(sentence));
        QVERIFY(!bench.window.messageBar()->isShowing()); // stopping is no failure
        bench.document.setKept({ 2 }, 20, bench.document.newGesture());
        const PruningPlan plan = bench.document.plan();
        QVERIFY(bench.action(command)->isEnabled());
        bench.action(command)->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        QCOMPARE(bench.workbench.baselineTrust(), Trust::Final);
        QVERIFY(bench.workbench.blockingSentence().isEmpty());
        QCOMPARE(bench.document.plan().layers, plan.layers);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.spectra() != nullptr, kEngineMs);
    }

    void aBadTextTakesNothingAway_data()
    {
        QTest::addColumn<bool>("calibration");
        QTest::addColumn<QByteArray>("bytes");
        for (const bool calibration : { false, true }) {
            const char* which = calibration ? "calibration" : "evaluation";
            QTest::addRow("%s, too short", which) << calibration << QByteArray("Too short.");
            QTest::addRow("%s, empty", which) << calibration << QByteArray("");
            QTest::addRow("%s, not UTF-8", which) << calibration << QByteArray("caf\xe9 ").repeated(400);
            QTest::addRow("%s, missing", which) << calibration << QByteArray();
        }
    }
    void aBadTextTakesNothingAway()
    {
        QFETCH(bool, calibration);
        QFETCH(QByteArray, bytes);
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(
            bench.workbench.selector() != nullptr && bench.workbench.spectra() != nullptr, kEngineMs);
        bench.document.setPruneRatio(0.5, bench.document.newGesture());
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        Workbench& workbench = bench.workbench;
        const auto spectra = workbench.spectra();
        const auto selector = workbench.selector();
        const auto evaluator = workbench.evaluator();
        const auto candidate = workbench.candidate();
        const QString before = calibration ? workbench.calibrationText() : workbench.evaluationText();
        QString bad = bench.folder.filePath(u"bad.txt"_s);
        if (!bytes.isNull()) {
            QVERIFY(!writeText(bad, bytes).isEmpty());
        }
        if (calibration) {
            workbench.setCalibrationText(bad);
        } else {
            workbench.setEvaluationText(bad);
        }
        QCOMPARE(workbench.candidateTrust(), Trust::Stale); // nobody knows yet that it is bad
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.messageBar()->isShowing(), kEngineMs);
        const QString sentence = bench.window.messageBar()->currentText();
        QVERIFY2(sentence.contains(u"bad.txt"_s) && sentence.contains(QFileInfo(before).fileName()),
                 qPrintable(sentence));
        QCOMPARE(calibration ? workbench.calibrationText() : workbench.evaluationText(), before);
        QCOMPARE(workbench.blockingSentence(), QString());
        QCOMPARE(workbench.baselineTrust(), Trust::Final);
        QCOMPARE(workbench.candidateTrust(), Trust::Final);
        QCOMPARE(workbench.spectraTrust(), Trust::Final);
        QTRY_VERIFY_WITH_TIMEOUT(!bench.jobs.anyActive(), kEngineMs);
        QCOMPARE(workbench.spectra(), spectra);
        QCOMPARE(workbench.selector(), selector);
        QCOMPARE(workbench.evaluator(), evaluator);
        QCOMPARE(workbench.candidate(), candidate);
    }

    void windowsThatDoNotFitTakeNothingAway()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.baselineTrust(), Trust::Final, kEngineMs);
        const Workbench::Options before = bench.workbench.options();
        Workbench::Options options = before;
        options.windowLength = 100'000'000;
        options.evaluationWindows = 7;
        bench.workbench.setOptions(options);
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.messageBar()->isShowing(), kEngineMs);
        QCOMPARE(bench.workbench.options().windowLength, before.windowLength);
        QCOMPARE(bench.workbench.options().evaluationWindows, before.evaluationWindows);
        QCOMPARE(bench.workbench.baselineTrust(), Trust::Final);
    }

    /// There is no earlier text then: what rests on the other one works.
    void aBadTextAtOpeningBlocksOnlyWhatNeedsIt()
    {
        WindowBench bench;
        const QString bad = writeText(bench.folder.filePath(u"bad.txt"_s), "Too short.");
        const QString good = bench.workbench.evaluationText();
        bench.workbench.setEvaluationText(bad);
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr && bench.workbench.settled(),
                                 kEngineMs);
        QVERIFY(bench.workbench.blockingSentence().contains(u"bad.txt"_s));
        QVERIFY(bench.workbench.modelSentence().isEmpty());
        QVERIFY(bench.workbench.baseline() == nullptr);
        bench.workbench.setEvaluationText(good);
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.baselineTrust(), Trust::Final, kEngineMs);
        QVERIFY(bench.workbench.blockingSentence().isEmpty());

        WindowBench other;
        other.workbench.setCalibrationText(bad);
        other.openDemo();
        QTRY_COMPARE_WITH_TIMEOUT(other.workbench.baselineTrust(), Trust::Final, kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(other.workbench.spectra() != nullptr && !other.jobs.anyActive(), kEngineMs);
        QVERIFY(other.workbench.selectorNote().contains(u"bad.txt"_s));
        QVERIFY(other.workbench.blockingSentence().isEmpty());
        // An edit says why it has no number.
        other.document.setPruneRatio(0.5, other.document.newGesture());
        QTRY_VERIFY_WITH_TIMEOUT(other.workbench.settled(), kEngineMs);
        QVERIFY(other.workbench.candidateNote().contains(u"bad.txt"_s));
        other.workbench.setCalibrationText(good);
        QTRY_COMPARE_WITH_TIMEOUT(other.workbench.candidateTrust(), Trust::Final, kEngineMs);
    }

    void aDeviceThatFailedCanBeChosenAgain()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.baselineTrust(), Trust::Final, kEngineMs);
        const Device none { DeviceKind::Cuda, 63 };
        for (int attempt = 0; attempt < 2; ++attempt) {
            QSignalSpy problems(&bench.workbench, &Workbench::problem);
            bench.workbench.setDevice(none, DType::F32);
            QTRY_COMPARE_WITH_TIMEOUT(problems.count(), 1, kEngineMs);
            QVERIFY(!bench.workbench.modelSentence().isEmpty());
            QVERIFY(bench.workbench.canResume());
        }
        bench.workbench.setDevice({}, DType::F32);
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.baselineTrust(), Trust::Final, kEngineMs);
        QVERIFY(bench.workbench.modelSentence().isEmpty());
    }

    /// What was measured before stays in view and says what it is, with a way back.
    void numbersStayWhenTheNewDeviceFails()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(
            bench.workbench.selector() != nullptr && bench.workbench.spectra() != nullptr, kEngineMs);
        bench.document.setPruneRatio(0.5, bench.document.newGesture());
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.settled(), kEngineMs);
        const auto candidate = bench.workbench.candidate();
        bench.workbench.setDevice({ DeviceKind::Cuda, 63 }, DType::F32);
        QTRY_VERIFY_WITH_TIMEOUT(
            bench.window.messageBar()->currentText().contains(u"numbers from cpu · fp32"_s), kEngineMs);
        QVERIFY2(bench.window.messageBar()->currentText().startsWith(bench.workbench.modelSentence()),
                 qPrintable(bench.window.messageBar()->currentText())); // why
        QCOMPARE(bench.workbench.candidate(), candidate);
        QCOMPARE(bench.workbench.candidateTrust(), Trust::Stale);
        QCOMPARE(bench.workbench.spectraTrust(), Trust::Stale);
        QCOMPARE(bench.workbench.staleReason(), bench.workbench.modelSentence());
        QVERIFY(bench.window.qualityPanel()->plot()->isVisible());
        QVERIFY(bench.window.spectraPanel()->plot()->isVisible());
        QVERIFY(bench.window.spectraPanel()->plot()->view().stale);
        const QList<QPushButton*> choices = bench.window.messageBar()->choices();
        QCOMPARE(choices.size(), 1);
        choices.front()->click();
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        QVERIFY(bench.workbench.device() == Device {});
        QCOMPARE(bench.workbench.candidate()->windowNll, candidate->windowNll);
    }

    /// Every kind of engine work says it in the bar, with what to do about it, and can be asked for again.
    void memoryThatRunsOutIsSaidTheSameWayEverywhere_data()
    {
        QTest::addColumn<QString>("kind");
        for (const char* kind : { "load", "baseline", "spectra", "statistics", "candidate", "ranks of tokens",
                                  "sensitivities", "tokens", "further text", "pruned spectra" }) {
            QTest::newRow(kind) << QString::fromUtf8(kind);
        }
    }
    void memoryThatRunsOutIsSaidTheSameWayEverywhere()
    {
        QFETCH(QString, kind);
        WindowBench bench;
        Workbench& workbench = bench.workbench;
        TokenLosses tokens(workbench, bench.lanes, bench.jobs, bench.document);
        TextScores texts(workbench, bench.lanes, bench.jobs, bench.document);
        PrunedSpectra pruned(workbench, bench.lanes, bench.jobs, bench.document);
        std::unique_ptr<LayerProbes> probes;
        TokenRanks& ranks = bench.window.tokenRanks();
        QObject view;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(workbench.selector() != nullptr && workbench.spectra() != nullptr,
                                 kEngineMs);
        bench.document.setPruneRatio(0.5, bench.document.newGesture());
        QTRY_VERIFY_WITH_TIMEOUT(workbench.candidateTrust() == Trust::Final && !bench.jobs.anyActive(),
                                 kEngineMs);
        QSignalSpy problems(&workbench, &Workbench::problem);
        {
            const Shortage shortage(0);
            if (kind == u"load"_s) {
                workbench.setDevice({}, DType::BF16);
            } else if (kind == u"candidate"_s) {
                bench.document.setPruneRatio(0.6, bench.document.newGesture());
            } else if (kind == u"baseline"_s) {
                Workbench::Options options = workbench.options();
                options.evaluationWindows = 5;
                workbench.setOptions(options);
            } else if (kind == u"spectra"_s) {
                workbench.analyseAgain();
            } else if (kind == u"statistics"_s) {
                workbench.setCalibrationText(workbench.evaluationText());
            } else if (kind == u"ranks of tokens"_s) {
                bench.window.selection().setCurrentLayer(3);
                ranks.setWatching(&view, true);
                ranks.retry();
            } else if (kind == u"sensitivities"_s) {
                probes = std::make_unique<LayerProbes>(workbench, bench.lanes, bench.jobs, bench.document);
                probes->measureNow();
            } else if (kind == u"tokens"_s) {
                tokens.setWatching(&view, true);
            } else if (kind == u"further text"_s) {
                texts.setWatching(&view, true);
                texts.add(workbench.calibrationText());
            } else {
                pruned.setWanted(true);
            }
            QTRY_VERIFY_WITH_TIMEOUT(!problems.isEmpty(), kEngineMs);
            QTRY_VERIFY_WITH_TIMEOUT(!bench.jobs.anyActive(), kEngineMs);
        }
        const QString sentence = problems.front().front().toString();
        QVERIFY2(sentence.contains(u"memory"_s) && sentence.contains(u"Close other programs"_s),
                 qPrintable(sentence));
        // What was left behind is given back: the job list shows it.
        bool released = false;
        for (int row = 0; row < bench.jobs.rowCount(); ++row) {
            released = released || bench.jobs.jobAt(row)->title() == u"Release memory"_s;
        }
        QVERIFY(released);
        // The session goes on.
        bench.action(u"run.analyse"_s)->trigger();
        workbench.evaluateAgain();
        QTRY_VERIFY_WITH_TIMEOUT(workbench.settled() && workbench.candidateTrust() == Trust::Final
                                     && workbench.baselineTrust() == Trust::Final
                                     && workbench.spectraTrust() == Trust::Final,
                                 kEngineMs);
    }

    void aSaveDoesNotWaitForWhatStandsStill()
    {
        WindowBench bench;
        // Queued before the jobs that follow the weights are made: none of their results can arrive first.
        const QMetaObject::Connection stop
            = connect(&bench.workbench, &Workbench::modelChanged, &bench.workbench, &Workbench::stopAll,
                      Qt::QueuedConnection);
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.model() != nullptr && !bench.jobs.anyActive(), kEngineMs);
        disconnect(stop);
        QVERIFY(bench.workbench.selector() == nullptr);
        QVERIFY(!bench.workbench.selectorNote().isEmpty());
        bench.document.setKept({ 1 }, 16, bench.document.newGesture());
        // Saving starts what it needs; the note that it waits goes away with it.
        bench.dialogs.saveFile = bench.folder.filePath(u"mine.plan.json"_s);
        bench.action(u"file.savePlan"_s)->trigger();
        QVERIFY(bench.window.messageBar()->currentText().contains(u"as soon as"_s));
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(bench.dialogs.saveFile), kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.messageBar()->isShowing(), kEngineMs);
    }

    void aSaveThatCannotComeSaysSo()
    {
        WindowBench bench;
        bench.workbench.setCalibrationText(bench.folder.filePath(u"gone.txt"_s));
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(!bench.workbench.selectorNote().isEmpty(), kEngineMs);
        bench.document.setKept({ 1 }, 16, bench.document.newGesture());
        bench.dialogs.saveFile = bench.folder.filePath(u"mine.plan.json"_s);
        bench.action(u"file.savePlan"_s)->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.session().isSaving(), kEngineMs);
        const QString sentence = bench.window.messageBar()->currentText();
        QVERIFY2(sentence.contains(u"gone.txt"_s) && sentence.contains(u"cannot be saved"_s),
                 qPrintable(sentence));
        QVERIFY(bench.action(u"file.savePlan"_s)->isEnabled());
        QVERIFY(!QFile::exists(bench.dialogs.saveFile));
        // Nor does it wait for a method that is no longer asked for.
        bench.action(u"file.savePlan"_s)->trigger();
        bench.document.setMethod(u"random"_s, u"Random"_s);
        QTRY_VERIFY_WITH_TIMEOUT(!bench.window.session().isSaving(), kEngineMs);
        QVERIFY(!QFile::exists(bench.dialogs.saveFile));
    }
};

QTEST_MAIN(TestOpening)
#include "tst_opening.moc"
