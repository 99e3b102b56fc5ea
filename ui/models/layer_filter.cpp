// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/layer_filter.h"

#include "ui/document/quality.h"
#include "ui/models/layer_table_model.h"

#include <QRegularExpression>

#include <optional>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Whether `layer` is one of "2,5,8-11"; nothing when the word is no list of numbers.
std::optional<bool> inNumbers(const QString& word, int layer)
{
    static const QRegularExpression kList(u"^\\d+([-–]\\d*)?(,\\d+([-–]\\d*)?)*,?$"_s);
    if (!kList.match(word).hasMatch()) {
        return std::nullopt;
    }
    static const QRegularExpression kDash(u"[-–]"_s);
    for (const QString& part : word.split(u',', Qt::SkipEmptyParts)) {
        const QStringList ends = part.split(kDash);
        const int first = ends.first().toInt();
        const int last = ends.size() == 1 ? first : ends.last().isEmpty() ? layer : ends.last().toInt();
        if (layer >= first && layer <= last) {
            return true;
        }
    }
    return false;
}

} // namespace

LayerFilter::LayerFilter(QObject* parent)
    : QSortFilterProxyModel(parent)
{
    setSortRole(LayerTableModel::SortRole);
    setDynamicSortFilter(false); // rows must not jump while a value is dragged
}

void LayerFilter::setFilterText(const QString& text)
{
    m_words = text.toLower().simplified().split(u' ', Qt::SkipEmptyParts);
    invalidateFilter();
}

/// Numbers that age or arrive move rows only where the filter asks for that.
void LayerFilter::setSourceModel(QAbstractItemModel* model)
{
    QSortFilterProxyModel::setSourceModel(model);
    connect(model, &QAbstractItemModel::dataChanged, this,
            [this](const QModelIndex& first, const QModelIndex& last) {
                if (m_words.contains(tr("stale")) && last.column() >= LayerTableModel::SpectrumColumn
                    && first.column() >= LayerTableModel::SpectrumColumn) {
                    const int before = rowCount();
                    invalidateFilter();
                    if (rowCount() != before) {
                        Q_EMIT filteredAgain();
                    }
                }
            });
}

int LayerFilter::hiddenRows() const
{
    return sourceModel() == nullptr ? 0 : sourceModel()->rowCount() - rowCount();
}

bool LayerFilter::filterAcceptsRow(int row, const QModelIndex&) const
{
    const auto value = [&](int column, int role) { return sourceModel()->index(row, column).data(role); };
    const QString kind = value(LayerTableModel::KindColumn, Qt::DisplayRole).toString().toLower();
    const bool locked = value(0, LayerTableModel::LockedRole).toBool();
    const int keyDims = value(0, LayerTableModel::KeyDimsRole).toInt();
    const bool changed = value(0, LayerTableModel::KeptRole).toInt() < keyDims;
    for (const QString& word : m_words) {
        bool holds = false;
        if (const std::optional<bool> number = inNumbers(word, row)) {
            holds = *number;
        } else if (word == tr("locked")) {
            holds = locked;
        } else if (word == tr("unlocked")) {
            holds = keyDims > 0 && !locked;
        } else if (word == tr("changed")) {
            holds = changed;
        } else if (word == tr("whole")) {
            holds = !changed;
        } else if (word == tr("stale")) {
            const auto stale = [&](int column) {
                return static_cast<Trust>(value(column, LayerTableModel::TrustRole).toInt()) == Trust::Stale;
            };
            holds = stale(LayerTableModel::SpectrumColumn) || stale(LayerTableModel::SensitivityColumn);
        } else {
            holds = kind.contains(word);
        }
        if (!holds) {
            return false;
        }
    }
    return true;
}

} // namespace rankscope
