// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/narrow.h"
#include "tests/ui/paint_spy.h"
#include "tests/ui/ui_support.h"
#include "ui/document/plan_document.h"
#include "ui/document/size_snap.h"
#include "ui/models/layer_filter.h"
#include "ui/models/layer_selection.h"
#include "ui/models/layer_table_model.h"
#include "ui/panels/dock_panel.h"
#include "ui/panels/layer_panel.h"
#include "ui/settings/settings.h"
#include "ui/theme/theme.h"
#include "ui/widgets/layer_columns.h"
#include "ui/widgets/ratio_editor.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QDoubleSpinBox>
#include <QFile>
#include <QHeaderView>
#include <QLineEdit>
#include <QMouseEvent>
#include <QRegion>
#include <QSlider>
#include <QSpinBox>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QUndoStack>

using namespace rankscope;
using namespace Qt::StringLiterals;

namespace {

/// A document of `layers` layers with the panel on it.
struct Bench {
    explicit Bench(int layers, const QString& settingsFile, bool hybrid = true)
        : settings(settingsFile)
        , snap(settings)
        , model(document)
        , panel(document, model, selection, snap, settings, dialogs)
    {
        QObject::connect(&panel, &LayerPanel::captionChanged, &panel,
                         [this](const QString& text) { caption = text; });
        const ModelSpec spec = test::smallSpec(layers, hybrid);
        document.open(spec, test::openPlan(spec));
        selection.reset(layers, 0);
    }

    PlanDocument document;
    LayerSelection selection;
    Settings settings;
    SizeSnap snap;
    LayerTableModel model;
    test::FakeDialogs dialogs;
    LayerPanel panel;
    QString caption;
};

} // namespace

class TestLayerPanel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_ini = m_folder->filePath(u"settings.ini"_s);
    }

    void filters_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QList<int>>("layers");
        QTest::newRow("nothing") << QString() << QList<int> { 0, 1, 2, 3, 4, 5, 6, 7 };
        QTest::newRow("range") << u"2-4"_s << QList<int> { 2, 3, 4 };
        QTest::newRow("open range") << u"6-"_s << QList<int> { 6, 7 };
        QTest::newRow("list") << u"1,5,6-7"_s << QList<int> { 1, 5, 6, 7 };
        QTest::newRow("kind") << u"softmax"_s << QList<int> { 3, 7 };
        QTest::newRow("part of a kind") << u" SOFT "_s << QList<int> { 3, 7 };
        QTest::newRow("locked") << u"locked"_s << QList<int> { 1 };
        QTest::newRow("unlocked") << u"unlocked 0-3"_s << QList<int> { 0, 2 };
        QTest::newRow("changed") << u"changed"_s << QList<int> { 2, 5 };
        QTest::newRow("both words") << u"changed 5-9"_s << QList<int> { 5 };
        QTest::newRow("none") << u"mamba"_s << QList<int> {};
    }
    void filters()
    {
        QFETCH(QString, text);
        QFETCH(QList<int>, layers);
        Bench bench(8, m_ini);
        bench.document.setLocked({ 1 }, true);
        bench.document.setKept({ 2, 5 }, 30, bench.document.newGesture());
        auto* proxy = qobject_cast<LayerFilter*>(bench.panel.table()->model());
        QAbstractItemModelTester tester(proxy, QAbstractItemModelTester::FailureReportingMode::QtTest);
        bench.panel.filterField()->setText(text);
        QList<int> shown;
        for (int row = 0; row < proxy->rowCount(); ++row) {
            shown << proxy->mapToSource(proxy->index(row, 0)).row();
        }
        QCOMPARE(shown, layers);
        QCOMPARE(bench.caption,
                 layers.size() == 8 ? u"8 layers, 6 with a state"_s
                                    : u"%1 of 8 layers shown"_s.arg(layers.size()));
    }

    void sortsEveryColumnAndRemembers()
    {
        {
            Bench bench(8, m_ini);
            bench.document.setKeptPerLayer({ { 0, 20 }, { 1, 50 }, { 2, 10 } }, 1);
            QTableView* table = bench.panel.table();
            for (int column = 0; column < LayerTableModel::ColumnCount; ++column) {
                table->sortByColumn(column, Qt::DescendingOrder);
                double last = 1e300;
                for (int row = 0; row < table->model()->rowCount(); ++row) {
                    const double value
                        = table->model()->index(row, column).data(LayerTableModel::SortRole).toDouble();
                    QVERIFY(value <= last);
                    last = value;
                }
            }
            table->sortByColumn(LayerTableModel::KeptColumn, Qt::DescendingOrder);
            bench.panel.columns()->setShown(LayerTableModel::UtilisationColumn, true);
            bench.panel.columns()->setShown(LayerTableModel::KindColumn, false);
        }
        Bench again(8, m_ini);
        QTableView* table = again.panel.table();
        QCOMPARE(table->horizontalHeader()->sortIndicatorSection(), int(LayerTableModel::KeptColumn));
        QCOMPARE(table->horizontalHeader()->sortIndicatorOrder(), Qt::DescendingOrder);
        QVERIFY(!table->isColumnHidden(LayerTableModel::UtilisationColumn));
        QVERIFY(table->isColumnHidden(LayerTableModel::KindColumn));
    }

    void columnsGoInOrderOfUse()
    {
        Bench bench(24, m_ini);
        bench.panel.show();
        int before = -1;
        for (const int width : { 900, 460, 400, 330, 260 }) {
            bench.panel.resize(width, 300);
            QCoreApplication::processEvents();
            const QTableView* table = bench.panel.table();
            int hidden = 0;
            for (int column = 0; column < LayerTableModel::ColumnCount; ++column) {
                hidden += table->isColumnHidden(column) ? 1 : 0;
            }
            QCOMPARE(bench.panel.columns()->hiddenForRoom(), hidden);
            QVERIFY(hidden >= before);
            before = hidden;
            QVERIFY(!table->isColumnHidden(LayerTableModel::KeptColumn));
            // Nothing is cut off.
            QVERIFY(table->horizontalHeader()->length() <= table->viewport()->width());
            const QFontMetrics small(smallFont(table->horizontalHeader()->font()));
            for (int column = 0; column < LayerTableModel::ColumnCount; ++column) {
                const QString title
                    = table->model()->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
                QVERIFY2(table->isColumnHidden(column)
                             || table->columnWidth(column) >= small.horizontalAdvance(title) + 16,
                         qPrintable(title)); // what the style leaves beside a title
            }
        }
        QVERIFY(before > 0);
        bench.panel.columns()->setShown(LayerTableModel::UtilisationColumn, true); // asked for: stays
        QVERIFY(!bench.panel.table()->isColumnHidden(LayerTableModel::UtilisationColumn));
        bench.panel.columns()->reset();
        QVERIFY(bench.panel.table()->isColumnHidden(LayerTableModel::UtilisationColumn));
    }

    /// In the title row, which does not get another size with it.
    void theColumnsButtonIsAsWideAsItsText()
    {
        PanelHeader header; // owns the button from setButton() on
        Bench bench(24, m_ini);
        QToolButton* button = bench.panel.columns()->button();
        header.setButton(button);
        header.resize(600, header.sizeHint().height());
        header.show();
        bench.panel.resize(2400, 300);
        bench.panel.show();
        const auto fits = [&] {
            return button->width() == button->sizeHint().width()
                && button->geometry().right() < header.width() && button->x() > 0;
        };
        QTRY_COMPARE(button->text(), u"Columns"_s);
        QTRY_VERIFY(fits());
        const int narrow = button->width();
        bench.panel.resize(260, 300);
        QTRY_VERIFY(button->text() != u"Columns"_s);
        QTRY_VERIFY(fits());
        QVERIFY(button->width() > narrow);
        header.hide();
        bench.panel.resize(2400, 300);
        QTRY_COMPARE(button->text(), u"Columns"_s);
        header.show();
        QTRY_VERIFY(fits());
    }

    void severalLayersAreOneStep()
    {
        Bench bench(8, m_ini);
        bench.document.setLocked({ 2 }, true);
        const int steps = bench.document.undoStack()->count();
        bench.selection.setLayers({ 0, 1, 2, 3 }, 1);
        QTableView* table = bench.panel.table();
        const QModelIndex cell = table->model()->index(1, LayerTableModel::KeptColumn);
        table->edit(cell);
        auto* box = table->findChild<QSpinBox*>();
        QVERIFY(box != nullptr);
        box->setValue(24);
        QTest::keyClick(box, Qt::Key_Return);
        QTRY_COMPARE(bench.document.plan().layers[0].keptKeyDims, 24);
        QCOMPARE(bench.document.plan().layers[1].keptKeyDims, 24);
        QCOMPARE(bench.document.plan().layers[2].keptKeyDims, 64); // locked
        QCOMPARE(bench.document.plan().layers[3].keptKeyDims, 0); // softmax
        QCOMPARE(bench.document.undoStack()->count(), steps + 1);
        bench.document.undoStack()->undo();
        QCOMPARE(bench.document.plan().layers[0].keptKeyDims, 64);
    }

    void copiesWhatIsShown()
    {
        Bench bench(8, m_ini);
        bench.panel.resize(700, 300);
        bench.panel.show();
        QCoreApplication::processEvents();
        bench.document.setKept({ 0 }, 20, 1);
        bench.panel.columns()->setShown(LayerTableModel::KindColumn, false);
        QTest::keyClick(bench.panel.table(), Qt::Key_C, Qt::ControlModifier);
        QStringList lines = QApplication::clipboard()->text().split(u'\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 9);
        QVERIFY(lines[0].startsWith(u"Layer\t"_s));
        QVERIFY(!lines[0].contains(u"Kind"_s));
        const qsizetype kept = lines[0].split(u'\t').indexOf(u"Kept key dims"_s);
        QCOMPARE(lines[1].split(u'\t')[kept], u"20"_s);
        for (const QString& line : lines) {
            QCOMPARE(line.count(u'\t'), lines[0].count(u'\t'));
        }
        bench.selection.setLayers({ 4, 5 }, 4); // several rows: only those
        lines = bench.panel.tableText().split(u'\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 3);
        QVERIFY(lines[1].startsWith(u"4\t"_s));
    }

    void savesCsv()
    {
        Bench bench(4, m_ini);
        bench.panel.exportCsv();
        QCOMPARE(bench.dialogs.offered, u"./layers.csv"_s); // where files go, not the root folder
        bench.dialogs.saveFile = m_folder->filePath(u"layers.csv"_s);
        bench.panel.exportCsv();
        QFile file(bench.dialogs.saveFile);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QStringList lines = QString::fromUtf8(file.readAll()).split(u'\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 5);
        QVERIFY(lines[1].contains(u"65536"_s)); // bytes, not KiB
        QString complaint;
        connect(&bench.panel, &LayerPanel::problem, this,
                [&complaint](const QString& text) { complaint = text; });
        bench.dialogs.saveFile = m_folder->filePath(u"no/such/folder/layers.csv"_s);
        bench.panel.exportCsv();
        QVERIFY(complaint.contains(u"could not be written"_s));
    }

    /// A click on a bar selects the layer; only a drag edits it.
    void aClickOnABarSelectsAndChangesNothing()
    {
        Bench bench(8, m_ini, false);
        bench.panel.resize(700, 400);
        bench.panel.show();
        QVERIFY(QTest::qWaitForWindowExposed(&bench.panel));
        QTableView* table = bench.panel.table();
        const auto barOf = [table](int row) {
            const QRect cell = table->visualRect(table->model()->index(row, LayerTableModel::KeptColumn));
            return QPoint(cell.right() - 12, cell.center().y());
        };
        const PruningPlan before = bench.document.plan();
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, barOf(3));
        QCOMPARE(bench.selection.currentLayer(), 3);
        QVERIFY(bench.document.plan() == before);
        // A tremble is no drag.
        drag(table, barOf(2), barOf(2) + QPoint(-2, 0));
        QCOMPARE(bench.selection.currentLayer(), 2);
        QVERIFY(bench.document.plan() == before);
        // A drag edits the layer that was pressed, also when the pointer strays into the next row.
        const int steps = bench.document.undoStack()->count();
        drag(table, barOf(4), barOf(5) + QPoint(-30, 0));
        QVERIFY(bench.document.plan().layers[4].keptKeyDims < 64);
        QCOMPARE(bench.document.plan().layers[5].keptKeyDims, 64);
        QCOMPARE(bench.selection.layers(), std::vector<int> { 4 });
        QCOMPARE(bench.document.undoStack()->count(), steps + 1);
        // One of several selected layers: a drag takes them all, a click picks one.
        bench.selection.setLayers({ 0, 1 }, 0);
        drag(table, barOf(1), barOf(1) + QPoint(-30, 0));
        QVERIFY(bench.document.plan().layers[0].keptKeyDims < 64);
        QCOMPARE(bench.document.plan().layers[0].keptKeyDims, bench.document.plan().layers[1].keptKeyDims);
        QCOMPARE(bench.selection.layers(), (std::vector<int> { 0, 1 }));
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, barOf(1));
        QCOMPARE(bench.selection.layers(), std::vector<int> { 1 });
    }

    /// A table of many layers is not painted again for a pointer that moves or a number that changes.
    void paintsOnlyTheRowsThatChange()
    {
        Bench bench(24, m_ini, false);
        bench.panel.resize(700, 700);
        bench.panel.show();
        QVERIFY(QTest::qWaitForWindowExposed(&bench.panel));
        QTableView* table = bench.panel.table();
        const auto row = [table](int layer) {
            const QRect cell = table->visualRect(table->model()->index(layer, 0));
            return QRect(0, cell.top(), table->viewport()->width(), cell.height());
        };
        test::PaintSpy spy(*table->viewport());
        LayerSelection::Hover hover;
        hover.layer = 5;
        table->viewport()->update(); // with all that showing it left to do
        QVERIFY(spy.paints(table->viewport()->rect(), table->viewport()->rect()));
        bench.selection.setHover(hover);
        QVERIFY(spy.paints(row(5), row(5)));
        hover.layer = 9;
        bench.selection.setHover(hover);
        QVERIFY(spy.paints(QRegion(row(5)) + row(9), QRegion(row(5)) + row(9)));
        hover.head = 1; // of the same layer
        bench.selection.setHover(hover);
        bench.selection.setHover({});
        QVERIFY(spy.paints(row(9), row(9)));
        bench.document.setKept({ 12 }, 20, bench.document.newGesture());
        const QRect kept = table->visualRect(table->model()->index(12, LayerTableModel::KeptColumn));
        QVERIFY(spy.paints(kept, row(12)));
        QVERIFY(test::screenIsUpToDate(bench.panel));
    }

    void resetsToTheRatio()
    {
        Bench bench(8, m_ini);
        bench.document.setPruneRatio(0.5, 1);
        bench.document.setKept({ 0, 1 }, 50, 2);
        bench.selection.setLayers({ 0, 1 }, 0);
        bench.panel.resetSelected();
        QCOMPARE(bench.document.plan().layers[0].keptKeyDims, 32);
        QCOMPARE(bench.document.plan().layers[1].keptKeyDims, 32);
    }

    /// The slider stops at the sizes of the rule, a step of it goes to the next one; typed numbers do not.
    void theSliderStopsAtTheSizesOfTheRule()
    {
        Bench bench(4, m_ini, false);
        bench.snap.setRule(SizeRule::MultiplesOf16);
        bench.selection.setLayers({ 1 }, 1);
        const auto kept = [&bench] { return bench.document.plan().layers[1].keptKeyDims; };
        QSlider* slider = bench.panel.editor()->slider();
        QTest::keyClick(slider, Qt::Key_Left);
        QCOMPARE(kept(), 48);
        QTest::keyClick(slider, Qt::Key_Left);
        QCOMPARE(kept(), 32);
        QTest::keyClick(slider, Qt::Key_Right);
        QCOMPARE(kept(), 48);
        slider->setSliderDown(true);
        slider->setSliderPosition(slider->minimum() + 20); // 21 dims
        slider->setSliderDown(false);
        QCOMPARE(kept(), 16);
        bench.panel.editor()->number()->setValue(21);
        QCOMPARE(kept(), 21);
        bench.document.setPruneRatio(0.4, bench.document.newGesture());
        bench.panel.resetSelected();
        QCOMPARE(kept(), 32);
    }

    /// However fast the keys follow each other.
    void anotherLayerIsAnotherStep()
    {
        Bench bench(4, m_ini, false);
        QSlider* slider = bench.panel.editor()->slider();
        for (const int layer : { 1, 2 }) {
            bench.selection.setCurrentLayer(layer);
            QTest::keyClick(slider, Qt::Key_Left);
            QTest::keyClick(slider, Qt::Key_Left);
        }
        QCOMPARE(bench.document.undoStack()->count(), 2);
        bench.document.undoStack()->undo();
        QCOMPARE(bench.document.plan().layers[1].keptKeyDims, 62);
        QCOMPARE(bench.document.plan().layers[2].keptKeyDims, 64);
    }

private:
    static void drag(QTableView* table, const QPoint& from, const QPoint& to)
    {
        QTest::mousePress(table->viewport(), Qt::LeftButton, {}, from);
        for (int step = 1; step <= 4; ++step) {
            const QPoint at = from + (to - from) * step / 4;
            QMouseEvent move(QEvent::MouseMove, at, table->viewport()->mapToGlobal(at), Qt::NoButton,
                             Qt::LeftButton, {});
            QApplication::sendEvent(table->viewport(), &move);
        }
        QTest::mouseRelease(table->viewport(), Qt::LeftButton, {}, to);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_ini;
};

QTEST_MAIN(TestLayerPanel)
#include "tst_layer_panel.moc"
