// SPDX-License-Identifier: GPL-3.0-or-later
// Undo and redo of everything that a person can do to a plan in the window, in random order.
#include "core/base/random.h"
#include "core/plan/plan_file.h"
#include "tests/ui/window_bench.h"
#include "ui/document/candidate_history.h"
#include "ui/document/document_session.h"
#include "ui/jobs/job.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/plan_panel.h"

#include <QPushButton>
#include <QTest>
#include <QUndoStack>

#include <filesystem>

using namespace rankscope;
using namespace rankscope::test;
using namespace Qt::StringLiterals;

namespace {

/// Ids of the jobs that there are, by title.
QMap<int, QString> jobsOf(const WindowBench& bench)
{
    QMap<int, QString> jobs;
    for (int row = 0; row < bench.jobs.rowCount(); ++row) {
        jobs[bench.jobs.jobAt(row)->id()] = bench.jobs.jobAt(row)->title();
    }
    return jobs;
}

} // namespace

class TestUndo : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR", QByteArray::fromStdString((sourceDir() / "resources").string()));
        qputenv("HF_HUB_CACHE", m_folder.path().toUtf8());
        m_model = m_folder.filePath(u"hybrid"_s);
        writeHybridCheckpoint(m_model);
    }

    void randomSessions_data()
    {
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 5; ++seed) {
            QTest::addRow("seed=%u", seed) << seed;
        }
    }
    void randomSessions()
    {
        QFETCH(unsigned, seed);
        Random random(seed);
        const auto below
            = [&](int bound) { return static_cast<int>(random.below(static_cast<std::uint64_t>(bound))); };
        WindowBench bench;
        bench.dialogs.unsaved = UnsavedAnswer::Discard;
        bench.window.resize(1440, 1000);
        bench.window.show();
        bench.window.openFolder(m_model);
        const auto settled = [&] { return bench.workbench.settled() && bench.lanes.idle(); };
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr && settled(), kEngineMs);
        PlanDocument& document = bench.document;
        QUndoStack* undo = document.undoStack();
        std::vector<PruningPlan> history { document.plan() };
        const QString file = bench.folder.filePath(u"loaded.json"_s);
        // Commands of the menus that edit; those that cannot work at the moment are passed over.
        const QStringList commands { u"plan.lock"_s,
                                     u"plan.forceIn"_s,
                                     u"plan.forceOut"_s,
                                     u"plan.freeChannels"_s,
                                     u"plan.switchHead"_s,
                                     u"plan.resetHead"_s,
                                     u"plan.resetLayerHeads"_s,
                                     u"plan.byRank"_s,
                                     u"plan.bySensitivity"_s,
                                     u"plan.resetLayers"_s,
                                     u"plan.reset"_s };
        for (int step = 0; step < 40; ++step) {
            const int before = undo->index();
            bench.window.selection().setCurrentLayer(below(3));
            bench.window.selection().setHead(below(2));
            QTest::qWait(1); // the views follow
            bench.window.selection().setChannel(below(8));
            QTest::qWait(below(30)); // sometimes the engine gets further
            switch (below(8)) {
            case 0:
                document.setPruneRatio(below(100) / 100.0, document.newGesture());
                break;
            case 1: {
                const quint64 gesture = document.newGesture();
                for (int move = 0; move < 5; ++move) {
                    document.setKept({ below(3), 0 }, 1 + below(8), gesture);
                }
                break;
            }
            case 2:
                document.setMethod(below(2) == 0 ? u"l1"_s : u"rrqr"_s, u"another"_s);
                break;
            case 3: {
                PruningPlan plan = keepAllPlan(document.spec());
                plan.method = "random";
                plan.layers[0].locked = below(2) == 0;
                plan.modelFingerprint = bench.workbench.overview()->fingerprint;
                QVERIFY(writePlanFile(plan, std::filesystem::path(file.toStdU16String())).has_value());
                bench.window.loadPlan(file);
                break;
            }
            case 4:
                bench.window.candidates().reload(
                    below(static_cast<int>(bench.window.candidates().records().size())));
                break;
            case 5:
                for (QPushButton* button : bench.window.planPanel()->findChildren<QPushButton*>()) {
                    if (button->isEnabled() && button->text() == u"Snap"_s) {
                        button->click();
                    }
                }
                break;
            default:
                if (QAction* action = bench.action(commands[below(static_cast<int>(commands.size()))]);
                    action->isEnabled()) {
                    action->trigger();
                }
                break;
            }
            const int steps = undo->index() - before;
            QVERIFY2(steps == 0 || steps == 1, qPrintable(u"%1 steps"_s.arg(steps)));
            if (steps == 1) {
                history.push_back(document.plan());
                QVERIFY(!undo->undoText().isEmpty() && !undo->undoText().contains(u'%'));
            } else {
                QVERIFY(document.plan() == history.back());
            }
        }
        QVERIFY(history.size() > 10);
        // Undo and redo themselves start nothing: what the end needs begins when the events are handled.
        const QMap<int, QString> jobs = jobsOf(bench);
        for (std::size_t at = history.size() - 1; at > 0; --at) {
            QVERIFY(document.plan() == history[at]);
            bench.action(u"edit.undo"_s)->trigger();
        }
        QVERIFY(document.plan() == history.front());
        QVERIFY(!bench.action(u"edit.undo"_s)->isEnabled());
        for (std::size_t at = 1; at < history.size(); ++at) {
            bench.action(u"edit.redo"_s)->trigger();
            QVERIFY(document.plan() == history[at]);
        }
        QVERIFY(!bench.action(u"edit.redo"_s)->isEnabled());
        QCOMPARE(jobsOf(bench), jobs);
        const bool atRest = QTest::qWaitFor(settled, 20000);
        QVERIFY2(atRest,
                 qPrintable(u"trust %1, baseline %2, note \"%3\" \"%4\", stale \"%5\", active %6, lanes %7"_s
                                .arg(static_cast<int>(bench.workbench.candidateTrust()))
                                .arg(static_cast<int>(bench.workbench.baselineTrust()))
                                .arg(bench.workbench.candidateNote(), bench.workbench.selectorNote(),
                                     bench.workbench.staleReason())
                                .arg(bench.jobs.anyActive())
                                .arg(bench.lanes.idle())));
        // Back and forth to a plan whose number is final: no evaluation is started at all.
        const auto evaluations = [&] {
            QList<int> ids;
            const QMap<int, QString> all = jobsOf(bench);
            for (auto job = all.begin(); job != all.end(); ++job) {
                if (job.value().startsWith(u"Evaluate"_s)) {
                    ids << job.key();
                }
            }
            return ids;
        };
        const QList<int> evaluated = evaluations();
        bench.action(u"edit.undo"_s)->trigger();
        bench.action(u"edit.redo"_s)->trigger();
        QTest::qWait(50);
        if (bench.workbench.candidateTrust() == Trust::Final) {
            QCOMPARE(evaluations(), evaluated);
        }
        QTRY_VERIFY_WITH_TIMEOUT(settled(), kEngineMs);
        QVERIFY(document.plan() == history.back());
    }

private:
    QTemporaryDir m_folder;
    QString m_model;
};

QTEST_MAIN(TestUndo)
#include "tst_undo.moc"
