// SPDX-License-Identifier: GPL-3.0-or-later
// Jobs stopped at random moments, one by one or all at once: what is marked final afterwards, and again after
// going on, is what an undisturbed run gives; nothing claims to be under way that is not; nothing half
// written lies about. RANKSCOPE_SEED repeats a run, RANKSCOPE_TRIALS makes it longer.
#include "core/base/narrow.h"
#include "tests/ui/window_bench.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/document/layer_probes.h"
#include "ui/document/resources.h"
#include "ui/document/text_scores.h"
#include "ui/document/token_losses.h"
#include "ui/document/token_ranks.h"
#include "ui/jobs/job.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/dock_panel.h"
#include "ui/widgets/status_strip.h"

#include <QDir>
#include <QDirIterator>
#include <QElapsedTimer>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>

#include <functional>
#include <map>
#include <random>
#include <set>
#include <thread>

using namespace rankscope;
using namespace rankscope::test;
using namespace Qt::StringLiterals;

namespace {

/// Longer than every delay after which something begins by itself.
constexpr int kQuietMs = 300;
const Workbench::Options kOptions { 8, 2, 96, 2, 32 };

/// The plans that take turns, so that nothing of the one before can be used again.
struct Turn {
    double ratio;
    QString method;
};
const Turn kTurns[] = { { 0.5, u"rrqr"_s }, { 0.75, u"l1"_s } };

/// What an undisturbed run gives.
struct Reference {
    std::vector<double> candidate;
    std::vector<LayerProbes::Numbers> probes;
    TokenComparison tokens;
    std::vector<double> further; ///< the candidate on the further text
};

bool sameTokens(const TokenComparison& left, const TokenComparison& right)
{
    return left.baselineNll == right.baselineNll && left.candidateNll == right.candidateNll
        && left.kl == right.kl && left.sameTop == right.sameTop;
}

/// Relative paths and contents.
std::map<QString, QByteArray> contents(const QString& folder)
{
    std::map<QString, QByteArray> files;
    QDirIterator walk(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (walk.hasNext()) {
        QFile file(walk.next());
        if (file.open(QIODevice::ReadOnly)) {
            files[QDir(folder).relativeFilePath(file.fileName())] = file.readAll();
        }
    }
    return files;
}

/// The window, what its views say, and whether what they call final is right.
struct CancelBench : WindowBench {
    CancelBench()
        : WindowBench({}, {}, kOptions)
    {
        window.resize(1440, 1000);
        for (const DockPanel* dock : window.docks()) {
            for (int page = 0; page < dock->pageCount(); ++page) {
                QWidget* widget = dock->page(page);
                if (widget->metaObject()->indexOfSignal("captionChanged(QString)") >= 0) {
                    captions[widget] = std::make_unique<QSignalSpy>(widget, SIGNAL(captionChanged(QString)));
                }
            }
        }
    }
    bool open()
    {
        openDemo();
        return QTest::qWaitFor([this] { return workbench.selector() != nullptr; }, kEngineMs) && rests();
    }
    void take(const Turn& turn)
    {
        document.setMethod(turn.method, turn.method);
        document.setPruneRatio(turn.ratio, document.newGesture());
    }
    /// Nothing is under way, and nothing begins by itself.
    bool rests()
    {
        QElapsedTimer clock;
        clock.start();
        do {
            if (!QTest::qWaitFor([this] { return !jobs.anyActive() && lanes.idle(); }, kEngineMs)) {
                return false;
            }
        } while (QTest::qWaitFor([this] { return jobs.anyActive(); }, kQuietMs)
                 && clock.elapsed() < 3 * kEngineMs);
        return !jobs.anyActive();
    }
    [[nodiscard]] int newestId() const
    {
        int newest = 0;
        for (int row = 0; row < jobs.rowCount(); ++row) {
            newest = std::max(newest, jobs.jobAt(row)->id());
        }
        return newest;
    }
    [[nodiscard]] Job* underWay(const QString& title) const
    {
        for (int row = 0; row < jobs.rowCount(); ++row) {
            Job* job = jobs.jobAt(row);
            if (!isFinished(job->state()) && job->title().startsWith(title)) {
                return job;
            }
        }
        return nullptr;
    }
    /// What is said that cannot be true while nothing is under way.
    [[nodiscard]] QStringList untrue() const
    {
        static const QRegularExpression busy(
            u"computing|running|waiting|so far|measuring|comparing|decomposing|tracing|analysing|reading|"
            u"loading|preparing|writing|verifying|being |still |follows"_s,
            QRegularExpression::CaseInsensitiveOption);
        QStringList said { workbench.staleReason(),  workbench.candidateNote(), workbench.baselineNote(),
                           workbench.selectorNote(), workbench.spectraNote(),   probes().note() };
        for (const auto& [page, spy] : captions) {
            if (page->isVisible() && !spy->isEmpty()) {
                said << spy->last().first().toString().section(QChar(0x9c), 0, 0);
            }
        }
        for (const EmptyNote* note : window.findChildren<EmptyNote*>()) {
            if (note->isVisible()) {
                said << note->text();
            }
        }
        for (const NumberTile* tile : window.findChildren<NumberTile*>()) {
            said << tile->caption();
        }
        if (const ExportDialog* dialog = window.exportDialog()) {
            for (const QLabel* label : dialog->findChildren<QLabel*>()) {
                said << (label->isVisible() ? label->text() : QString());
            }
        }
        // "Reading the text was stopped" is past.
        said.removeIf([](const QString& text) { return !text.contains(busy) || text.contains(u"topped"_s); });
        return said;
    }
    [[nodiscard]] LayerProbes& probes() const { return *window.findChild<LayerProbes*>(); }
    [[nodiscard]] TokenLosses& losses() const { return *window.findChild<TokenLosses*>(); }
    [[nodiscard]] TextScores& scores() const { return *window.findChild<TextScores*>(); }

    std::map<const QWidget*, std::unique_ptr<QSignalSpy>> captions;
};

} // namespace

class TestRandomCancel : public QObject {
    Q_OBJECT

private:
    quint64 m_seed = 0;
    int m_trials = 4;
    std::mt19937_64 m_random;
    std::vector<Reference> m_reference { std::size(kTurns) };

    double share() { return std::uniform_real_distribution<double>(0.0, 1.0)(m_random); }

    /// Stops the job, or everything, as soon as it has done a random share. The event loop does not turn
    /// meanwhile, so that the moment may lie anywhere in the worker's run, or after it.
    void stop(CancelBench& bench, Job& job, bool everything)
    {
        const double wanted = share();
        QElapsedTimer clock;
        clock.start();
        const auto reached = [&] {
            return job.total() > 0
                && static_cast<double>(job.done()) >= wanted * static_cast<double>(job.total());
        };
        while (!reached() && !job.lane()->idle() && clock.elapsed() < kEngineMs) {
            std::this_thread::yield();
        }
        qInfo("%s at %lld of %lld", everything ? "everything" : qPrintable(job.title()),
              static_cast<long long>(job.done()), static_cast<long long>(job.total()));
        if (everything) {
            bench.workbench.stopAll();
        } else {
            job.cancel();
        }
    }

    /// Waits for a job of that title, stops it, and checks what is said then; nothing begins after
    /// "stop all".
    void stopAtRandom(CancelBench& bench, const QString& title)
    {
        QVERIFY2(QTest::qWaitFor([&] { return bench.underWay(title) != nullptr; }, kEngineMs),
                 qPrintable(title + u" does not begin"_s));
        const bool everything = share() < 0.5;
        const int newest = bench.newestId();
        stop(bench, *bench.underWay(title), everything);
        QVERIFY(bench.rests());
        QVERIFY2(!everything || bench.newestId() == newest, "something began after everything was stopped");
        const QStringList untrue = bench.untrue();
        QVERIFY2(untrue.isEmpty(), qPrintable(u'\n' + untrue.join(u'\n')));
    }

    [[nodiscard]] static bool probesAgree(const LayerProbes& probes, const Reference& reference)
    {
        for (int layer = 0; layer < std::ssize(reference.probes); ++layer) {
            const LayerProbes::Numbers& now = probes.of(layer);
            const LayerProbes::Numbers& then = reference.probes[idx(layer)];
            if ((now.aloneTrust == Trust::Final && !(now.alone == then.alone))
                || (now.curveTrust == Trust::Final && !(now.curve == then.curve))) {
                return false;
            }
        }
        return true;
    }
    [[nodiscard]] static bool probesComplete(const LayerProbes& probes, const Reference& reference)
    {
        bool complete = !probes.measuring();
        for (int layer = 0; layer < std::ssize(reference.probes); ++layer) {
            complete = complete && probes.of(layer).aloneTrust == reference.probes[idx(layer)].aloneTrust
                && probes.of(layer).curveTrust == reference.probes[idx(layer)].curveTrust;
        }
        return complete;
    }

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR", QByteArray::fromStdString((sourceDir() / "resources").string()));
        m_seed = qEnvironmentVariable("RANKSCOPE_SEED").toULongLong();
        m_seed = m_seed != 0 ? m_seed : std::random_device {}();
        m_trials = std::max(m_trials, qEnvironmentVariableIntValue("RANKSCOPE_TRIALS"));
        qInfo("RANKSCOPE_SEED=%llu", static_cast<unsigned long long>(m_seed));
        CancelBench bench;
        QVERIFY(bench.open());
        bench.action(u"view.show.tokenLoss"_s)->trigger();
        for (std::size_t turn = 0; turn < std::size(kTurns); ++turn) {
            Reference& reference = m_reference[turn];
            bench.take(kTurns[turn]);
            QVERIFY(bench.rests());
            QCOMPARE(bench.workbench.candidateTrust(), Trust::Final);
            QCOMPARE(bench.losses().trust(), Trust::Final);
            reference.candidate = bench.workbench.candidate()->windowNll;
            reference.tokens = *bench.losses().comparison();
            for (int layer = 0; layer < bench.document.spec().layerCount(); ++layer) {
                reference.probes.push_back(bench.probes().of(layer));
                QCOMPARE(reference.probes.back().aloneTrust, Trust::Final);
                QCOMPARE(reference.probes.back().curveTrust, Trust::Final);
            }
        }
        bench.action(u"view.show.textScore"_s)->trigger();
        bench.scores().add(demoCalibrationText());
        for (const std::size_t turn : { std::size_t { 1 }, std::size_t { 0 } }) {
            bench.take(kTurns[turn]);
            QVERIFY(bench.rests());
            QCOMPARE(bench.scores().texts()[1].trust, Trust::Final);
            m_reference[turn].further = bench.scores().texts()[1].candidate->windowNll;
        }
        QVERIFY2(bench.untrue().isEmpty(), qPrintable(bench.untrue().join(u'\n')));
    }

    void init()
    {
        m_random.seed(m_seed); // every function on its own
    }

    void candidateEvaluation()
    {
        CancelBench bench;
        QVERIFY(bench.open());
        std::size_t turn = 0;
        bool wrong = false;
        connect(&bench.workbench, &Workbench::candidateChanged, &bench.window, [&] {
            wrong = wrong
                || (bench.workbench.candidateTrust() == Trust::Final
                    && bench.workbench.candidate()->windowNll != m_reference[turn].candidate);
        });
        for (int trial = 0; trial < m_trials; ++trial) {
            turn = idx(trial % 2);
            bench.take(kTurns[turn]);
            stopAtRandom(bench, u"Evaluate candidate"_s);
            QVERIFY(bench.workbench.candidateTrust() != Trust::Partial);
            bench.action(u"run.evaluate"_s)->trigger();
            QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
            QVERIFY(bench.workbench.candidate()->windowNll == m_reference[turn].candidate);
            QVERIFY(bench.rests());
            QVERIFY(!wrong);
        }
    }

    void layerProbes()
    {
        CancelBench bench;
        QVERIFY(bench.open());
        std::size_t turn = 0;
        bool wrong = false;
        connect(&bench.probes(), &LayerProbes::changed, &bench.window,
                [&] { wrong = wrong || !probesAgree(bench.probes(), m_reference[turn]); });
        for (int trial = 0; trial < m_trials; ++trial) {
            turn = idx(trial % 2);
            bench.take(kTurns[turn]);
            stopAtRandom(bench, u"Measure layer"_s);
            for (int again = 0; !probesComplete(bench.probes(), m_reference[turn]); ++again) {
                QVERIFY2(again < 20, "measuring never comes to its end");
                if (bench.workbench.candidateTrust() != Trust::Final) {
                    bench.action(u"run.evaluate"_s)->trigger();
                }
                bench.probes().measureNow();
                if (again == 0 && share() < 0.5) {
                    stopAtRandom(bench, u"Measure layer"_s);
                }
                QVERIFY(bench.rests());
            }
            QVERIFY(!wrong);
            QVERIFY2(bench.untrue().isEmpty(), qPrintable(bench.untrue().join(u'\n')));
        }
    }

    void ranksOverTokens()
    {
        CancelBench undisturbed;
        QVERIFY(undisturbed.open());
        CancelBench bench;
        QVERIFY(bench.open());
        bench.action(u"view.show.rank"_s)->trigger();
        undisturbed.action(u"view.show.rank"_s)->trigger();
        QVERIFY(undisturbed.rests() && bench.rests());
        const TokenRanks& ranks = bench.window.tokenRanks();
        std::shared_ptr<const TokenSpectra> right;
        bool wrong = false;
        connect(&ranks, &TokenRanks::changed, &bench.window, [&] {
            wrong = wrong
                || (right != nullptr && ranks.trust() == Trust::Final
                    && ranks.shown().spectra->singularValues != right->singularValues);
        });
        for (int trial = 0; trial < m_trials; ++trial) {
            right.reset();
            const int window = 1 + trial % (kOptions.evaluationWindows - 1); // not yet computed
            const int layer = static_cast<int>(m_random() % 6);
            const auto go = [&](CancelBench& to) {
                to.window.selection().setCurrentLayer(layer);
                to.window.selection().setWindow(window);
            };
            go(undisturbed);
            QVERIFY(undisturbed.rests());
            QCOMPARE(undisturbed.window.tokenRanks().trust(), Trust::Final);
            right = undisturbed.window.tokenRanks().shown().spectra;
            QCOMPARE(right->window, window);
            go(bench);
            stopAtRandom(bench, u"Ranks over tokens, layer %1"_s.arg(layer));
            QVERIFY(ranks.trust() == Trust::Final || !ranks.stopNote().isEmpty());
            bench.action(u"run.analyse"_s)->trigger();
            QTRY_VERIFY_WITH_TIMEOUT(ranks.trust() == Trust::Final && ranks.shown().spectra->window == window,
                                     kEngineMs);
            QVERIFY(ranks.shown().spectra->singularValues == right->singularValues);
            QVERIFY(bench.rests());
            QVERIFY(!wrong);
        }
    }

    void tokenLosses()
    {
        CancelBench bench;
        QVERIFY(bench.open());
        bench.action(u"view.show.tokenLoss"_s)->trigger();
        std::size_t turn = 0;
        bool wrong = false;
        connect(&bench.losses(), &TokenLosses::changed, &bench.window, [&] {
            wrong = wrong
                || (bench.losses().trust() == Trust::Final
                    && !sameTokens(*bench.losses().comparison(), m_reference[turn].tokens));
        });
        for (int trial = 0; trial < m_trials; ++trial) {
            turn = idx(trial % 2);
            bench.take(kTurns[turn]);
            stopAtRandom(bench, u"Compare tokens"_s);
            bench.action(u"run.evaluate"_s)->trigger();
            QTRY_VERIFY_WITH_TIMEOUT(
                bench.losses().trust() == Trust::Final
                    && sameTokens(*bench.losses().comparison(), m_reference[turn].tokens),
                kEngineMs);
            QVERIFY(bench.rests());
            QVERIFY(!wrong);
            QVERIFY2(bench.untrue().isEmpty(), qPrintable(bench.untrue().join(u'\n')));
        }
    }

    void furtherTexts()
    {
        CancelBench bench;
        QVERIFY(bench.open());
        bench.action(u"view.show.textScore"_s)->trigger();
        TextScores& scores = bench.scores();
        std::size_t turn = 0;
        bool wrong = false;
        connect(&scores, &TextScores::textChanged, &bench.window, [&](int row) {
            wrong = wrong
                || (row == 1 && scores.texts()[1].trust == Trust::Final
                    && scores.texts()[1].candidate->windowNll != m_reference[turn].further);
        });
        for (int trial = 0; trial < m_trials; ++trial) {
            turn = idx(trial % 2);
            bench.take(kTurns[turn]);
            QVERIFY(bench.rests());
            scores.remove(1);
            scores.add(demoCalibrationText());
            stopAtRandom(bench, share() < 0.3 ? u"Tokenise calibration"_s : u"Evaluate calibration"_s);
            scores.add(demoCalibrationText());
            QTRY_COMPARE_WITH_TIMEOUT(scores.texts()[1].trust, Trust::Final, kEngineMs);
            QVERIFY(scores.texts()[1].candidate->windowNll == m_reference[turn].further);
            QVERIFY(bench.rests());
            QVERIFY(!wrong);
        }
    }

    void exports()
    {
        CancelBench bench;
        QVERIFY(bench.open());
        bench.take(kTurns[0]);
        QVERIFY(bench.rests());
        bench.window.openExportDialog();
        ExportDialog* dialog = bench.window.exportDialog();
        const auto begin = [&](const QString& target) {
            dialog->target()->setText(target);
            const bool ready
                = QTest::qWaitFor([&] { return dialog->exportButton()->isEnabled(); }, kEngineMs);
            dialog->exportButton()->click();
            return ready;
        };
        const QString whole = bench.folder.filePath(u"whole"_s);
        QVERIFY(begin(whole));
        QVERIFY(bench.rests());
        const std::map<QString, QByteArray> right = contents(whole);
        QVERIFY(right.size() > 3);
        for (int trial = 0; trial < m_trials; ++trial) {
            const QString target = bench.folder.filePath(u"trial%1"_s.arg(trial));
            const bool writing = trial % 2 == 0;
            QVERIFY(begin(target));
            if (!writing) {
                QTRY_VERIFY_WITH_TIMEOUT(bench.underWay(u"Verify export"_s) != nullptr, kEngineMs);
            }
            stop(bench, *bench.underWay(writing ? u"Export "_s : u"Verify export"_s), share() < 0.5);
            QVERIFY(bench.rests());
            const QStringList untrue = bench.untrue();
            QVERIFY2(untrue.isEmpty(), qPrintable(u'\n' + untrue.join(u'\n')));
            const bool written = QFile::exists(target + u"/config.json"_s);
            if (writing && written) { // the stop came too late
                QVERIFY2(dialog->outcome()->text().contains(u"not verified"_s),
                         qPrintable(dialog->outcome()->text()));
            } else if (writing) {
                const QStringList left
                    = QDir(bench.folder.path())
                          .entryList({ u"*trial*"_s }, QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot)
                          .filter(QString::number(trial));
                QVERIFY2(left.isEmpty(), qPrintable(left.join(u", "_s)));
                QVERIFY(begin(target));
                QVERIFY(bench.rests());
            }
            QVERIFY2(contents(target) == right, qPrintable(target));
        }
    }

    /// Whatever is under way at some moment of opening and editing.
    void anyJobOfTheList()
    {
        for (int trial = 0; trial < m_trials; ++trial) {
            CancelBench bench;
            connect(
                &bench.document, &PlanDocument::opened, &bench.window, [&] { bench.take(kTurns[0]); },
                Qt::QueuedConnection);
            bench.openDemo();
            const int from = 1 + static_cast<int>(m_random() % 9);
            QVERIFY(QTest::qWaitFor([&] { return bench.newestId() >= from && bench.underWay({}) != nullptr; },
                                    kEngineMs));
            std::vector<Job*> active;
            for (int row = 0; row < bench.jobs.rowCount(); ++row) {
                if (!isFinished(bench.jobs.jobAt(row)->state())) {
                    active.push_back(bench.jobs.jobAt(row));
                }
            }
            stop(bench, *active[m_random() % active.size()], false);
            QVERIFY(bench.rests());
            const QStringList untrue = bench.untrue();
            QVERIFY2(untrue.isEmpty(), qPrintable(u'\n' + untrue.join(u'\n')));
            if (bench.workbench.overview() == nullptr) {
                bench.openDemo();
                QVERIFY(bench.rests());
            }
            for (const QString& id : { u"run.analyse"_s, u"run.evaluate"_s, u"run.probes"_s }) {
                if (bench.action(id)->isEnabled()) {
                    bench.action(id)->trigger();
                }
                QVERIFY(bench.rests());
            }
            QCOMPARE(bench.workbench.spectraTrust(), Trust::Final);
            QCOMPARE(bench.workbench.baselineTrust(), Trust::Final);
            QCOMPARE(bench.workbench.candidateTrust(), Trust::Final);
            QVERIFY(bench.workbench.candidate()->windowNll == m_reference[0].candidate);
            QVERIFY(probesAgree(bench.probes(), m_reference[0]));
            QVERIFY(probesComplete(bench.probes(), m_reference[0]));
            QVERIFY2(bench.untrue().isEmpty(), qPrintable(bench.untrue().join(u'\n')));
        }
    }
};

QTEST_MAIN(TestRandomCancel)
#include "tst_random_cancel.moc"
