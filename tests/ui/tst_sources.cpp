// SPDX-License-Identifier: GPL-3.0-or-later
// What the sources of further results do when model, device, text or windows change under them.
#include "core/base/narrow.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_model.h"
#include "tests/ui/held_lane.h"
#include "tests/ui/ui_support.h"
#include "ui/document/channel_choice.h"
#include "ui/document/layer_probes.h"
#include "ui/document/pruned_spectra.h"
#include "ui/document/resources.h"
#include "ui/document/text_scores.h"
#include "ui/document/token_losses.h"
#include "ui/document/token_ranks.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/models/layer_selection.h"

#include <QTemporaryDir>
#include <QTest>

#include <numeric>

using namespace rankscope;
using namespace Qt::StringLiterals;

namespace {

constexpr int kEngineMs = 60000;

struct Bench {
    explicit Bench(const Workbench::Options& options = { 3, 2, 64, 2, 32 })
        : workbench(lanes, jobs, document, options)
    {
    }
    ~Bench()
    {
        workbench.stopAll();
        jobs.cancelAll();
        lanes.drain();
    }

    JobLanes lanes;
    JobListModel jobs;
    PlanDocument document;
    LayerSelection selection;
    Workbench workbench;
    TokenRanks ranks { workbench, lanes, jobs, document, selection };
    ChannelChoice choice { workbench, lanes, jobs, document, selection };
    PrunedSpectra pruned { workbench, lanes, jobs, document };
    LayerProbes probes { workbench, lanes, jobs, document };
    TokenLosses losses { workbench, lanes, jobs, document };
    TextScores scores { workbench, lanes, jobs, document };
    QObject view;

    void open(const QString& folder)
    {
        workbench.open(folder);
        QTRY_VERIFY_WITH_TIMEOUT(workbench.selector() != nullptr && workbench.baselineTrust() == Trust::Final
                                     && workbench.spectraTrust() == Trust::Final,
                                 kEngineMs);
        selection.reset(document.spec().layerCount(), 0);
    }
    void openDemo() { open(demoFolder()); }
    void prune(double ratio)
    {
        document.setPruneRatio(ratio, document.newGesture());
        QTRY_COMPARE_WITH_TIMEOUT(workbench.candidateTrust(), Trust::Final, kEngineMs);
    }
    /// Titles of what is queued or runs and has not been told to stop.
    [[nodiscard]] QStringList underWay() const
    {
        QStringList titles;
        for (int row = 0; row < jobs.rowCount(); ++row) {
            const JobState state = jobs.jobAt(row)->state();
            if (state == JobState::Queued || state == JobState::Running) {
                titles << jobs.jobAt(row)->title();
            }
        }
        return titles;
    }
};

} // namespace

class TestSources : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR",
                QByteArray::fromStdString((test::sourceDir() / "resources").string()));
    }

    /// The heads of a layer are computed in slices between events; a device may be chosen between two of
    /// them.
    void channelsAreNotComputedFromWhatIsGone()
    {
        QTemporaryDir folder;
        test::TinyModelOptions options;
        options.heads = 96;
        options.keyDims = 128; // about a millisecond per head
        options.vocabularySize = 4096;
        const std::filesystem::path path(folder.path().toStdU16String());
        test::writeRandomCheckpoint(path, options);
        for (const char* name : { "tokenizer.json", "tokenizer_config.json" }) {
            std::filesystem::copy_file(test::demoDir() / name, path / name);
        }
        Bench bench;
        bench.open(folder.path());
        bench.document.setKept({ 0 }, 48, bench.document.newGesture());
        QTRY_VERIFY(bench.choice.note().isEmpty() && bench.choice.channels().keptKeyDims == 48);
        bool between = false;
        connect(&bench.choice, &ChannelChoice::changed, &bench.view, [&] {
            if (!between && !bench.choice.complete()) {
                between = true;
                bench.workbench.setDevice(Device {}, DType::BF16);
            }
        });
        bench.choice.setWholeLayer(true);
        QTRY_VERIFY(between);
        QTRY_VERIFY_WITH_TIMEOUT(bench.choice.note().isEmpty() && bench.choice.complete(), kEngineMs);
    }

    /// An evaluator keeps the residual stream of all its windows, a selector its model.
    void nothingHoldsOnToWhatIsGone_data()
    {
        QTest::addColumn<bool>("device");
        QTest::newRow("another device") << true;
        QTest::newRow("other windows") << false;
    }
    void nothingHoldsOnToWhatIsGone()
    {
        QFETCH(bool, device);
        Bench bench;
        bench.openDemo();
        bench.prune(0.5);
        bench.losses.setWatching(&bench.view, true);
        bench.ranks.setWatching(&bench.view, true);
        bench.choice.setWholeLayer(true);
        bench.choice.setOtherMethod(u"l1"_s);
        QTRY_VERIFY_WITH_TIMEOUT(bench.probes.haveCosts() && bench.losses.trust() == Trust::Final
                                     && bench.ranks.trust() == Trust::Final,
                                 kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(!bench.jobs.anyActive() && bench.lanes.idle(), kEngineMs);
        const std::weak_ptr<LiveEvaluator> evaluator = bench.workbench.evaluator();
        const std::weak_ptr<const Model> model = bench.workbench.model();
        const test::HeldLane engine(bench.lanes.gpu()); // the new numbers are long in coming
        if (device) {
            bench.workbench.setDevice(Device {}, DType::BF16);
            QTRY_VERIFY(model.expired());
        } else {
            Workbench::Options options = bench.workbench.options();
            options.windowLength = 48;
            bench.workbench.setOptions(options);
        }
        QTRY_VERIFY(evaluator.expired());
        // The numbers themselves stay, as stale.
        QVERIFY(!bench.probes.of(1).curve.empty());
        QCOMPARE(bench.probes.of(1).curveTrust, Trust::Stale);
    }

    /// Nobody waits for further results of a model that is gone.
    void workOfAnEarlierModelStops()
    {
        Bench bench;
        bench.openDemo();
        bench.prune(0.5);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.settled(), kEngineMs);
        test::HeldLane engine(bench.lanes.gpu());
        bench.losses.setWatching(&bench.view, true);
        bench.ranks.setWatching(&bench.view, true);
        bench.choice.setOtherMethod(u"l1"_s);
        bench.pruned.setWanted(true);
        bench.probes.measureNow();
        bench.scores.add(demoCalibrationText());
        bench.scores.setWatching(&bench.view, true);
        const QStringList wanted { u"Compare tokens"_s, u"Ranks over tokens, layer 0"_s,
                                   u"Spectra of the pruned model"_s, u"Evaluate calibration.txt"_s };
        QTRY_VERIFY2(std::ranges::all_of(
                         wanted, [&](const QString& title) { return bench.underWay().contains(title); })
                         && bench.probes.measuring() && !bench.underWay().filter(u"to compare"_s).isEmpty(),
                     qPrintable(bench.underWay().join(u", "_s)));
        bench.workbench.setDevice(Device {}, DType::BF16);
        QTRY_COMPARE(bench.underWay(), QStringList { u"Load weights"_s });
    }

    /// The channels of a plan that leaves them to the method depend on the calibration text.
    void anotherCalibrationTextMakesPrunedViewsStale()
    {
        Bench bench;
        bench.openDemo();
        bench.prune(0.5);
        bench.pruned.setWanted(true);
        bench.ranks.setPruned(true);
        bench.ranks.setWatching(&bench.view, true);
        QTRY_VERIFY_WITH_TIMEOUT(bench.pruned.trust() == Trust::Final && bench.ranks.trust() == Trust::Final,
                                 kEngineMs);
        const auto spectra = bench.pruned.spectra();
        const auto trace = bench.ranks.shown().trajectory;
        const auto selector = bench.workbench.selector();
        bench.workbench.setCalibrationText(bench.workbench.evaluationText());
        QTRY_VERIFY_WITH_TIMEOUT(
            bench.workbench.selector() != nullptr && bench.workbench.selector() != selector, kEngineMs);
        QVERIFY(bench.pruned.trust() == Trust::Stale || bench.pruned.spectra() != spectra);
        QVERIFY(bench.ranks.trust() == Trust::Stale || bench.ranks.shown().trajectory != trace);
        QTRY_VERIFY_WITH_TIMEOUT(bench.pruned.trust() == Trust::Final && bench.ranks.trust() == Trust::Final,
                                 kEngineMs);
        QVERIFY(bench.pruned.spectra() != spectra);
        QVERIFY(bench.ranks.shown().trajectory != trace);
    }

    /// No text to select from: what has to be selected says so, what names its channels needs none.
    void aPlanThatNamesItsChannelsIsTraced()
    {
        Bench bench;
        bench.workbench.setCalibrationText(u"/nowhere/calibration.txt"_s);
        bench.workbench.open(demoFolder());
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.model() != nullptr
                                     && bench.workbench.texts().evaluation != nullptr
                                     && !bench.workbench.selectorNote().isEmpty(),
                                 kEngineMs);
        bench.selection.reset(bench.document.spec().layerCount(), 0);
        bench.document.setKept({ 0 }, 16, bench.document.newGesture());
        bench.ranks.setPruned(true);
        bench.ranks.setWatching(&bench.view, true);
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks.note(), bench.workbench.selectorNote(), kEngineMs);
        PruningPlan plan = bench.document.plan();
        std::vector<int> first(16);
        std::iota(first.begin(), first.end(), 0);
        plan.layers[0].kept.assign(idx(bench.document.spec().layers[0].heads), first);
        bench.document.replacePlan(plan, u"load"_s);
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks.trust(), Trust::Final, kEngineMs);
        QVERIFY(bench.ranks.shown().spectra->at(63, 0).entropyRank <= 16.0 + 1e-6);
        // A method again: the traced plan stays as an earlier one, with the reason.
        bench.document.setKept({ 0 }, 12, bench.document.newGesture());
        QVERIFY2(bench.ranks.staleCaption().contains(bench.workbench.selectorNote()),
                 qPrintable(bench.ranks.staleCaption()));
    }

    /// The overlay is compared position by position.
    /// Its number needs no selection, so another calibration text is nothing to wait for; and what was
    /// stopped does not begin again by itself.
    void aPlanThatNamesItsChannelsIsScoredAgainByItself()
    {
        Bench bench;
        bench.openDemo();
        bench.prune(0.5);
        const PruningPlan plan = *bench.workbench.realisedPlan();
        bench.document.replacePlan(plan, u"load"_s);
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        {
            const test::HeldLane engine(bench.lanes.gpu());
            bench.workbench.setCalibrationText(bench.workbench.evaluationText());
            QTRY_VERIFY_WITH_TIMEOUT(bench.underWay().contains(u"Collect channel statistics"_s), kEngineMs);
            QCOMPARE(bench.workbench.candidateTrust(), Trust::Stale);
            bench.jobs.cancelKind(u"statistics"_s);
        }
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        QTRY_VERIFY(bench.workbench.selectorNote().contains(u"F5"_s));
        bench.workbench.setEvaluationText(demoCalibrationText());
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.settled() && bench.workbench.candidateTrust() == Trust::Final
                                     && !bench.workbench.texts().evaluation->sourceName.empty()
                                     && bench.workbench.baselineTrust() == Trust::Final,
                                 kEngineMs);
        QVERIFY(bench.workbench.statistics() == nullptr);
        QVERIFY(bench.workbench.selectorNote().contains(u"F5"_s));
        bench.workbench.analyseAgain();
        QVERIFY(bench.workbench.selectorNote().isEmpty());
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
    }

    /// Also under a plan whose own method needs none, and again after a stop.
    void aMethodToCompareWithComesWhenItCan()
    {
        Bench bench;
        bench.openDemo();
        bench.prune(0.5);
        const QString other = u"rrqr"_s;
        const auto hasOther = [&bench] {
            const LayerChannels& channels = bench.choice.channels();
            return channels.layer >= 0 && !channels.heads[idx(bench.choice.head())].otherScores.empty();
        };
        {
            const test::HeldLane engine(bench.lanes.gpu());
            bench.workbench.setCalibrationText(bench.workbench.evaluationText());
            QTRY_VERIFY_WITH_TIMEOUT(bench.underWay().contains(u"Collect channel statistics"_s), kEngineMs);
            bench.document.setMethod(u"l1"_s, u"L1 magnitude"_s);
            bench.choice.setOtherMethod(other);
            QTRY_VERIFY_WITH_TIMEOUT(bench.underWay().contains(u"Prepare L1 magnitude"_s), kEngineMs);
            QVERIFY(!hasOther());
        }
        QTRY_VERIFY_WITH_TIMEOUT(hasOther(), kEngineMs);
        bench.choice.setOtherMethod({});
        {
            const test::HeldLane engine(bench.lanes.gpu());
            bench.choice.setOtherMethod(other);
            QTRY_VERIFY(!bench.underWay().isEmpty());
            bench.jobs.cancelKind(u"otherSelector"_s);
        }
        QTRY_VERIFY2(bench.choice.otherNote().contains(u"again"_s), qPrintable(bench.choice.otherNote()));
        bench.choice.setOtherMethod(other);
        QTRY_VERIFY_WITH_TIMEOUT(hasOther(), kEngineMs);
    }

    void prunedSpectraHaveThePlacesOfTheDenseOnes()
    {
        Bench bench({ 3, 2, 24, 2, 24 });
        bench.openDemo();
        bench.prune(0.5);
        bench.pruned.setWanted(true);
        QTRY_COMPARE_WITH_TIMEOUT(bench.pruned.trust(), Trust::Final, kEngineMs);
        Workbench::Options options = bench.workbench.options();
        options.windowLength = 64;
        options.spectraEvery = 32;
        options.spectraWindows = 3;
        bench.workbench.setOptions(options);
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.texts().evaluation->length, 64, kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.spectraTrust() == Trust::Final
                                     && bench.pruned.trust() == Trust::Final && !bench.jobs.anyActive(),
                                 kEngineMs);
        QCOMPARE(bench.pruned.spectra()->positions, bench.workbench.spectra()->positions);
        QCOMPARE(bench.pruned.spectra()->windows, bench.workbench.spectra()->windows);
    }

    void deltasOfOtherWindowsAreNotFinal()
    {
        Bench bench;
        bench.openDemo();
        bench.prune(0.5);
        bench.scores.add(demoCalibrationText());
        bench.scores.setWatching(&bench.view, true);
        QTRY_COMPARE_WITH_TIMEOUT(bench.scores.texts()[1].trust, Trust::Final, kEngineMs);
        connect(&bench.scores, &TextScores::textChanged, &bench.view, [&](int row) {
            const TextScore& text = bench.scores.texts()[idx(row)];
            QVERIFY(row == 0 || text.trust != Trust::Final || text.candidate->length == 48);
        });
        Workbench::Options options = bench.workbench.options();
        options.windowLength = 48;
        bench.workbench.setOptions(options);
        QTRY_VERIFY_WITH_TIMEOUT(bench.scores.texts()[1].trust == Trust::Final
                                     && bench.scores.texts()[1].candidate->length == 48,
                                 kEngineMs);
    }

    /// Stop means stop: not the next text instead. Another plan is scored again.
    void stoppedTextsStop()
    {
        Bench bench;
        bench.openDemo();
        bench.prune(0.5);
        QTRY_VERIFY_WITH_TIMEOUT(bench.probes.haveCosts() && bench.probes.of(0).aloneTrust == Trust::Final
                                     && !bench.jobs.anyActive(),
                                 kEngineMs);
        QTemporaryDir folder;
        const QString second = folder.filePath(u"second.txt"_s);
        QVERIFY(QFile::copy(demoCalibrationText(), second));
        bench.scores.add(demoCalibrationText());
        bench.scores.add(second);
        {
            const test::HeldLane engine(bench.lanes.gpu());
            bench.scores.setWatching(&bench.view, true);
            QTRY_VERIFY(bench.underWay().contains(u"Evaluate calibration.txt"_s));
            bench.workbench.stopAll();
        }
        QTRY_VERIFY(!bench.jobs.anyActive());
        QTRY_VERIFY(bench.lanes.idle());
        QCoreApplication::processEvents();
        QVERIFY(!bench.jobs.anyActive());
        QVERIFY(bench.scores.texts()[1].failure.contains(u"Stopped"_s));
        QVERIFY(bench.scores.texts()[2].failure.contains(u"Stopped"_s));
        QVERIFY(bench.scores.texts()[2].windows == nullptr);
        bench.prune(0.75);
        QTRY_VERIFY_WITH_TIMEOUT(bench.scores.texts()[1].trust == Trust::Final
                                     && bench.scores.texts()[2].trust == Trust::Final,
                                 kEngineMs);
    }

    /// What was reached stays, as partial, and says that nothing more comes by itself.
    void stoppedRanksSayThatTheyStopped()
    {
        Bench bench({ 3, 2, 512, 2, 32 });
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.settled(), kEngineMs);
        bool stopped = false;
        connect(&bench.ranks, &TokenRanks::changed, &bench.view, [&] {
            if (!stopped && bench.ranks.trust() == Trust::Partial) {
                stopped = true;
                bench.workbench.stopAll();
            }
        });
        bench.ranks.setWatching(&bench.view, true);
        QTRY_VERIFY_WITH_TIMEOUT(stopped && !bench.jobs.anyActive() && bench.lanes.idle(), kEngineMs);
        QTRY_VERIFY2(bench.ranks.stopNote().contains(u"F5"_s), qPrintable(bench.ranks.stopNote()));
        QVERIFY(bench.ranks.trust() != Trust::Stale);
        bench.ranks.retry();
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks.trust(), Trust::Final, kEngineMs);
    }

    void stoppedTokensStayStopped()
    {
        Bench bench({ 12, 2, 96, 2, 32 });
        bench.openDemo();
        bench.prune(0.5);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.settled(), kEngineMs);
        {
            const test::HeldLane engine(bench.lanes.gpu());
            bench.losses.setWatching(&bench.view, true);
            QTRY_VERIFY(bench.underWay().contains(u"Compare tokens"_s));
            bench.workbench.stopAll();
        }
        QTRY_VERIFY_WITH_TIMEOUT(!bench.jobs.anyActive() && bench.lanes.idle(), kEngineMs);
        QVERIFY2(bench.losses.stopNote().contains(u"Ctrl+R"_s), qPrintable(bench.losses.stopNote()));
        QCOMPARE(bench.losses.note(), bench.losses.stopNote());
        // Another look at the same number is no wish for it.
        bench.workbench.setReference(bench.workbench.candidate());
        bench.losses.setWatching(&bench.view, false);
        bench.losses.setWatching(&bench.view, true);
        QVERIFY(!QTest::qWaitFor([&] { return bench.underWay().contains(u"Compare tokens"_s); }, 50));
        bench.workbench.evaluateAgain();
        QTRY_COMPARE_WITH_TIMEOUT(bench.losses.trust(), Trust::Final, kEngineMs);
        QCOMPARE(bench.losses.stopNote(), QString());
    }

    /// With the candidate stopped nobody waits for its number.
    void tokensOfAStoppedCandidateSayWhatStopped()
    {
        Bench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.settled(), kEngineMs);
        bench.losses.setWatching(&bench.view, true);
        {
            const test::HeldLane engine(bench.lanes.gpu());
            bench.document.setPruneRatio(0.5, bench.document.newGesture());
            QTRY_VERIFY(bench.underWay().contains(u"Evaluate candidate"_s));
            QVERIFY2(bench.losses.note().contains(u"Waiting"_s), qPrintable(bench.losses.note()));
            bench.workbench.stopAll();
        }
        QTRY_VERIFY_WITH_TIMEOUT(!bench.jobs.anyActive(), kEngineMs);
        QCOMPARE(bench.losses.note(), bench.workbench.candidateNote());
    }

    /// Probes begin a moment after the numbers, ranks a moment after the selection.
    void nothingBeginsAMomentAfterStopAll()
    {
        Bench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.probes.haveCosts() && !bench.jobs.anyActive(), kEngineMs);
        connect(
            &bench.workbench, &Workbench::candidateChanged, &bench.view,
            [&] {
                if (bench.workbench.candidateTrust() == Trust::Final) {
                    bench.ranks.setWatching(&bench.view, true);
                    bench.workbench.stopAll();
                    disconnect(&bench.workbench, nullptr, &bench.view, nullptr);
                }
            },
            Qt::QueuedConnection);
        bench.prune(0.5);
        QVERIFY(!QTest::qWaitFor([&] { return bench.jobs.anyActive(); }, 400));
        QVERIFY2(bench.probes.note().contains(u"Stopped"_s), qPrintable(bench.probes.note()));
        QVERIFY2(bench.ranks.note().contains(u"Stopped"_s), qPrintable(bench.ranks.note()));
        bench.probes.measureNow();
        bench.ranks.retry();
        QTRY_VERIFY_WITH_TIMEOUT(
            bench.probes.of(0).aloneTrust == Trust::Final && bench.ranks.trust() == Trust::Final, kEngineMs);
    }

    void stoppedPrunedSpectraStayStopped()
    {
        Bench bench;
        bench.openDemo();
        bench.prune(0.5);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.settled(), kEngineMs);
        {
            const test::HeldLane engine(bench.lanes.gpu());
            bench.pruned.setWanted(true);
            QTRY_VERIFY(bench.underWay().contains(u"Spectra of the pruned model"_s));
            bench.workbench.stopAll();
        }
        QTRY_VERIFY_WITH_TIMEOUT(!bench.jobs.anyActive() && bench.lanes.idle(), kEngineMs);
        QVERIFY2(bench.pruned.note().contains(u"F5"_s), qPrintable(bench.pruned.note()));
        bench.workbench.setReference(bench.workbench.candidate());
        QVERIFY(!bench.underWay().contains(u"Spectra of the pruned model"_s));
        bench.pruned.retry();
        QTRY_COMPARE_WITH_TIMEOUT(bench.pruned.trust(), Trust::Final, kEngineMs);
    }

    /// What a CPU cannot do in a minute is no reason to do little on a GPU.
    void limitsOfOneKindOfDeviceAreNotThoseOfAnother()
    {
        Bench bench({ 0, 2, 1 << 20, 2, 32 });
        bench.workbench.open(demoFolder());
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.overview() != nullptr, kEngineMs);
        const int affordable = bench.workbench.options().evaluationWindows;
        QVERIFY(affordable > 0);
        bench.workbench.setDevice({ DeviceKind::Cuda, 99 }, DType::BF16);
        QCOMPARE(bench.workbench.options().evaluationWindows, 0); // all
        bench.workbench.setDevice({}, DType::F32);
        QCOMPARE(bench.workbench.options().evaluationWindows, affordable);
    }

    void aTextThatIsTakenOutIsNotScored()
    {
        Bench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.settled(), kEngineMs);
        bench.scores.add(demoCalibrationText());
        const test::HeldLane engine(bench.lanes.gpu());
        bench.scores.setWatching(&bench.view, true);
        QTRY_VERIFY(bench.underWay().contains(u"Evaluate calibration.txt"_s));
        bench.scores.remove(1);
        QVERIFY(!bench.underWay().contains(u"Evaluate calibration.txt"_s));
    }
};

QTEST_MAIN(TestSources)
#include "tst_sources.moc"
