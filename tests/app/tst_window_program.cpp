// SPDX-License-Identifier: GPL-3.0-or-later
// The window's program from outside, where there is no display.
#include "app/application_benchmark_summary.h"

#include <QImage>
#include <QJsonArray>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

struct ProgramRun {
    int exitCode = -1; ///< -1: a signal, or no end
    QString out;
    QString err;
};

ProgramRun run(const QStringList& arguments, const QString& display = {})
{
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const QString& name : { u"DISPLAY"_s, u"WAYLAND_DISPLAY"_s, u"QT_QPA_PLATFORM"_s }) {
        environment.remove(name);
    }
    if (!display.isEmpty()) {
        environment.insert(u"DISPLAY"_s, display);
    }
    process.setProcessEnvironment(environment);
    process.start(QStringLiteral(RANKSCOPE_BINARY_DIR "/bin/rankscope"), arguments);
    ProgramRun result;
    if (!process.waitForFinished(240'000)) {
        process.kill();
        process.waitForFinished();
    } else if (process.exitStatus() == QProcess::NormalExit) {
        result.exitCode = process.exitCode();
    }
    result.out = QString::fromUtf8(process.readAllStandardOutput());
    result.err = QString::fromUtf8(process.readAllStandardError());
    return result;
}

} // namespace

class TestWindowProgram : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void textNeedsNoDisplay_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("display");
        QTest::addColumn<QString>("wanted");
        QTest::newRow("help") << QStringList { u"--help"_s } << QString() << u"--screenshot"_s;
        QTest::newRow("help, dead display") << QStringList { u"--help"_s } << u":957"_s << u"--theme"_s;
        QTest::newRow("version") << QStringList { u"--version"_s } << QString() << u"rankscope 0"_s;
        QTest::newRow("actions") << QStringList { u"--run"_s, u"list"_s } << QString() << u"file.export "_s;
    }
    void textNeedsNoDisplay()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, display);
        QFETCH(QString, wanted);
        const ProgramRun result = run(arguments, display);
        QVERIFY2(result.exitCode == 0, qUtf8Printable(result.err));
        QVERIFY2(result.out.contains(wanted), qUtf8Printable(result.out));
        QCOMPARE(result.err, QString());
    }

    void pictureNeedsNoDisplay()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath(u"window.png"_s);
        const ProgramRun result = run({ u"--screenshot"_s, file, u"--size"_s, u"1280x800"_s });
        QVERIFY2(result.exitCode == 0, qUtf8Printable(result.err));
        QCOMPARE(result.err, QString()); // nothing about what the offscreen platform cannot do
        QCOMPARE(QImage(file).size(), QSize(1280, 800));
    }

    /// One sentence that names the option, before anything opens.
    void wrongOptions_data()
    {
        QTest::addColumn<QString>("option");
        QTest::addColumn<QString>("value");
        QTest::newRow("theme") << u"--theme"_s << u"sepia"_s;
        QTest::newRow("dialog") << u"--dialog"_s << u"save"_s;
        QTest::newRow("layer") << u"--layer"_s << u"first"_s;
        QTest::newRow("head") << u"--head"_s << u"-2"_s;
        QTest::newRow("kept, no number") << u"--kept"_s << u"48,x"_s;
        QTest::newRow("kept, a gap") << u"--kept"_s << u"48,,40"_s;
        QTest::newRow("kept, nothing") << u"--kept"_s << u"0"_s;
        QTest::newRow("repeats") << u"--repeats"_s << u"none"_s;
        QTest::newRow("size") << u"--size"_s << u"1440"_s;
        QTest::newRow("device") << u"--device"_s << u"abacus"_s;
    }
    void wrongOptions()
    {
        QFETCH(QString, option);
        QFETCH(QString, value);
        const QTemporaryDir folder;
        const ProgramRun result
            = run({ u"--screenshot"_s, folder.filePath(u"window.png"_s), option + u'=' + value });
        QVERIFY2(result.exitCode == 2, qUtf8Printable(result.err));
        QCOMPARE(result.err.count(u'\n'), 1);
        QVERIFY2(result.err.contains(option) || result.err.contains(value), qUtf8Printable(result.err));
    }

    /// Who lets a script take pictures learns that it did not get what it asked for.
    void whatCouldNotBeDoneIsTold()
    {
        const ProgramRun result
            = run({ u"--screenshot"_s, u"/no/such/place/window.png"_s, u"--run"_s, u"no.such.action"_s });
        QVERIFY2(result.exitCode == 1, qUtf8Printable(result.err));
        QVERIFY2(result.err.contains(u"no.such.action"_s), qUtf8Printable(result.err));
        QVERIFY2(result.err.contains(u"/no/such/place/window.png"_s), qUtf8Printable(result.err));
    }

    /// States that pass quickly or that nothing leads to can be looked at too.
    void picturesOfOtherStates_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("empty") << QStringList { u"--empty"_s };
        QTest::newRow("failed") << QStringList { u"/no/such/folder"_s };
        QTest::newRow("stopped") << QStringList { u"--moment"_s, u"stopped"_s, u"--kept"_s,
                                                  u"8,8,8,8,8,8"_s };
        QTest::newRow("dialog") << QStringList { u"--dialog"_s, u"export"_s };
    }
    void picturesOfOtherStates()
    {
        QFETCH(QStringList, arguments);
        const QTemporaryDir folder;
        const QString file = folder.filePath(u"window.png"_s);
        const ProgramRun result = run(arguments + QStringList { u"--screenshot"_s, file });
        QVERIFY2(result.exitCode == 0, qUtf8Printable(result.err));
        QVERIFY(!QImage(file).isNull());
    }

    void aMomentThatDoesNotComeIsNoPicture()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath(u"window.png"_s);
        const ProgramRun result = run({ u"--empty"_s, u"--moment"_s, u"partial"_s, u"--screenshot"_s, file });
        QCOMPARE(result.exitCode, 1);
        QVERIFY2(result.err.contains(u"partial"_s), qUtf8Printable(result.err));
        QVERIFY(!QFile::exists(file));
        QCOMPARE(run({ u"--moment"_s, u"partial"_s }).exitCode, 2);
    }

    /// One sentence and an exit code, no abort.
    void windowNeedsADisplay_data()
    {
        QTest::addColumn<QString>("display");
        QTest::newRow("none") << QString();
        QTest::newRow("does not answer") << u":957"_s;
    }
    void windowNeedsADisplay()
    {
        QFETCH(QString, display);
        const ProgramRun result = run({}, display);
        QVERIFY2(result.exitCode == 2, qUtf8Printable(result.err));
        QCOMPARE(result.err.count(u'\n'), 1);
        QVERIFY2(result.err.contains(u"no window can open"_s), qUtf8Printable(result.err));
        QVERIFY(display.isEmpty() || result.err.contains(display));
    }

    void benchmarkForPeople()
    {
        const QJsonObject numbers { { u"median"_s, 41.6 }, { u"max"_s, 97.2 } };
        const QJsonObject stalls { { u"longest"_s, QJsonObject { { u"own_ms"_s, 23.4 } } },
                                   { u"over_50_ms"_s, 3 },
                                   { u"handlers_over_8_ms"_s,
                                     QJsonArray { QJsonObject { { u"what"_s, u"Paint"_s } } } } };
        const QString text = benchmarkSummary(
            { { u"device"_s, u"cpu"_s },
              { u"dtype"_s, u"fp32"_s },
              { u"edits_idle"_s,
                QJsonObject { { u"first_number_ms"_s, numbers }, { u"final_number_ms"_s, numbers } } },
              { u"edit_stalls"_s, stalls } });
        for (const char* part : { "cpu, fp32", "median 42 ms, longest 97 ms", "23 ms; 3 of 50 ms or more" }) {
            QVERIFY2(text.contains(QString::fromUtf8(part)), qUtf8Printable(text));
        }
        QVERIFY2(!text.contains(u"Paint"_s) && !text.contains(u'_'), qUtf8Printable(text));
    }
};

} // namespace rankscope

QTEST_GUILESS_MAIN(rankscope::TestWindowProgram)
#include "tst_window_program.moc"
