// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/narrow.h"
#include "tests/support/paths.h"
#include "tests/ui/held_lane.h"
#include "tests/ui/ui_support.h"
#include "ui/document/candidate_history.h"
#include "ui/document/resources.h"
#include "ui/document/text_scores.h"
#include "ui/document/token_losses.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/models/layer_selection.h"
#include "ui/models/row_roles.h"
#include "ui/models/text_score_model.h"
#include "ui/models/token_loss_model.h"
#include "ui/panels/quality_panel.h"
#include "ui/panels/text_score_panel.h"
#include "ui/panels/token_loss_panel.h"
#include "ui/plots/delta_plot.h"
#include "ui/settings/settings.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDropEvent>
#include <QFile>
#include <QImage>
#include <QLabel>
#include <QListView>
#include <QMimeData>
#include <QPainter>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QUndoStack>
#include <QUrl>

#include <numeric>

using namespace rankscope;
using namespace Qt::StringLiterals;

namespace {

constexpr int kEngineMs = 60000;

struct Bench {
    QTemporaryDir folder;
    Settings settings { folder.filePath(u"settings.ini"_s) };
    JobLanes lanes;
    JobListModel jobs;
    PlanDocument document;
    LayerSelection selection;
    test::FakeDialogs dialogs;
    Workbench workbench { lanes, jobs, document, Workbench::Options { 4, 2, 48, 1, 48 } };
    CandidateHistory history { workbench, document };
    TokenLosses losses { workbench, lanes, jobs, document };
    TextScores scores { workbench, lanes, jobs, document };
    QObject view;

    ~Bench()
    {
        workbench.stopAll();
        lanes.drain();
    }
    void open()
    {
        workbench.open(QString::fromStdU16String(test::demoDir().u16string()));
        QTRY_VERIFY_WITH_TIMEOUT(workbench.selector() != nullptr && workbench.baselineTrust() == Trust::Final,
                                 kEngineMs);
    }
    void prune(double ratio)
    {
        document.setPruneRatio(ratio, document.newGesture());
        QTRY_COMPARE_WITH_TIMEOUT(workbench.candidateTrust(), Trust::Final, kEngineMs);
    }
};

TextScore scored(const QString& name, double mean, double low, double high, Trust trust = Trust::Final)
{
    TextScore text;
    text.name = name;
    text.delta = PairedDelta { mean, low, high, 8 };
    text.trust = trust;
    return text;
}

} // namespace

class TestQuality : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR",
                QByteArray::fromStdString((test::sourceDir() / "resources").string()));
    }

    void tokensAreComparedOnlyForWhoLooks()
    {
        Bench bench;
        bench.open();
        bench.prune(0.5);
        QCoreApplication::processEvents();
        QTRY_VERIFY(!bench.jobs.anyActive());
        QCOMPARE(bench.losses.comparison(), nullptr);
        QCOMPARE(bench.losses.trust(), Trust::Missing);
        bench.losses.setWatching(&bench.view, true);
        QTRY_COMPARE_WITH_TIMEOUT(bench.losses.trust(), Trust::Final, kEngineMs);
        const TokenComparison& comparison = *bench.losses.comparison();
        QCOMPARE(comparison.tokens(), std::int64_t { 4 * 47 });
        const double mean
            = std::accumulate(comparison.candidateNll.begin(), comparison.candidateNll.end(), 0.0) / (4 * 47);
        QVERIFY(std::abs(mean - bench.workbench.candidate()->meanNll()) < 1e-5);
        QVERIFY(bench.losses.kl().low > 0.0);
        QVERIFY(bench.losses.sameTop().mean < 1.0);

        // An edit ages it, its number renews it; a plan that keeps everything has nothing to show.
        bench.document.setPruneRatio(0.7, bench.document.newGesture());
        QCOMPARE(bench.losses.trust(), Trust::Stale);
        QVERIFY(bench.losses.comparison() != nullptr);
        QTRY_COMPARE_WITH_TIMEOUT(bench.losses.trust(), Trust::Final, kEngineMs);
        QCOMPARE(bench.losses.comparison()->planFingerprint, bench.workbench.candidate()->planFingerprint);
        bench.losses.setWatching(&bench.view, false);
        bench.document.setPruneRatio(0.8, bench.document.newGesture());
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        QTRY_VERIFY(!bench.jobs.anyActive());
        QCOMPARE(bench.losses.trust(), Trust::Stale);
        bench.document.keepEverything();
        QTRY_COMPARE(bench.losses.trust(), Trust::Missing);
        QVERIFY(bench.losses.note().contains(u"keeps everything"_s));
    }

    /// Other windows while the tokens of the old ones are being compared, under the same plan.
    void tokensOfOtherWindowsAreComparedAgain()
    {
        Bench bench;
        Workbench::Options options = bench.workbench.options();
        options.evaluationWindows = 30;
        bench.workbench.setOptions(options);
        bench.open();
        bench.prune(0.5);
        bench.losses.setWatching(&bench.view, true);
        const auto comparing = [&bench] {
            const QString title = bench.workbench.activity();
            return title == u"Compare tokens"_s;
        };
        QVERIFY(QTest::qWaitFor(comparing, kEngineMs));
        options.evaluationWindows = 5;
        bench.workbench.setOptions(options);
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidate()->windowsTotal, 5, kEngineMs);
        QTRY_COMPARE_WITH_TIMEOUT(bench.losses.trust(), Trust::Final, kEngineMs);
        QCOMPARE(bench.losses.comparison()->tokens(), std::int64_t { 5 * 47 });
        QCOMPARE(bench.losses.windows()->count, 5);
    }

    /// Whatever stands beside each other was computed on the same windows; what is called final, with the
    /// channels of the present calibration text.
    void numbersOfTwoTextsNeverStandBesideEachOther_data()
    {
        QTest::addColumn<bool>("evaluation");
        QTest::addColumn<bool>("calibration");
        QTest::addColumn<bool>("measuring");
        QTest::newRow("evaluation text") << true << false << false;
        QTest::newRow("calibration text") << false << true << false;
        QTest::newRow("calibration text while measuring") << false << true << true;
        QTest::newRow("both") << true << true << false;
    }
    void numbersOfTwoTextsNeverStandBesideEachOther()
    {
        QFETCH(bool, evaluation);
        QFETCH(bool, calibration);
        QFETCH(bool, measuring);
        Bench bench;
        if (measuring) {
            Workbench::Options options = bench.workbench.options();
            options.evaluationWindows = 60;
            bench.workbench.setOptions(options);
        }
        bench.losses.setWatching(&bench.view, true);
        bench.open();
        bench.prune(0.5);
        QTRY_COMPARE_WITH_TIMEOUT(bench.losses.trust(), Trust::Final, kEngineMs);
        const Workbench& workbench = bench.workbench;
        QStringList wrong;
        const auto look = [&] {
            const auto& baseline = workbench.baseline();
            const auto& candidate = workbench.candidate();
            if (baseline != nullptr && candidate != nullptr && baseline->basis != candidate->basis) {
                wrong << u"baseline and candidate"_s;
            }
            if (workbench.delta().delta()
                && (candidate == nullptr || workbench.deltaReference() == nullptr
                    || workbench.deltaReference()->basis != candidate->basis)) {
                wrong << u"delta"_s;
            }
            if (bench.losses.trust() == Trust::Final
                && bench.losses.comparison()->sourceName != candidate->sourceName) {
                wrong << u"tokens"_s;
            }
            if (workbench.candidateTrust() == Trust::Final && workbench.texts().calibration != nullptr
                && workbench.realisedPlan()
                && workbench.realisedPlan()->calibration->sourceSha256
                    != workbench.texts().calibration->sourceSha256) {
                wrong << u"channels"_s;
            }
        };
        connect(&workbench, &Workbench::baselineChanged, this, look);
        connect(&workbench, &Workbench::candidateChanged, this, look);
        connect(&bench.losses, &TokenLosses::changed, this, look);
        const QString other = bench.folder.filePath(u"other.txt"_s);
        QFile text(other);
        QVERIFY(text.open(QIODevice::WriteOnly));
        for (int line = 0; line < 400; ++line) {
            text.write("It was a dark night, and the wind went over the hills and down to the sea.\n");
        }
        text.close();
        if (measuring) {
            bench.document.setPruneRatio(0.6, bench.document.newGesture());
            QVERIFY(
                QTest::qWaitFor([&] { return workbench.activity() == u"Evaluate candidate"_s; }, kEngineMs));
        }
        if (evaluation) {
            bench.workbench.setEvaluationText(other);
        }
        if (calibration) {
            bench.workbench.setCalibrationText(other);
        }
        const auto done = [&] {
            return workbench.candidateTrust() == Trust::Final && workbench.baselineTrust() == Trust::Final
                && bench.losses.trust() == Trust::Final && !bench.jobs.anyActive()
                && (workbench.texts().evaluation->sourceName == "other.txt") == evaluation
                && (workbench.texts().calibration->sourceName == "other.txt") == calibration;
        };
        QTRY_VERIFY_WITH_TIMEOUT(done(), kEngineMs);
        QCOMPARE(workbench.scoresCalibrationText(), evaluation && calibration);
        QCOMPARE(wrong.join(u", "_s), QString());
        // Measuring the same again adds no row.
        const auto rows = bench.history.records().size();
        bench.workbench.evaluateAgain();
        QTRY_VERIFY_WITH_TIMEOUT(done(), kEngineMs);
        QCOMPARE(bench.history.records().size(), rows);
    }

    void tokensAreShownInContextAndLeadThere()
    {
        Bench bench;
        TokenLossPanel panel(bench.workbench, bench.losses, bench.selection, bench.settings);
        QString caption;
        connect(&panel, &TokenLossPanel::captionChanged, this, [&](const QString& text) { caption = text; });
        panel.resize(360, 400);
        panel.show();
        bench.open();
        bench.prune(0.6);
        QTRY_COMPARE_WITH_TIMEOUT(bench.losses.trust(), Trust::Final, kEngineMs);
        QTRY_VERIFY(caption.contains(u"188"_s));
        auto* model = panel.list()->model();
        QAbstractItemModelTester tester(model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(model->rowCount(), 188);
        double before = 1e9;
        for (int row = 0; row < model->rowCount(); ++row) {
            const double delta = model->index(row, 0).data(TokenLossModel::DeltaRole).toDouble();
            QVERIFY(delta <= before);
            before = delta;
        }
        const QModelIndex third = model->index(2, 0);
        const int window = third.data(TokenLossModel::WindowRole).toInt();
        const int token = third.data(TokenLossModel::TokenRole).toInt();
        QVERIFY(token >= 1 && token < 48);
        QCOMPARE(third.data(TokenLossModel::CandidateRole).toDouble(),
                 static_cast<double>(bench.losses.comparison()->candidateNll[idx(window * 47 + token - 1)]));
        const auto& windows = *bench.workbench.texts().evaluation;
        QCOMPARE(third.data(TokenLossModel::AfterTextRole).toString().isEmpty(), token == 47);
        QVERIFY(bench.workbench.texts()
                    .tokenizer->decode(windows.window(window), false)
                    .find(third.data(TokenLossModel::TokenTextRole)
                              .toString()
                              .replace(u'·', u' ')
                              .trimmed()
                              .toStdString())
                != std::string::npos);
        QTest::mouseClick(panel.list()->viewport(), Qt::LeftButton, {},
                          panel.list()->visualRect(third).center());
        QCOMPARE(bench.selection.window(), window);
        QCOMPARE(bench.selection.token(), token);
        QTest::keyClick(panel.list(), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QApplication::clipboard()->text().count(u'\n'), 189);
        panel.order()->setCurrentIndex(1);
        QVERIFY(model->index(0, 0).data(TokenLossModel::DeltaRole).toDouble() <= before + 1e-9);
        // The tokens of an earlier plan stay, in grey.
        const auto firstRow = [&] {
            QImage image(340, 60, QImage::Format_RGB32);
            image.fill(Qt::white);
            QPainter painter(&image);
            QStyleOptionViewItem option;
            option.initFrom(panel.list());
            option.rect = image.rect();
            panel.list()->itemDelegate()->paint(&painter, option, model->index(0, 0));
            return image;
        };
        const QImage final = firstRow();
        bench.document.setPruneRatio(0.7, bench.document.newGesture());
        QVERIFY2(caption.startsWith(u"↻ "_s) && caption.contains(u"earlier plan"_s), qPrintable(caption));
        QCOMPARE(model->rowCount(), 188);
        QVERIFY(firstRow() != final);
    }

    void textsSideBySide()
    {
        Bench bench;
        TextScoreModel model(bench.scores);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        bench.open();
        bench.prune(0.6);
        bench.scores.add(demoCalibrationText());
        bench.scores.add(demoCalibrationText());
        bench.scores.add(bench.folder.filePath(u"missing.txt"_s));
        QCOMPARE(model.rowCount(), 3);
        QTRY_VERIFY(!bench.jobs.anyActive());
        QCOMPARE(bench.scores.texts()[1].baseline, nullptr); // nobody looks
        bench.scores.setWatching(&bench.view, true);
        QTRY_COMPARE_WITH_TIMEOUT(bench.scores.texts()[1].trust, Trust::Final, kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(bench.scores.texts()[2].failure.contains(u"missing.txt"_s), kEngineMs);
        QVERIFY(model.index(2, 0).data().toString().startsWith(u'⚠'));

        // The numbers are those of the same windows scored directly.
        const TextScore other = bench.scores.texts()[1];
        QCOMPARE(other.windows->count, 4);
        JobContext job;
        const auto baseline = evaluatePerplexity(*bench.workbench.model(), *other.windows, nullptr, {}, job);
        const auto candidate = evaluatePerplexity(*bench.workbench.model(), *other.windows,
                                                  &*bench.workbench.realisedPlan(), {}, job);
        QCOMPARE(other.baseline->windowNll, (*baseline)->windowNll);
        QCOMPARE(other.candidate->windowNll, (*candidate)->windowNll);
        QCOMPARE(other.delta->low, pairedDelta(**baseline, **candidate).low);
        QCOMPARE(bench.scores.texts()[0].delta->meanNll, bench.workbench.delta().delta()->meanNll);
        QCOMPARE(model.index(1, TextScoreModel::DeltaColumn).data(MutedRole).toBool(), false);

        // Stale at once, renewed after the main text; the dense number is not computed again.
        bench.document.setPruneRatio(0.8, bench.document.newGesture());
        QCOMPARE(bench.scores.texts()[1].trust, Trust::Stale);
        QVERIFY(model.index(1, TextScoreModel::AfterColumn).data().toString().startsWith(u'↻'));
        QTRY_COMPARE_WITH_TIMEOUT(bench.scores.texts()[1].trust, Trust::Final, kEngineMs);
        QCOMPARE(bench.scores.texts()[1].baseline, other.baseline);
        QVERIFY(bench.scores.texts()[1].delta->meanNll > other.delta->meanNll);

        // Other windows: everything again, and the dense number is as old as the rest until then.
        Workbench::Options options = bench.workbench.options();
        options.windowLength = 32;
        options.evaluationWindows = 5;
        const QModelIndex dense = model.index(1, TextScoreModel::BeforeColumn);
        QVERIFY(!dense.data(MutedRole).toBool());
        {
            const test::HeldLane engine(bench.lanes.gpu());
            bench.workbench.setOptions(options);
            QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.texts().evaluation->length, 32, kEngineMs);
            QVERIFY(dense.data().toString().startsWith(u'↻'));
            QVERIFY(dense.data(MutedRole).toBool());
        }
        QTRY_VERIFY_WITH_TIMEOUT(bench.scores.texts()[1].trust == Trust::Final
                                     && bench.scores.texts()[1].candidate->length == 32,
                                 kEngineMs);
        QCOMPARE(bench.scores.texts()[1].candidate->windows(), 5);
        QCOMPARE(model.table().count(u'\n'), 4);
        // A plan that removes nothing: only dense numbers, none of the plan before.
        bench.document.keepEverything();
        QTRY_COMPARE_WITH_TIMEOUT(bench.scores.texts()[0].candidate, nullptr, kEngineMs);
        const QStringList row = model.table().split(u'\n')[2].split(u'\t');
        QVERIFY(!row[1].isEmpty());
        QCOMPARE(row.mid(2, 4), QStringList({ {}, {}, {}, {} }));
        QCOMPARE(row.last(), u"final"_s);
        bench.scores.remove(0);
        QCOMPARE(model.rowCount(), 3);
        bench.scores.remove(2);
        bench.scores.remove(1);
        QCOMPARE(model.rowCount(), 1);
    }

    void textsAreDroppedAndRemoved()
    {
        Bench bench;
        TextScorePanel panel(bench.scores, bench.settings, bench.dialogs);
        panel.resize(360, 300);
        panel.show();
        bench.open();
        QMimeData data;
        data.setUrls({ QUrl::fromLocalFile(demoCalibrationText()) });
        QDragEnterEvent enter(QPoint(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&panel, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&panel, &drop);
        QCOMPARE(bench.scores.texts().size(), std::size_t { 2 });
        QTRY_VERIFY_WITH_TIMEOUT(bench.scores.texts()[1].baseline != nullptr, kEngineMs); // dense as well
        // What is said of the texts is of the present plan: nothing while a number is of an earlier one.
        bench.prune(0.8);
        QTRY_COMPARE_WITH_TIMEOUT(bench.scores.texts()[1].trust, Trust::Final, kEngineMs);
        const QString verdict = panel.verdict()->text();
        QVERIFY2(!verdict.contains(u"scored"_s), qPrintable(verdict));
        bench.document.setPruneRatio(0.3, bench.document.newGesture());
        QVERIFY2(panel.verdict()->text().contains(u"once demo text is final"_s),
                 qPrintable(panel.verdict()->text()));
        QTRY_COMPARE_WITH_TIMEOUT(bench.scores.texts()[1].trust, Trust::Final, kEngineMs);
        bench.dialogs.openFile = bench.folder.filePath(u"short.txt"_s);
        QFile file(bench.dialogs.openFile);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("Too short.") > 0);
        file.close();
        panel.addText();
        QTRY_VERIFY_WITH_TIMEOUT(!bench.scores.texts()[2].failure.isEmpty(), kEngineMs);
        QCOMPARE(panel.verdict()->text(), bench.scores.texts()[2].failure);
        panel.table()->selectRow(2);
        QTest::keyClick(panel.table(), Qt::Key_Delete);
        QCOMPARE(bench.scores.texts().size(), std::size_t { 2 });
        panel.table()->selectRow(0);
        QTest::keyClick(panel.table(), Qt::Key_Delete);
        QCOMPARE(bench.scores.texts().size(), std::size_t { 2 });
    }

    void disagreementIsSaidOnlyWhereItIsOne()
    {
        QVERIFY(textDisagreement({}).isEmpty());
        QVERIFY(textDisagreement({ scored(u"a"_s, 0.1, 0.08, 0.12) }).isEmpty());
        const TextScore a = scored(u"a"_s, 0.10, 0.08, 0.12);
        QVERIFY(textDisagreement({ a, scored(u"b"_s, 0.13, 0.10, 0.16) }).isEmpty());
        const QString sign = textDisagreement({ a, scored(u"b"_s, -0.05, -0.08, -0.02) });
        QVERIFY2(sign.contains(u"sign"_s) && sign.contains(u"better on b"_s), qPrintable(sign));
        QVERIFY(!textDisagreement({ a, scored(u"b"_s, -0.05, -0.20, 0.10) }).contains(u"sign"_s));
        const QString size = textDisagreement({ a, scored(u"b"_s, 0.30, 0.25, 0.35) });
        QVERIFY2(size.contains(u"3.0 times"_s), qPrintable(size));
        QVERIFY(textDisagreement({ a, scored(u"b"_s, 0.18, 0.15, 0.21) }).isEmpty());
        QVERIFY(!textDisagreement({ a, scored(u"b"_s, 0.00, -0.01, 0.01) }).isEmpty());
        for (const Trust trust : { Trust::Missing, Trust::Partial, Trust::Stale }) {
            QVERIFY(textDisagreement({ a, scored(u"b"_s, -0.05, -0.08, -0.02, trust) }).isEmpty());
        }
    }

    void thePanelSaysWhatItsNumbersAre()
    {
        Bench bench;
        QualityPanel panel(
            QualitySources { bench.workbench, bench.document, bench.history, bench.losses, bench.selection },
            bench.dialogs);
        QString caption;
        connect(&panel, &QualityPanel::captionChanged, this, [&](const QString& text) { caption = text; });
        panel.resize(360, 400);
        panel.show();
        bench.open();
        QTRY_VERIFY2(caption.contains(u"dense"_s), qPrintable(caption));
        bench.prune(0.5);
        QVERIFY2(caption.contains(u"final"_s) && caption.contains(u"188"_s), qPrintable(caption));
        QTRY_COMPARE_WITH_TIMEOUT(bench.losses.trust(), Trust::Final, kEngineMs); // its page watches
        panel.copyNumbers();
        QCOMPARE(QApplication::clipboard()->text().count(u"\tfinal\n"_s), 7);
        bench.document.setPruneRatio(0.6, bench.document.newGesture());
        QVERIFY2(caption.startsWith(u"↻ "_s) && caption.contains(u"earlier plan"_s), qPrintable(caption));
        // What is given away says of itself what the panel shows by its look.
        panel.copyNumbers();
        const QStringList copied = QApplication::clipboard()->text().split(u'\n');
        QVERIFY(copied[1].startsWith(u"baseline_perplexity\t"_s) && copied[1].endsWith(u"\tfinal"_s));
        QVERIFY(copied[3].startsWith(u"candidate_perplexity\t"_s) && copied[3].endsWith(u"\tstale"_s));
        QVERIFY(copied[5].startsWith(u"delta_nll\t"_s) && copied[5].endsWith(u"\tstale"_s));
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        // Nothing is under way for a number that was stopped.
        {
            const test::HeldLane engine(bench.lanes.gpu());
            bench.document.setPruneRatio(0.65, bench.document.newGesture());
            bench.workbench.stopAll();
            QTRY_VERIFY2(caption.startsWith(u"⚠ "_s), qPrintable(caption));
        }
        bench.workbench.evaluateAgain();
        QVERIFY2(!caption.startsWith(u"⚠ "_s), qPrintable(caption));
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);

        // Windows are chosen here; an odd number of before is in the list.
        QCOMPARE(panel.windowCount()->currentData().toInt(), 4);
        QCOMPARE(panel.windowLength()->currentData().toInt(), 48);
        panel.windowLength()->setCurrentIndex(panel.windowLength()->findData(128));
        Q_EMIT panel.windowLength()->activated(panel.windowLength()->currentIndex());
        QCOMPARE(bench.workbench.options().windowLength, 128);
        QVERIFY2(caption.contains(u"other windows"_s), qPrintable(caption));
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        QCOMPARE(bench.workbench.candidate()->length, 128);
        QVERIFY2(!caption.contains(u"calibration"_s), qPrintable(caption));
        QTRY_COMPARE_WITH_TIMEOUT(panel.plot()->csv().count(u'\n'), 5, kEngineMs); // with the baseline
        Q_EMIT panel.plot()->windowClicked(2);
        QCOMPARE(bench.selection.window(), 2);

        // A loss on the text that selection has seen says so.
        bench.workbench.setCalibrationText(bench.workbench.evaluationText());
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.scoresCalibrationText(), kEngineMs);
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        QVERIFY2(caption.contains(u"calibration"_s), qPrintable(caption));
    }
};

QTEST_MAIN(TestQuality)
#include "tst_quality.moc"
