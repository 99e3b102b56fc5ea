// SPDX-License-Identifier: GPL-3.0-or-later
// Every command of the window, in every state that the window can be in.
#include "core/plan/plan_file.h"
#include "tests/support/broken_checkpoints.h"
#include "tests/support/raw_safetensors.h"
#include "tests/ui/window_bench.h"
#include "ui/actions/command_palette.h"
#include "ui/document/candidate_history.h"
#include "ui/document/document_session.h"
#include "ui/document/plan_key.h"
#include "ui/document/resources.h"
#include "ui/jobs/job.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/compare_panel.h"
#include "ui/panels/dock_panel.h"
#include "ui/panels/rank_panel.h"
#include "ui/widgets/message_bar.h"

#include <QAbstractButton>
#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QSettings>
#include <QSignalSpy>
#include <QStackedWidget>
#include <QTableView>
#include <QTest>
#include <QUndoStack>

#include <atomic>
#include <functional>
#include <thread>

using namespace rankscope;
using namespace rankscope::test;
using namespace Qt::StringLiterals;

namespace {

enum class State {
    NoModel,
    Unsupported, ///< the headers show that the weights cannot be used
    FailedLoad, ///< only loading showed it
    Stopped, ///< the user stopped the loading
    Loading,
    Ready,
    Edited,
    LockedLayer,
    SoftmaxLayer,
    ChannelSelected,
    CandidateSelected,
    Running, ///< an edit waits for a busy engine
    Undone,
};

struct StateName {
    State state;
    const char* name;
};

constexpr int kQuietMs = 120;

constexpr StateName kStates[] = {
    { State::NoModel, "no model" },
    { State::Unsupported, "unsupported" },
    { State::FailedLoad, "failed load" },
    { State::Stopped, "stopped" },
    { State::Loading, "loading" },
    { State::Ready, "ready" },
    { State::Edited, "edited" },
    { State::LockedLayer, "locked layer" },
    { State::SoftmaxLayer, "softmax layer" },
    { State::ChannelSelected, "channel selected" },
    { State::CandidateSelected, "candidate selected" },
    { State::Running, "running" },
    { State::Undone, "undone" },
};

/// Commands that may find the window as they would make it.
bool mayFindItSo(const QString& id)
{
    return id.startsWith(u"view."_s) || id == u"quality.copyTokens"_s;
}

std::filesystem::path pathOf(const QString& text)
{
    return std::filesystem::path(text.toStdU16String());
}

QString describe(const PruningPlan& plan)
{
    QString text = QString::fromStdString(planKey(plan, nullptr)) + QString::fromStdString(plan.method);
    for (const LayerPlan& layer : plan.layers) {
        text += u" %1%2%3"_s.arg(layer.keptKeyDims)
                    .arg(layer.locked ? u"L"_s : QString(), layer.kept.empty() ? QString() : u"k"_s);
    }
    return text;
}

/// The window in one state, which it can be brought back to by making another.
class Stage {
public:
    Stage(State state, const QString& model, const QString& broken)
        : m_state(state)
        , m_closed(&bench.window, &MainWindow::closed)
    {
        bench.dialogs.unsaved = UnsavedAnswer::Discard;
        bench.window.resize(1440, 1000);
        bench.window.show();
        if (state == State::NoModel) {
            return;
        }
        if (state == State::Unsupported || state == State::FailedLoad) {
            bench.window.openFolder(broken);
            m_reached = wait([&] { return !bench.workbench.blockingSentence().isEmpty() && idle(); });
            bench.window.messageBar()->clear();
            return;
        }
        if (state == State::Loading || state == State::Stopped) {
            blockEngine();
            bench.window.openFolder(model);
            m_reached = wait([&] { return bench.workbench.texts().evaluation != nullptr; });
            if (state == State::Stopped) {
                bench.workbench.stopAll();
                m_release = true;
                m_reached = wait([&] { return idle(); });
            }
            return;
        }
        bench.window.openFolder(model);
        m_reached = wait([&] { return bench.workbench.selector() != nullptr && settled(); });
        bench.window.selection().setCurrentLayer(2);
        if (state != State::Ready) {
            bench.document.setPruneRatio(0.5, bench.document.newGesture());
            bench.document.setKept({ 0 }, 1, bench.document.newGesture());
        }
        switch (state) {
        case State::LockedLayer:
            bench.document.setLocked({ 2 }, true);
            break;
        case State::SoftmaxLayer:
            bench.window.selection().setCurrentLayer(1);
            break;
        case State::ChannelSelected:
            m_reached = m_reached && wait([&] { return settled(); });
            bench.window.selection().setChannel(3);
            break;
        case State::CandidateSelected:
            m_reached = m_reached && wait([&] { return settled(); });
            bench.document.setKept({ 0 }, 2, bench.document.newGesture());
            m_reached = m_reached && wait([&] { return settled(); });
            bench.window.comparePanel()->findChild<QTableView*>()->selectRow(1);
            break;
        case State::Running:
            m_reached = m_reached && wait([&] { return settled(); });
            blockEngine();
            bench.document.setKept({ 0 }, 2, bench.document.newGesture());
            m_reached = m_reached && wait([&] { return bench.jobs.anyActive(); });
            break;
        case State::Undone:
            m_reached = m_reached && wait([&] { return settled(); });
            bench.document.undoStack()->setIndex(0);
            break;
        default:
            break;
        }
        // Work that nobody waits for begins a moment later.
        QElapsedTimer quiet;
        quiet.start();
        while (!busy() && m_reached && quiet.elapsed() < kQuietMs) {
            QTest::qWait(20);
            if (!idle()) {
                m_reached = wait([&] { return idle(); });
                quiet.restart();
            }
        }
    }
    ~Stage() { m_release = true; }

    [[nodiscard]] bool reached() const { return m_reached; }
    [[nodiscard]] bool busy() const { return m_state == State::Loading || m_state == State::Running; }
    [[nodiscard]] int closings() const { return static_cast<int>(m_closed.count()); }

    /// What happened and what it started are over; dialogs are closed.
    void rest()
    {
        QTest::qWait(1);
        for (QWidget* widget : QApplication::topLevelWidgets()) {
            if (widget->isVisible() && widget != &bench.window) {
                widget->close();
            }
        }
        if (bench.window.isFullScreen()) {
            bench.window.setWindowState(Qt::WindowNoState);
        }
        if (!busy()) {
            m_reached = wait([&] { return idle(); }) && m_reached;
        }
        QTest::qWait(1);
    }

    /// The document and what is selected: commands find it as the state says.
    [[nodiscard]] QStringList core() const
    {
        const Workbench& workbench = bench.workbench;
        const LayerSelection& selection = bench.window.selection();
        QString layers;
        for (const int layer : selection.layers()) {
            layers += QString::number(layer) + u' ';
        }
        QString records;
        for (const CandidateRecord& record : bench.window.candidates().records()) {
            records += record.name + u',';
        }
        const QUndoStack* undo = bench.document.undoStack();
        return { workbench.overview() == nullptr ? QString()
                                                 : QString::fromStdString(workbench.overview()->name),
                 u"model %1 texts %2"_s.arg(workbench.model() != nullptr)
                     .arg(workbench.texts().evaluation != nullptr),
                 describe(bench.document.plan()),
                 u"undo %1 of %2"_s.arg(undo->index()).arg(undo->count()),
                 u"layer %1 (%2) head %3 channel %4 token %5 window %6"_s.arg(selection.currentLayer())
                     .arg(layers)
                     .arg(selection.head())
                     .arg(selection.channel())
                     .arg(selection.token())
                     .arg(selection.window()),
                 u"records %1 pinned %2 selected %3"_s.arg(records)
                     .arg(bench.window.candidates().pinnedId())
                     .arg(bench.window.comparePanel()->selectedId()),
                 workbench.evaluationText() + workbench.calibrationText(),
                 u"windows %1"_s.arg(workbench.options().evaluationWindows),
                 u"visible %1 playing %2"_s.arg(bench.window.isVisible())
                     .arg(bench.window.rankPanel()->isPlaying()),
                 bench.window.session().planFile() };
    }

    /// Everything that a person could see change.
    [[nodiscard]] QStringList all() const
    {
        QStringList seen = core();
        seen << QGuiApplication::clipboard()->text() << bench.window.messageBar()->currentText()
             << u"asked %1"_s.arg(bench.dialogs.asked)
             << u"full %1 closings %2"_s.arg(bench.window.isFullScreen()).arg(closings());
        for (int row = 0; row < bench.jobs.rowCount(); ++row) {
            const Job* job = bench.jobs.jobAt(row);
            seen << u"job %1 %2"_s.arg(job->id()).arg(static_cast<int>(job->state()));
        }
        QSettings settings(bench.folder.filePath(u"settings.ini"_s), QSettings::IniFormat);
        for (const QString& key : settings.allKeys()) {
            seen << key + u'=' + settings.value(key).toStringList().join(u',');
        }
        for (const QWidget* widget : QApplication::topLevelWidgets()) {
            if (widget->isVisible()) {
                seen << widget->windowTitle();
            }
        }
        for (const QWidget* widget : bench.window.findChildren<QWidget*>()) {
            QString line = u"%1 %2"_s.arg(widget->isVisible()).arg(widget == bench.window.focusWidget());
            if (const auto* combo = qobject_cast<const QComboBox*>(widget)) {
                line += combo->currentText();
            } else if (const auto* button = qobject_cast<const QAbstractButton*>(widget)) {
                line += button->text() + (button->isChecked() ? u'x' : u'o');
            }
            seen << line;
        }
        return seen;
    }

    void blockEngine()
    {
        auto* job = new Job(0, u"busy"_s, &bench.window);
        job->start(
            bench.lanes.gpu(),
            [this](JobContext&) {
                while (!m_release) {
                    std::this_thread::sleep_for(std::chrono::milliseconds(1));
                }
                return Result<Unit>(Unit {});
            },
            [](const Result<Unit>&) {}, 100);
    }

    /// What the next command's questions are answered with.
    void prepare(const QString& id, const QString& model)
    {
        bench.dialogs.folder = model;
        bench.dialogs.openFile = bench.folder.filePath(u"text.txt"_s);
        writeBytes(pathOf(bench.dialogs.openFile), std::string(4000, 'a'));
        if (id == u"file.loadPlan"_s && bench.document.isOpen()) {
            bench.dialogs.openFile = bench.folder.filePath(u"other.json"_s);
            PruningPlan plan = keepAllPlan(bench.document.spec());
            plan.layers.front().locked = true;
            plan.method = "l1";
            plan.modelFingerprint = bench.workbench.overview()->fingerprint;
            QVERIFY(writePlanFile(plan, pathOf(bench.dialogs.openFile)).has_value());
        }
        bench.dialogs.saveFile
            = bench.folder.filePath(id + (id.startsWith(u"view."_s) ? u".csv"_s : u".out"_s));
        QGuiApplication::clipboard()->clear();
        bench.window.messageBar()->clear();
    }

    WindowBench bench;

private:
    [[nodiscard]] bool idle() const { return !bench.jobs.anyActive() && bench.lanes.idle(); }
    [[nodiscard]] bool settled() const { return bench.workbench.settled() && idle(); }
    static bool wait(const std::function<bool()>& done) { return QTest::qWaitFor(done, kEngineMs); }

    State m_state;
    QSignalSpy m_closed;
    std::atomic<bool> m_release { false };
    bool m_reached = true;
};

/// All actions below `menu`, submenus included.
void collect(const QMenu* menu, QSet<QString>& ids)
{
    for (const QAction* action : menu->actions()) {
        if (action->menu() != nullptr) {
            collect(action->menu(), ids);
        }
        ids << action->objectName();
    }
}

} // namespace

Q_DECLARE_METATYPE(State)

class TestActions : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR", QByteArray::fromStdString((sourceDir() / "resources").string()));
        qputenv("HF_HUB_CACHE", m_empty.path().toUtf8());
        m_model = m_folder.filePath(u"hybrid"_s);
        writeHybridCheckpoint(m_model);
        for (const std::vector<BrokenCase>& cases : { brokenTensors(), brokenConfigs() }) {
            for (const BrokenCase& broken : cases) {
                const QString folder = m_folder.filePath(QString::fromStdString(broken.name));
                QVERIFY(QDir().mkpath(folder));
                broken.write(pathOf(folder));
                const Result<CheckpointOverview> overview = inspectCheckpoint(pathOf(folder));
                if (m_unsupported.isEmpty() && overview && !overview->loadable()
                    && overview->spec.layerCount() > 1) {
                    m_unsupported = folder;
                }
            }
        }
        QVERIFY(!m_unsupported.isEmpty());
        // Its last weights are no numbers: the headers are sound.
        m_damaged = m_folder.filePath(u"damaged"_s);
        std::filesystem::copy(pathOf(m_model), pathOf(m_damaged));
        QFile weights(m_damaged + u"/model.safetensors"_s);
        QVERIFY(weights.open(QIODevice::ReadWrite));
        weights.seek(weights.size() - 64);
        weights.write(QByteArray(64, '\xff'));
    }

    /// Menus list every command, so that nobody has to know its name.
    void everyActionIsInAMenu()
    {
        WindowBench bench;
        QSet<QString> ids;
        for (const QAction* action : bench.window.menuBar()->actions()) {
            collect(action->menu(), ids);
        }
        QStringList missing;
        for (const ActionRegistry::Entry& entry : bench.window.actionRegistry().entries()) {
            if (!ids.contains(entry.id)) {
                missing << entry.id;
            }
        }
        QVERIFY2(missing.isEmpty(), qPrintable(missing.join(u", "_s)));
    }

    void everyActionInEveryState_data()
    {
        QTest::addColumn<State>("state");
        for (const StateName& each : kStates) {
            QTest::newRow(each.name) << each.state;
        }
    }

    /// An enabled command does something and complains about nothing; a disabled one says why.
    void everyActionInEveryState()
    {
        QFETCH(State, state);
        const QString broken = state == State::FailedLoad ? m_damaged : m_unsupported;
        auto stage = std::make_unique<Stage>(state, m_model, broken);
        QVERIFY(stage->reached());
        const QStringList core = stage->core();
        QStringList ids;
        for (const ActionRegistry::Entry& entry : stage->bench.window.actionRegistry().entries()) {
            ids << entry.id;
        }
        QStringList wrong;
        int triggered = 0;
        for (const QString& id : ids) {
            if (stage->core() != core) {
                stage = std::make_unique<Stage>(state, m_model, broken);
                QVERIFY(stage->reached());
                QCOMPARE(stage->core(), core);
            }
            QAction* action = stage->bench.action(id);
            const QString reason = stage->bench.window.actionRegistry().reason(id);
            if (action->isEnabled() != reason.isEmpty() || action->toolTip().isEmpty()) {
                wrong << id + u": enabled %1, reason \"%2\""_s.arg(action->isEnabled()).arg(reason);
            }
            if (!action->isEnabled()) {
                continue;
            }
            stage->prepare(id, m_model);
            const QStringList before = stage->all();
            action->trigger();
            QTest::qWait(2);
            ++triggered;
            if (stage->all() == before && !mayFindItSo(id)) {
                wrong << id + u": enabled, and nothing happens"_s;
            }
            const QString message = stage->bench.window.messageBar()->currentText();
            const bool triedInVain = state == State::FailedLoad
                && (id == u"run.evaluate"_s || id == u"run.analyse"_s || id.startsWith(u"run.device."_s));
            if (!message.isEmpty() && !message.startsWith(u"Saving "_s) && !triedInVain) {
                wrong << id + u": "_s + message;
            }
            stage->rest();
            if (!stage->reached()) {
                wrong << id + u": never comes to rest"_s;
                stage = std::make_unique<Stage>(state, m_model, broken);
            }
        }
        QVERIFY2(wrong.isEmpty(), qPrintable(u'\n' + wrong.join(u'\n')));
        QVERIFY2(triggered > 20, qPrintable(QString::number(triggered)));
    }

    /// What must not be offered, and what must, by state.
    void rules_data()
    {
        QTest::addColumn<State>("state");
        QTest::addColumn<QStringList>("works");
        QTest::addColumn<QStringList>("cannot");
        const auto row = [](State state, const QStringList& works, const QStringList& cannot) {
            QTest::newRow(kStates[static_cast<int>(state)].name) << state << works << cannot;
        };
        const QStringList opening { u"file.open"_s, u"file.openFolder"_s, u"file.demo"_s,
                                    u"file.text"_s, u"edit.palette"_s,    u"help.definitions"_s };
        const QStringList engine {
            u"file.export"_s, u"run.evaluate"_s, u"run.analyse"_s,  u"run.probes"_s,
            u"go.play"_s,     u"view.fit"_s,     u"quality.copy"_s, u"compare.copy"_s
        };
        const QStringList channels { u"plan.forceIn"_s, u"plan.forceOut"_s, u"plan.freeChannels"_s };
        const QStringList heads { u"plan.switchHead"_s };
        row(State::NoModel, opening,
            engine + channels + heads
                + QStringList { u"file.savePlan"_s, u"file.loadPlan"_s, u"plan.lock"_s, u"go.nextLayer"_s,
                                u"edit.undo"_s, u"run.stop"_s, u"quality.moreWindows"_s });
        row(State::Unsupported, opening + QStringList { u"go.nextHead"_s },
            engine + QStringList { u"file.savePlan"_s });
        QStringList noEngine = engine;
        const QStringList again { u"run.evaluate"_s, u"run.analyse"_s };
        noEngine.removeIf([&again](const QString& id) { return again.contains(id); });
        row(State::FailedLoad, opening + again,
            noEngine + channels + heads + QStringList { u"file.savePlan"_s });
        row(State::Stopped, opening + again, noEngine + channels + heads + QStringList { u"run.stop"_s });
        row(State::Loading, opening + QStringList { u"file.savePlan"_s, u"plan.lock"_s, u"run.stop"_s },
            engine + channels + heads);
        row(State::Ready,
            heads
                + QStringList { u"file.export"_s, u"run.analyse"_s, u"plan.lock"_s, u"go.play"_s,
                                u"quality.copy"_s },
            channels
                + QStringList { u"run.evaluate"_s, u"plan.reset"_s, u"plan.resetLayers"_s, u"plan.byRank"_s,
                                u"edit.undo"_s, u"compare.load"_s, u"compare.unpin"_s, u"run.stop"_s,
                                u"view.rankModel"_s, u"plan.resetHead"_s });
        row(State::Edited,
            QStringList { u"run.evaluate"_s, u"plan.reset"_s, u"plan.byRank"_s, u"plan.bySensitivity"_s,
                          u"edit.undo"_s, u"view.rankModel"_s },
            QStringList { u"edit.redo"_s, u"plan.resetLayers"_s, u"go.nextLayer"_s });
        row(State::LockedLayer, { u"plan.lock"_s, u"plan.reset"_s },
            channels + heads + QStringList { u"plan.resetLayers"_s, u"plan.resetHead"_s });
        row(State::SoftmaxLayer, { u"run.evaluate"_s, u"go.nextLayer"_s },
            channels + heads + QStringList { u"plan.lock"_s, u"plan.resetLayers"_s, u"go.play"_s });
        row(State::ChannelSelected, { u"plan.forceIn"_s, u"plan.forceOut"_s },
            { u"plan.freeChannels"_s, u"plan.resetHead"_s });
        row(State::CandidateSelected,
            QStringList { u"compare.load"_s, u"compare.pin"_s, u"compare.rename"_s, u"compare.remove"_s },
            QStringList { u"compare.unpin"_s });
        row(State::Running, { u"run.stop"_s, u"run.evaluate"_s, u"file.export"_s }, {});
        row(State::Undone, { u"edit.redo"_s }, { u"edit.undo"_s, u"plan.reset"_s });
    }
    void rules()
    {
        QFETCH(State, state);
        QFETCH(QStringList, works);
        QFETCH(QStringList, cannot);
        const Stage stage(state, m_model, state == State::FailedLoad ? m_damaged : m_unsupported);
        QVERIFY(stage.reached());
        const auto wrong = [&] {
            QStringList found;
            for (const bool wanted : { true, false }) {
                for (const QString& id : wanted ? works : cannot) {
                    const QAction* action = stage.bench.action(id);
                    if (action == nullptr || action->isEnabled() != wanted) {
                        found << id + u" \""_s + stage.bench.window.actionRegistry().reason(id) + u'"';
                    }
                }
            }
            return found;
        };
        // The layers are measured a moment after the numbers.
        QTRY_VERIFY2_WITH_TIMEOUT(wrong().isEmpty(), qPrintable(wrong().join(u'\n')), kEngineMs);
    }

    void thePaletteSaysWhyACommandCannotWork()
    {
        WindowBench bench;
        bench.window.show();
        auto* palette = bench.window.findChild<CommandPalette*>();
        palette->open();
        auto* input = palette->findChild<QLineEdit*>();
        auto* list = palette->findChild<QListWidget*>();
        input->setText(u"file export"_s);
        QCOMPARE(list->count(), 1);
        QVERIFY2(list->item(0)->data(Qt::AccessibleTextRole).toString().contains(u"Open a model first."_s),
                 qPrintable(list->item(0)->text()));
        QTest::keyClick(input, Qt::Key_Return);
        QVERIFY(palette->isVisible()); // nothing was done, and the reason is still to be read
        QVERIFY(bench.window.exportDialog() == nullptr);
        input->setText(u"full screen"_s);
        QTest::keyClick(input, Qt::Key_Return);
        QVERIFY(!palette->isVisible());
        QVERIFY(bench.window.isFullScreen());
    }

private:
    QTemporaryDir m_empty;
    QTemporaryDir m_folder;
    QString m_model;
    QString m_unsupported;
    QString m_damaged;
};

QTEST_MAIN(TestActions)
#include "tst_actions.moc"
