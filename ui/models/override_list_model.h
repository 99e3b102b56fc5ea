// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>

#include <vector>

namespace rankscope {

class PlanDocument;
class SizeSnap;

/// The layers that depart from what the plan's ratio comes to, are locked, or have heads edited by hand.
class OverrideListModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { TextColumn, ResetColumn, ColumnCount };
    enum Role { LayerRole = Qt::UserRole + 1 };

    OverrideListModel(PlanDocument& document, const SizeSnap& snap, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

    /// Back to the plan's ratio, unlocked, no heads edited: one step.
    void reset(int row);
    /// How the layer departs; empty when it does not.
    [[nodiscard]] QString textOf(int layer) const;

private:
    struct Entry {
        int layer = 0;
        QString text;

        friend bool operator==(const Entry&, const Entry&) = default;
    };

    [[nodiscard]] std::vector<Entry> entries() const;
    void refresh();

    PlanDocument& m_document;
    const SizeSnap& m_snap;
    std::vector<Entry> m_entries;
};

} // namespace rankscope
