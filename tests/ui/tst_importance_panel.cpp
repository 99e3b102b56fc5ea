// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/narrow.h"
#include "core/exporting/recipe.h"
#include "tests/support/paths.h"
#include "tests/ui/ui_support.h"
#include "ui/actions/action_registry.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/main_window.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/importance_panel.h"
#include "ui/panels/plan_panel.h"
#include "ui/plots/channel_map_plot.h"
#include "ui/plots/importance_plot.h"
#include "ui/settings/settings.h"

#include <QAction>
#include <QCheckBox>
#include <QFile>
#include <QImage>
#include <QLabel>
#include <QMouseEvent>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QUndoStack>

#include <algorithm>
#include <random>
#include <utility>

using namespace rankscope;
using namespace Qt::StringLiterals;

namespace {

constexpr int kEngineMs = 60000;
constexpr int kLayer = 3;

/// The window on the demo, layer 3 with 40 of 64 channels; small windows keep the engine quick.
struct Bench {
    QTemporaryDir folder;
    Settings settings { folder.filePath(u"settings.ini"_s) };
    JobLanes lanes;
    JobListModel jobs;
    PlanDocument document;
    test::FakeDialogs dialogs;
    Workbench workbench { lanes, jobs, document, Workbench::Options { 2, 2, 64, 1, 32 } };
    MainWindow window { WindowServices {
        settings, lanes, jobs, document, workbench, dialogs, {}, QPalette() } };

    Bench()
    {
        window.show();
        window.openFolder(QString::fromStdU16String(test::demoDir().u16string()));
    }
    ~Bench()
    {
        workbench.stopAll();
        lanes.drain();
    }
    [[nodiscard]] bool ready()
    {
        if (!QTest::qWaitFor([this] { return workbench.selector() != nullptr && workbench.settled(); },
                             kEngineMs)) {
            return false;
        }
        window.selection().setCurrentLayer(kLayer);
        window.selection().setHead(1);
        document.setKept({ kLayer }, 40, document.newGesture());
        return waitForView() && settle();
    }
    [[nodiscard]] bool settle()
    {
        return QTest::qWaitFor([this] { return workbench.settled(); }, kEngineMs);
    }
    /// The view has caught up with document and selection.
    [[nodiscard]] bool waitForView()
    {
        QCoreApplication::processEvents();
        return QTest::qWaitFor(
            [this] {
                const LayerChannels& shown = plot().channels();
                return shown.layer == window.selection().currentLayer()
                    && plot().marks().head == window.selection().head() && shown.known(plot().marks().head)
                    && shown.heads[idx(plot().marks().head)].wanted
                    == layer().keptKeyDimsOf(plot().marks().head);
            },
            kEngineMs);
    }
    [[nodiscard]] ImportancePanel& panel() { return *window.importancePanel(); }
    [[nodiscard]] ImportancePlot& plot() { return *panel().plot(); }
    [[nodiscard]] const LayerPlan& layer() const { return document.plan().layers[kLayer]; }
    [[nodiscard]] QAction* action(const QString& id) { return window.actionRegistry().find(id); }
    [[nodiscard]] int steps() const { return document.undoStack()->index(); }
    void click(ChannelPlot& view, const ChannelAt& at, Qt::KeyboardModifiers modifiers = {})
    {
        QTest::mouseClick(view.focusProxy(), Qt::LeftButton, modifiers, view.positionOf(at).toPoint());
        QCoreApplication::processEvents();
        QVERIFY(waitForView());
    }
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {})
    {
        QTest::keyClick(plot().focusProxy(), key, modifiers);
        QVERIFY(waitForView());
    }
    void drag(const QPointF& from, const QPointF& to)
    {
        QWidget* canvas = plot().focusProxy();
        QTest::mousePress(canvas, Qt::LeftButton, {}, from.toPoint());
        for (int step = 1; step <= 8; ++step) {
            const QPointF at = from + (to - from) * (step / 8.0);
            QMouseEvent move(QEvent::MouseMove, at, canvas->mapToGlobal(at), Qt::NoButton, Qt::LeftButton,
                             {});
            QCoreApplication::sendEvent(canvas, &move);
            QCoreApplication::processEvents();
        }
        QTest::mouseRelease(canvas, Qt::LeftButton, {}, to.toPoint());
        QVERIFY(waitForView());
    }
};

} // namespace

class TestImportancePanel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        const QByteArray resources = QByteArray::fromStdString((test::sourceDir() / "resources").string());
        qputenv("RANKSCOPE_RESOURCE_DIR", resources);
        m_bench = std::make_unique<Bench>();
        QVERIFY(m_bench->ready());
    }

    /// Bars and cells are drawn when they change, not when the pointer moves over them.
    void channelsAreNotDrawnAgainForThePointer()
    {
        Bench bench;
        QVERIFY(bench.ready());
        for (const bool map : { false, true }) {
            ChannelPlot& view = map ? static_cast<ChannelPlot&>(*bench.panel().map()) : bench.plot();
            QSignalSpy drawn(view.focusProxy(), SIGNAL(afterReplot()));
            bench.panel().setScope(map ? ImportancePanel::Scope::Map : ImportancePanel::Scope::Layer);
            QTRY_VERIFY(view.isVisible());
            QTRY_COMPARE(view.shownHeads().size(), std::size_t { 4 });
            const auto picture = [&view] { return view.grab().toImage(); };
            QImage before = picture();
            const auto changes = [&] {
                const QImage now = picture();
                return now != std::exchange(before, now);
            };
            QTRY_VERIFY(!drawn.isEmpty() && !changes());
            drawn.clear(); // no turn of the event loop from here on
            LayerSelection::Hover hover;
            hover.layer = kLayer;
            hover.head = 2;
            for (const int channel : { 5, 9 }) {
                hover.channel = channel;
                bench.window.selection().setHover(hover);
                QCOMPARE(view.marks().hover.channel, channel);
                QVERIFY(changes());
            }
            bench.window.selection().setHover({});
            QVERIFY(changes());
            QVERIFY(!changes());
            QCOMPARE(drawn.size(), 0);
        }
    }
    void cleanupTestCase() { m_bench.reset(); }

    /// Every test starts from the same plan and view.
    void init()
    {
        Bench& bench = *m_bench;
        bench.panel().setScope(ImportancePanel::Scope::Head);
        bench.panel().setSorted(true);
        bench.panel().setOtherMethod({});
        bench.document.undoStack()->setIndex(1);
        bench.window.selection().setCurrentLayer(kLayer);
        bench.window.selection().setHead(1);
        bench.window.selection().setChannel(-1);
        QVERIFY(bench.waitForView());
        QCOMPARE(bench.layer().keptKeyDims, 40);
        QVERIFY(bench.layer().headEdits.empty());
    }

    void clicksSelectAndForce()
    {
        Bench& bench = *m_bench;
        const HeadChannels head = bench.plot().channels().heads[1];
        const int kept = head.order[5];
        const int removed = head.order[60];
        QVERIFY(head.keeps(kept) && !head.keeps(removed));
        const int steps = bench.steps();
        bench.click(bench.plot(), { 1, kept });
        QCOMPARE(bench.window.selection().channel(), kept);
        QCOMPARE(bench.steps(), steps); // a click alone decides nothing
        bench.click(bench.plot(), { 1, kept });
        QCOMPARE(channelForce(bench.layer(), 1, kept), ChannelForce::Out);
        QTRY_VERIFY(!bench.plot().channels().heads[1].keeps(kept));
        bench.click(bench.plot(), { 1, kept });
        QCOMPARE(channelForce(bench.layer(), 1, kept), ChannelForce::Free);
        QTRY_VERIFY(bench.plot().channels().heads[1].keeps(kept));
        bench.click(bench.plot(), { 1, removed });
        bench.click(bench.plot(), { 1, removed });
        QCOMPARE(channelForce(bench.layer(), 1, removed), ChannelForce::In);
        QTRY_VERIFY(bench.plot().channels().heads[1].keeps(removed));
        QVERIFY(bench.plot().describe({ 1, removed }).contains(u"forced in"_s));
        QVERIFY(bench.plot().csv().contains(u",%1,"_s.arg(removed)));
        QCOMPARE(bench.steps(), steps + 3);
    }

    /// In either order of the rows a channel has the place that the status bar names.
    void theTableHasThePlacesByImportance()
    {
        Bench& bench = *m_bench;
        const auto rows = [&bench] { return bench.plot().csv().split(u'\n', Qt::SkipEmptyParts); };
        QTRY_COMPARE(rows().size(), 65);
        QStringList sorted = rows();
        bench.panel().setSorted(false);
        QTRY_VERIFY(!bench.plot().isSorted());
        QStringList inPlace = rows();
        QVERIFY(inPlace != sorted);
        for (int channel = 0; channel < 64; ++channel) {
            const QStringList fields = inPlace[channel + 1].split(u',');
            QCOMPARE(fields[3], QString::number(channel));
            QVERIFY2(bench.plot().describe({ 1, channel }).contains(u"place %1,"_s.arg(fields[2])),
                     qPrintable(inPlace[channel + 1]));
        }
        sorted.sort();
        inPlace.sort();
        QCOMPARE(inPlace, sorted);
    }

    /// Shift-click takes a range of what is shown side by side; a command acts on it as one step.
    void rangesAreForcedAtOnce()
    {
        Bench& bench = *m_bench;
        QVERIFY(!bench.action(u"plan.forceOut"_s)->isEnabled());
        const std::vector<int> order = bench.plot().displayOrder(1);
        bench.click(bench.plot(), { 1, order[10] });
        bench.click(bench.plot(), { 1, order[13] }, Qt::ShiftModifier);
        std::vector<int> range(order.begin() + 10, order.begin() + 14);
        std::sort(range.begin(), range.end());
        QCOMPARE(bench.panel().selectedChannels(), range);
        const int steps = bench.steps();
        QVERIFY(bench.action(u"plan.forceOut"_s)->isEnabled());
        bench.action(u"plan.forceOut"_s)->trigger();
        QCOMPARE(bench.layer().headEdits[1].forcedOut, range);
        bench.action(u"plan.forceIn"_s)->trigger();
        QCOMPARE(bench.layer().headEdits[1].forcedIn, range);
        QVERIFY(bench.layer().headEdits[1].forcedOut.empty());
        bench.action(u"plan.freeChannels"_s)->trigger();
        QVERIFY(bench.layer().headEdits.empty());
        QCOMPARE(bench.steps(), steps + 3);
    }

    void everythingByKeyboard()
    {
        Bench& bench = *m_bench;
        const std::vector<int> order = bench.plot().displayOrder(1);
        bench.key(Qt::Key_Home);
        QCOMPARE(bench.window.selection().channel(), order.front());
        bench.key(Qt::Key_Right);
        bench.key(Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(bench.panel().selectedChannels().size(), std::size_t { 2 });
        bench.key(Qt::Key_Escape);
        QVERIFY(bench.panel().selectedChannels().empty());
        bench.key(Qt::Key_End);
        QCOMPARE(bench.window.selection().channel(), order.back());
        bench.key(Qt::Key_Return);
        QCOMPARE(channelForce(bench.layer(), 1, order.back()), ChannelForce::In);
        const int steps = bench.steps();
        for (int press = 0; press < 5; ++press) {
            bench.key(Qt::Key_Left, Qt::ControlModifier);
        }
        QCOMPARE(bench.layer().keptKeyDims, 35);
        QCOMPARE(bench.steps(), steps + 1); // a burst of presses is one gesture
        bench.key(Qt::Key_Down);
        QCOMPARE(bench.window.selection().head(), 2);
        bench.key(Qt::Key_Left, Qt::ControlModifier);
        QCOMPARE(bench.steps(), steps + 2); // at another head another one
        bench.key(Qt::Key_Up);
        QCOMPARE(bench.window.selection().head(), 1);
    }

    void theCutIsDragged_data()
    {
        QTest::addColumn<bool>("sorted");
        QTest::addColumn<bool>("wholeLayer");
        QTest::newRow("sorted, head") << true << false;
        QTest::newRow("in place, head") << false << false;
        QTest::newRow("sorted, layer") << true << true;
        QTest::newRow("in place, layer") << false << true;
    }
    void theCutIsDragged()
    {
        QFETCH(bool, sorted);
        QFETCH(bool, wholeLayer);
        Bench& bench = *m_bench;
        bench.panel().setSorted(sorted);
        bench.panel().setScope(wholeLayer ? ImportancePanel::Scope::Layer : ImportancePanel::Scope::Head);
        QTRY_COMPARE(bench.plot().shownHeads().size(), wholeLayer ? std::size_t { 4 } : std::size_t { 1 });
        const int steps = bench.steps();
        const QPointF from = bench.plot().cutPosition(1);
        // Fewer channels: to the left in sorted order, upwards in place.
        bench.drag(from, sorted ? from - QPointF(60, 0) : from - QPointF(0, 25));
        QVERIFY2(bench.layer().keptKeyDims < 40, qPrintable(QString::number(bench.layer().keptKeyDims)));
        QVERIFY(bench.layer().headEdits.empty());
        QCOMPARE(bench.steps(), steps + 1);
        bench.document.undoStack()->undo();
        QCOMPARE(bench.layer().keptKeyDims, 40);
    }

    void theCutOfOneHead()
    {
        Bench& bench = *m_bench;
        auto* only = bench.panel().findChild<QCheckBox*>();
        QVERIFY(only != nullptr);
        only->setChecked(true);
        const QPointF from = bench.plot().cutPosition(1);
        bench.drag(from, from - QPointF(60, 0));
        QCOMPARE(bench.layer().keptKeyDims, 40);
        QVERIFY(bench.layer().keptKeyDimsOf(1) < 40);
        QVERIFY(only->isChecked());
        QTRY_COMPARE(std::ssize(bench.plot().channels().heads[1].kept), bench.layer().keptKeyDimsOf(1));
        bench.window.selection().setHead(2); // this one follows its layer
        QVERIFY(bench.waitForView());
        QTRY_VERIFY(!only->isChecked());
        bench.window.selection().setHead(1);
        QVERIFY(bench.waitForView());
        QTRY_VERIFY(only->isChecked());
        only->click(); // follow the layer again
        QCOMPARE(bench.layer().keptKeyDimsOf(1), 40);
        QVERIFY(bench.layer().headEdits.empty());
    }

    void aHeadIsSwitchedOffAndComesBack()
    {
        Bench& bench = *m_bench;
        QVERIFY(bench.settle());
        const auto before = bench.workbench.candidate();
        // That it frees nothing is said where the bytes are, and where it was switched off.
        const QLabel* said = bench.window.planPanel()->headsOff();
        QVERIFY(said->isHidden());
        const std::int64_t bytes = bench.document.stateBytes();
        QSignalSpy captions(&bench.panel(), &ImportancePanel::captionChanged);
        bench.action(u"plan.switchHead"_s)->trigger();
        QCOMPARE(bench.layer().keptKeyDimsOf(1), 0);
        QCOMPARE(bench.document.stateBytes(), bytes);
        QVERIFY(!said->isHidden());
        QCOMPARE(said->text(), u"1 head is off: a what-if that frees no bytes."_s);
        QVERIFY(bench.waitForView());
        QVERIFY(bench.plot().channels().heads[1].isOff());
        QTRY_VERIFY(captions.back().front().toString().contains(u"frees no bytes"_s));
        QVERIFY(bench.settle());
        QVERIFY(bench.workbench.candidate()->windowNll != before->windowNll); // live evaluation follows
        QCOMPARE(bench.workbench.realisedPlan()->layers[kLayer].kept[1].size(), std::size_t { 0 });
        auto* button = bench.panel().findChild<QPushButton*>(u"headSwitch"_s);
        QTRY_COMPARE(button->text(), u"Switch head on"_s);
        button->click();
        QVERIFY(bench.layer().headEdits.empty());
        QVERIFY(said->isHidden());
        QVERIFY(bench.settle());
        QVERIFY(bench.workbench.candidate()->windowNll == before->windowNll);
    }

    /// A what-if in a layer that keeps everything is evaluated too.
    void aChannelOfADenseLayerIsSwitchedOff()
    {
        Bench& bench = *m_bench;
        bench.document.undoStack()->setIndex(0);
        QVERIFY(bench.waitForView());
        QVERIFY(bench.document.plan().keepsAll());
        bench.document.forceChannels(kLayer, 1, { 0, 1, 2, 3, 4, 5, 6, 7 }, ChannelForce::Out);
        QVERIFY(bench.settle());
        QVERIFY(bench.workbench.candidate() != nullptr);
        QVERIFY(bench.workbench.candidate()->windowNll != bench.workbench.baseline()->windowNll);
        bench.document.undoStack()->undo();
        bench.document.setKept({ kLayer }, 40, bench.document.newGesture()); // what init() expects
    }

    void theMapSelectsHeadAndChannel()
    {
        Bench& bench = *m_bench;
        bench.panel().setScope(ImportancePanel::Scope::Map);
        QTRY_COMPARE(bench.panel().map()->shownHeads().size(), std::size_t { 4 });
        const int channel = bench.panel().map()->displayOrder(3)[50];
        bench.click(*bench.panel().map(), { 3, channel });
        QCOMPARE(bench.window.selection().head(), 3);
        QCOMPARE(bench.window.selection().channel(), channel);
        // Hovering marks the channel for all views.
        QWidget* canvas = bench.panel().map()->focusProxy();
        const QPointF at = bench.panel().map()->positionOf({ 2, 7 });
        QMouseEvent move(QEvent::MouseMove, at, canvas->mapToGlobal(at), Qt::NoButton, Qt::NoButton, {});
        QCoreApplication::sendEvent(canvas, &move);
        QTRY_COMPARE(bench.window.selection().hover(), (LayerSelection::Hover { kLayer, 2, 7, -1 }));
    }

    void twoMethodsAreCompared()
    {
        Bench& bench = *m_bench;
        QString caption;
        connect(&bench.panel(), &ImportancePanel::captionChanged, &bench.panel(),
                [&caption](const QString& text) { caption = text; });
        bench.panel().setOtherMethod(u"l1"_s);
        QTRY_VERIFY_WITH_TIMEOUT(caption.contains(u"the same"_s), kEngineMs);
        const HeadChannels& head = bench.plot().channels().heads[1];
        QCOMPARE(head.otherKept.size(), std::size_t { 40 });
        QVERIFY2(caption.contains(u"L1 magnitude keeps %1 of 40 the same"_s.arg(head.agreement())),
                 qPrintable(caption));
        bench.panel().setOtherMethod(u"rrqr"_s); // the method itself
        QTRY_VERIFY_WITH_TIMEOUT(caption.contains(u"Strong RRQR keeps 40 of 40 the same"_s), kEngineMs);
        disconnect(&bench.panel(), &ImportancePanel::captionChanged, &bench.panel(), nullptr);
    }

    /// What the panel shows is what the engine masks, under any edits.
    void showsWhatIsEvaluated()
    {
        Bench& bench = *m_bench;
        bench.panel().setScope(ImportancePanel::Scope::Map);
        std::mt19937 random(5);
        const auto below
            = [&](int bound) { return static_cast<int>(random() % static_cast<unsigned>(bound)); };
        for (int round = 0; round < 4; ++round) {
            for (int edit = 0; edit < 6; ++edit) {
                bench.document.forceChannels(kLayer, below(4), { below(64), below(64) },
                                             static_cast<ChannelForce>(below(3)));
            }
            bench.document.setHeadsKept(kLayer, { { below(4), below(50) } }, bench.document.newGesture());
            bench.document.setKept({ kLayer }, 20 + below(40), bench.document.newGesture());
            QVERIFY(bench.settle());
            QTRY_VERIFY(bench.workbench.realisedPlan().has_value());
            const LayerPlan& realised = bench.workbench.realisedPlan()->layers[kLayer];
            for (int head = 0; head < 4; ++head) {
                QTRY_COMPARE(bench.panel().map()->channels().heads[idx(head)].kept, realised.kept[idx(head)]);
            }
        }
    }

    void lockedLayersCannotBeEdited()
    {
        Bench& bench = *m_bench;
        bench.click(bench.plot(), { 1, 7 });
        bench.document.setLocked({ kLayer }, true);
        QTRY_VERIFY(!bench.action(u"plan.forceIn"_s)->isEnabled());
        QVERIFY(!bench.action(u"plan.switchHead"_s)->isEnabled());
        const int steps = bench.steps();
        bench.click(bench.plot(), { 1, 7 });
        const QPointF from = bench.plot().cutPosition(1);
        bench.drag(from, from - QPointF(60, 0));
        QCOMPARE(bench.steps(), steps);
    }

    void recipesOpenToTheSameState()
    {
        Bench& bench = *m_bench;
        bench.document.forceChannels(kLayer, 1, { 3, 9 }, ChannelForce::Out);
        bench.document.setHeadOn(kLayer, 2, false);
        QVERIFY(bench.settle());
        const PruningPlan plan = *bench.workbench.realisedPlan();
        const QString path = bench.folder.filePath(QString::fromUtf8(kRecipeFileName));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(
            QByteArray::fromStdString(recipeJson(*bench.workbench.overview(), plan, ExportMode::Uniform)));
        file.close();
        const auto estimate = bench.workbench.candidate();
        bench.document.keepEverything();
        bench.document.undoStack()->setClean();
        bench.dialogs.unsaved = UnsavedAnswer::Discard;
        bench.window.loadPlan(path);
        QVERIFY(bench.document.plan().layers == plan.layers);
        QVERIFY(bench.settle());
        QVERIFY(bench.workbench.candidate()->windowNll == estimate->windowNll);
        bench.document.undoStack()->clear();
        bench.document.keepEverything();
        bench.document.undoStack()->clear();
        bench.document.setKept({ kLayer }, 40, bench.document.newGesture()); // what init() expects
    }

private:
    std::unique_ptr<Bench> m_bench;
};

QTEST_MAIN(TestImportancePanel)
#include "tst_importance_panel.moc"
