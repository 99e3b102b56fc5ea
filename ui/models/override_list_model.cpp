// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/override_list_model.h"

#include "core/base/narrow.h"
#include "ui/document/plan_document.h"
#include "ui/document/size_snap.h"

#include <QGuiApplication>
#include <QPalette>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

OverrideListModel::OverrideListModel(PlanDocument& document, const SizeSnap& snap, QObject* parent)
    : QAbstractTableModel(parent)
    , m_document(document)
    , m_snap(snap)
    , m_entries(entries())
{
    connect(&m_document, &PlanDocument::planChanged, this, &OverrideListModel::refresh);
    connect(&m_snap, &SizeSnap::ruleChanged, this, &OverrideListModel::refresh);
}

std::vector<OverrideListModel::Entry> OverrideListModel::entries() const
{
    const PruningPlan& plan = m_document.plan();
    std::vector<Entry> found;
    for (int layer = 0; layer < std::ssize(plan.layers); ++layer) {
        const LayerPlan& planned = plan.layers[idx(layer)];
        if (planned.keyDims == 0) {
            continue;
        }
        QStringList parts;
        QString size;
        const int proposal = m_snap.proposal(plan.requestedRatio, planned.keyDims);
        if (planned.keptKeyDims != proposal) {
            size = QString::number(planned.keptKeyDims);
            parts << tr("%1 instead of %2").arg(planned.keptKeyDims).arg(proposal);
        }
        if (planned.locked) {
            parts << tr("locked");
        }
        int sized = 0;
        int off = 0;
        std::size_t forced = 0;
        for (const HeadEdit& edit : planned.headEdits) {
            sized += edit.keptKeyDims && *edit.keptKeyDims > 0 ? 1 : 0;
            off += edit.keptKeyDims && *edit.keptKeyDims == 0 ? 1 : 0;
            forced += edit.forcedIn.size() + edit.forcedOut.size();
        }
        if (sized > 0) {
            parts << (sized == 1 ? tr("1 head resized") : tr("%1 heads resized").arg(sized));
        }
        if (off > 0) {
            parts << (off == 1 ? tr("1 head off") : tr("%1 heads off").arg(off));
        }
        if (forced > 0) {
            parts << (forced == 1 ? tr("1 channel forced") : tr("%1 channels forced").arg(forced));
        }
        if (!parts.isEmpty()) {
            QStringList brief = parts;
            if (!size.isEmpty()) {
                brief.front() = size;
            }
            const QString head = tr("Layer %1: %2").arg(layer);
            found.push_back(
                { layer, parts.join(u", "_s), head.arg(parts.join(u", "_s)), head.arg(brief.join(u", "_s)) });
        }
    }
    return found;
}

void OverrideListModel::refresh()
{
    std::vector<Entry> next = entries();
    if (next == m_entries) {
        return;
    }
    if (next.size() == m_entries.size()) {
        m_entries = std::move(next);
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
        return;
    }
    beginResetModel();
    m_entries = std::move(next);
    endResetModel();
}

QString OverrideListModel::textOf(int layer) const
{
    const auto found = std::ranges::find(m_entries, layer, &Entry::layer);
    return found != m_entries.end() ? found->departure : QString();
}

void OverrideListModel::setStacks(int stacks)
{
    if (stacks != m_stacks) {
        beginResetModel();
        m_stacks = stacks;
        endResetModel();
    }
}

std::optional<int> OverrideListModel::commonProposal() const
{
    const PruningPlan& plan = m_document.plan();
    std::optional<int> common;
    for (const LayerPlan& planned : plan.layers) {
        if (planned.keyDims > 0) {
            const int proposal = m_snap.proposal(plan.requestedRatio, planned.keyDims);
            if (common.value_or(proposal) != proposal) {
                return std::nullopt;
            }
            common = proposal;
        }
    }
    return common;
}

bool OverrideListModel::shortens() const
{
    return std::ranges::any_of(m_entries, [](const Entry& entry) { return entry.brief != entry.text; });
}

int OverrideListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : (count() + m_stacks - 1) / m_stacks;
}

int OverrideListModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : m_stacks * ColumnCount;
}

int OverrideListModel::entryAt(const QModelIndex& index) const
{
    const int entry = index.isValid() ? index.column() / ColumnCount * rowCount() + index.row() : -1;
    return entry < count() ? entry : -1;
}

QVariant OverrideListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid) || entryAt(index) < 0) {
        return {};
    }
    const Entry& entry = m_entries[idx(entryAt(index))];
    const bool text = index.column() % ColumnCount == TextColumn;
    switch (role) {
    case Qt::DisplayRole:
        return !text ? tr("reset") : m_stacks > 1 ? entry.brief : entry.text;
    case Qt::AccessibleTextRole:
        return text ? entry.text : tr("reset");
    case Qt::ToolTipRole:
        return text ? entry.text
                    : tr("Layer %1 back to the plan's ratio, unlocked, no heads or channels by hand")
                          .arg(entry.layer);
    case Qt::ForegroundRole: // what can be clicked looks like it
        return text ? QVariant() : QVariant(QGuiApplication::palette().brush(QPalette::Link));
    case LayerRole:
        return entry.layer;
    default:
        return {};
    }
}

Qt::ItemFlags OverrideListModel::flags(const QModelIndex& index) const
{
    return entryAt(index) < 0 ? Qt::NoItemFlags : QAbstractTableModel::flags(index);
}

void OverrideListModel::reset(int entry)
{
    if (entry < 0 || entry >= count()) {
        return;
    }
    const int layer = m_entries[idx(entry)].layer;
    PruningPlan after = m_document.plan();
    LayerPlan& planned = after.layers[idx(layer)];
    const int proposal = m_snap.proposal(after.requestedRatio, planned.keyDims);
    if (!planned.headEdits.empty()) {
        planned.headEdits.clear();
        planned.kept.clear();
    }
    setKeptCount(planned, proposal);
    planned.locked = false;
    m_document.replacePlan(after, tr("reset layer %1").arg(layer));
}

} // namespace rankscope
