// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSortFilterProxyModel>
#include <QStringList>

namespace rankscope {

/// Sorts the layers table and hides rows that do not match: words of which all have to hold. "3-7", "2,5"
/// and "4" are layer numbers; "locked", "unlocked", "changed" (keeps less than everything), "whole"; "stale"
/// (spectra or sensitivity of an earlier text or device); anything else is looked for in the kind.
class LayerFilter : public QSortFilterProxyModel {
    Q_OBJECT

public:
    explicit LayerFilter(QObject* parent = nullptr);

    void setSourceModel(QAbstractItemModel* model) override;
    void setFilterText(const QString& text);
    [[nodiscard]] const QStringList& words() const { return m_words; }
    [[nodiscard]] int hiddenRows() const;

Q_SIGNALS:
    /// Rows came or went because of what they hold.
    void filteredAgain();

protected:
    [[nodiscard]] bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    QStringList m_words;
};

} // namespace rankscope
