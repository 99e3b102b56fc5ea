// SPDX-License-Identifier: GPL-3.0-or-later
// What was chosen for a model is there again when it is opened in a later session.
#include "tests/ui/window_bench.h"
#include "ui/document/resources.h"
#include "ui/widgets/message_bar.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSignalSpy>
#include <QTest>

using namespace rankscope;
using namespace rankscope::test;
using namespace Qt::StringLiterals;

namespace {

bool opened(const WindowBench& bench)
{
    return bench.workbench.texts().evaluation != nullptr && bench.workbench.texts().calibration != nullptr;
}

QString said(const WindowBench& bench)
{
    return bench.window.messageBar()->isShowing() ? bench.window.messageBar()->currentText() : QString();
}

} // namespace

class TestModelMemory : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR", QByteArray::fromStdString((sourceDir() / "resources").string()));
        writeHybridCheckpoint(m_other.path());
    }

    void init()
    {
        m_state = std::make_unique<QTemporaryDir>();
        m_texts = std::make_unique<QTemporaryDir>();
        m_scored = m_texts->filePath(u"scored.txt"_s);
        m_seen = m_texts->filePath(u"seen.txt"_s);
        QVERIFY(QFile::copy(demoCalibrationText(), m_scored));
        QVERIFY(QFile::copy(demoEvaluationText(), m_seen));
    }

    void textsAndWindowsComeBackForTheirModel()
    {
        chooseForTheDemo();
        WindowBench bench(m_state->path());
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(opened(bench), kEngineMs);
        QCOMPARE(bench.workbench.evaluationText(), m_scored);
        QCOMPARE(bench.workbench.calibrationText(), m_seen);
        QCOMPARE(bench.workbench.texts().evaluation->count, 2);
        QCOMPARE(bench.workbench.texts().evaluation->length, 32);
        QCOMPARE(said(bench), QString());
        // Another model has its own: what every model starts with.
        bench.window.openFolder(m_other.path());
        QTRY_VERIFY_WITH_TIMEOUT(opened(bench) && bench.workbench.overview()->spec.layerCount() == 3,
                                 kEngineMs);
        QCOMPARE(bench.workbench.evaluationText(), demoEvaluationText());
        QCOMPARE(bench.workbench.calibrationText(), demoCalibrationText());
        QCOMPARE(bench.workbench.texts().evaluation->count, 3);
        QCOMPARE(bench.workbench.texts().evaluation->length, 64);
        // And back, within the session.
        bench.openDemo();
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.evaluationText(), m_scored, kEngineMs);
        QCOMPARE(bench.workbench.options().windowLength, 32);
    }

    /// As on the command line.
    void aTextThatWasAskedForGoesBeforeTheRememberedOne()
    {
        chooseForTheDemo();
        const QString wanted = m_texts->filePath(u"wanted.txt"_s);
        QVERIFY(QFile::copy(demoEvaluationText(), wanted));
        WindowBench bench(m_state->path());
        bench.workbench.setEvaluationText(wanted);
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(opened(bench), kEngineMs);
        QCOMPARE(bench.workbench.evaluationText(), wanted);
        QCOMPARE(bench.workbench.calibrationText(), m_seen);
        // For that time only.
        bench.window.openFolder(m_other.path());
        QTRY_VERIFY_WITH_TIMEOUT(opened(bench) && bench.workbench.overview()->spec.layerCount() == 3,
                                 kEngineMs);
        bench.openDemo();
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.evaluationText(), m_scored, kEngineMs);
    }

    void aTextThatIsGoneIsSaidAndWaitedFor()
    {
        chooseForTheDemo();
        const QString aside = m_scored + u".aside"_s;
        QVERIFY(QFile::rename(m_scored, aside));
        {
            WindowBench bench(m_state->path());
            bench.openDemo();
            QTRY_VERIFY_WITH_TIMEOUT(opened(bench), kEngineMs);
            QCOMPARE(bench.workbench.evaluationText(), demoEvaluationText());
            QCOMPARE(bench.workbench.calibrationText(), m_seen);
            const QString sentences = said(bench);
            QVERIFY2(sentences.contains(m_scored) && sentences.contains(u"is gone"_s)
                         && sentences.contains(QFileInfo(demoEvaluationText()).fileName()),
                     qPrintable(sentences));
            QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.baselineTrust(), Trust::Final, kEngineMs);
            bench.window.close();
        }
        QVERIFY(QFile::rename(aside, m_scored));
        WindowBench bench(m_state->path());
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(opened(bench), kEngineMs);
        QCOMPARE(bench.workbench.evaluationText(), m_scored);
        QCOMPARE(said(bench), QString());
    }

    void aTextThatIsNoGoodIsNotRemembered()
    {
        chooseForTheDemo();
        const QString bad = m_texts->filePath(u"short.txt"_s);
        QFile file(bad);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("too short") > 0);
        file.close();
        {
            WindowBench bench(m_state->path());
            bench.openDemo();
            QTRY_VERIFY_WITH_TIMEOUT(opened(bench), kEngineMs);
            bench.workbench.setEvaluationText(bad);
            QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.evaluationText(), m_scored, kEngineMs);
            bench.workbench.setCalibrationText(m_scored); // this one is
            QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.scoresCalibrationText(), kEngineMs);
            bench.window.close();
        }
        WindowBench bench(m_state->path());
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(opened(bench), kEngineMs);
        QCOMPARE(bench.workbench.evaluationText(), m_scored);
        QCOMPARE(bench.workbench.calibrationText(), m_scored);
    }

    /// The bundled texts are found by themselves, wherever the program is: going back to them is remembered
    /// without their place.
    void goingBackToTheBundledTextIsRememberedToo()
    {
        chooseForTheDemo();
        {
            WindowBench bench(m_state->path());
            bench.openDemo();
            QTRY_VERIFY_WITH_TIMEOUT(opened(bench), kEngineMs);
            bench.workbench.setEvaluationText(demoEvaluationText());
            QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.choices().evaluationText.empty(), kEngineMs);
            bench.window.close();
        }
        QFile file(onlyFile());
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray text = file.readAll();
        QVERIFY2(!text.contains("\"evaluation_text\"") && text.contains("\"calibration_text\""),
                 text.constData());
    }

    void whatCannotBeReadIsSaid()
    {
        chooseForTheDemo();
        QFile file(onlyFile());
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate) && file.write("{") == 1);
        file.close();
        WindowBench bench(m_state->path());
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(opened(bench), kEngineMs);
        QVERIFY2(said(bench).contains(u"Choose texts and windows again"_s), qPrintable(said(bench)));
        QCOMPARE(bench.workbench.evaluationText(), demoEvaluationText());
    }

private:
    void chooseForTheDemo()
    {
        WindowBench bench(m_state->path());
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(opened(bench), kEngineMs);
        Workbench::Options options = bench.workbench.options();
        options.evaluationWindows = 2;
        options.windowLength = 32;
        bench.workbench.setOptions(options);
        bench.workbench.setEvaluationText(m_scored);
        bench.workbench.setCalibrationText(m_seen);
        QSignalSpy chosen(&bench.workbench, &Workbench::choicesChanged);
        QTRY_VERIFY_WITH_TIMEOUT(!bench.workbench.choices().calibrationText.empty()
                                     && !bench.workbench.choices().evaluationText.empty(),
                                 kEngineMs);
        QVERIFY(!chosen.isEmpty());
        bench.window.close();
        QVERIFY(!onlyFile().isEmpty());
    }

    [[nodiscard]] QString onlyFile() const
    {
        const QDir folder(m_state->filePath(u"models"_s));
        const QStringList files = folder.entryList(QDir::Files);
        return files.size() == 1 ? folder.filePath(files.front()) : QString();
    }

    QTemporaryDir m_other;
    std::unique_ptr<QTemporaryDir> m_state;
    std::unique_ptr<QTemporaryDir> m_texts;
    QString m_scored;
    QString m_seen;
};

QTEST_MAIN(TestModelMemory)
#include "tst_model_memory.moc"
