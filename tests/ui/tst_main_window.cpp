// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/paths.h"
#include "tests/ui/ui_support.h"
#include "ui/actions/action_registry.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/main_window.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/layer_panel.h"
#include "ui/panels/plan_panel.h"
#include "ui/settings/settings.h"
#include "ui/theme/theme.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/ratio_editor.h"
#include "ui/widgets/status_strip.h"

#include <QAction>
#include <QCheckBox>
#include <QDir>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QSet>
#include <QSlider>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QUndoStack>
#include <QUrl>

using namespace rankscope;
using namespace Qt::StringLiterals;

namespace {

/// The window with everything it is built on; small windows keep the engine quick.
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

    ~Bench()
    {
        workbench.stopAll();
        lanes.drain();
    }
    void openDemo()
    {
        window.show();
        window.openFolder(QString::fromStdU16String(test::demoDir().u16string()));
    }
};

constexpr int kEngineMs = 60000;

} // namespace

class TestMainWindow : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        const QByteArray resources = QByteArray::fromStdString((test::sourceDir() / "resources").string());
        qputenv("RANKSCOPE_RESOURCE_DIR", resources);
    }

    void actionsHaveTextsAndUniqueShortcuts()
    {
        Bench bench;
        QSet<QString> ids;
        QSet<QString> shortcuts;
        for (const ActionRegistry::Entry& entry : bench.window.actionRegistry().entries()) {
            QVERIFY2(!entry.action->text().isEmpty(), qPrintable(entry.id));
            QVERIFY2(!ids.contains(entry.id), qPrintable(entry.id));
            ids.insert(entry.id);
            const QString keys = entry.action->shortcut().toString();
            if (!keys.isEmpty()) {
                QVERIFY2(!shortcuts.contains(keys), qPrintable(entry.id + u" uses "_s + keys + u" again"_s));
                shortcuts.insert(keys);
            }
        }
        QVERIFY(ids.size() > 15);
    }

    void opensTheDemoAndAnEditGivesADelta()
    {
        Bench bench;
        bench.openDemo();
        QTRY_COMPARE_WITH_TIMEOUT(bench.window.layerPanel()->table()->model()->rowCount(), 6, kEngineMs);
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.baselineTrust(), Trust::Final, kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.spectra() != nullptr, kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        QVERIFY(!bench.workbench.delta().delta().has_value());
        QCOMPARE(bench.window.strip()->baseline()->trust(), Trust::Final);

        // Through the widgets: select a layer, type a number, look at the strip.
        bench.window.selection().setCurrentLayer(3);
        QCOMPARE(bench.window.layerPanel()->table()->currentIndex().row(), 3);
        bench.window.layerPanel()->editor()->slider()->setValue(7);
        QCOMPARE(bench.document.plan().layers[3].keptKeyDims, 8);
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        QCOMPARE(bench.window.strip()->delta()->trust(), Trust::Final);
        QVERIFY(bench.window.strip()->delta()->value() != u"–"_s);
        QVERIFY(bench.workbench.delta().delta()->meanNll > 0.0);
        QVERIFY(bench.workbench.realisedPlan().has_value());
        QCOMPARE(bench.workbench.realisedPlan()->layers[3].kept.front().size(), std::size_t { 8 });

        // A newer edit makes the number stale at once; undo brings back the dense model and no candidate.
        bench.document.setKept({ 3 }, 16, bench.document.newGesture());
        QCOMPARE(bench.workbench.candidateTrust(), Trust::Stale);
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        bench.document.undoStack()->undo();
        bench.document.undoStack()->undo();
        QVERIFY(bench.document.plan().keepsAll());
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Missing, kEngineMs);
        QCOMPARE(bench.window.strip()->candidate()->value(), u"–"_s);
        QVERIFY(!bench.window.messageBar()->isShowing());
    }

    void changingTheMethodSelectsAgain()
    {
        Bench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        bench.document.setPruneRatio(0.5, bench.document.newGesture());
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        const PruningPlan before = *bench.workbench.realisedPlan();
        bench.document.setMethod(u"l1"_s, u"L1"_s);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.realisedPlan().has_value()
                                     && bench.workbench.realisedPlan()->method == "l1",
                                 kEngineMs);
        QVERIFY(bench.workbench.realisedPlan()->layers[0].kept != before.layers[0].kept);
    }

    void plansAreSavedAndLoadedThroughTheWindow()
    {
        Bench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        bench.document.setPruneRatio(0.5, bench.document.newGesture());
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.realisedPlan().has_value(), kEngineMs);
        const PruningPlan realised = *bench.workbench.realisedPlan();
        bench.dialogs.saveFile = bench.folder.filePath(u"half.plan.json"_s);
        bench.window.actionRegistry().find(u"file.savePlan"_s)->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(bench.dialogs.saveFile), kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(bench.document.undoStack()->isClean(), kEngineMs);
        bench.document.keepEverything();
        bench.dialogs.unsaved = UnsavedAnswer::Discard;
        bench.dialogs.openFile = bench.dialogs.saveFile;
        bench.window.actionRegistry().find(u"file.loadPlan"_s)->trigger();
        QVERIFY2(!bench.window.messageBar()->isShowing(),
                 qPrintable(bench.window.messageBar()->currentText()));
        QVERIFY(bench.document.plan().layers[2].kept == realised.layers[2].kept);
        QVERIFY2(!bench.window.messageBar()->isShowing(),
                 qPrintable(bench.window.messageBar()->currentText()));
    }

    void badInputBecomesASentenceInTheBar()
    {
        Bench bench;
        bench.window.show();
        bench.window.openFolder(bench.folder.filePath(u"nothing-here"_s));
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.messageBar()->isShowing(), kEngineMs);
        QVERIFY(bench.window.messageBar()->isVisible());
        QVERIFY2(bench.window.messageBar()->currentText().contains(u"nothing-here"_s),
                 qPrintable(bench.window.messageBar()->currentText()));
        bench.window.messageBar()->dismiss();
        QVERIFY(!bench.window.messageBar()->isShowing());

        // The open model stays when the next folder is bad, and a bad plan changes nothing.
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.model() != nullptr, kEngineMs);
        bench.window.openFolder(bench.folder.path());
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.messageBar()->isShowing(), kEngineMs);
        QVERIFY(bench.workbench.model() != nullptr);
        QFile plan(bench.folder.filePath(u"bad.json"_s));
        QVERIFY(plan.open(QIODevice::WriteOnly) && plan.write("{\"hello\": 1}") > 0);
        plan.close();
        const PruningPlan before = bench.document.plan();
        bench.window.loadPlan(plan.fileName());
        QVERIFY(bench.window.messageBar()->currentText().contains(u"bad.json"_s));
        QVERIFY(bench.document.plan() == before);
        bench.workbench.setEvaluationText(bench.folder.filePath(u"missing.txt"_s));
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.messageBar()->currentText().contains(u"missing.txt"_s),
                                 kEngineMs);
        QCOMPARE(bench.dialogs.asked, 0);
    }

    void exportsAndVerifies()
    {
        Bench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        bench.document.setPruneRatio(0.5, bench.document.newGesture());
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.candidateTrust(), Trust::Final, kEngineMs);
        bench.window.openExportDialog();
        ExportDialog* dialog = bench.window.exportDialog();
        QVERIFY(dialog != nullptr);
        const QString target = bench.folder.filePath(u"half"_s);
        dialog->target()->setText(target);
        QTRY_VERIFY_WITH_TIMEOUT(dialog->exportButton()->isEnabled(), kEngineMs);
        dialog->exportButton()->click();
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(target + u"/config.json"_s), kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(dialog->outcome()->text().contains(u"erif"_s)
                                     && !dialog->outcome()->text().contains(u"Verifying"_s),
                                 kEngineMs);
        // Beside the tests there may be no rankscope-cli: the dialog then says that nothing was verified.
        const QString outcome = dialog->outcome()->text();
        QVERIFY2(outcome.contains(u"✓ Verified"_s) || outcome.contains(u"not verified"_s),
                 qPrintable(outcome));
        // The target is taken now: exporting again is blocked until the user agrees to replace it.
        QTRY_VERIFY_WITH_TIMEOUT(!dialog->exportButton()->isEnabled(), kEngineMs);
        dialog->replaceBox()->setChecked(true);
        QTRY_VERIFY_WITH_TIMEOUT(dialog->exportButton()->isEnabled(), kEngineMs);
    }

    void stoppingEverythingSaysHowToGoOn()
    {
        Bench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.baselineTrust() == Trust::Partial, kEngineMs);
        bench.window.actionRegistry().find(u"run.stop"_s)->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(!bench.jobs.anyActive(), kEngineMs);
        QVERIFY(!bench.window.messageBar()->isShowing()); // stopping is no failure
        if (bench.workbench.spectra() == nullptr) {
            QVERIFY(bench.workbench.spectraNote().contains(u"F5"_s));
        }
        bench.window.actionRegistry().find(u"run.evaluate"_s)->trigger();
        bench.window.actionRegistry().find(u"run.analyse"_s)->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.baselineTrust(), Trust::Final, kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.spectra() != nullptr, kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
    }

    void aDroppedFolderOpens()
    {
        Bench bench;
        bench.window.show();
        QMimeData data;
        data.setUrls({ QUrl::fromLocalFile(QString::fromStdU16String(test::demoDir().u16string())) });
        QDragEnterEvent enter(QPoint(200, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&bench.window, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(200, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&bench.window, &drop);
        QTRY_COMPARE_WITH_TIMEOUT(bench.window.layerPanel()->table()->model()->rowCount(), 6, kEngineMs);
    }

    void themesSwitch()
    {
        Bench bench;
        bench.window.show();
        bench.window.actionRegistry().find(u"view.theme.dark"_s)->trigger();
        QVERIFY(themeOf(QApplication::palette()).dark);
        QCOMPARE(bench.settings.get(setting::theme), u"dark"_s);
        bench.window.actionRegistry().find(u"view.theme.light"_s)->trigger();
        QVERIFY(!themeOf(QApplication::palette()).dark);
    }
};

QTEST_MAIN(TestMainWindow)
#include "tst_main_window.moc"
