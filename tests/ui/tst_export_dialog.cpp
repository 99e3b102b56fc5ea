// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/plan_file.h"
#include "tests/support/raw_safetensors.h"
#include "tests/ui/held_lane.h"
#include "tests/ui/small_files.h"
#include "tests/ui/window_bench.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/dialogs/export_preview_tree.h"
#include "ui/document/candidate_history.h"
#include "ui/document/resources.h"
#include "ui/format/numbers.h"
#include "ui/jobs/job.h"
#include "ui/panels/plan_panel.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/status_strip.h"

#include <QCheckBox>
#include <QClipboard>
#include <QDir>
#include <QFile>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QRadioButton>
#include <QTest>
#include <QTimer>
#include <QToolButton>

#include <algorithm>
#include <cmath>

using namespace rankscope;
using namespace rankscope::test;
using namespace Qt::StringLiterals;

namespace {

/// A window with a candidate and its export dialog.
struct ExportBench : WindowBench {
    explicit ExportBench(const QString& cli = cliProgram())
    {
        openDemo();
        if (QTest::qWaitFor([this] { return workbench.selector() != nullptr; }, kEngineMs)) {
            document.setPruneRatio(0.5, document.newGesture());
        }
        dialog = new ExportDialog({ workbench, document, lanes, jobs, settings, dialogs, cli }, &window);
        QObject::connect(dialog, &ExportDialog::finished, &window, [this](const QString& text, bool good) {
            ended.push_back({ text, good });
        });
        dialog->show();
        dialog->target()->setText(target);
    }
    bool ready()
    {
        return QTest::qWaitFor([this] { return dialog->exportButton()->isEnabled(); }, kEngineMs);
    }
    /// No number is to come any more that the preview would follow.
    bool atRest()
    {
        return QTest::qWaitFor(
            [this] {
                const QList<QTimer*> timers
                    = dialog->findChildren<QTimer*>(QString(), Qt::FindDirectChildrenOnly);
                return workbench.settled() && !jobs.anyActive()
                    && std::ranges::none_of(timers, [](const QTimer* timer) { return timer->isActive(); });
            },
            kEngineMs);
    }
    bool done()
    {
        return QTest::qWaitFor([this] { return !ended.isEmpty(); }, kEngineMs);
    }
    QString sentence() const { return ended.isEmpty() ? QString() : ended.last().first().toString(); }
    /// Nothing of an export, finished or not, lies beside the target.
    bool nothingLeft() const
    {
        const QStringList left = QDir(folder.path())
                                     .entryList({ u"half*"_s, u".half*"_s },
                                                QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
        return left.isEmpty();
    }

    QString target = folder.filePath(u"half"_s);
    ExportDialog* dialog = nullptr;
    QList<QVariantList> ended; ///< what the dialog said at the end of each export
};

/// A stand-in for rankscope-cli.
QString program(const QString& folder, const QByteArray& script)
{
    QFile file(folder + u"/fake-cli"_s);
    if (!file.open(QIODevice::WriteOnly)) {
        return {};
    }
    file.write("#!/bin/sh\n" + script + "\n");
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    return file.fileName();
}

QByteArray builtCli()
{
    return QByteArray(RANKSCOPE_BINARY_DIR) + "/bin/rankscope-cli";
}

} // namespace

class TestExportDialog : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR", QByteArray::fromStdString((sourceDir() / "resources").string()));
    }

    /// A preview that comes late, when the plan has moved on and cannot be previewed yet, arms nothing.
    void aPreviewOfAnEarlierPlanIsNotExported()
    {
        ExportBench bench;
        QVERIFY(bench.atRest());
        QVERIFY(bench.ready());
        HeldLane files(bench.lanes.cpu());
        bench.dialog->replaceBox()->setChecked(true); // asks for a preview
        const auto previews = [&] {
            int found = 0;
            for (int row = 0; row < bench.jobs.rowCount(); ++row) {
                found += bench.jobs.jobAt(row)->title() == u"Preview export"_s
                        && bench.jobs.jobAt(row)->state() == JobState::Queued
                    ? 1
                    : 0;
            }
            return found;
        };
        QTRY_COMPARE(previews(), 1);
        HeldLane engine(bench.lanes.gpu());
        bench.document.setMethod(u"random"_s, u"Random"_s);
        QTRY_VERIFY(bench.dialog->findChildren<QLabel*>().size() > 0
                    && std::ranges::any_of(bench.dialog->findChildren<QLabel*>(), [](const QLabel* label) {
                           return label->text().contains(u"still being selected"_s);
                       }));
        files.release();
        QTRY_VERIFY(bench.lanes.cpu().idle());
        QCoreApplication::processEvents();
        QVERIFY(!bench.dialog->exportButton()->isEnabled());
        engine.release();
        QVERIFY(bench.ready());
    }

    void previewNamesEveryChange()
    {
        ExportBench bench;
        QVERIFY(bench.ready());
        const QString text = bench.dialog->tree()->toText();
        // Six layers, four tensors each; everything else stays.
        QVERIFY2(text.contains(u"model.safetensors · 24 tensors changed"_s), qPrintable(text));
        QVERIFY(text.contains(u"256 × 256 → 128 × 256"_s));
        QVERIFY(text.contains(u"byte for byte the same"_s));
        QVERIFY(text.contains(u"rankscope-recipe.json"_s));
        QVERIFY(text.contains(u"Copied as they are"_s));
        QVERIFY(bench.nothingLeft());
        bench.dialog->modeButton(ExportMode::ZeroFilled)->setChecked(true);
        QTRY_VERIFY_WITH_TIMEOUT(bench.dialog->tree()->toText().contains(u"rows set to zero"_s), kEngineMs);
    }

    void headsThatAreOffAreNoSaving()
    {
        ExportBench bench;
        QVERIFY(bench.ready());
        const auto says = [&](const QString& words) {
            return std::ranges::any_of(bench.dialog->findChildren<QLabel*>(), [&](const QLabel* label) {
                return !label->isHidden() && label->text().contains(words);
            });
        };
        QVERIFY(says(u"state per sequence 384 KiB → <b>192 KiB</b>"_s));
        QVERIFY(!says(u"save neither memory nor time"_s));
        bench.document.setHeadOn(2, 0, false);
        QTRY_VERIFY_WITH_TIMEOUT(says(u"save neither memory nor time: layer 2 head 0 is off"_s), kEngineMs);
        QVERIFY(says(u"state per sequence 384 KiB → <b>192 KiB</b>"_s));
    }

    void aModeThatCannotExpressThePlanSaysSo()
    {
        ExportBench bench;
        bench.document.setKept({ 2 }, 8, bench.document.newGesture());
        bench.dialog->modeButton(ExportMode::Uniform)->setChecked(true);
        QTRY_VERIFY_WITH_TIMEOUT(bench.dialog->problem().contains(u"same number"_s), kEngineMs);
        QVERIFY(!bench.dialog->exportButton()->isEnabled());
        bench.dialog->modeButton(ExportMode::PerLayer)->setChecked(true);
        QVERIFY(bench.ready());
    }

    void writesVerifiesAndReports()
    {
        ExportBench bench(QString::fromUtf8(builtCli()));
        QVERIFY(bench.atRest());
        QVERIFY(bench.ready());
        bench.dialog->exportButton()->click();
        QVERIFY(bench.done());
        QVERIFY2(bench.sentence().contains(u"written and verified"_s), qPrintable(bench.sentence()));
        bench.dialog->copyButton()->click();
        const QString report = QGuiApplication::clipboard()->text();
        // The folder that is there is the one that was just made: no question about it, and no caret in a
        // text.
        const auto calm = [&] {
            return bench.dialog->exportButton()->isVisible() && bench.lanes.cpu().idle()
                && !bench.dialog->replaceBox()->isVisible();
        };
        QTRY_VERIFY_WITH_TIMEOUT(bench.dialog->problem().contains(u"there already"_s) && calm(), kEngineMs);
        QVERIFY(qobject_cast<QPushButton*>(bench.dialog->focusWidget()) != nullptr);
        for (const QString& part : { u"✓ Verified"_s, bench.target, u"rms difference"_s, u"bound"_s,
                                     u"largest difference"_s, u"256 random tokens"_s, u"→"_s }) {
            QVERIFY2(report.contains(part), qPrintable(part + u" in:\n"_s + report));
        }
        // The recipe opens to the same plan.
        const PruningPlan plan = bench.document.plan();
        bench.document.keepEverything();
        bench.dialogs.unsaved = UnsavedAnswer::Discard;
        bench.window.openPath(bench.target + u"/rankscope-recipe.json"_s);
        QVERIFY2(!bench.window.messageBar()->isShowing(),
                 qPrintable(bench.window.messageBar()->currentText()));
        QCOMPARE(bench.document.plan().layers.size(), plan.layers.size());
        for (std::size_t layer = 0; layer < plan.layers.size(); ++layer) {
            QCOMPARE(bench.document.plan().layers[layer].keptKeyDims, plan.layers[layer].keptKeyDims);
        }
        // The target is taken now.
        QVERIFY(bench.atRest());
        QTRY_VERIFY_WITH_TIMEOUT(bench.dialog->problem().contains(u"there already"_s), kEngineMs);
        QVERIFY(bench.dialog->replaceBox()->isVisible());
        bench.dialog->replaceBox()->setChecked(true);
        QVERIFY(bench.ready());
        // Consent is for one time, and the keyboard stays at Stop from the writing into the verification.
        bench.ended.clear();
        {
            const HeldLane engine(bench.lanes.gpu());
            bench.dialog->exportButton()->click();
            QVERIFY(bench.dialog->focusWidget() == bench.dialog->stopButton());
            QTRY_VERIFY_WITH_TIMEOUT(bench.dialog->isBusy() && !bench.dialog->isWriting(), kEngineMs);
            QVERIFY(!bench.dialog->replaceBox()->isChecked());
            QVERIFY(bench.dialog->focusWidget() == bench.dialog->stopButton());
        }
        QVERIFY(bench.done());
        QVERIFY2(bench.sentence().contains(u"written and verified"_s), qPrintable(bench.sentence()));
        QVERIFY(!bench.dialog->replaceBox()->isChecked());
        QTRY_VERIFY_WITH_TIMEOUT(bench.dialog->problem().contains(u"there already"_s) && calm(), kEngineMs);
        QVERIFY(!bench.dialog->exportButton()->isEnabled());
    }

    /// The same plan again, once its number is there: the card of the first one has none.
    void anExportWithoutItsNumberCanBeReplacedWhenThereIsOne()
    {
        ExportBench bench(QString::fromUtf8(builtCli()));
        bench.workbench.stopAll(); // before the candidate's evaluation begins
        QVERIFY(bench.atRest());
        QVERIFY(bench.ready());
        QVERIFY(bench.workbench.candidateTrust() != Trust::Final);
        const auto card = [&bench] {
            QFile file(bench.target + u"/README.md"_s);
            return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
        };
        const auto complains = [&bench] {
            return std::ranges::any_of(bench.dialog->findChildren<QLabel*>(), [](const QLabel* label) {
                return label->isVisible() && label->text().contains(u"there already"_s);
            });
        };
        bench.dialog->exportButton()->click();
        QVERIFY(bench.done());
        QVERIFY2(bench.sentence().contains(u"written and verified"_s), qPrintable(bench.sentence()));
        QVERIFY(!card().isEmpty() && !card().contains(u"perplexity, pruned"_s));
        QTRY_VERIFY_WITH_TIMEOUT(bench.dialog->problem().contains(u"there already"_s), kEngineMs);
        QVERIFY(bench.atRest());
        QVERIFY(!complains() && !bench.dialog->replaceBox()->isVisible());
        bench.workbench.evaluateAgain();
        QTRY_VERIFY_WITH_TIMEOUT(complains() && bench.dialog->replaceBox()->isVisible(), kEngineMs);
        QCOMPARE(bench.workbench.candidateTrust(), Trust::Final);
        bench.dialog->replaceBox()->setChecked(true);
        QVERIFY(bench.ready());
        bench.ended.clear();
        bench.dialog->exportButton()->click();
        QVERIFY(bench.done());
        QVERIFY2(bench.sentence().contains(u"written and verified"_s), qPrintable(bench.sentence()));
        QVERIFY2(card().contains(u"perplexity, pruned"_s), qPrintable(card()));
        QTRY_VERIFY_WITH_TIMEOUT(bench.dialog->problem().contains(u"there already"_s), kEngineMs);
        QVERIFY(bench.atRest());
        QVERIFY(!complains() && !bench.dialog->replaceBox()->isVisible());
    }

    /// The card compares the two models it is about, whatever the window compares with.
    void theCardIsAgainstTheOriginalAlsoWithACandidatePinned()
    {
        ExportBench bench { QString() };
        const auto final = [&bench] {
            return QTest::qWaitFor(
                [&bench] {
                    return bench.workbench.candidateTrust() == Trust::Final
                        && bench.workbench.baselineTrust() == Trust::Final
                        && bench.window.candidates().currentId() > 0;
                },
                kEngineMs);
        };
        QVERIFY(final());
        bench.window.candidates().pin(bench.window.candidates().currentId());
        bench.document.setPruneRatio(0.75, bench.document.newGesture());
        QVERIFY(final());
        QVERIFY(bench.workbench.deltaReference() != bench.workbench.baseline());
        const double expected
            = std::log(bench.workbench.candidate()->perplexity() / bench.workbench.baseline()->perplexity());
        QVERIFY(std::abs(bench.workbench.delta().delta()->meanNll - expected) > 1e-3);
        QVERIFY2(bench.window.planPanel()->previewText().contains(
                     u"measured %1 nats against dense"_s.arg(formatSigned(expected, 3))),
                 qPrintable(bench.window.planPanel()->previewText()));
        QVERIFY(bench.ready());
        bench.dialog->exportButton()->click();
        QVERIFY(bench.done());
        QFile card(bench.target + u"/README.md"_s);
        QVERIFY(card.open(QIODevice::ReadOnly));
        const QString text = QString::fromUtf8(card.readAll());
        const QString value = QString::number(expected, 'f', 4);
        QVERIFY2(text.contains(value + u" ["_s), qPrintable(value + u" in:\n"_s + text));
        // What the figures rest on is said with them.
        QVERIFY2(text.contains(u"perplexity, pruned, 3 windows of 64 tokens from \"evaluation.txt\", fp32"_s),
                 qPrintable(text));
        bench.dialog->copyButton()->click();
        QVERIFY(QGuiApplication::clipboard()->text().contains(value));
    }

    /// A loss on what selection has seen: where the texts are chosen, and where the number is handed on.
    void aLossOnTheCalibrationTextSaysSo()
    {
        ExportBench bench { QString() };
        const QMenu* texts = bench.window.strip()->textButton()->menu();
        const auto warned = [&] { return texts->actions().front()->text().contains(u"are the same"_s); };
        const auto says = [&](const QString& words) {
            return std::ranges::any_of(bench.dialog->findChildren<QLabel*>(), [&](const QLabel* label) {
                return !label->isHidden() && label->text().contains(words);
            });
        };
        QVERIFY(bench.ready());
        QVERIFY(!warned() && !says(u"selection has seen"_s));
        bench.workbench.setCalibrationText(bench.workbench.evaluationText());
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.scoresCalibrationText(), kEngineMs);
        QVERIFY(warned());
        QVERIFY(bench.window.strip()->textButton()->toolTip().contains(u"selection has seen"_s));
        QVERIFY(!bench.window.messageBar()->isShowing()); // in no other message's way
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.settled(), kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(says(u"selection has seen"_s) && bench.dialog->exportButton()->isEnabled(),
                                 kEngineMs);
        bench.dialog->exportButton()->click();
        QVERIFY(bench.done());
        QFile card(bench.target + u"/README.md"_s);
        QVERIFY(card.open(QIODevice::ReadOnly));
        QVERIFY(card.readAll().contains("measured on the calibration text, which selection has seen"));
        bench.workbench.setEvaluationText(demoEvaluationText());
        bench.workbench.setCalibrationText(demoCalibrationText());
        QTRY_VERIFY_WITH_TIMEOUT(!bench.workbench.scoresCalibrationText(), kEngineMs);
        QVERIFY(!warned());
        QVERIFY(!bench.window.strip()->textButton()->toolTip().contains(u"selection has seen"_s));
    }

    void aTargetThatIsNoCheckpointIsNeverReplaced()
    {
        ExportBench bench;
        QVERIFY(QDir().mkpath(bench.target));
        writeBytes(std::filesystem::path(bench.target.toStdU16String()) / "letter.txt", "Dear");
        bench.dialog->target()->setText(bench.target + u'/');
        QTRY_VERIFY_WITH_TIMEOUT(!bench.dialog->problem().isEmpty(), kEngineMs);
        bench.dialog->replaceBox()->setChecked(true);
        QTest::qWait(400);
        QTRY_VERIFY_WITH_TIMEOUT(!bench.dialog->problem().isEmpty(), kEngineMs);
        QVERIFY(!bench.dialog->exportButton()->isEnabled());
        QVERIFY(QFile::exists(bench.target + u"/letter.txt"_s));
    }

    void targetsThatCannotBeWritten_data()
    {
        QTest::addColumn<QString>("target");
        QTest::newRow("no parent") << u"/no/such/place/half"_s;
        // As good as a place that may not be written, and so for every user.
        QTest::newRow("below a file")
            << QString::fromStdU16String((demoDir() / "config.json/half").u16string());
        QTest::newRow("a name that is too long") << QDir::tempPath() + u'/' + QString(250, u'h');
        QTest::newRow("nothing") << QString();
        QTest::newRow("the model itself") << QString::fromStdU16String(demoDir().u16string());
        QTest::newRow("inside the model") << QString::fromStdU16String((demoDir() / "half").u16string());
    }
    void targetsThatCannotBeWritten()
    {
        QFETCH(QString, target);
        ExportBench bench;
        bench.dialog->target()->setText(target);
        QTRY_VERIFY_WITH_TIMEOUT(!bench.dialog->problem().isEmpty(), kEngineMs);
        QVERIFY(!bench.dialog->exportButton()->isEnabled());
    }

    /// The longest name that is offered is one that can be written.
    void aLongNameIsWritten()
    {
        ExportBench bench { QString() };
        for (int length = 231; !bench.dialog->exportButton()->isEnabled(); --length) {
            bench.dialog->target()->setText(bench.folder.filePath(QString(length, u'h')));
            QTRY_VERIFY_WITH_TIMEOUT(
                bench.dialog->exportButton()->isEnabled() || !bench.dialog->problem().isEmpty(), kEngineMs);
        }
        bench.dialog->exportButton()->click();
        QVERIFY(bench.done());
        QVERIFY2(QFile::exists(bench.dialog->target()->text() + u"/config.json"_s),
                 qPrintable(bench.sentence()));
    }

    /// Without its preview nothing can be exported: said, with the way on.
    void aStoppedPreviewIsASentence()
    {
        ExportBench bench;
        QVERIFY(bench.atRest());
        QVERIFY(bench.ready());
        QLabel* said = nullptr;
        {
            const HeldLane files(bench.lanes.cpu());
            bench.dialog->replaceBox()->setChecked(true); // asks for a preview
            const auto preview = [&]() -> Job* {
                for (int row = 0; row < bench.jobs.rowCount(); ++row) {
                    Job* job = bench.jobs.jobAt(row);
                    if (job->title() == u"Preview export"_s && !isFinished(job->state())) {
                        return job;
                    }
                }
                return nullptr;
            };
            QTRY_VERIFY(preview() != nullptr);
            preview()->cancel();
        }
        const auto stopped = [&] {
            for (QLabel* label : bench.dialog->findChildren<QLabel*>()) {
                said = label->isVisible() && label->text().contains(u"stopped"_s) ? label : said;
            }
            return said != nullptr;
        };
        QTRY_VERIFY(stopped());
        QVERIFY(!bench.dialog->exportButton()->isEnabled());
        Q_EMIT said->linkActivated({});
        QVERIFY(bench.ready());
        QVERIFY(!said->isVisible());
    }

    /// Stands for a full disk: the writes fail half way.
    void aFailedWriteLeavesNothing()
    {
        ExportBench bench;
        QVERIFY(bench.ready());
        bool ended = false;
        {
            const SmallFiles small(100000);
            bench.dialog->exportButton()->click();
            ended = bench.done();
        }
        QVERIFY(ended);
        QVERIFY2(bench.dialog->outcome()->text().contains(u"model.safetensors"_s),
                 qPrintable(bench.dialog->outcome()->text()));
        QVERIFY(bench.nothingLeft());
        QVERIFY(bench.ready()); // another try is possible
    }

    void aStoppedExportLeavesNothing()
    {
        ExportBench bench;
        QVERIFY(bench.ready());
        bench.dialog->exportButton()->click();
        QVERIFY(bench.dialog->isWriting());
        bench.dialog->stopButton()->click();
        QVERIFY(bench.done());
        QVERIFY2(bench.sentence().contains(u"nothing half written"_s), qPrintable(bench.sentence()));
        QVERIFY(bench.nothingLeft());
    }

    void aFailedVerificationIsLoud_data()
    {
        QTest::addColumn<QByteArray>("script");
        QTest::addColumn<QString>("sentence");
        // Another checkpoint is reopened: the numbers differ.
        QTest::newRow("differs") << QByteArray("shift 2; exec " + builtCli() + " forward "
                                               + QByteArray::fromStdString(demoDir().string()) + " \"$@\"")
                                 << u"do not use it"_s;
        QTest::newRow("cannot be reopened")
            << QByteArray("echo 'error: The weights are damaged.' >&2; exit 3")
            << u"The weights are damaged"_s;
    }
    void aFailedVerificationIsLoud()
    {
        QFETCH(QByteArray, script);
        QFETCH(QString, sentence);
        const QTemporaryDir scripts;
        ExportBench bench(program(scripts.path(), script));
        QVERIFY(bench.ready());
        bench.dialog->exportButton()->click();
        QVERIFY(bench.done());
        QVERIFY2(bench.sentence().contains(sentence), qPrintable(bench.sentence()));
        QVERIFY(!bench.ended.last().at(1).toBool());
        QVERIFY(!bench.dialog->outcome()->text().contains(u"✓"_s));
        QTRY_VERIFY(bench.dialog->replaceBox()->isVisible()); // to write it once more
    }

    void hiddenWhileItWritesItGoesOn()
    {
        ExportBench bench { QString() };
        QVERIFY(bench.ready());
        bench.dialog->exportButton()->click();
        bench.dialog->close();
        QVERIFY(!bench.dialog->isVisible());
        QVERIFY(bench.done());
        QVERIFY2(bench.sentence().contains(u"not verified"_s), qPrintable(bench.sentence()));
        QVERIFY(QFile::exists(bench.target + u"/config.json"_s));
    }
};

QTEST_MAIN(TestExportDialog)
#include "tst_export_dialog.moc"
