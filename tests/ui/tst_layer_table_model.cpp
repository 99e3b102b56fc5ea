// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/ui_support.h"
#include "ui/document/plan_document.h"
#include "ui/models/layer_filter.h"
#include "ui/models/layer_table_model.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>
#include <QUndoStack>

#include <set>
#include <utility>
#include <vector>

using namespace rankscope;
using namespace Qt::StringLiterals;

class TestLayerTableModel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void isAWellBehavedModel()
    {
        PlanDocument document;
        LayerTableModel model(document);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(model.rowCount(), 0);
        for (const int layers : { 6, 24, 4 }) {
            const ModelSpec spec = test::smallSpec(layers, true);
            document.open(spec, test::openPlan(spec));
            QCOMPARE(model.rowCount(), layers);
            model.setSpectra(std::make_shared<const SpectraSummary>(test::someSpectra(spec)), Trust::Final);
            document.setPruneRatio(0.5, document.newGesture());
            document.undoStack()->undo();
            model.setSpectra(nullptr, Trust::Missing);
        }
    }

    void showsSizesRanksAndLocks()
    {
        PlanDocument document;
        LayerTableModel model(document);
        const ModelSpec spec = test::smallSpec(4, true);
        document.open(spec, test::openPlan(spec));
        model.setSpectra(std::make_shared<const SpectraSummary>(test::someSpectra(spec)), Trust::Final);
        document.setKept({ 1 }, 48, document.newGesture());
        document.setLocked({ 2 }, true);
        const auto text = [&](int row, int column) { return model.index(row, column).data().toString(); };
        QCOMPARE(text(1, LayerTableModel::KindColumn), u"GDN"_s);
        QCOMPARE(text(1, LayerTableModel::KeptColumn), u"64→48"_s);
        QCOMPARE(text(1, LayerTableModel::StateColumn), u"64→48"_s); // KiB: 4 heads x 48 x 64 x 4 bytes
        const double entropy = text(1, LayerTableModel::RankColumn).toDouble();
        QVERIFY(entropy > 1.0);
        model.setRankMeasure(RankMeasure::Threshold);
        QVERIFY(text(1, LayerTableModel::RankColumn).toDouble() > entropy);
        QVERIFY(text(1, LayerTableModel::UtilisationColumn).endsWith(u'%'));
        QCOMPARE(text(0, LayerTableModel::DeltaColumn), u"–"_s); // keeps everything
        QCOMPARE(model.index(2, 0).data(LayerTableModel::LockedRole).toBool(), true);
        QCOMPARE(model.index(1, 0).data(LayerTableModel::SparklineRole).value<QList<float>>().size(), 64);
        // Softmax layers say why they cannot be pruned.
        QCOMPARE(text(3, LayerTableModel::KindColumn), u"softmax"_s);
        QVERIFY(model.index(3, 0).data(Qt::ToolTipRole).toString().contains(u"nothing to prune"_s));
        QCOMPARE(model.index(3, 0).data(LayerTableModel::KeyDimsRole).toInt(), 0);
    }

    /// After a change of text the numbers stay, marked, and can be filtered for until the new ones arrive.
    void staleNumbersAreMarkedAndFound()
    {
        PlanDocument document;
        LayerTableModel model(document);
        LayerFilter filter;
        filter.setSourceModel(&model);
        const ModelSpec spec = test::smallSpec(4, true);
        document.open(spec, test::openPlan(spec));
        const auto spectra = std::make_shared<const SpectraSummary>(test::someSpectra(spec));
        const auto trust = [&](int row, int column) {
            return static_cast<Trust>(model.index(row, column).data(LayerTableModel::TrustRole).toInt());
        };
        model.setSpectra(spectra, Trust::Final);
        QCOMPARE(trust(1, LayerTableModel::RankColumn), Trust::Final);
        QCOMPARE(trust(3, LayerTableModel::RankColumn), Trust::Missing); // softmax
        filter.setFilterText(u"stale"_s);
        QCOMPARE(filter.rowCount(), 0);
        QSignalSpy again(&filter, &LayerFilter::filteredAgain);
        model.setSpectra(spectra, Trust::Stale);
        QCOMPARE(filter.rowCount(), 3);
        QCOMPARE(again.count(), 1);
        for (const int column : { LayerTableModel::SpectrumColumn, LayerTableModel::RankColumn,
                                  LayerTableModel::UtilisationColumn }) {
            QCOMPARE(trust(1, column), Trust::Stale);
            QVERIFY(model.index(1, column).data(Qt::ToolTipRole).toString().contains(u"earlier text"_s));
        }
        QVERIFY(!model.index(1, LayerTableModel::RankColumn).data().toString().isEmpty());
        model.setSpectra(spectra, Trust::Final);
        QCOMPARE(filter.rowCount(), 0);
        QCOMPARE(again.count(), 2);
    }

    /// Views draw again what they are told of: of an edited layer its sizes, and nothing of the others.
    void announcesOnlyWhatChanged()
    {
        PlanDocument document;
        LayerTableModel model(document);
        const ModelSpec spec = test::smallSpec(8, true);
        document.open(spec, test::openPlan(spec));
        model.setSpectra(std::make_shared<const SpectraSummary>(test::someSpectra(spec)), Trust::Final);
        using Cells = std::set<std::pair<int, int>>;
        Cells cells;
        connect(&model, &QAbstractItemModel::dataChanged, this,
                [&cells](const QModelIndex& first, const QModelIndex& last) {
                    for (int row = first.row(); row <= last.row(); ++row) {
                        for (int column = first.column(); column <= last.column(); ++column) {
                            cells.insert({ row, column });
                        }
                    }
                });
        const auto announced = [&cells] { return std::exchange(cells, {}); };
        const auto sizesOf = [](const std::vector<int>& rows) {
            Cells of;
            for (const int row : rows) {
                of.insert({ { row, LayerTableModel::KeptColumn },
                            { row, LayerTableModel::StateColumn },
                            { row, LayerTableModel::SensitivityColumn } });
            }
            return of;
        };
        // The first cut takes the dash of "keeps everything" from the delta.
        Cells first = sizesOf({ 1 });
        first.insert({ 1, LayerTableModel::DeltaColumn });
        document.setKept({ 1 }, 48, document.newGesture());
        QCOMPARE(announced(), first);
        document.setKept({ 1 }, 47, document.newGesture());
        QCOMPARE(announced(), sizesOf({ 1 }));
        document.setKept({ 1, 4, 5 }, 46, document.newGesture());
        Cells several = sizesOf({ 1, 4, 5 });
        several.insert({ { 4, LayerTableModel::DeltaColumn }, { 5, LayerTableModel::DeltaColumn } });
        QCOMPARE(announced(), several);
        document.setLocked({ 2 }, true);
        QCOMPARE(announced(),
                 (Cells { { 2, LayerTableModel::LockColumn }, { 2, LayerTableModel::KeptColumn } }));
        // Heads by hand are a dot beside the size; a method is nothing that the table shows.
        document.setHeadOn(6, 0, false);
        QCOMPARE(announced(), (Cells { { 6, LayerTableModel::KeptColumn } }));
        document.setMethod(u"l1"_s, u"L1"_s);
        QCOMPARE(announced(), Cells {});
        // The ratio moves the tick of every layer, also of those that it leaves alone.
        document.setPruneRatio(0.5, document.newGesture());
        const Cells all = announced();
        QVERIFY(all.contains({ 2, LayerTableModel::KeptColumn }));
        QVERIFY(!all.contains({ 2, LayerTableModel::StateColumn }));
        QVERIFY(all.contains({ 0, LayerTableModel::StateColumn }));
        QVERIFY(!all.contains({ 3, LayerTableModel::KeptColumn })); // softmax
        for (const auto& [row, column] : all) {
            QVERIFY(column != LayerTableModel::SpectrumColumn && column != LayerTableModel::RankColumn);
        }
        // Another model with as many layers is new all over.
        document.open(spec, test::openPlan(spec));
        QCOMPARE(announced().size(), std::size_t { 8 * LayerTableModel::ColumnCount });
    }

    void editsGoThroughTheDocument()
    {
        PlanDocument document;
        LayerTableModel model(document);
        const ModelSpec spec = test::smallSpec(4, true);
        document.open(spec, test::openPlan(spec));
        const QModelIndex cell = model.index(0, LayerTableModel::KeptColumn);
        QVERIFY(model.flags(cell).testFlag(Qt::ItemIsEditable));
        QVERIFY(model.setData(cell, 30, Qt::EditRole));
        QCOMPARE(document.plan().layers[0].keptKeyDims, 30);
        QCOMPARE(document.undoStack()->count(), 1);
        QVERIFY(!model.setData(model.index(3, LayerTableModel::KeptColumn), 30, Qt::EditRole));
        document.setLocked({ 0 }, true);
        QVERIFY(!model.flags(cell).testFlag(Qt::ItemIsEditable));
    }
};

QTEST_MAIN(TestLayerTableModel)
#include "tst_layer_table_model.moc"
