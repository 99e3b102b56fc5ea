// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>

#include <optional>
#include <vector>

namespace rankscope {

class PlanDocument;
class SizeSnap;

/// The layers that depart from what the plan's ratio comes to, are locked, or have heads edited by hand. In
/// one or more stacks side by side, filled from top to bottom: each has the columns below.
class OverrideListModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { TextColumn, ResetColumn, ColumnCount };
    enum Role { LayerRole = Qt::UserRole + 1 };

    OverrideListModel(PlanDocument& document, const SizeSnap& snap, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;

    [[nodiscard]] int count() const { return static_cast<int>(m_entries.size()); }
    /// Of the entry there; -1 beside the last one.
    [[nodiscard]] int entryAt(const QModelIndex& index) const;
    [[nodiscard]] int stacks() const { return m_stacks; }
    void setStacks(int stacks);
    /// What an unlocked layer would have without an override, where that is the same for all of them.
    [[nodiscard]] std::optional<int> commonProposal() const;
    /// Whether entries of several stacks leave out what they depart from.
    [[nodiscard]] bool shortens() const;
    /// Back to the plan's ratio, unlocked, no heads edited: one step.
    void reset(int entry);
    /// How the layer departs; empty when it does not.
    [[nodiscard]] QString textOf(int layer) const;

private:
    struct Entry {
        int layer = 0;
        QString departure; ///< how it departs
        QString text; ///< the same with the layer
        QString brief; ///< without what the override departs from

        friend bool operator==(const Entry&, const Entry&) = default;
    };

    [[nodiscard]] std::vector<Entry> entries() const;
    void refresh();

    PlanDocument& m_document;
    const SizeSnap& m_snap;
    std::vector<Entry> m_entries;
    int m_stacks = 1;
};

} // namespace rankscope
