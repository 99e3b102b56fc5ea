// SPDX-License-Identifier: GPL-3.0-or-later
// The window's program from outside, where there is no display.
#include "app/application_benchmark_summary.h"

#include <QDirIterator>
#include <QFile>
#include <QImage>
#include <QJsonArray>
#include <QJsonDocument>
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

const QString kProgram = QStringLiteral(RANKSCOPE_BINARY_DIR "/bin/rankscope");

/// An ordinary session without a display, whose settings and state lie below `home`.
void startSession(QProcess& process, const QString& home, const QStringList& arguments)
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"QT_QPA_PLATFORM"_s, u"offscreen"_s);
    environment.insert(u"HOME"_s, home);
    for (const QString& name : { u"XDG_DATA_HOME"_s, u"XDG_CONFIG_HOME"_s, u"XDG_CACHE_HOME"_s }) {
        environment.insert(name, home + u'/' + name.toLower());
    }
    process.setProcessEnvironment(environment);
    process.start(kProgram, arguments);
}

/// The unsaved work that sessions of `home` keep safe.
QStringList keptWork(const QString& home)
{
    QStringList files;
    QDirIterator walk(home, { u"session-*.json"_s }, QDir::Files, QDirIterator::Subdirectories);
    while (walk.hasNext()) {
        files << walk.next();
    }
    return files;
}

QJsonObject jsonOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).object() : QJsonObject();
}

ProgramRun run(const QStringList& arguments, const QString& display = {},
               const QProcessEnvironment& base = QProcessEnvironment::systemEnvironment())
{
    QProcess process;
    QProcessEnvironment environment = base;
    for (const QString& name : { u"DISPLAY"_s, u"WAYLAND_DISPLAY"_s, u"QT_QPA_PLATFORM"_s }) {
        environment.remove(name);
    }
    if (!display.isEmpty()) {
        environment.insert(u"DISPLAY"_s, display);
    }
    process.setProcessEnvironment(environment);
    process.start(kProgram, arguments);
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

    /// Edits of a session that was killed are offered by the next one, and come back.
    void aKilledSessionComesBack()
    {
        const QTemporaryDir home;
        QJsonValue work;
        QString left;
        {
            QProcess killed;
            startSession(
                killed, home.path(),
                { u"--kept"_s, u"48,40,64,64,64,64"_s, u"--layer"_s, u"1"_s, u"--run"_s, u"plan.lock"_s });
            const auto safe = [&] {
                const QStringList files = keptWork(home.path());
                left = files.value(0);
                work = jsonOf(left).value(u"plan"_s);
                return files.size() == 1 && work[u"locked"_s].toArray().contains(true);
            };
            QVERIFY2(QTest::qWaitFor(safe, 120'000),
                     qPrintable(QString::fromUtf8(killed.readAllStandardError())));
            killed.kill();
            QVERIFY(QTest::qWaitFor([&] { return killed.state() == QProcess::NotRunning; }, 10'000));
            QCOMPARE(killed.exitStatus(), QProcess::CrashExit);
        }
        QVERIFY(QFile::exists(left));
        QProcess next;
        startSession(next, home.path(), { u"--run"_s, u"file.recover"_s });
        const auto back = [&] {
            const QStringList files = keptWork(home.path());
            return files.size() == 1 && files.front() != left
                && jsonOf(files.front()).value(u"plan"_s) == work;
        };
        const bool cameBack = QTest::qWaitFor(back, 120'000);
        next.kill();
        QVERIFY(QTest::qWaitFor([&] { return next.state() == QProcess::NotRunning; }, 10'000));
        const QString said = QString::fromUtf8(next.readAllStandardError());
        QVERIFY2(cameBack, qPrintable(said));
        QVERIFY2(!said.contains(u"There is no action"_s), qPrintable(said));
    }

    /// Neither the plan of the command line nor pictures wait for numbers that cannot come.
    void aPlanIsLoadedAlsoWithoutAText()
    {
        const QTemporaryDir folder;
        const QString demo = QStringLiteral(RANKSCOPE_SOURCE_DIR "/resources/demo");
        QVERIFY(QDir(folder.path()).mkpath(u"resources/demo"_s));
        const QString copied = folder.filePath(u"resources/demo"_s);
        for (const QFileInfo& file : QDir(demo).entryInfoList(QDir::Files)) {
            QVERIFY(QFile::link(file.filePath(), copied + u'/' + file.fileName()));
        }
        const QString plan = folder.filePath(u"half.json"_s);
        QProcess cli;
        cli.start(QStringLiteral(RANKSCOPE_BINARY_DIR "/bin/rankscope-cli"),
                  { u"plan"_s, demo, u"--method"_s, u"l1"_s, u"--ratio"_s, u"0.5"_s, u"-o"_s, plan });
        QVERIFY(QTest::qWaitFor([&] { return cli.state() == QProcess::NotRunning; }, 60'000));
        QVERIFY2(QFile::exists(plan), qPrintable(QString::fromUtf8(cli.readAllStandardError())));
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"RANKSCOPE_RESOURCE_DIR"_s, folder.filePath(u"resources"_s));
        const QString picture = folder.filePath(u"window.png"_s);
        // Only a plan that removes something can be reset.
        const ProgramRun result = run(
            { u"--plan"_s, plan, u"--run"_s, u"plan.reset"_s, u"--screenshot"_s, picture }, {}, environment);
        QVERIFY2(result.exitCode == 0, qUtf8Printable(result.err));
        QVERIFY2(!result.err.contains(u"There is no action"_s), qUtf8Printable(result.err));
        QVERIFY(QFile::exists(picture));
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
