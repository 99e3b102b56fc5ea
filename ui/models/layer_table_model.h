// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model_spec.h"
#include "ui/document/spectra_summary.h"

#include <QAbstractTableModel>
#include <QString>

#include <memory>

namespace rankscope {

class PlanDocument;

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
        EntropyColumn,
        StableColumn,
        ColumnCount
    };
    enum Role {
        KeyDimsRole = Qt::UserRole + 1, ///< int, 0 when the layer cannot be pruned
        KeptRole, ///< int
        LockedRole, ///< bool
        SparklineRole, ///< QList<float>, log10 of singular values
        SortRole, ///< a number, for every column
    };

    explicit LayerTableModel(PlanDocument& document, QObject* parent = nullptr);

    void setSpectra(std::shared_ptr<const SpectraSummary> spectra);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;

    /// "GDN", "DeltaNet", "softmax".
    [[nodiscard]] static QString kindLabel(const ModelSpec& spec, int layer);

private:
    void onPlanChanged();
    [[nodiscard]] QVariant display(int layer, int column) const;
    [[nodiscard]] QVariant toolTip(int layer, int column) const;
    [[nodiscard]] double sortValue(int layer, int column) const;
    [[nodiscard]] const LayerSummary* summary(int layer) const;

    PlanDocument& m_document;
    std::shared_ptr<const SpectraSummary> m_spectra;
    int m_rows = 0;
};

} // namespace rankscope
