// SPDX-License-Identifier: GPL-3.0-or-later
// The engine lane: urgent work runs inside the polls of less urgent work.
#include "core/base/random.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"

#include <QPointer>
#include <QTest>

#include <atomic>
#include <latch>
#include <mutex>

using namespace rankscope;
using namespace Qt::StringLiterals;

namespace {

/// What happened on the lane, in order.
struct Trace {
    std::mutex mutex;
    std::vector<std::pair<int, bool>> events; ///< task, began (or ended)
    void add(int task, bool began)
    {
        const std::lock_guard lock(mutex);
        events.emplace_back(task, began);
    }
};

/// Polls until it is released or stopped.
struct Held {
    std::latch begun { 1 };
    std::atomic<bool> release { false };

    Result<int> run(JobContext& context)
    {
        begun.count_down();
        while (!release.load()) {
            if (context.stopRequested()) {
                return cancelledError();
            }
            QThread::usleep(100);
        }
        return 1;
    }
};

void ignore(const Result<int>&) { }

} // namespace

class TestEngineLane : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void urgentWorkRunsInsideTheRunningOne()
    {
        JobLanes lanes;
        JobListModel jobs;
        Held low;
        Held high;
        Job* outer = jobs.create(u"spectra"_s, {});
        outer->start(
            lanes.gpu(), [&](JobContext& context) { return low.run(context); }, ignore, 1);
        low.begun.wait();
        Job* inner = jobs.create(u"candidate"_s, {});
        inner->start(
            lanes.gpu(), [&](JobContext& context) { return high.run(context); }, ignore, 2);
        high.begun.wait(); // although the other one still runs
        QTRY_COMPARE(inner->state(), JobState::Running);
        QCOMPARE(outer->state(), JobState::Running);
        QCOMPARE(outer->waitingFor(), inner->id());
        QCOMPARE(inner->waitingFor(), 0);
        QCOMPARE(jobs.index(1, JobListModel::StatusColumn).data().toString(), u"waiting for \"candidate\""_s);
        const double before = outer->elapsedSeconds();
        QTest::qWait(30);
        QCOMPARE(outer->elapsedSeconds(), before); // it does not run
        high.release = true;
        QTRY_COMPARE(inner->state(), JobState::Succeeded);
        QCOMPARE(outer->waitingFor(), 0);
        low.release = true;
        QTRY_COMPARE(outer->state(), JobState::Succeeded);
        QVERIFY(inner->elapsedSeconds() >= 0.03);
    }

    void equalAndLowerPrioritiesWait()
    {
        JobLanes lanes;
        Held held;
        Job first(1, u"first"_s, nullptr);
        first.start(
            lanes.gpu(), [&](JobContext& context) { return held.run(context); }, ignore, 5);
        held.begun.wait();
        std::atomic<int> ran { 0 };
        Job equal(2, u"equal"_s, nullptr);
        equal.start(
            lanes.gpu(), [&](JobContext&) { return Result<int>(++ran); }, ignore, 5);
        Job lower(3, u"lower"_s, nullptr);
        lower.start(
            lanes.gpu(), [&](JobContext&) { return Result<int>(++ran); }, ignore, 4);
        QTest::qWait(30);
        QCOMPARE(ran.load(), 0);
        held.release = true;
        QTRY_COMPARE(ran.load(), 2);
    }

    void cancellingTheOuterLetsTheInnerEnd()
    {
        JobLanes lanes;
        Held low;
        Held high;
        Job outer(1, u"outer"_s, nullptr);
        outer.start(
            lanes.gpu(), [&](JobContext& context) { return low.run(context); }, ignore, 1);
        low.begun.wait();
        Job inner(2, u"inner"_s, nullptr);
        inner.start(
            lanes.gpu(), [&](JobContext& context) { return high.run(context); }, ignore, 2);
        high.begun.wait();
        outer.cancel();
        QCOMPARE(outer.state(), JobState::Cancelling);
        QTest::qWait(20);
        QCOMPARE(outer.state(), JobState::Cancelling);
        high.release = true;
        QTRY_COMPARE(inner.state(), JobState::Succeeded);
        QTRY_COMPARE(outer.state(), JobState::Cancelled);
    }

    void whatTheInnerThrowsDoesNotReachTheOuter()
    {
        JobLanes lanes;
        Held low;
        Job outer(1, u"outer"_s, nullptr);
        int value = 0;
        outer.start(
            lanes.gpu(), [&](JobContext& context) { return low.run(context); },
            [&](Result<int> result) { value = result ? *result : -1; }, 1);
        low.begun.wait();
        for (const bool known : { true, false }) {
            Job inner(2, u"inner"_s, nullptr);
            inner.start(
                lanes.gpu(),
                [known](JobContext&) -> Result<int> {
                    if (known) {
                        throw std::runtime_error("fault");
                    }
                    throw 7;
                },
                ignore, 2);
            QTRY_COMPARE(inner.state(), JobState::Failed);
        }
        low.release = true;
        QTRY_COMPARE(outer.state(), JobState::Succeeded);
        QCOMPARE(value, 1);
    }

    void lanesAreDestroyedWhileWorkIsNested()
    {
        Held low;
        Held high;
        Job outer(1, u"outer"_s, nullptr);
        Job inner(2, u"inner"_s, nullptr);
        Job never(3, u"never"_s, nullptr);
        {
            JobLanes lanes;
            outer.start(
                lanes.gpu(), [&](JobContext& context) { return low.run(context); }, ignore, 1);
            low.begun.wait();
            inner.start(
                lanes.gpu(), [&](JobContext& context) { return high.run(context); }, ignore, 2);
            high.begun.wait();
            never.start(
                lanes.gpu(), [&](JobContext&) { return Result<int>(1); }, ignore, 1);
            QVERIFY(!lanes.idle());
            outer.cancel();
            inner.cancel();
        }
        QTRY_COMPARE(outer.state(), JobState::Cancelled);
        QTRY_COMPARE(inner.state(), JobState::Cancelled);
        QCOMPARE(never.state(), JobState::Queued);
    }

    void randomTasksNestByPriorityOnly_data()
    {
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 15; ++seed) {
            QTest::addRow("seed=%u", seed) << seed;
        }
    }

    void randomTasksNestByPriorityOnly()
    {
        QFETCH(unsigned, seed);
        constexpr int kTasks = 60;
        Random random(seed);
        Trace trace;
        JobListModel jobs;
        JobLanes lanes;
        std::vector<int> priorities;
        std::vector<QPointer<Job>> handles; // the list forgets old finished ones
        std::vector<int> delivered(kTasks, 0);
        std::atomic<int> depth { 0 };
        std::atomic<int> deepest { 0 };
        for (int task = 0; task < kTasks; ++task) {
            const int priority = static_cast<int>(random.below(5));
            const auto polls = static_cast<int>(random.below(40));
            priorities.push_back(priority);
            Job* job = jobs.create(u"task"_s, u"kind %1"_s.arg(task));
            handles.push_back(job);
            job->start(
                lanes.gpu(),
                [&trace, &depth, &deepest, task, polls](JobContext& context) -> Result<int> {
                    trace.add(task, true);
                    deepest = std::max(deepest.load(), ++depth);
                    Result<int> result = task;
                    for (int poll = 0; poll < polls; ++poll) {
                        if (context.stopRequested()) {
                            result = cancelledError();
                            break;
                        }
                        QThread::usleep(50);
                    }
                    --depth;
                    trace.add(task, false);
                    return result;
                },
                [&delivered, task](const Result<int>& result) {
                    delivered[static_cast<std::size_t>(task)]
                        += result || result.error().code == ErrorCode::Cancelled ? 1 : 100;
                },
                priority);
            if (random.below(4) == 0) {
                if (Job* any = handles[random.below(handles.size())]) {
                    any->cancel();
                }
            }
            if (random.below(3) == 0) {
                QTest::qWait(static_cast<int>(random.below(4)));
            }
        }
        QTRY_VERIFY(lanes.idle() && !jobs.anyActive());
        for (int task = 0; task < kTasks; ++task) {
            QCOMPARE(delivered[static_cast<std::size_t>(task)], 1); // every one once, whatever became of it
        }
        // A stack whose priorities rise strictly: never an equal one inside another, never one left open.
        std::vector<int> open;
        std::vector<int> starts(kTasks, 0);
        for (const auto& [task, began] : trace.events) {
            if (began) {
                QVERIFY(++starts[static_cast<std::size_t>(task)] == 1);
                if (!open.empty()) {
                    QVERIFY(priorities[static_cast<std::size_t>(task)]
                            > priorities[static_cast<std::size_t>(open.back())]);
                }
                open.push_back(task);
            } else {
                QCOMPARE(open.back(), task);
                open.pop_back();
            }
        }
        QVERIFY(open.empty());
        QVERIFY(deepest <= 5);
    }
};

QTEST_MAIN(TestEngineLane)
#include "tst_engine_lane.moc"
