// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/plan_file.h"
#include "tests/support/raw_safetensors.h"
#include "tests/support/tiny_model.h"
#include "tests/ui/window_bench.h"
#include "ui/actions/command_palette.h"
#include "ui/actions/definitions.h"
#include "ui/actions/shortcut_sheet.h"
#include "ui/dialogs/open_dialog.h"
#include "ui/document/local_model_list.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/compare_panel.h"
#include "ui/panels/dock_panel.h"
#include "ui/panels/heads_panel.h"
#include "ui/widgets/hint_strip.h"
#include "ui/widgets/message_bar.h"

#include <QDir>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QLineEdit>
#include <QListWidget>
#include <QMimeData>
#include <QPushButton>
#include <QTest>
#include <QTreeWidget>
#include <QUndoStack>
#include <QUrl>

using namespace rankscope;
using namespace rankscope::test;
using namespace Qt::StringLiterals;

namespace {

void drop(MainWindow& window, const QString& path)
{
    QMimeData data;
    data.setUrls({ QUrl::fromLocalFile(path) });
    QDragEnterEvent enter(QPoint(200, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window, &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent event(QPointF(200, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window, &event);
}

void write(const QString& path, std::string_view text)
{
    writeBytes(std::filesystem::path(path.toStdU16String()), text);
}

DockPanel* dock(const WindowBench& bench, const QString& name)
{
    for (DockPanel* dock : bench.window.docks()) {
        if (dock->objectName() == name) {
            return dock;
        }
    }
    return nullptr;
}

} // namespace

class TestWindowFrame : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR", QByteArray::fromStdString((sourceDir() / "resources").string()));
        qputenv("HF_HUB_CACHE", m_cache.path().toUtf8());
    }

    /// Every command has a group, which lists it in the palette; every shortcut is on the sheet and used
    /// once.
    void everyActionCanBeFound()
    {
        WindowBench bench;
        const QString sheet = shortcutSheetHtml(bench.window.actionRegistry());
        QMap<QString, QString> owners;
        for (const ActionRegistry::Entry& entry : bench.window.actionRegistry().entries()) {
            QVERIFY2(!entry.group.isEmpty(), qPrintable(entry.id));
            for (const QKeySequence& keys : entry.action->shortcuts()) {
                const QString text = keys.toString();
                QVERIFY2(!owners.contains(text),
                         qPrintable(text + u": "_s + entry.id + u", "_s + owners[text]));
                owners[text] = entry.id;
                QVERIFY2(sheet.contains(keys.toString(QKeySequence::NativeText).toHtmlEscaped()),
                         qPrintable(text));
            }
        }
        auto* palette = bench.window.findChild<CommandPalette*>();
        palette->open();
        const auto& entries = bench.window.actionRegistry().entries();
        QCOMPARE(palette->findChild<QListWidget*>()->count(),
                 std::ranges::count_if(entries, [](const ActionRegistry::Entry& entry) {
                     return entry.action->isVisible(); // not those that no recent model stands behind
                 }));
        palette->hide();
    }

    void commandsAreEnabledOnlyWhenTheyCanWork()
    {
        enum Stage { NoModel, Ready, Edited, FirstLayer };
        struct Row {
            const char16_t* id;
            QList<bool> enabled; // by stage
        };
        const std::vector<Row> rows {
            { u"file.open", { true, true, true, true } },
            { u"file.loadPlan", { false, true, true, true } },
            { u"file.savePlan", { false, true, true, true } },
            { u"file.savePlanAs", { false, true, true, true } },
            { u"file.export", { false, true, true, true } },
            { u"edit.undo", { false, false, true, true } },
            { u"edit.redo", { false, false, false, false } },
            { u"plan.reset", { false, false, true, true } },
            { u"plan.lock", { false, true, true, true } },
            { u"go.previousLayer", { false, true, true, false } },
            { u"go.nextLayer", { false, false, false, true } },
            { u"go.nextHead", { false, true, true, true } },
            { u"go.play", { false, true, true, true } },
            { u"run.evaluate", { false, false, true, true } },
            { u"run.analyse", { false, true, true, true } },
            { u"run.stop", { false, false, false, false } },
            { u"view.fit", { false, true, true, true } },
        };
        WindowBench bench;
        bench.window.show();
        const auto check = [&](Stage stage) {
            for (const Row& row : rows) {
                const QString id = QString::fromUtf16(row.id);
                QVERIFY2(bench.action(id) != nullptr, qPrintable(id));
                QVERIFY2(bench.action(id)->isEnabled() == row.enabled[stage],
                         qPrintable(u"%1 in stage %2"_s.arg(id).arg(static_cast<int>(stage))));
            }
        };
        const auto idle = [&] { return !bench.jobs.anyActive(); };
        check(NoModel);
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.jobs.anyActive(), kEngineMs);
        QVERIFY(bench.action(u"run.stop"_s)->isEnabled());
        QVERIFY(!bench.action(u"file.export"_s)->isEnabled());
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr && idle(), kEngineMs);
        bench.window.selection().setCurrentLayer(5);
        check(Ready);
        bench.document.setKept({ 1 }, 32, bench.document.newGesture());
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.settled() && idle(), kEngineMs);
        check(Edited);
        bench.window.selection().setCurrentLayer(0);
        check(FirstLayer);
    }

    void drops_data()
    {
        QTest::addColumn<QString>("what");
        for (const char* what : { "folder", "config.json", "weights", "plan", "text", "other" }) {
            QTest::newRow(what) << QString::fromUtf8(what);
        }
    }
    void drops()
    {
        QFETCH(QString, what);
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.document.isOpen(), kEngineMs);
        const QTemporaryDir other;
        writeRandomCheckpoint(std::filesystem::path(other.path().toStdU16String()), {});
        MessageBar* messages = bench.window.messageBar();
        if (what == u"plan"_s) {
            const QString plan = bench.folder.filePath(u"dropped.json"_s);
            PruningPlan locked = keepAllPlan(bench.document.spec());
            locked.layers[3].locked = true;
            QVERIFY(writePlanFile(locked, std::filesystem::path(plan.toStdU16String())).has_value());
            drop(bench.window, plan);
            QTRY_VERIFY_WITH_TIMEOUT(bench.document.plan().layers[3].locked, kEngineMs);
        } else if (what == u"text"_s) {
            const QString text = bench.folder.filePath(u"novel.md"_s);
            write(text, "It was a dark and stormy night.\n");
            drop(bench.window, text);
            QCOMPARE(messages->choices().size(), 2);
            messages->choices().last()->click();
            QCOMPARE(bench.workbench.calibrationText(), text);
            drop(bench.window, text);
            messages->choices().front()->click();
            QCOMPARE(bench.workbench.evaluationText(), text);
        } else if (what == u"other"_s) {
            const QString file = bench.folder.filePath(u"picture.png"_s);
            write(file, std::string_view("\x89PNG\0\1\2", 7));
            drop(bench.window, file);
            QVERIFY2(messages->currentText().contains(u"picture.png"_s), qPrintable(messages->currentText()));
        } else {
            drop(bench.window,
                 what == u"folder"_s            ? other.path()
                     : what == u"config.json"_s ? other.filePath(u"config.json"_s)
                                                : other.filePath(u"model.safetensors"_s));
            QTRY_VERIFY_WITH_TIMEOUT(
                bench.workbench.overview()->folder.u16string() == other.path().toStdU16String(), kEngineMs);
        }
    }

    void theLayoutIsRememberedAndReset()
    {
        const QTemporaryDir settings;
        const QString file = settings.filePath(u"settings.ini"_s);
        {
            WindowBench bench({}, file);
            bench.window.resize(1440, 1000);
            bench.window.show();
            for (const DockPanel* panel : bench.window.docks()) {
                QVERIFY2(panel->isVisible(), qPrintable(panel->objectName()));
            }
            dock(bench, u"importanceDock"_s)->toggleViewAction()->trigger();
            dock(bench, u"qualityDock"_s)->setFloating(true);
            bench.action(u"view.show.heads"_s)->trigger();
            bench.action(u"view.headFaders"_s)->trigger();
            bench.window.close();
        }
        WindowBench bench({}, file);
        bench.window.show();
        QVERIFY(bench.window.headsPanel()->isVisible()); // pages in front as well
        QCOMPARE(DockPanel::pageName(dock(bench, u"equaliserDock"_s)->currentPage()), u"headEqualiser"_s);
        QCOMPARE(DockPanel::pageName(dock(bench, u"activityDock"_s)->currentPage()), u"job"_s);
        QVERIFY(dock(bench, u"importanceDock"_s)->isHidden());
        QVERIFY(dock(bench, u"qualityDock"_s)->isFloating());
        bench.window.resize(1300, 950); // a user's own arrangement is left alone
        QVERIFY(dock(bench, u"importanceDock"_s)->isHidden());
        bench.action(u"view.reset"_s)->trigger();
        for (const DockPanel* panel : bench.window.docks()) {
            QVERIFY2(panel->isVisible() && !panel->isFloating(), qPrintable(panel->objectName()));
        }
    }

    void aSmallWindowMovesWhatIsLeastNeeded()
    {
        WindowBench bench;
        bench.window.resize(1280, 760);
        bench.window.show();
        QVERIFY(dock(bench, u"activityDock"_s)->isHidden());
        QVERIFY(dock(bench, u"spectraDock"_s)->isVisible());
        bench.window.resize(1440, 1100);
        QTRY_VERIFY(dock(bench, u"activityDock"_s)->isVisible());
    }

    /// In a small window the candidates are a page beside the quality; by name they are found in both.
    void aSmallWindowShowsTheCandidatesAsAPage()
    {
        WindowBench bench;
        bench.window.resize(1280, 760);
        bench.window.show();
        const QWidget* candidates = bench.window.comparePanel();
        DockPanel* quality = dock(bench, u"qualityDock"_s);
        DockPanel* own = dock(bench, u"candidatesDock"_s);
        QTRY_COMPARE(DockPanel::of(candidates), quality);
        QVERIFY(own->isHidden());
        bench.action(u"view.show.compare"_s)->trigger();
        QVERIFY(candidates->isVisible());
        bench.action(u"view.show.quality"_s)->trigger();
        QVERIFY(!candidates->isVisible());
        bench.window.resize(1440, 1100);
        QTRY_COMPARE(DockPanel::of(candidates), own);
        QVERIFY(candidates->isVisible());
        QCOMPARE(quality->pageCount(), 3);
        // Asked for as a dock, they are one in a small window too.
        bench.window.resize(1280, 760);
        QTRY_COMPARE(DockPanel::of(candidates), quality);
        own->toggleViewAction()->trigger();
        QCOMPARE(DockPanel::of(candidates), own);
        QVERIFY(candidates->isVisible());
    }

    /// An arrangement that nobody changed fits itself to the next window.
    void theDefaultLayoutIsNotRemembered()
    {
        const QTemporaryDir settings;
        const QString file = settings.filePath(u"settings.ini"_s);
        {
            WindowBench bench({}, file);
            bench.window.resize(1440, 1100);
            bench.window.show();
            QVERIFY(dock(bench, u"activityDock"_s)->isVisible());
            bench.window.close();
        }
        WindowBench bench({}, file);
        bench.window.resize(1280, 760);
        bench.window.show();
        QTRY_VERIFY(dock(bench, u"activityDock"_s)->isHidden());
    }

    void theOpenDialogShowsWhatIsHere()
    {
        const std::filesystem::path snapshot = std::filesystem::path(m_cache.path().toStdU16String())
            / "models--org--tiny" / "snapshots" / std::string(40, 'c');
        writeRandomCheckpoint(snapshot, {});
        const std::filesystem::path other = snapshot.parent_path().parent_path().parent_path()
            / "models--org--llama" / "snapshots" / std::string(40, 'd');
        std::filesystem::create_directories(other);
        writeBytes(other / "config.json", "{\"model_type\": \"llama\"}");
        WindowBench bench;
        bench.window.show();
        bench.action(u"file.open"_s)->trigger();
        auto* dialog = bench.window.findChild<OpenDialog*>();
        QVERIFY(dialog != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(dialog->list()->topLevelItemCount() == 3, kEngineMs); // with the demo
        dialog->filter()->setText(u"llama"_s);
        QVERIFY(!dialog->openButton()->isEnabled()); // it says why, and cannot be opened
        dialog->filter()->setText(u"org tiny"_s);
        QVERIFY(dialog->openButton()->isEnabled());
        QTest::keyClick(dialog->filter(), Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.overview() != nullptr
                                     && bench.workbench.overview()->folder == snapshot,
                                 kEngineMs);
    }

    void aPathInTheOpenDialogOpens_data()
    {
        QTest::addColumn<bool>("file");
        QTest::newRow("folder") << false;
        QTest::newRow("file in it") << true;
    }
    void aPathInTheOpenDialogOpens()
    {
        QFETCH(bool, file);
        const QTemporaryDir elsewhere;
        const QString folder = elsewhere.filePath(u"a model"_s);
        writeRandomCheckpoint(std::filesystem::path(folder.toStdU16String()), {});
        WindowBench bench;
        bench.window.show();
        bench.action(u"file.open"_s)->trigger();
        auto* dialog = bench.window.findChild<OpenDialog*>();
        QVERIFY(dialog != nullptr);
        dialog->filter()->setText(folder + u"-not"_s);
        QVERIFY(!dialog->openButton()->isEnabled());
        dialog->filter()->setText(folder + (file ? u"/config.json"_s : u"/"_s));
        QVERIFY(dialog->openButton()->isEnabled());
        QTest::keyClick(dialog->filter(), Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.overview() != nullptr, kEngineMs);
        QCOMPARE(QString::fromStdU16String(bench.workbench.overview()->folder.u16string()), folder);
    }

    void hintsCanBeTurnedOffAndBackOn()
    {
        const QTemporaryDir settings;
        const QString file = settings.filePath(u"settings.ini"_s);
        {
            WindowBench bench({}, file);
            bench.openDemo();
            HintStrip* hints = bench.window.hints();
            QVERIFY(hints->isVisible());
            QTRY_VERIFY_WITH_TIMEOUT(bench.document.isOpen(), kEngineMs);
            bench.document.setKept({ 1 }, 32, bench.document.newGesture());
            QCOMPARE(hints->current(), 1); // done, so the next one
            bench.document.setKept({ 1 }, 16, bench.document.newGesture());
            QCOMPARE(hints->current(), 1);
            while (hints->isVisible()) {
                hints->next();
            }
            QVERIFY(!bench.action(u"help.hints"_s)->isChecked());
        }
        WindowBench bench({}, file);
        bench.window.show();
        QVERIFY(!bench.window.hints()->isVisible());
        bench.action(u"help.hints"_s)->trigger();
        QVERIFY(bench.window.hints()->isVisible());
        QCOMPARE(bench.window.hints()->current(), 0);
    }

    void definitionsAreComplete()
    {
        const QString page = definitionsHtml();
        for (const Definition& entry : definitions()) {
            QVERIFY2(!entry.meaning.isEmpty(), qPrintable(entry.name));
            QVERIFY(page.contains(entry.name));
        }
        // What the window shows by name.
        for (const QString& word :
             { u"Stable rank"_s, u"Entropy rank"_s, u"Threshold rank"_s, u"Utilisation"_s, u"Prune ratio"_s,
               u"Kept dims"_s, u"Perplexity"_s, u"Δ NLL"_s, u"Δ alone"_s, u"Sensitivity"_s, u"KL"_s,
               u"Top-1"_s, u"State per sequence"_s }) {
            QVERIFY2(page.contains(word), qPrintable(word));
        }
    }

private:
    QTemporaryDir m_cache;
};

QTEST_MAIN(TestWindowFrame)
#include "tst_window_frame.moc"
