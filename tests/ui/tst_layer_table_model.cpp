// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/ui_support.h"
#include "ui/document/plan_document.h"
#include "ui/models/layer_filter.h"
#include "ui/models/layer_table_model.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>
#include <QUndoStack>

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
