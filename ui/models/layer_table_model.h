// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model_spec.h"
#include "ui/document/quality.h"
#include "ui/document/spectra_summary.h"
#include "ui/format/rank_measure.h"

#include <QAbstractTableModel>
#include <QList>
#include <QPointF>
#include <QString>

#include <memory>
#include <vector>

namespace rankscope {

class LayerProbes;
class PlanDocument;
class SizeSnap;

/// One row per layer of the open model. Kept dims and locks are edited through the document only.
class LayerTableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column {
        IndexColumn,
        LockColumn,
        KindColumn,
        HeadsColumn,
        KeptColumn,
        StateColumn,
        SpectrumColumn,
        RankColumn,
        UtilisationColumn,
        DeltaColumn,
        SensitivityColumn,
        ColumnCount
    };
    enum Role {
        KeyDimsRole = Qt::UserRole + 1, ///< int, 0 when the layer cannot be pruned
        KeptRole, ///< int
        ProposalRole, ///< int, what the plan's ratio asks for
        LockedRole, ///< bool
        HeadsRole, ///< int, heads that depart from the layer by hand
        IconRole, ///< QString, name of the kind's icon
        SparklineRole, ///< QList<float>, log10 of singular values
        CurveRole, ///< QList<QPointF>: kept share 0..1, cost as a share of the largest of all layers
        TrustRole, ///< int, Trust of the cell's number
        ToneRole, ///< int, of a delta: 1 worse, -1 better, 0 not told apart from nothing
        ExactRole, ///< QString, the number with all its digits and no unit: copies and CSV
        SortRole, ///< a number, for every column
    };

    explicit LayerTableModel(PlanDocument& document, QObject* parent = nullptr);

    /// Stale: of an earlier text or device.
    void setSpectra(std::shared_ptr<const SpectraSummary> spectra, Trust trust);
    /// `probes` outlives the model; null for none.
    void setProbes(const LayerProbes* probes);
    /// Outlives the model; null for every size.
    void setSnap(const SizeSnap* snap);
    void setRankMeasure(RankMeasure measure);
    [[nodiscard]] RankMeasure rankMeasure() const { return m_measure; }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;

    /// "GDN", "DeltaNet", "softmax".
    [[nodiscard]] static QString kindLabel(const ModelSpec& spec, int layer);
    /// A stable name of a column, for settings; the full name for menus and exports.
    [[nodiscard]] static QString columnKey(int column);
    [[nodiscard]] QString columnTitle(int column) const;
    [[nodiscard]] static QString measureLabel(RankMeasure measure);

private:
    /// What the plan and the measurements show of a layer: a change of one layer is a change of its cells
    /// only.
    struct Shown {
        int kept = 0;
        int proposal = 0;
        int heads = 0; ///< that depart from the layer by hand
        bool locked = false;
        QString alone;
        int aloneTrust = 0;
        int tone = 0;
        QString sensitivity;
        QList<QPointF> curve;
        int curveTrust = 0;

        friend bool operator==(const Shown&, const Shown&) = default;
    };

    void onPlanChanged();
    /// Announces the cells that show something else than at the last call.
    void refresh();
    [[nodiscard]] Shown shown(int layer) const;
    [[nodiscard]] int editedHeads(int layer) const;
    [[nodiscard]] Trust trust(int layer, int column) const;
    void announce(int column, const std::vector<bool>& rows);
    [[nodiscard]] QVariant display(int layer, int column) const;
    [[nodiscard]] QString exact(int layer, int column) const;
    [[nodiscard]] QVariant toolTip(int layer, int column) const;
    [[nodiscard]] QString staleSpectra() const;
    [[nodiscard]] QString rankToolTip(int layer, int column) const;
    [[nodiscard]] QString probeToolTip(int layer, int column) const;
    /// What the plan's ratio asks for.
    [[nodiscard]] int proposal(const LayerPlan& plan) const;
    [[nodiscard]] QString keptToolTip(int layer) const;
    [[nodiscard]] QList<QPointF> curve(int layer) const;
    [[nodiscard]] int tone(int layer) const;
    [[nodiscard]] double sortValue(int layer, int column) const;
    [[nodiscard]] const LayerSummary* summary(int layer) const;
    [[nodiscard]] const RankRange& measured(const LayerSummary& layer) const;
    [[nodiscard]] double utilisation(const LayerSummary& layer) const;

    PlanDocument& m_document;
    std::shared_ptr<const SpectraSummary> m_spectra;
    Trust m_spectraTrust = Trust::Missing;
    const LayerProbes* m_probes = nullptr;
    const SizeSnap* m_snap = nullptr;
    RankMeasure m_measure = RankMeasure::Entropy;
    int m_rows = 0;
    std::vector<Shown> m_shown; ///< one of each row
};

} // namespace rankscope
