// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/gui_inbox.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/widgets/jobs_button.h"

#include <QAbstractItemModelTester>
#include <QEventLoop>
#include <QSignalSpy>
#include <QTest>
#include <QTimer>

#include <atomic>
#include <latch>
#include <thread>

using namespace rankscope;
using namespace Qt::StringLiterals;

namespace {

/// Work that says that it began, then runs until it is stopped or released.
struct Held {
    std::latch begun { 1 };
    std::atomic<bool> release { false };
    std::atomic<bool> sawStop { false };

    Result<int> run(JobContext& context)
    {
        begun.count_down();
        while (!release.load()) {
            if (context.stopRequested()) {
                sawStop = true;
                return cancelledError();
            }
            QThread::usleep(200);
        }
        return 7;
    }
};

} // namespace

class TestJob : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The list above the status bar, without a mouse.
    void theListOfASmallWindowTakesKeys()
    {
        Held held;
        JobLanes lanes;
        JobListModel jobs;
        Job* job = jobs.create(u"held"_s, u"held"_s);
        job->start(
            lanes.gpu(), [&held](JobContext& context) { return held.run(context); },
            [](const Result<int>&) {});
        JobsButton button(jobs);
        button.show();
        QTest::keyClick(&button, Qt::Key_Space);
        QVERIFY(button.list()->isVisible());
        QWidget* keyboard = button.list()->focusWidget();
        QVERIFY(keyboard != nullptr);
        QTest::keyClick(keyboard, Qt::Key_Delete);
        QTRY_COMPARE(job->state(), JobState::Cancelled);
    }

    void succeedsWithItsValue()
    {
        JobLanes lanes;
        Job job(1, u"work"_s, nullptr);
        QCOMPARE(job.state(), JobState::Queued);
        int value = 0;
        job.start(
            lanes.cpu(), [](JobContext&) { return Result<int>(42); },
            [&](Result<int> result) { value = *result; });
        QTRY_COMPARE(job.state(), JobState::Succeeded);
        QCOMPARE(value, 42);
    }

    void failsWithItsSentence()
    {
        JobLanes lanes;
        Job job(1, u"work"_s, nullptr);
        ErrorCode code = ErrorCode::Internal;
        job.start(
            lanes.cpu(),
            [](JobContext&) {
                return Result<int>(Error { ErrorCode::DiskFull, "The disk is full.", {} });
            },
            [&](Result<int> result) { code = result.error().code; });
        QTRY_COMPARE(job.state(), JobState::Failed);
        QCOMPARE(code, ErrorCode::DiskFull);
        QCOMPARE(job.failure(), u"The disk is full."_s);
    }

    void postsOfAWorkerArriveInOrderAndOnThisThread()
    {
        openGuiInbox();
        QList<int> arrived;
        std::thread worker([&arrived, gui = std::this_thread::get_id()] {
            for (int i = 0; i < 100; ++i) {
                postToGui([&arrived, gui, i] { arrived.append(std::this_thread::get_id() == gui ? i : -1); });
            }
        });
        worker.join();
        QVERIFY(arrived.isEmpty());
        QTRY_COMPARE(arrived.size(), 100);
        for (int i = 0; i < 100; ++i) {
            QCOMPARE(arrived[i], i);
        }
    }

    /// A result may ask a question, which waits in an event loop of its own.
    void postsAreDeliveredInsideALoopThatAPostRuns()
    {
        openGuiInbox();
        QEventLoop question;
        bool answered = false;
        postToGui([&] {
            QTimer::singleShot(5000, &question, &QEventLoop::quit);
            question.exec();
        });
        postToGui([&] {
            answered = question.isRunning();
            question.quit();
        });
        QTRY_VERIFY(answered);
    }

    /// Other events get their turn between two results.
    void oneResultPerTurn()
    {
        openGuiInbox();
        QList<int> order;
        QTimer ticks;
        connect(&ticks, &QTimer::timeout, this, [&order] { order.append(0); });
        ticks.start(0);
        for (int i = 1; i <= 3; ++i) {
            postToGui([&order, i] { order.append(i); });
        }
        QTRY_VERIFY(order.contains(3));
        for (int i = 1; i < 3; ++i) {
            QVERIFY(order.indexOf(0, order.indexOf(i)) < order.indexOf(i + 1));
            QVERIFY(order.indexOf(0, order.indexOf(i)) > 0);
        }
    }

    void anExceptionBecomesAnInternalError()
    {
        JobLanes lanes;
        Job job(1, u"work"_s, nullptr);
        ErrorCode code = ErrorCode::NotFound;
        job.start(
            lanes.cpu(), [](JobContext&) -> Result<int> { throw std::runtime_error("fault"); },
            [&](Result<int> result) { code = result.error().code; });
        QTRY_COMPARE(job.state(), JobState::Failed);
        QCOMPARE(code, ErrorCode::Internal);
    }

    void cancelBeforeStartNeverRunsTheWork()
    {
        JobLanes lanes;
        Held blocker;
        Job first(1, u"blocker"_s, nullptr);
        first.start(
            lanes.gpu(), [&](JobContext& context) { return blocker.run(context); }, [](Result<int>) {});
        blocker.begun.wait();
        std::atomic<bool> ran { false };
        Job second(2, u"queued"_s, nullptr);
        ErrorCode code = ErrorCode::Internal;
        second.start(
            lanes.gpu(),
            [&](JobContext&) {
                ran = true;
                return Result<int>(1);
            },
            [&](Result<int> result) { code = result.error().code; });
        second.cancel();
        QCOMPARE(second.state(), JobState::Cancelling); // shown at once
        blocker.release = true;
        QTRY_COMPARE(second.state(), JobState::Cancelled);
        QVERIFY(!ran);
        QCOMPARE(code, ErrorCode::Cancelled);
        QTRY_COMPARE(first.state(), JobState::Succeeded);
    }

    void cancelWhileRunning()
    {
        JobLanes lanes;
        Held held;
        Job job(1, u"work"_s, nullptr);
        job.start(
            lanes.gpu(), [&](JobContext& context) { return held.run(context); }, [](Result<int>) {});
        held.begun.wait();
        QTRY_COMPARE(job.state(), JobState::Running);
        job.cancel();
        QCOMPARE(job.state(), JobState::Cancelling);
        QTRY_COMPARE(job.state(), JobState::Cancelled);
        QVERIFY(held.sawStop);
    }

    void cancellingWhatWasNeverStartedEndsIt()
    {
        Job job(1, u"work"_s, nullptr);
        job.cancel();
        QCOMPARE(job.state(), JobState::Cancelled);
    }

    void cancelAfterEndChangesNothing()
    {
        JobLanes lanes;
        Job job(1, u"work"_s, nullptr);
        job.start(
            lanes.cpu(), [](JobContext&) { return Result<int>(1); }, [](Result<int>) {});
        QTRY_COMPARE(job.state(), JobState::Succeeded);
        job.cancel();
        QCOMPARE(job.state(), JobState::Succeeded);
    }

    void aResultThatArrivesAfterCancelIsDropped()
    {
        JobLanes lanes;
        Held held;
        Job job(1, u"work"_s, nullptr);
        bool delivered = false;
        job.start(
            lanes.gpu(),
            [&](JobContext&) {
                held.begun.count_down();
                while (!held.release) {
                    QThread::usleep(200);
                }
                return Result<int>(9); // ignores the stop request
            },
            [&](Result<int> result) { delivered = result.has_value(); });
        held.begun.wait();
        job.cancel();
        held.release = true;
        QTRY_COMPARE(job.state(), JobState::Cancelled);
        QVERIFY(!delivered);
    }

    void destroyingTheHandleStopsAndDropsTheResult()
    {
        JobLanes lanes;
        Held held;
        bool called = false;
        {
            Job job(1, u"work"_s, nullptr);
            job.start(
                lanes.gpu(), [&](JobContext& context) { return held.run(context); },
                [&](Result<int>) { called = true; });
            held.begun.wait();
        }
        QTRY_VERIFY(lanes.idle());
        QCoreApplication::processEvents();
        QVERIFY(held.sawStop);
        QVERIFY(!called);
    }

    void aNewJobOfTheSameKindReplacesTheOld()
    {
        JobListModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        JobLanes lanes;
        Held held;
        bool oldResult = false;
        Job* first = model.create(u"evaluate"_s, u"candidate"_s);
        first->start(
            lanes.gpu(), [&](JobContext& context) { return held.run(context); },
            [&](Result<int> result) { oldResult = result.has_value(); });
        held.begun.wait();
        Job* second = model.create(u"evaluate"_s, u"candidate"_s);
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(model.jobAt(0), second);
        int value = 0;
        second->start(
            lanes.gpu(), [](JobContext&) { return Result<int>(5); },
            [&](Result<int> result) { value = *result; });
        QTRY_COMPARE(value, 5);
        QVERIFY(held.sawStop);
        QVERIFY(!oldResult);
        QCOMPARE(model.runningCount(), 0);
    }

    /// Also when its result lies in the event queue already.
    void aReplacedJobIsNotHeardOfAgain()
    {
        JobListModel model;
        JobLanes lanes;
        bool called = false;
        model.create(u"evaluate"_s, u"candidate"_s)
            ->start(
                lanes.gpu(), [](JobContext&) { return Result<int>(5); }, [&](Result<int>) { called = true; });
        while (!lanes.idle()) {
            QThread::usleep(200); // no events: the result waits
        }
        Job* second = model.create(u"evaluate"_s, u"candidate"_s);
        int value = 0;
        second->start(
            lanes.gpu(), [](JobContext&) { return Result<int>(6); },
            [&](Result<int> result) { value = *result; });
        QTRY_COMPARE(value, 6);
        QVERIFY(!called);
    }

    /// However few cores there are: saving does not wait for an export.
    void oneLongJobDoesNotHoldUpTheFiles()
    {
        JobLanes lanes;
        Held held;
        Job first(1, u"export"_s, nullptr);
        first.start(
            lanes.cpu(), [&](JobContext& context) { return held.run(context); }, [](Result<int>) {});
        held.begun.wait();
        Job second(2, u"save"_s, nullptr);
        int value = 0;
        second.start(
            lanes.cpu(), [](JobContext&) { return Result<int>(3); },
            [&](Result<int> result) { value = *result; });
        QTRY_COMPARE(value, 3);
        held.release = true;
        QTRY_COMPARE(first.state(), JobState::Succeeded);
    }

    /// Finished ones are never above those under way, whatever began when.
    void jobsUnderWayStandAboveTheFinishedOnes()
    {
        JobListModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        JobLanes lanes;
        Held held;
        Job* longest = model.create(u"long"_s, u"long"_s);
        longest->start(
            lanes.gpu(), [&](JobContext& context) { return held.run(context); }, [](Result<int>) {});
        held.begun.wait();
        for (int at = 0; at < 5; ++at) {
            Job* job = model.create(u"short %1"_s.arg(at), {});
            job->start(
                lanes.cpu(), [](JobContext&) { return Result<int>(1); }, [](Result<int>) {});
            QTRY_COMPARE(job->state(), JobState::Succeeded);
            QCOMPARE(model.jobAt(0), longest);
            QCOMPARE(model.jobAt(1), job);
        }
        longest->cancel();
        QTRY_COMPARE(model.runningCount(), 0);
        Job* again = model.create(u"short 0"_s, u"long"_s); // takes the place of one further down
        QCOMPARE(model.jobAt(0), again);
        QCOMPARE(model.rowCount(), 6);
    }

    void finishedJobsAreForgottenBeyondTwenty()
    {
        JobListModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        JobLanes lanes;
        for (int at = 0; at < 30; ++at) {
            Job* job = model.create(u"job %1"_s.arg(at), {});
            job->start(
                lanes.cpu(), [](JobContext&) { return Result<int>(1); }, [](Result<int>) {});
            QTRY_COMPARE(job->state(), JobState::Succeeded);
        }
        QCOMPARE(model.rowCount(), 20);
        QCOMPARE(model.index(0, JobListModel::TitleColumn).data().toString(), u"job 29"_s);
    }
};

QTEST_MAIN(TestJob)
#include "tst_job.moc"
