// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/paths.h"
#include "tests/ui/ui_support.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"

#include <QTest>
#include <QUndoStack>

using namespace rankscope;

namespace {

struct Bench {
    JobLanes lanes;
    JobListModel jobs;
    PlanDocument document;
    Workbench workbench { lanes, jobs, document, Workbench::Options { 3, 2, 64, 2, 32 } };

    ~Bench()
    {
        workbench.stopAll();
        lanes.drain();
    }
    void open()
    {
        workbench.open(QString::fromStdU16String(test::demoDir().u16string()));
        QTRY_VERIFY_WITH_TIMEOUT(workbench.selector() != nullptr && workbench.baselineTrust() == Trust::Final
                                     && workbench.spectra() != nullptr,
                                 60000);
        document.setPruneRatio(0.5, document.newGesture());
        QTRY_COMPARE_WITH_TIMEOUT(workbench.candidateTrust(), Trust::Final, 60000);
    }
};

constexpr int kEngineMs = 60000;

} // namespace

class TestWorkbench : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR",
                QByteArray::fromStdString((test::sourceDir() / "resources").string()));
    }

    void otherWindowsMakeNumbersStaleAndKeepTheRest()
    {
        Bench bench;
        bench.open();
        const auto spectra = bench.workbench.spectra();
        const auto selector = bench.workbench.selector();
        const std::vector<double> before = bench.workbench.candidate()->windowNll;
        const PairedDelta delta = *bench.workbench.delta().delta();

        Workbench::Options options = bench.workbench.options();
        options.evaluationWindows = 5;
        bench.workbench.setOptions(options);
        QCOMPARE(bench.workbench.baselineTrust(), Trust::Stale);
        QCOMPARE(bench.workbench.candidateTrust(), Trust::Stale);
        QCOMPARE(bench.workbench.candidate()->windowNll, before);
        QCOMPARE(bench.workbench.delta().delta()->meanNll, delta.meanNll);
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.baselineTrust(), Trust::Final, kEngineMs);
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        QCOMPARE(bench.workbench.candidate()->windows(), 5);
        QCOMPARE(bench.workbench.delta().delta()->windows, 5);
        // The first windows are the same ones, and nothing else was computed again.
        for (std::size_t window = 0; window < before.size(); ++window) {
            QVERIFY(std::abs(bench.workbench.candidate()->windowNll[window] - before[window]) < 1e-6);
        }
        QCOMPARE(bench.workbench.spectra(), spectra);
        QCOMPARE(bench.workbench.selector(), selector);

        options.windowLength = 48;
        options.evaluationWindows = 0;
        bench.workbench.setOptions(options);
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        QVERIFY(bench.workbench.texts().evaluation->wholeText);
        QCOMPARE(bench.workbench.candidate()->length, 48);
        QCOMPARE(bench.workbench.candidate()->windows(), bench.workbench.texts().evaluation->count);
        QVERIFY(bench.workbench.spectra() != spectra || bench.workbench.spectraTrust() == Trust::Stale);
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.spectraTrust(), Trust::Final, kEngineMs);
        QVERIFY(bench.workbench.spectra() != spectra);
        QCOMPARE(bench.workbench.selector(), selector);
    }

    void numbersOfDifferentWindowsAreNeverPaired()
    {
        Bench bench;
        bench.open();
        Workbench::Options options = bench.workbench.options();
        options.windowLength = 80;
        bench.workbench.setOptions(options);
        connect(&bench.workbench, &Workbench::baselineChanged, &bench.workbench, [&bench] {
            const auto& delta = bench.workbench.deltaReference();
            if (bench.workbench.candidate() != nullptr && delta != nullptr) {
                QCOMPARE(delta->basis, bench.workbench.candidate()->basis);
            }
        });
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.baselineTrust(), Trust::Final, kEngineMs);
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        QCOMPARE(bench.workbench.deltaReference(), bench.workbench.baseline());
    }

    void aCalibrationTextSelectsAgain()
    {
        Bench bench;
        bench.open();
        const auto baseline = bench.workbench.baseline();
        const auto selector = bench.workbench.selector();
        bench.workbench.setCalibrationText(bench.workbench.evaluationText());
        QCOMPARE(bench.workbench.candidateTrust(), Trust::Stale);
        QCOMPARE(bench.workbench.baselineTrust(), Trust::Final);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr
                                     && bench.workbench.selector() != selector
                                     && bench.workbench.candidateTrust() == Trust::Final,
                                 kEngineMs);
        QCOMPARE(bench.workbench.baseline(), baseline);
    }

    /// Undo, redo and a plan that is asked for again show their final number without a run.
    void aPlanThatWasFinishedNeedsNoRun()
    {
        Bench bench;
        bench.open();
        const auto half = bench.workbench.candidate();
        bench.document.setPruneRatio(0.75, bench.document.newGesture());
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.candidateTrust() == Trust::Final
                                     && bench.workbench.candidate() != half,
                                 kEngineMs);
        const auto quarter = bench.workbench.candidate();
        const PruningPlan realised = *bench.workbench.realisedPlan();
        const auto newestRun = [&bench] {
            int newest = -1;
            for (int row = 0; row < bench.jobs.rowCount(); ++row) {
                const Job* job = bench.jobs.jobAt(row);
                newest = job->title() == QStringLiteral("Evaluate candidate") ? job->id() : newest;
            }
            return newest;
        };
        const int run = newestRun();
        QVERIFY(run >= 0);
        const auto shows = [&bench](const std::shared_ptr<const PerplexityEstimate>& estimate) {
            return QTest::qWaitFor(
                [&] {
                    return bench.workbench.candidateTrust() == Trust::Final
                        && bench.workbench.candidate() == estimate && bench.workbench.realisedPlan();
                },
                kEngineMs);
        };
        bench.document.undoStack()->undo();
        QVERIFY(shows(half));
        QCOMPARE(bench.workbench.delta().delta()->meanNll,
                 pairedDelta(*bench.workbench.baseline(), *half).meanNll);
        bench.document.undoStack()->redo();
        QVERIFY(shows(quarter));
        bench.document.keepEverything();
        bench.document.setPruneRatio(0.5, bench.document.newGesture());
        QVERIFY(shows(half));
        bench.document.replacePlan(realised, QStringLiteral("load"));
        QVERIFY(shows(quarter));
        QCOMPARE(newestRun(), run);
        // Asked for, it runs; and other windows are other numbers.
        const auto runsAgain = [&](int before) {
            return QTest::qWaitFor(
                [&] { return newestRun() > before && bench.workbench.candidateTrust() == Trust::Final; },
                kEngineMs);
        };
        bench.workbench.evaluateAgain();
        QVERIFY(runsAgain(run));
        Workbench::Options options = bench.workbench.options();
        options.evaluationWindows = 5;
        const int again = newestRun();
        bench.workbench.setOptions(options);
        QVERIFY(runsAgain(again));
        const int wider = newestRun();
        bench.document.undoStack()->undo();
        QVERIFY(runsAgain(wider));
        QCOMPARE(bench.workbench.candidate()->windows(), 5);
    }

    void deltasFollowTheReference()
    {
        Bench bench;
        bench.open();
        const auto half = bench.workbench.candidate();
        bench.workbench.setReference(half);
        QCOMPARE(bench.workbench.delta().delta()->meanNll, 0.0);
        QCOMPARE(bench.workbench.deltaReference(), half);
        bench.document.setPruneRatio(0.8, bench.document.newGesture());
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        const double against = bench.workbench.candidate()->meanNll() - half->meanNll();
        QVERIFY(std::abs(bench.workbench.delta().delta()->meanNll - against) < 1e-12);
        // A reference of other windows is left alone until its windows are back.
        Workbench::Options options = bench.workbench.options();
        options.windowLength = 50;
        bench.workbench.setOptions(options);
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        QCOMPARE(bench.workbench.deltaReference(), bench.workbench.baseline());
        bench.workbench.setReference(nullptr);
        QVERIFY(bench.workbench.delta().delta()->meanNll > 0.0);
    }
};

QTEST_MAIN(TestWorkbench)
#include "tst_workbench.moc"
