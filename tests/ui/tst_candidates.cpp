// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"
#include "tests/support/paths.h"
#include "tests/ui/held_lane.h"
#include "tests/ui/ui_support.h"
#include "ui/document/candidate_history.h"
#include "ui/document/candidate_store.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/models/candidate_table_model.h"
#include "ui/panels/compare_panel.h"
#include "ui/plots/pareto_plot.h"
#include "ui/settings/settings.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QFile>
#include <QLineEdit>
#include <QMouseEvent>
#include <QPointer>
#include <QSplitter>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QUndoStack>

#include <cstdlib>
#include <limits>
#include <set>

using namespace rankscope;
using namespace Qt::StringLiterals;

namespace {

constexpr int kEngineMs = 60000;

struct Bench {
    JobLanes lanes;
    JobListModel jobs;
    PlanDocument document;
    test::FakeDialogs dialogs;
    Workbench workbench { lanes, jobs, document, Workbench::Options { 4, 2, 48, 1, 48 } };
    CandidateHistory history { workbench, document };
    CandidateTableModel model { history, document };
    QAbstractItemModelTester tester { &model, QAbstractItemModelTester::FailureReportingMode::QtTest };

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
        finish();
    }
    void finish() { QTRY_COMPARE_WITH_TIMEOUT(workbench.candidateTrust(), Trust::Final, kEngineMs); }
    [[nodiscard]] QString text(int row, int column) const
    {
        return model.index(row, column).data().toString();
    }
};

QByteArray onlyText(const QString& folder)
{
    const QStringList files = QDir(folder).entryList(QDir::Files);
    QFile file(QDir(folder).filePath(files.value(0)));
    return files.size() == 1 && file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class TestCandidates : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR",
                QByteArray::fromStdString((test::sourceDir() / "resources").string()));
    }

    void everyFinalPlanIsARowOnce()
    {
        Bench bench;
        QCOMPARE(bench.model.rowCount(), 0);
        bench.open();
        QCOMPARE(bench.model.rowCount(), 1);
        QCOMPARE(bench.history.currentId(), 0);
        bench.prune(0.5);
        bench.prune(0.75);
        QCOMPARE(bench.model.rowCount(), 3);
        QCOMPARE(bench.text(1, CandidateTableModel::NameColumn), u"RRQR 0.50"_s);
        QCOMPARE(bench.text(2, CandidateTableModel::BytesColumn), u"96"_s);
        QCOMPARE(bench.history.currentId(), bench.model.idAt(2));
        // An edit takes the mark away until its number is final; the same plan again is the same row.
        bench.document.setPruneRatio(0.5, bench.document.newGesture());
        QCOMPARE(bench.history.currentId(), -1);
        bench.finish();
        QCOMPARE(bench.model.rowCount(), 3);
        QCOMPARE(bench.history.currentId(), bench.model.idAt(1));
        bench.document.setKept({ 2 }, 9, bench.document.newGesture());
        bench.finish();
        bench.document.setKept({ 2 }, 10, bench.document.newGesture());
        bench.finish();
        QCOMPARE(bench.text(3, CandidateTableModel::NameColumn), u"by hand 0.56"_s);
        QCOMPARE(bench.text(4, CandidateTableModel::NameColumn), u"by hand 0.56 (2)"_s);
        QCOMPARE(bench.text(3, CandidateTableModel::KeptColumn), u"32 32 9 32 32 32"_s);
        bench.document.keepEverything();
        QTRY_COMPARE(bench.history.currentId(), 0);
        QCOMPARE(bench.model.rowCount(), 5);
        // The same size everywhere, whatever the ratio says.
        bench.document.setKept({ 0, 1, 2, 3, 4, 5 }, 40, bench.document.newGesture());
        bench.finish();
        QCOMPARE(bench.text(5, CandidateTableModel::NameColumn), u"RRQR 40/64"_s);
    }

    void namesAreEditedAndRowsRemoved()
    {
        Bench bench;
        bench.open();
        bench.prune(0.5);
        const QModelIndex name = bench.model.index(1, CandidateTableModel::NameColumn);
        QVERIFY(bench.model.flags(name).testFlag(Qt::ItemIsEditable));
        QVERIFY(bench.model.setData(name, u" best, so \"far\" "_s, Qt::EditRole));
        QCOMPARE(name.data().toString(), u"best, so \"far\""_s);
        QVERIFY(!bench.model.setData(name, u"  "_s, Qt::EditRole));
        const QModelIndex dense = bench.model.index(0, CandidateTableModel::NameColumn);
        QVERIFY(!bench.model.setData(dense, u"other"_s, Qt::EditRole));
        const QString csv = bench.model.table({ 0, 1 }, u',');
        QVERIFY2(csv.contains(u"\"best, so \"\"far\"\"\",rrqr,0.5,32 32 32 32 32 32,196608,"_s),
                 qPrintable(csv));
        QCOMPARE(bench.model.table({ 1 }, u'\t').count(u'\t'), 2 * 17);
        bench.history.pin(bench.model.idAt(1));
        bench.history.remove(bench.model.idAt(1));
        QCOMPARE(bench.model.rowCount(), 1);
        QCOMPARE(bench.history.pinnedId(), 0);
        QCOMPARE(bench.history.currentId(), -1);
        QCOMPARE(bench.workbench.deltaReference(), bench.workbench.baseline());
        bench.history.remove(0);
        QCOMPARE(bench.model.rowCount(), 1);
    }

    /// The plan whose row was removed is still on show: whatever is announced about it brings no row back.
    void aRemovedRowStaysAway()
    {
        Bench bench;
        bench.open();
        bench.prune(0.75);
        bench.prune(0.5);
        const int other = bench.model.idAt(1);
        bench.history.remove(bench.model.idAt(2));
        bench.history.pin(other);
        Q_EMIT bench.workbench.baselineChanged();
        QCOMPARE(bench.model.rowCount(), 2);
        QCOMPARE(bench.history.currentId(), -1);
        // Tried again after another plan, it is listed again.
        bench.prune(0.75);
        bench.prune(0.5);
        QCOMPARE(bench.model.rowCount(), 3);
        QCOMPARE(bench.history.currentId(), bench.model.idAt(2));
    }

    void deltasArePairedWithThePinnedRow()
    {
        Bench bench;
        bench.open();
        bench.prune(0.5);
        bench.prune(0.75);
        const auto& records = bench.history.records();
        const PairedDelta against = *bench.history.delta(records[2]);
        QCOMPARE(against.meanNll, pairedDelta(*records[0].estimate, *records[2].estimate).meanNll);
        QVERIFY(!bench.history.delta(records[0]).has_value());
        bench.history.pin(records[1].id);
        const PairedDelta expected = pairedDelta(*records[1].estimate, *records[2].estimate);
        QCOMPARE(bench.history.delta(records[2])->low, expected.low);
        QVERIFY(std::abs(*bench.history.meanDelta(records[2]) - expected.meanNll) < 1e-12);
        QVERIFY(bench.history.delta(records[0])->meanNll < 0.0); // the dense model is better
        QVERIFY(!bench.history.delta(records[1]).has_value());
        QVERIFY(bench.model.index(1, 0).data(CandidateTableModel::PinnedRole).toBool());
        // The strip's delta follows.
        QCOMPARE(bench.workbench.delta().delta()->meanNll, expected.meanNll);
        QCOMPARE(bench.workbench.deltaReference(), records[1].estimate);
        bench.history.pin(0);
        QCOMPARE(bench.workbench.delta().delta()->meanNll, against.meanNll);
    }

    /// Pinning changes every delta: intervals come a few in each turn of the event loop, means at once.
    void intervalsComeInSlices()
    {
        Bench bench;
        bench.open();
        for (const double ratio : { 0.5, 0.6, 0.75 }) {
            bench.prune(ratio);
        }
        const auto interval = [&](int row) { return bench.text(row, CandidateTableModel::IntervalColumn); };
        QList<int> waiting; // intervals still to come, turn by turn
        connect(&bench.history, &CandidateHistory::deltasReady, &bench.model, [&] {
            waiting << static_cast<int>((interval(0) == u"…"_s) + (interval(2) == u"…"_s)
                                        + (interval(3) == u"…"_s));
        });
        bench.history.setDeltaSliceMs(0.0); // one in each turn
        bench.history.pin(bench.history.records()[1].id);
        for (const int row : { 0, 2, 3 }) {
            QCOMPARE(interval(row), u"…"_s);
            QVERIFY(!bench.text(row, CandidateTableModel::DeltaColumn).isEmpty());
        }
        QCOMPARE(interval(1), QString()); // what the others are held against
        QTRY_COMPARE(waiting, QList<int>({ 2, 1, 0 }));
        const PairedDelta expected
            = pairedDelta(*bench.history.records()[1].estimate, *bench.history.records()[3].estimate);
        QCOMPARE(bench.history.readyDelta(bench.history.records()[3])->low, expected.low);
        // With time for them, they are there at once.
        bench.history.setDeltaSliceMs(1e6);
        bench.history.pin(0);
        QVERIFY(interval(3).contains(u" … "_s));
    }

    void rowsOfOtherWindowsStayAndSaySo()
    {
        Bench bench;
        bench.open();
        bench.prune(0.5);
        const double before = *bench.history.meanDelta(bench.history.records()[1]);
        Workbench::Options options = bench.workbench.options();
        options.windowLength = 64;
        bench.workbench.setOptions(options);
        bench.finish();
        QTRY_COMPARE(bench.model.rowCount(), 3);
        const auto& records = bench.history.records();
        QVERIFY(!bench.history.isComparable(records[1]));
        QVERIFY(bench.history.isComparable(records[2]));
        QVERIFY(bench.history.isComparable(records[0]));
        QCOMPARE(*bench.history.meanDelta(records[1]), before); // against the dense model of its own windows
        QVERIFY(bench.model.index(1, 1).data(Qt::ToolTipRole).toString().contains(u"other windows"_s));
        // A pinned row of other windows is never paired with.
        bench.history.pin(records[1].id);
        QCOMPARE(*bench.history.meanDelta(records[2]),
                 pairedDelta(*records[2].baseline, *records[2].estimate).meanNll);
        QCOMPARE(bench.workbench.deltaReference(), bench.workbench.baseline());
        bench.history.pin(0);
        // More windows of the same text replace the number of the row.
        options.evaluationWindows = 6;
        bench.workbench.setOptions(options);
        QTRY_COMPARE_WITH_TIMEOUT(bench.history.records()[2].estimate->windows(), 6, kEngineMs);
        QCOMPARE(bench.model.rowCount(), 3);
    }

    void reloadingIsOneUndoStep()
    {
        Bench bench;
        bench.open();
        bench.document.setKept({ 1, 4 }, 20, bench.document.newGesture());
        bench.finish();
        const PruningPlan realised = *bench.workbench.realisedPlan();
        const double delta = bench.workbench.delta().delta()->meanNll;
        bench.prune(0.9);
        const PruningPlan before = bench.document.plan();
        const int steps = bench.document.undoStack()->count();
        bench.history.reload(bench.model.idAt(1));
        QCOMPARE(bench.document.undoStack()->count(), steps + 1);
        QVERIFY(bench.document.undoStack()->undoText().contains(u"by hand"_s));
        QCOMPARE(planFingerprint(bench.document.plan()), planFingerprint(realised));
        bench.finish();
        QCOMPARE(bench.workbench.delta().delta()->meanNll, delta);
        QCOMPARE(bench.history.currentId(), bench.model.idAt(1));
        QCOMPARE(bench.model.rowCount(), 3);
        bench.document.undoStack()->undo();
        QVERIFY(bench.document.plan() == before);
    }

    void anotherModelHasItsOwnHistory()
    {
        Bench bench;
        bench.open();
        bench.prune(0.5);
        const auto demo = bench.workbench.model();
        bench.workbench.open(QString::fromStdU16String(test::demoDir().u16string()));
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.model() != nullptr && bench.workbench.model() != demo,
                                 kEngineMs);
        QCOMPARE(bench.model.rowCount(), 2); // the same checkpoint: its rows are back
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.baselineTrust(), Trust::Final, kEngineMs);
        QCOMPARE(bench.history.currentId(), 0);
    }

    void thePanelWorksByKeyboard()
    {
        Bench bench;
        QTemporaryDir folder;
        Settings settings(folder.filePath(u"settings.ini"_s));
        ComparePanel panel(bench.workbench, bench.document, bench.history, settings, bench.dialogs);
        panel.resize(420, 700);
        panel.show();
        bench.open();
        bench.prune(0.5);
        bench.prune(0.75);
        QTableView* table = panel.table();
        QCOMPARE(table->model()->rowCount(), 3);
        QCOMPARE(table->model()->index(0, CandidateTableModel::NameColumn).data().toString(), u"RRQR 0.75"_s);
        table->selectRow(1);
        const int half = bench.model.idAt(1);
        QCOMPARE(panel.selectedId(), half);
        QTest::keyClick(table, Qt::Key_P);
        QCOMPARE(bench.history.pinnedId(), half);
        QTest::keyClick(table, Qt::Key_Return);
        bench.finish();
        QCOMPARE(bench.history.currentId(), half);
        // Once more: it is the present plan already.
        const int steps = bench.document.undoStack()->count();
        QTest::keyClick(table, Qt::Key_Return);
        QCOMPARE(bench.document.undoStack()->count(), steps);
        QTest::keyClick(table, Qt::Key_C, Qt::ControlModifier);
        const QStringList lines = QApplication::clipboard()->text().split(u'\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 4);
        QVERIFY(lines[1].startsWith(u"RRQR 0.75\trrqr\t"_s)); // as shown: newest first
        bench.dialogs.saveFile = folder.filePath(u"out.csv"_s);
        panel.exportTable();
        QVERIFY(QFile::exists(bench.dialogs.saveFile));
        QString problem;
        connect(&panel, &ComparePanel::problem, this, [&](const QString& sentence) { problem = sentence; });
        bench.dialogs.saveFile = folder.filePath(u"missing/out.csv"_s);
        panel.exportTable();
        QVERIFY(problem.contains(u"missing/out.csv"_s));
        // A name of blanks is none, and one that another row has gets a number.
        const auto rename = [&](const QString& keys) {
            table->selectRow(0);
            panel.renameSelected();
            for (auto* editor : table->viewport()->findChildren<QLineEdit*>()) {
                if (editor->isVisible()) { // an earlier one may still be there
                    editor->selectAll();
                    QTest::keyClicks(editor, keys);
                    QTest::keyClick(editor, Qt::Key_Return); // takes effect a turn of the event loop later
                    static_cast<void>(QTest::qWaitFor([at = QPointer(editor)] { return at == nullptr; }));
                }
            }
            return bench.history.find(bench.model.idAt(2))->name;
        };
        QCOMPARE(rename(u"   "_s), u"RRQR 0.75"_s);
        QCOMPARE(rename(u"RRQR 0.50"_s), u"RRQR 0.50 (2)"_s);
        QCOMPARE(rename(u"RRQR 0.50 (2)"_s), u"RRQR 0.50 (2)"_s);
        QCOMPARE(bench.history.find(half)->name, u"RRQR 0.50"_s);
        QCOMPARE(table->model()->rowCount(), 3);
        // Plot and table share the selection.
        QVERIFY(panel.plot()->csv().count(u'\n') == 4);
        Q_EMIT panel.plot()->clicked(bench.model.idAt(2));
        QCOMPARE(panel.selectedId(), bench.model.idAt(2));
        QTest::keyClick(table, Qt::Key_Delete);
        QCOMPARE(table->model()->rowCount(), 2);
        panel.renameSelected(); // and the panel goes
    }

    /// Whatever table and plot had above each other; a line that was moved stays in its own arrangement.
    void besideEachOtherTableAndPlotHaveHalf()
    {
        Bench bench;
        const QTemporaryDir folder;
        Settings settings(folder.filePath(u"settings.ini"_s));
        ComparePanel panel(bench.workbench, bench.document, bench.history, settings, bench.dialogs);
        const int unit = panel.fontMetrics().height();
        const QSize tall(unit * 30, unit * 50);
        const QSize wide(unit * 90, unit * 30);
        panel.resize(wide);
        panel.show();
        bench.open();
        QTRY_VERIFY(panel.table()->isVisible());
        const auto fitsRows = [&] { return panel.table()->height() * 2 < panel.plot()->height(); };
        const auto tableWidth = [&] { return panel.table()->width(); };
        panel.resize(tall);
        QTRY_VERIFY(fitsRows());
        panel.resize(wide);
        QTRY_VERIFY(std::abs(tableWidth() - panel.plot()->width()) <= 2);
        QWidget* handle = panel.findChild<QSplitter*>()->handle(1);
        const auto mouse = [handle](QEvent::Type type, const QPointF& at) {
            QMouseEvent event(type, at, handle->mapToGlobal(at), Qt::LeftButton, Qt::LeftButton,
                              Qt::NoModifier);
            QApplication::sendEvent(handle, &event);
        };
        mouse(QEvent::MouseButtonPress, QPointF(0, 0));
        mouse(QEvent::MouseMove, QPointF(-100, 0));
        mouse(QEvent::MouseButtonRelease, QPointF(0, 0));
        const int byHand = tableWidth();
        QVERIFY(byHand < panel.plot()->width() - 150);
        panel.resize(tall);
        QTRY_VERIFY(fitsRows());
        panel.resize(wide);
        QTRY_VERIFY(std::abs(tableWidth() - byHand) <= 2);
    }

    /// Candidates, their names and the pin come back with the model, and are compared as before.
    void aLaterSessionHasThem()
    {
        const QTemporaryDir place;
        const QString folder = place.filePath(u"candidates"_s);
        QString file;
        double delta = 0.0;
        {
            Bench bench;
            CandidateStore store(bench.history, bench.lanes, folder, 5);
            bench.open();
            bench.prune(0.5);
            bench.prune(0.75);
            bench.history.rename(bench.model.idAt(1), u"mine"_s);
            bench.history.pin(bench.model.idAt(1));
            delta = bench.history.delta(bench.history.records()[2])->meanNll;
            store.flush();
        }
        const QStringList files = QDir(folder).entryList(QDir::Files);
        QCOMPARE(files.size(), 1);
        file = QDir(folder).filePath(files.front());
        {
            Bench bench;
            CandidateStore store(bench.history, bench.lanes, folder, 5);
            bench.open();
            QTRY_COMPARE_WITH_TIMEOUT(bench.model.rowCount(), 3, kEngineMs);
            QCOMPARE(bench.text(1, CandidateTableModel::NameColumn), u"mine"_s);
            QCOMPARE(bench.history.pinnedId(), bench.model.idAt(1));
            QVERIFY(bench.history.isComparable(bench.history.records()[2]));
            QCOMPARE(bench.history.delta(bench.history.records()[2])->meanNll, delta);
            // Tried again it is the same row, and a new one gets an id of its own.
            bench.prune(0.75);
            QCOMPARE(bench.model.rowCount(), 3);
            bench.prune(0.25);
            QCOMPARE(bench.model.rowCount(), 4);
            std::set<int> ids;
            for (int row = 0; row < 4; ++row) {
                ids.insert(bench.model.idAt(row));
            }
            QCOMPARE(ids.size(), std::size_t { 4 });
            bench.history.reload(bench.model.idAt(1));
            bench.finish();
            QCOMPARE(bench.history.currentId(), bench.model.idAt(1));
            store.flush();
        }
        QFile damaged(file);
        QVERIFY(damaged.open(QIODevice::WriteOnly | QIODevice::Truncate));
        damaged.write("{ \"rankscope_candidates\": 1 }");
        damaged.close();
        Bench bench;
        CandidateStore store(bench.history, bench.lanes, folder, 5);
        QString sentence;
        connect(&store, &CandidateStore::problem, &store, [&](const QString& text) { sentence = text; });
        bench.open();
        QTRY_VERIFY_WITH_TIMEOUT(sentence.contains(u"damaged"_s), kEngineMs);
        QCOMPARE(bench.model.rowCount(), 1);
    }

    /// Two processes with the same model: neither takes away what the other has tried.
    void whatAnotherProcessAddsStays()
    {
        const QTemporaryDir place;
        Bench first;
        Bench second;
        CandidateStore stores[] = { { first.history, first.lanes, place.path(), 5 },
                                    { second.history, second.lanes, place.path(), 5 } };
        first.open();
        first.prune(0.5);
        stores[0].flush();
        second.open();
        QTRY_COMPARE_WITH_TIMEOUT(second.model.rowCount(), 2, kEngineMs);
        second.prune(0.75);
        second.history.remove(second.model.idAt(1)); // that goes, also from the file
        stores[1].flush();
        first.prune(0.25);
        QTRY_COMPARE_WITH_TIMEOUT(first.model.rowCount(), 4, kEngineMs);
        QCOMPARE(first.text(3, CandidateTableModel::NameColumn), u"RRQR 0.75"_s);
        std::set<int> ids;
        for (int row = 0; row < 4; ++row) {
            ids.insert(first.model.idAt(row));
        }
        QCOMPARE(ids.size(), std::size_t { 4 });
        QVERIFY(first.history.isComparable(first.history.records()[3]));
        stores[0].flush();
        const auto names = [&] {
            QStringList all;
            const Result<StoredCandidates> stored
                = candidatesFromJson(onlyText(place.path()).toStdString(), "");
            for (const StoredCandidate& candidate :
                 stored ? stored->candidates : std::vector<StoredCandidate>()) {
                all << QString::fromStdString(candidate.name);
            }
            all.sort();
            return all;
        };
        QCOMPARE(names(), (QStringList { u"RRQR 0.25"_s, u"RRQR 0.50"_s, u"RRQR 0.75"_s, u"dense"_s }));
        first.history.remove(first.model.idAt(3));
        stores[0].flush();
        QCOMPARE(names(), (QStringList { u"RRQR 0.25"_s, u"RRQR 0.50"_s, u"dense"_s }));
    }

    /// A write that comes late does not put back what was there before a newer one.
    void theNewestWriteStays()
    {
        const QTemporaryDir place;
        Bench bench;
        CandidateStore store(bench.history, bench.lanes, place.path(), 5);
        bench.open();
        bench.prune(0.5);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.settled() && bench.lanes.idle(), kEngineMs);
        QTest::qWait(50);
        QTRY_VERIFY(bench.lanes.idle());
        test::HeldLane files(bench.lanes.cpu());
        bench.history.rename(bench.model.idAt(1), u"older"_s);
        QTest::qWait(50); // its write waits
        bench.history.rename(bench.model.idAt(1), u"newer"_s);
        store.flush();
        files.release();
        QTRY_VERIFY(bench.lanes.idle());
        QVERIFY(onlyText(place.path()).contains("newer"));
    }

    /// What another version wrote, or what is damaged, is put aside and not written over.
    void aFileThatCannotBeReadIsKept()
    {
        const QTemporaryDir place;
        {
            Bench bench;
            CandidateStore store(bench.history, bench.lanes, place.path(), 5);
            bench.open();
            bench.prune(0.5);
            store.flush();
        }
        const QDir folder(place.path());
        const QString name = folder.entryList(QDir::Files).value(0);
        QFile newer(folder.filePath(name));
        QVERIFY(newer.open(QIODevice::WriteOnly | QIODevice::Truncate));
        newer.write("{ \"rankscope_candidates\": 99 }");
        newer.close();
        Bench bench;
        CandidateStore store(bench.history, bench.lanes, place.path(), 5);
        QString sentence;
        connect(&store, &CandidateStore::problem, &store, [&](const QString& text) { sentence = text; });
        bench.open();
        QTRY_VERIFY_WITH_TIMEOUT(sentence.contains(u"another version"_s), kEngineMs);
        bench.prune(0.5);
        store.flush();
        QCOMPARE(folder.entryList(QDir::Files), QStringList({ name, name + u".unreadable"_s }));
        QFile aside(folder.filePath(name + u".unreadable"_s));
        QVERIFY(aside.open(QIODevice::ReadOnly));
        QVERIFY(aside.readAll().contains("99"));
        QVERIFY(sentence.contains(u".unreadable"_s));
    }

    /// A number that is none would make the whole file unreadable.
    void numbersThatAreNoneAreNotStored()
    {
        Bench bench;
        bench.open();
        bench.prune(0.5);
        StoredCandidates strange = bench.history.stored(10);
        StoredCandidate& last = strange.candidates.back();
        auto estimate = std::make_shared<PerplexityEstimate>(*last.estimate);
        estimate->planFingerprint = "strange";
        estimate->windowNll.front() = std::numeric_limits<double>::quiet_NaN();
        last.estimate = std::move(estimate);
        bench.history.adopt(strange);
        QCOMPARE(bench.model.rowCount(), 3);
        const auto read = candidatesFromJson(candidatesToJson(bench.history.stored(10)), "the test");
        QVERIFY2(read.has_value(), read ? "" : read.error().message.c_str());
        QCOMPARE(read->candidates.size(), std::size_t { 2 });
    }

    void theFrontIsWhatNobodyBeats()
    {
        Random random(5);
        for (int round = 0; round < 50; ++round) {
            std::vector<ParetoPoint> points(static_cast<std::size_t>(random.below(20)));
            for (ParetoPoint& point : points) {
                point.stateBytes = static_cast<double>(random.below(8));
                point.delta = static_cast<double>(random.below(8));
            }
            const std::vector<std::size_t> front = paretoFront(points);
            for (std::size_t at = 0; at < points.size(); ++at) {
                const bool beaten = std::any_of(points.begin(), points.end(), [&](const ParetoPoint& other) {
                    return other.stateBytes <= points[at].stateBytes && other.delta <= points[at].delta
                        && (other.stateBytes < points[at].stateBytes || other.delta < points[at].delta);
                });
                const bool shown = std::any_of(front.begin(), front.end(), [&](std::size_t on) {
                    return points[on].stateBytes == points[at].stateBytes
                        && points[on].delta == points[at].delta;
                });
                QCOMPARE(shown, !beaten);
            }
        }
    }
};

QTEST_MAIN(TestCandidates)
#include "tst_candidates.moc"
