// SPDX-License-Identifier: GPL-3.0-or-later
// The window under a whole scripted session while the engine is busy, and the watchdog that measures it.
#include "core/base/random.h"
#include "tests/support/paths.h"
#include "tests/ui/ui_support.h"
#include "ui/actions/action_registry.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/jobs/stall_watchdog.h"
#include "ui/main_window.h"
#include "ui/session/window_session.h"
#include "ui/settings/settings.h"
#include "ui/theme/flat_style.h"

#include <QAction>
#include <QEventLoop>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>
#include <QTimer>
#include <QUndoStack>

#include <ctime>

using namespace rankscope;
using namespace Qt::StringLiterals;

namespace {

struct Bench {
    QTemporaryDir folder;
    Settings settings { folder.filePath(u"settings.ini"_s) };
    JobLanes lanes;
    JobListModel jobs;
    PlanDocument document;
    test::FakeDialogs dialogs;
    Workbench workbench { lanes, jobs, document, Workbench::Options { 3, 2, 64, 2, 32 } };
    MainWindow window { WindowServices {
        settings, lanes, jobs, document, workbench, dialogs, {}, QPalette() } };
    WindowSession session { window.services(), window };

    ~Bench()
    {
        session.setEngineBusy(false);
        workbench.stopAll();
        lanes.drain();
    }
};

constexpr int kEngineMs = 60'000;

QString demo()
{
    return QString::fromStdU16String(test::demoDir().u16string());
}

/// Until this thread has been on a core for so long, however busy the machine is.
void burn(int ms)
{
    const auto onCore = [] {
        timespec time {};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return std::int64_t { time.tv_sec } * 1000 + time.tv_nsec / 1'000'000;
    };
    const std::int64_t end = onCore() + ms;
    while (onCore() < end) { }
}

} // namespace

class TestWindowSession : public QObject {
    Q_OBJECT

private:
    StallWatchdog m_watchdog;

private Q_SLOTS:
    void initTestCase()
    {
        const QByteArray resources = QByteArray::fromStdString((test::sourceDir() / "resources").string());
        qputenv("RANKSCOPE_RESOURCE_DIR", resources);
        static_cast<WatchedApplication*>(QApplication::instance())->setWatchdog(&m_watchdog);
    }

    void theWatchdogSeesWhoHeldUpTheWindow()
    {
        QObject culprit;
        culprit.setObjectName(u"culprit"_s);
        QSignalSpy stalled(&m_watchdog, &StallWatchdog::stalled);
        QEventLoop loop;
        QTimer::singleShot(0, &loop, [&] {
            m_watchdog.reset();
            QTimer::singleShot(20, &loop, &QEventLoop::quit);
        });
        loop.exec();
        QVERIFY(m_watchdog.stretches() > 0);
        m_watchdog.reset();
        QMetaObject::invokeMethod(
            &culprit,
            [] {
                StallWatchdog::note(u"burning"_s);
                burn(80);
            },
            Qt::QueuedConnection);
        QTimer::singleShot(120, &loop, &QEventLoop::quit);
        loop.exec();
        QVERIFY(m_watchdog.longest().times.wallMs >= 75.0);
        QVERIFY(m_watchdog.longest().times.cpuMs <= m_watchdog.longest().times.wallMs + 1.0);
        QVERIFY2(m_watchdog.longest().what.contains(u"culprit"_s)
                     && m_watchdog.longest().what.contains(u"burning"_s),
                 qPrintable(m_watchdog.longest().what));
        QVERIFY(m_watchdog.stallCount() >= 1 && stalled.count() >= 1);
        const std::vector<StallWatchdog::Part>& parts = m_watchdog.longest().parts;
        QVERIFY(!parts.empty() && parts.front().what.contains(u"culprit"_s) && parts.front().count == 1);
        QVERIFY(parts.front().cpuMs > 0.0 && parts.front().cpuMs <= m_watchdog.longest().times.cpuMs + 1.0);
        QVERIFY(!m_watchdog.slowHandlers().empty());
        QVERIFY(m_watchdog.slowHandlers().front().what.contains(u"culprit"_s));
    }

    /// A dialog that stays open is no stall, and what happens in its loop is measured by itself.
    void nestedLoopsAreNoStalls()
    {
        m_watchdog.reset();
        QEventLoop outer;
        QTimer::singleShot(0, &outer, [&] {
            QEventLoop inner;
            QTimer::singleShot(150, &inner, &QEventLoop::quit);
            inner.exec();
            outer.quit();
        });
        outer.exec();
        QVERIFY2(m_watchdog.longest().times.cpuMs < 100.0, qPrintable(m_watchdog.longest().what));
        QVERIFY(m_watchdog.stretches() >= 2);
    }

    void aWholeSession()
    {
        Bench bench;
        bench.window.show();
        m_watchdog.reset();
        const OpenTimes opened = bench.session.open(demo(), kEngineMs);
        QVERIFY(opened.overviewMs >= 0.0 && opened.weightsMs >= opened.overviewMs);
        QVERIFY(opened.selectorMs >= 0.0 && opened.spectraMs >= 0.0 && opened.baselineMs >= 0.0);
        bench.session.setEngineBusy(true);
        for (const int layer : { 0, 3, 5 }) {
            const EditTimes edit = bench.session.edit(layer, 20 + layer, kEngineMs);
            QVERIFY(edit.firstMs >= 0.0 && edit.finalMs >= edit.firstMs);
            QCOMPARE(bench.document.plan().layers[static_cast<std::size_t>(layer)].keptKeyDims, 20 + layer);
        }
        const PruningPlan before = bench.document.plan();
        const int steps = bench.document.undoStack()->index();
        const DragTimes drag = bench.session.drag(4, 600, 16);
        QVERIFY(drag.edits > 3);
        QVERIFY(drag.afterReleaseMs >= 0.0);
        QVERIFY(bench.document.undoStack()->index() <= steps + 2); // one gesture, and the last value
        bench.session.lookAround();
        QVERIFY(bench.session.waitFor([&] { return bench.workbench.candidateTrust() == Trust::Final; },
                                      kEngineMs));
        while (bench.document.undoStack()->index() > steps) {
            bench.document.undoStack()->undo();
        }
        QVERIFY(bench.document.plan() == before);
        QVERIFY(bench.session.waitFor([&] { return bench.workbench.candidateTrust() == Trust::Final; },
                                      kEngineMs));
        bench.session.setEngineBusy(false);
        QVERIFY(bench.session.waitFor([&] { return bench.workbench.settled(); }, kEngineMs));
        qInfo("longest stretch %.1f ms, %.1f on a core: %s", m_watchdog.longest().times.wallMs,
              m_watchdog.longest().times.cpuMs, qPrintable(m_watchdog.longest().what));
    }

    void cancelsAtRandomMomentsLeaveAWorkingWindow_data()
    {
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 6; ++seed) {
            QTest::addRow("seed=%u", seed) << seed;
        }
    }

    void cancelsAtRandomMomentsLeaveAWorkingWindow()
    {
        QFETCH(unsigned, seed);
        Random random(seed);
        Bench bench;
        bench.dialogs.unsaved = UnsavedAnswer::Discard;
        bench.window.show();
        bench.window.openFolder(demo());
        for (int step = 0; step < 12; ++step) {
            bench.session.pause(static_cast<int>(random.below(120)));
            switch (random.below(5)) {
            case 0:
                bench.workbench.stopAll();
                break;
            case 1:
                bench.workbench.analyseAgain();
                break;
            case 2:
                bench.workbench.evaluateAgain();
                break;
            case 3:
                if (bench.document.isOpen()) {
                    bench.document.setKept({ static_cast<int>(random.below(6)) },
                                           1 + static_cast<int>(random.below(63)),
                                           bench.document.newGesture());
                }
                break;
            default:
                bench.window.openFolder(demo());
                break;
            }
        }
        // Whatever was stopped: opening again and asking for everything gives everything.
        bench.workbench.stopAll();
        const bool stopped = bench.session.waitFor([&] { return !bench.jobs.anyActive(); }, 10'000);
        QString active;
        for (int row = 0; row < bench.jobs.rowCount(); ++row) {
            const Job* job = bench.jobs.jobAt(row);
            active += isFinished(job->state())
                ? QString()
                : u"%1 (%2) "_s.arg(job->title()).arg(static_cast<int>(job->state()));
        }
        QVERIFY2(stopped, qPrintable(active));
        const OpenTimes opened = bench.session.open(demo(), kEngineMs);
        QVERIFY(opened.selectorMs >= 0.0 && opened.spectraMs >= 0.0 && opened.baselineMs >= 0.0);
        const EditTimes edit = bench.session.edit(2, 32, kEngineMs);
        QVERIFY(edit.finalMs >= 0.0);
        QVERIFY(bench.workbench.delta().delta().has_value());
    }
};

int main(int argc, char** argv)
{
    WatchedApplication application(argc, argv);
    QApplication::setStyle(new FlatStyle);
    TestWindowSession test;
    const int result = QTest::qExec(&test, argc, argv);
    application.setWatchdog(nullptr);
    return result;
}
#include "tst_window_session.moc"
