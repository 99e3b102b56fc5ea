// SPDX-License-Identifier: GPL-3.0-or-later
// What every view of the window owes its user: definitions, hover that ends, issues that lead somewhere.
#include "core/pruning/method_registry.h"
#include "tests/ui/window_bench.h"
#include "ui/actions/definitions.h"
#include "ui/dialogs/file_view.h"
#include "ui/document/candidate_history.h"
#include "ui/jobs/job.h"
#include "ui/models/candidate_table_model.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/compare_panel.h"
#include "ui/panels/dock_panel.h"
#include "ui/panels/equaliser_panel.h"
#include "ui/panels/issues_panel.h"
#include "ui/panels/job_panel.h"
#include "ui/panels/layer_panel.h"
#include "ui/panels/log_panel.h"
#include "ui/panels/plan_panel.h"
#include "ui/panels/quality_panel.h"
#include "ui/panels/spectra_panel.h"
#include "ui/plots/delta_plot.h"
#include "ui/plots/pareto_plot.h"
#include "ui/plots/spectrum_plot.h"
#include "ui/widgets/equaliser.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/status_strip.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QFileInfo>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMouseEvent>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QStatusBar>
#include <QTableView>
#include <QTest>
#include <QTextBlock>

#include <filesystem>
#include <set>

using namespace rankscope;
using namespace rankscope::test;
using namespace Qt::StringLiterals;

namespace {

void moveTo(QWidget* widget, const QPoint& at)
{
    QMouseEvent move(QEvent::MouseMove, at, widget->mapToGlobal(at), Qt::NoButton, Qt::NoButton, {});
    QCoreApplication::sendEvent(widget, &move);
}

/// The window with a pruned plan whose numbers are final.
struct FinalBench : WindowBench {
    FinalBench()
    {
        window.resize(1600, 1000);
        openDemo();
        if (QTest::qWaitFor([this] { return workbench.selector() != nullptr; }, kEngineMs)) {
            document.setPruneRatio(0.5, document.newGesture());
        }
    }
    bool ready()
    {
        return QTest::qWaitFor(
            [this] {
                return workbench.candidateTrust() == Trust::Final && workbench.baselineTrust() == Trust::Final
                    && workbench.spectra() != nullptr;
            },
            kEngineMs);
    }
};

} // namespace

class TestViews : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR", QByteArray::fromStdString((sourceDir() / "resources").string()));
    }

    /// Every method that can be chosen is defined, and no other; every quantity says what it is and whence.
    void definitionsFollowTheMethods()
    {
        std::set<QString> methods;
        for (const MethodInfo& method : pruningMethods()) {
            methods.insert(u"method."_s + QString::fromUtf8(method.id));
        }
        std::set<QString> ids;
        std::set<QString> defined;
        for (const Definition& entry : definitions()) {
            QVERIFY2(ids.insert(entry.id).second, qPrintable(entry.id));
            QVERIFY2(!entry.name.isEmpty() && !entry.meaning.isEmpty(), qPrintable(entry.id));
            QVERIFY2(!entry.source.isEmpty(), qPrintable(entry.id));
            if (entry.id.startsWith(u"method."_s)) {
                defined.insert(entry.id);
                QVERIFY2(entry.source.contains(u"arXiv"_s), qPrintable(entry.source));
            }
            QVERIFY(definitionTip({ entry.id }).contains(entry.meaning));
            QVERIFY(definitionsHtml().contains(entry.meaning));
        }
        QVERIFY(defined == methods);
    }

    void theNumbersThatNeverScrollAwayAreDefined()
    {
        FinalBench bench;
        QVERIFY(bench.ready());
        const StatusStrip* strip = bench.window.strip();
        const std::pair<const NumberTile*, QString> tiles[] = { { strip->baseline(), u"exp(NLL)"_s },
                                                                { strip->candidate(), u"exp(NLL)"_s },
                                                                { strip->delta(), u"paired differences"_s },
                                                                { strip->state(), u"4 bytes"_s } };
        for (const auto& [tile, formula] : tiles) {
            QCOMPARE(tile->trust(), Trust::Final);
            QVERIFY2(tile->toolTip().contains(formula), qPrintable(tile->toolTip()));
        }
        QVERIFY(bench.window.spectraPanel()->plot()->toolTip().contains(u"descending"_s));
    }

    /// Nothing stays marked when the pointer has gone.
    void hoverEndsWithThePointer()
    {
        FinalBench bench;
        QVERIFY(bench.ready());
        SpectrumPlot* plot = bench.window.spectraPanel()->plot();
        QTRY_VERIFY(plot->isVisible() && !plot->view().heads.empty());
        auto* canvas = plot->findChild<QWidget*>();
        for (int y = 10; y < canvas->height() && bench.window.selection().hover().head < 0; y += 6) {
            moveTo(canvas, QPoint(canvas->width() / 3, y));
        }
        QVERIFY(bench.window.selection().hover().head >= 0);
        const auto* status = bench.window.statusBar()->findChild<QLabel*>();
        QVERIFY2(status->text().contains(u"σ"_s), qPrintable(status->text()));
        QEvent leave(QEvent::Leave);
        QCoreApplication::sendEvent(plot, &leave);
        QVERIFY(bench.window.selection().hover() == LayerSelection::Hover {});
        QVERIFY2(!status->text().contains(u"σ"_s), qPrintable(status->text()));
        // A dock that is left behind ends what its views forgot.
        LayerSelection::Hover hover;
        hover.layer = 1;
        bench.window.selection().setHover(hover);
        QCoreApplication::sendEvent(bench.window.docks().front(), &leave);
        QVERIFY(bench.window.selection().hover() == LayerSelection::Hover {});
    }

    /// A candidate under the pointer stands in outline over the faders; a token and a window are marked in
    /// the views beside theirs.
    void hoverIsShared()
    {
        FinalBench bench;
        QVERIFY(bench.ready());
        bench.document.setPruneRatio(0.75, bench.document.newGesture());
        QTRY_COMPARE_WITH_TIMEOUT(std::ssize(bench.window.candidates().records()), 3, kEngineMs);
        const CandidateRecord& half = bench.window.candidates().records()[1];
        QTableView* table = bench.window.comparePanel()->table();
        const auto* faders = bench.window.findChild<EqualiserPanel*>()->equaliser();
        for (int row = 0; row < 3; ++row) {
            const QModelIndex index = table->model()->index(row, CandidateTableModel::NameColumn);
            if (index.data(CandidateTableModel::IdRole).toInt() == half.id) {
                Q_EMIT table->entered(index);
            }
        }
        QCOMPARE(bench.window.selection().hover().candidate, half.id);
        QCOMPARE(std::ssize(faders->outline()), std::ssize(half.plan.layers));
        QCOMPARE(faders->outline().front(), half.plan.layers.front().keptKeyDims);
        Q_EMIT table->viewportEntered();
        QVERIFY(faders->outline().empty());
        // The points of the plot by keys.
        ParetoPlot* plot = bench.window.comparePanel()->plot();
        QSignalSpy hovered(plot, &ParetoPlot::pointHovered);
        QTest::keyClick(plot, Qt::Key_Home);
        QTest::keyClick(plot, Qt::Key_Right);
        QTest::keyClick(plot, Qt::Key_Right);
        if (plot->isVisible()) {
            QCOMPARE(hovered.size(), 3);
            QCOMPARE(hovered.last().at(0).toInt(), 0); // the dense model is the largest
        }
        QSignalSpy windows(bench.window.qualityPanel()->plot(), &DeltaPlot::windowClicked);
        DeltaPlot* deltas = bench.window.qualityPanel()->plot();
        QTest::keyClick(deltas, Qt::Key_Home);
        QTest::keyClick(deltas, Qt::Key_Right);
        QCOMPARE(bench.window.selection().hover().window, 1);
        QTest::keyClick(deltas, Qt::Key_Return);
        QCOMPARE(windows.size(), 1);
        QCOMPARE(bench.window.selection().window(), 1);
    }

    /// Pictures and values of the view that has the keyboard, and values of the spectra, without a mouse.
    void viewsGiveTheirPictureAndValuesByKeyboard()
    {
        FinalBench bench;
        QVERIFY(bench.ready());
        QVERIFY(QTest::qWaitForWindowActive(&bench.window));
        SpectrumPlot* plot = bench.window.spectraPanel()->plot();
        QTRY_VERIFY(plot->isVisible() && !plot->view().heads.empty());
        plot->setFocus();
        const auto* status = bench.window.statusBar()->findChild<QLabel*>();
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Home);
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Right);
        QVERIFY2(status->text().contains(u"σ2"_s), qPrintable(status->text()));
        const int head = bench.window.selection().head();
        QTest::keyClick(QApplication::focusWidget(), head > 0 ? Qt::Key_Up : Qt::Key_Down);
        QCOMPARE(bench.window.selection().head(), head > 0 ? head - 1 : head + 1);

        bench.action(u"view.copyValues"_s)->trigger();
        QCOMPARE(QGuiApplication::clipboard()->text(), plot->csv());
        bench.action(u"view.copyPicture"_s)->trigger();
        QVERIFY(!QGuiApplication::clipboard()->pixmap().isNull());
        for (const QString& ending : { u"png"_s, u"svg"_s, u"pdf"_s, u"csv"_s }) {
            bench.dialogs.saveFile = bench.folder.filePath(u"view."_s + ending);
            bench.action(u"view.savePicture"_s)->trigger();
            QVERIFY2(QFileInfo(bench.dialogs.saveFile).size() > 100, qPrintable(ending));
        }
        bench.dialogs.saveFile = bench.folder.filePath(u"values.csv"_s);
        bench.action(u"view.saveValues"_s)->trigger();
        QVERIFY(QFileInfo(bench.dialogs.saveFile).size() > 100);
        bench.dialogs.saveFile = u"/no/such/folder/x.svg"_s;
        bench.action(u"view.savePicture"_s)->trigger();
        QVERIFY(bench.window.messageBar()->currentText().contains(u"could not be written"_s));

        // A table gives its rows, the faders their sizes, a panel without values its picture.
        bench.window.layerPanel()->table()->setFocus();
        bench.action(u"view.copyValues"_s)->trigger();
        QCOMPARE(QGuiApplication::clipboard()->text(), bench.window.layerPanel()->csv());
        bench.window.findChild<EqualiserPanel*>()->equaliser()->setFocus();
        bench.action(u"view.copyValues"_s)->trigger();
        QVERIFY(QGuiApplication::clipboard()->text().startsWith(u"fader,"_s));
        bench.dialogs.saveFile = bench.folder.filePath(u"faders.svg"_s);
        bench.action(u"view.savePicture"_s)->trigger();
        QVERIFY(QFileInfo(bench.dialogs.saveFile).size() > 100);
        bench.window.planPanel()->budgetField()->setFocus();
        bench.action(u"view.copyValues"_s)->trigger();
        const QString plan = QGuiApplication::clipboard()->text();
        QVERIFY2(plan.startsWith(u"quantity,value,note\nmethod,rrqr,"_s), qPrintable(plan));
        QVERIFY2(plan.contains(u"\nlayer_0_kept_key_dims,32,\n"_s), qPrintable(plan));
        QVERIFY(bench.action(u"view.copyPicture"_s)->isEnabled());
    }

    /// Whatever has the keyboard: the values of its view are to be had, and Ctrl+C copies.
    void everyViewCopies()
    {
        FinalBench bench;
        QVERIFY(bench.ready());
        QVERIFY(QTest::qWaitForWindowActive(&bench.window));
        bench.document.setKept({ 1 }, 20, 0); // an override
        bench.window.findChild<IssuesPanel*>()->addIssue({ IssueSeverity::Note, "A, b.", "config.json" });
        const MainWindow& window = bench.window;
        const std::pair<QWidget*, QString> views[] = {
            { window.planPanel()->overrides(), u"quantity,value,note\nmethod,"_s },
            { window.planPanel()->method(), u"quantity,value,note\nmethod,"_s },
            { window.qualityPanel()->windowCount(), u"quantity,value,low,high,rests_on,state\nbaseline_"_s },
            { window.qualityPanel()->plot(), window.qualityPanel()->plot()->csv().section(u'\n', 0, 0) },
            { window.findChild<JobPanel*>()->table(), u"job,status,reason\n"_s },
            { window.findChild<IssuesPanel*>()->list(),
              u"severity,subject,issue\nnote,config.json,\"A, b.\"\n"_s },
            { window.findChild<LogPanel*>()->findChild<QPlainTextEdit*>(), u"line\n"_s },
            { window.spectraPanel()->plot(), window.spectraPanel()->plot()->csv().section(u'\n', 0, 0) },
        };
        for (const auto& [view, begins] : views) {
            for (const DockPanel* dock : window.docks()) {
                for (int page = 0; page < dock->pageCount(); ++page) {
                    if (dock->page(page)->isAncestorOf(view)) {
                        const_cast<DockPanel*>(dock)->reveal(page);
                    }
                }
            }
            view->setFocus();
            QTRY_VERIFY2(QApplication::focusWidget() != nullptr
                             && (view == QApplication::focusWidget()
                                 || view->isAncestorOf(QApplication::focusWidget())),
                         qPrintable(begins));
            QGuiApplication::clipboard()->clear();
            QVERIFY2(bench.action(u"view.copyValues"_s)->isEnabled(), qPrintable(begins));
            bench.action(u"view.copyValues"_s)->trigger();
            QVERIFY2(QGuiApplication::clipboard()->text().startsWith(begins),
                     qPrintable(QGuiApplication::clipboard()->text()));
            bench.dialogs.saveFile = bench.folder.filePath(u"view.csv"_s);
            QFile::remove(bench.dialogs.saveFile);
            bench.action(u"view.saveValues"_s)->trigger();
            QVERIFY2(QFileInfo::exists(bench.dialogs.saveFile), qPrintable(begins));
            if (view != window.findChild<LogPanel*>()->findChild<QPlainTextEdit*>()) { // its selection
                QGuiApplication::clipboard()->clear();
                // As a keyboard sends it: with a letter as its text, a combo box would look for an entry.
                QKeyEvent press(QEvent::KeyPress, Qt::Key_C, Qt::ControlModifier, QString(QChar(3)));
                QApplication::sendEvent(QApplication::focusWidget(), &press);
                QVERIFY2(!QGuiApplication::clipboard()->text().isEmpty(),
                         qPrintable(begins + QString::fromUtf8(view->metaObject()->className())));
            }
        }
    }

    /// An issue about the configuration shows the line that it is about.
    void issuesShowTheirLine()
    {
        WindowBench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.overview() != nullptr, kEngineMs);
        auto* panel = bench.window.findChild<IssuesPanel*>();
        panel->addIssue({ IssueSeverity::Warning, "The key is odd.", "num_heads", "config.json" });
        DockPanel::of(panel)->reveal(panel);
        panel->list()->setCurrentRow(0);
        QTest::keyClick(panel->list(), Qt::Key_Return);
        auto* view = bench.window.findChild<FileView*>();
        QVERIFY(view != nullptr && view->isVisible());
        QTRY_VERIFY_WITH_TIMEOUT(view->markedLine() >= 0, kEngineMs);
        QVERIFY(view->text()->textCursor().block().text().contains(u"\"num_heads\""_s));
        QVERIFY(view->windowTitle().startsWith(u"config.json, line "_s));
        Q_EMIT panel->fileWanted(u"no.json"_s, {}, {}); // the same window
        QTRY_VERIFY_WITH_TIMEOUT(view->text()->toPlainText().contains(u"no.json"_s), kEngineMs);
        QCOMPARE(view->markedLine(), -1);
    }

    /// Recent models and devices are commands of the palette too.
    void stripMenusAreCommands()
    {
        WindowBench bench;
        const QString folder = bench.folder.filePath(u"other-model"_s);
        std::filesystem::copy(demoDir(), std::filesystem::path(folder.toStdU16String()));
        bench.window.show();
        bench.window.openFolder(folder);
        bench.workbench.refreshDevices();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.model() != nullptr && !bench.workbench.devices().empty(),
                                 kEngineMs);
        QAction* recent = bench.action(u"file.recent.0"_s);
        QVERIFY(recent->isVisible());
        QVERIFY(recent->text().contains(u"other-model"_s));
        QVERIFY(!recent->isEnabled());
        QCOMPARE(bench.window.actionRegistry().reason(u"file.recent.0"_s), u"This model is open."_s);
        QVERIFY(!bench.action(u"file.recent.7"_s)->isVisible());
        QAction* other = nullptr;
        for (int at = 0; at < 4 && other == nullptr; ++at) {
            QAction* action = bench.action(u"run.device.%1"_s.arg(at));
            other = action->isEnabled() ? action : nullptr;
        }
        QVERIFY(other != nullptr); // the number format that is not in use
        const DType before = bench.workbench.dtype();
        other->trigger();
        QVERIFY(bench.workbench.dtype() != before);
        const auto overview = bench.workbench.overview();
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.overview() != overview, kEngineMs);
        QVERIFY(recent->isEnabled());
        recent->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(
            QString::fromStdString(bench.workbench.overview()->name).contains(u"other-model"_s), kEngineMs);
    }

    void layersInNames_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("layer");
        QTest::newRow("tensor") << u"model.layers.12.attn.q_proj.weight"_s << 12;
        QTest::newRow("sentence") << u"The tensor \"model.layers.0.mlp.w\" has a NaN."_s << 0;
        QTest::newRow("key") << u"num_hidden_layers"_s << -1;
        QTest::newRow("other") << u"sublayers.3.x"_s << -1;
        QTest::newRow("nothing") << QString() << -1;
    }
    void layersInNames()
    {
        QFETCH(QString, text);
        QFETCH(int, layer);
        QCOMPARE(layerNamedIn(text).value_or(-1), layer);
    }

    /// Jobs come and go while the menu is open.
    void stopOfTheMenuStopsItsJob()
    {
        JobListModel jobs;
        JobPanel panel(jobs);
        Job* wanted = jobs.create(u"wanted"_s, {});
        QMenu menu;
        panel.fillMenu(menu, jobs.index(0, 0));
        Job* other = jobs.create(u"other"_s, {});
        menu.actions().first()->trigger();
        QCOMPARE(wanted->state(), JobState::Cancelled);
        QCOMPARE(other->state(), JobState::Queued);
    }

    /// A click on an issue goes to its cause; what concerns no layer opens the folder, by Enter only.
    void issuesLeadToTheirCause()
    {
        IssuesPanel panel;
        QList<int> layers;
        int folders = 0;
        connect(&panel, &IssuesPanel::layerWanted, this, [&layers](int layer) { layers << layer; });
        connect(&panel, &IssuesPanel::folderWanted, this, [&folders] { ++folders; });
        QSignalSpy files(&panel, &IssuesPanel::fileWanted);
        panel.setIssues({ { IssueSeverity::Note, "A key.", "num_heads", "config.json" },
                          { IssueSeverity::Note, "Unused.", "model.layers.1.attn.D", "model.safetensors" },
                          { IssueSeverity::Warning, "A file is odd.", "x.bin" } },
                        true);
        panel.addIssue({ IssueSeverity::Error, "\"model.layers.2.attn.q_proj.weight\" has a NaN.", {} });
        panel.addIssue({ IssueSeverity::Error, "\"model.layers.2.attn.q_proj.weight\" has a NaN.", {} });
        QCOMPARE(panel.count(), 4);
        panel.resize(400, 300);
        panel.show();
        QListWidget* list = panel.list();
        const auto click = [list](int row) {
            QTest::mouseClick(list->viewport(), Qt::LeftButton, {},
                              list->visualItemRect(list->item(row)).center());
        };
        click(0); // errors first
        QCOMPARE(layers, QList<int> { 2 });
        click(1);
        QCOMPARE(folders, 0);
        QTest::keyClick(list, Qt::Key_Return);
        QCOMPARE(folders, 1);
        QVERIFY(files.isEmpty());
        click(2);
        QCOMPARE(files.takeFirst(), (QVariantList { u"config.json"_s, u"num_heads"_s, u"A key."_s }));
        list->setCurrentRow(3);
        QTest::keyClick(list, Qt::Key_Return);
        QCOMPARE(layers, (QList<int> { 2, 1 }));
        QMenu menu;
        panel.fillMenu(menu);
        menu.actions().at(1)->trigger(); // beside the layer
        QCOMPARE(files.takeFirst().first().toString(), u"model.safetensors"_s);
        QTest::keyClick(list, Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QGuiApplication::clipboard()->text(), u"Unused."_s);
        panel.setIssues({}, true); // another model: what came up with the last one goes
        QCOMPARE(panel.count(), 0);
    }
};

QTEST_MAIN(TestViews)
#include "tst_views.moc"
