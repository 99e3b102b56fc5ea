// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QString>

namespace rankscope {

class CandidateHistory;
class PlanDocument;
struct CandidateRecord;

/// One row per candidate of the open model, the dense model first. Names are edited here.
class CandidateTableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column {
        MarkColumn,
        NameColumn,
        KeptColumn,
        AskedColumn, ///< the ratio that was asked of the whole model
        BytesColumn,
        PerplexityColumn,
        DeltaColumn,
        IntervalColumn,
        TokensColumn,
        MethodColumn,
        ColumnCount
    };
    enum Role {
        IdRole = Qt::UserRole + 1, ///< int
        CurrentRole, ///< bool: the plan that is shown now
        PinnedRole, ///< bool: deltas are taken against it
        ComparableRole, ///< bool: scored on the windows of the strip's numbers
        KeptSharesRole, ///< QList<float>, kept share per layer with a state
        ToneRole, ///< int: 1 worse, -1 better, 0 when the interval includes zero
        SortRole, ///< a number or a text, for every column
    };

    CandidateTableModel(CandidateHistory& history, PlanDocument& document, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;

    [[nodiscard]] int idAt(int row) const;
    /// A header line and a line per row of `rows`, in that order: all figures in full precision.
    [[nodiscard]] QString table(const QList<int>& rows, QChar separator) const;

private:
    void onMarksChanged();
    [[nodiscard]] QString display(const CandidateRecord& record, int column) const;
    [[nodiscard]] QVariant sortValue(const CandidateRecord& record, int column) const;
    [[nodiscard]] QString toolTip(const CandidateRecord& record, int column) const;

    CandidateHistory& m_history;
    PlanDocument& m_document;
};

} // namespace rankscope
