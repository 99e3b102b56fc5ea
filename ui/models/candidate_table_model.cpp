// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/candidate_table_model.h"

#include "core/base/narrow.h"
#include "core/pruning/method_registry.h"
#include "ui/actions/definitions.h"
#include "ui/document/candidate_history.h"
#include "ui/document/plan_document.h"
#include "ui/document/plan_sizing.h"
#include "ui/format/numbers.h"

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

QString methodLabel(const CandidateRecord& record)
{
    if (record.isDense()) {
        return u"–"_s;
    }
    const MethodInfo* method = findMethod(record.plan.method);
    return method != nullptr ? QString::fromUtf8(method->label) : QString::fromStdString(record.plan.method);
}

QString keptText(const CandidateRecord& record)
{
    QStringList counts;
    for (const LayerPlan& layer : record.plan.layers) {
        counts << (layer.keyDims > 0 ? QString::number(layer.keptKeyDims) : u"–"_s);
    }
    return counts.join(u' ');
}

/// A field of a separated table: quoted where it has to be.
QString field(QString text, QChar separator)
{
    if (separator == u'\t') {
        return text.replace(u'\t', u' ').replace(u'\n', u' ');
    }
    if (text.contains(separator) || text.contains(u'"') || text.contains(u'\n')) {
        return u'"' + text.replace(u"\""_s, u"\"\""_s) + u'"';
    }
    return text;
}

QString exact(double value)
{
    return QString::number(value, 'g', 12);
}

} // namespace

CandidateTableModel::CandidateTableModel(CandidateHistory& history, PlanDocument& document, QObject* parent)
    : QAbstractTableModel(parent)
    , m_history(history)
    , m_document(document)
{
    connect(&m_history, &CandidateHistory::aboutToReset, this, [this] { beginResetModel(); });
    connect(&m_history, &CandidateHistory::wasReset, this, [this] { endResetModel(); });
    connect(&m_history, &CandidateHistory::aboutToAdd, this,
            [this](int row) { beginInsertRows({}, row, row); });
    connect(&m_history, &CandidateHistory::added, this, [this] { endInsertRows(); });
    connect(&m_history, &CandidateHistory::aboutToRemove, this,
            [this](int row) { beginRemoveRows({}, row, row); });
    connect(&m_history, &CandidateHistory::removed, this, [this] { endRemoveRows(); });
    connect(&m_history, &CandidateHistory::recordChanged, this,
            [this](int row) { Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1)); });
    connect(&m_history, &CandidateHistory::marksChanged, this, &CandidateTableModel::onMarksChanged);
    connect(&m_history, &CandidateHistory::deltasReady, this,
            [this] { Q_EMIT dataChanged(index(0, DeltaColumn), index(rowCount() - 1, IntervalColumn)); });
}

void CandidateTableModel::onMarksChanged()
{
    if (rowCount() > 0) {
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    }
}

int CandidateTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_history.records().size());
}

int CandidateTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

int CandidateTableModel::idAt(int row) const
{
    return row >= 0 && row < rowCount() ? m_history.records()[idx(row)].id : -1;
}

QVariant CandidateTableModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const CandidateRecord& record = m_history.records()[idx(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return display(record, index.column());
    case Qt::EditRole:
        return index.column() == NameColumn ? QVariant(record.name) : QVariant();
    case Qt::ToolTipRole:
        return toolTip(record, index.column());
    case Qt::AccessibleTextRole:
        return index.column() == MarkColumn
            ? (record.id == m_history.currentId() ? tr("shown now") : QString())
                + (record.id == m_history.pinnedId() ? tr(" pinned") : QString())
            : display(record, index.column());
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(static_cast<int>(
            (index.column() >= AskedColumn && index.column() <= TokensColumn ? Qt::AlignRight : Qt::AlignLeft)
            | Qt::AlignVCenter));
    case IdRole:
        return record.id;
    case CurrentRole:
        return record.id == m_history.currentId();
    case PinnedRole:
        return record.id == m_history.pinnedId();
    case ComparableRole:
        return m_history.isComparable(record);
    case KeptSharesRole: {
        QList<float> shares;
        for (const LayerPlan& layer : record.plan.layers) {
            if (layer.keyDims > 0) {
                shares << static_cast<float>(layer.keptKeyDims) / static_cast<float>(layer.keyDims);
            }
        }
        return QVariant::fromValue(shares);
    }
    case ToneRole: {
        const std::optional<PairedDelta> delta = m_history.readyDelta(record);
        return !delta || !delta->significant() ? 0 : delta->meanNll > 0.0 ? 1 : -1;
    }
    case SortRole:
        return sortValue(record, index.column());
    default:
        return {};
    }
}

QString CandidateTableModel::display(const CandidateRecord& record, int column) const
{
    switch (column) {
    case NameColumn:
        return record.name;
    case KeptColumn:
        return keptText(record);
    case AskedColumn:
        return record.isDense()                ? QString()
            : record.plan.requestedBudget      ? u"≤ "_s + budgetText(*record.plan.requestedBudget)
            : record.plan.requestedRatio > 0.0 ? formatRatio(record.plan.requestedRatio)
                                               : u"–"_s; // layers were set one by one
    case BytesColumn:
        return formatKib(record.stateBytes);
    case PerplexityColumn:
        return formatPerplexity(record.estimate->perplexity());
    case DeltaColumn: {
        const std::optional<double> delta = m_history.meanDelta(record);
        return delta ? formatSigned(*delta, 3) : QString();
    }
    case IntervalColumn: {
        const std::optional<PairedDelta> delta = m_history.readyDelta(record);
        return delta ? u"%1 … %2"_s.arg(formatSigned(delta->low, 3), formatSigned(delta->high, 3))
            : m_history.deltaComes(record) ? u"…"_s
                                           : QString();
    }
    case TokensColumn:
        return formatCount(record.estimate->tokens());
    case MethodColumn:
        return methodLabel(record);
    default:
        return {};
    }
}

QVariant CandidateTableModel::sortValue(const CandidateRecord& record, int column) const
{
    switch (column) {
    case MarkColumn:
        return record.id;
    case AskedColumn:
        return record.isDense() ? 0.0 : record.plan.requestedRatio;
    case KeptColumn:
    case BytesColumn:
        return QVariant::fromValue(static_cast<qlonglong>(record.stateBytes));
    case PerplexityColumn:
        return record.estimate->perplexity();
    case DeltaColumn:
    case IntervalColumn:
        return m_history.meanDelta(record).value_or(0.0);
    case TokensColumn:
        return QVariant::fromValue(static_cast<qlonglong>(record.estimate->tokens()));
    default:
        return display(record, column);
    }
}

QString CandidateTableModel::toolTip(const CandidateRecord& record, int column) const
{
    if (column == MarkColumn) {
        return tr("● the plan that is shown now\n⚑ pinned: deltas are taken against it");
    }
    const PerplexityEstimate& estimate = *record.estimate;
    QString text = record.name
        + (record.isDense() ? QString()
                            : u'\n' + tr("%1, kept dims %2").arg(methodLabel(record), keptText(record)))
        + u'\n'
        + tr("state %1 of %2")
              .arg(formatBytes(record.stateBytes), formatBytes(m_document.spec().stateBytes()))
        + u'\n'
        + tr("perplexity %1, %2 nats per token")
              .arg(formatPerplexity(estimate.perplexity()), QString::number(estimate.meanNll(), 'f', 4));
    if (const std::optional<PairedDelta> delta = m_history.readyDelta(record)) {
        const CandidateRecord* pinned = m_history.find(m_history.pinnedId());
        const bool againstPinned = pinned != nullptr && pinned->estimate->basis == record.estimate->basis;
        text += u'\n'
            + tr("Δ %1 nats [%2, %3] against %4, paired over %5 windows")
                  .arg(formatSigned(delta->meanNll, 4), formatSigned(delta->low, 4),
                       formatSigned(delta->high, 4), againstPinned ? pinned->name : tr("the dense model"),
                       QString::number(delta->windows));
    }
    text += u'\n'
        + tr("%1: %2 windows × %3 tokens, %4, %5")
              .arg(QString::fromStdString(estimate.sourceName), QString::number(estimate.windows()),
                   QString::number(estimate.length), QString::fromUtf8(shortName(estimate.dtype)),
                   QString::fromStdString(toString(estimate.device)));
    if (!m_history.isComparable(record)) {
        text += u'\n' + tr("Scored on other windows than the numbers above: load it to score it on these.");
    }
    return text;
}

QVariant CandidateTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return QVariant::fromValue(static_cast<int>(
            (section >= AskedColumn && section <= TokensColumn ? Qt::AlignRight : Qt::AlignLeft)
            | Qt::AlignVCenter));
    }
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case MarkColumn:
            return tr("● the plan that is shown now\n⚑ pinned: deltas are taken against it");
        case NameColumn:
            return definitionTip({ u"candidate"_s },
                                 tr("Double click or Enter loads a plan, F2 renames it."));
        case KeptColumn:
            return definitionTip({ u"keptDims"_s }, tr("Per layer with a state, as a share of Dk."));
        case AskedColumn:
            return definitionTip(
                { u"pruneRatio"_s },
                tr("What was asked of the whole model, by a ratio or a budget of bytes. Layers "
                   "edited by hand depart from it."));
        case BytesColumn:
            return definitionTip({ u"stateBytes"_s }, tr("In KiB."));
        case PerplexityColumn:
            return definitionTip({ u"perplexity"_s });
        case DeltaColumn:
            return definitionTip({ u"deltaNll"_s }, tr("Against the pinned row."));
        case IntervalColumn:
            return definitionTip({ u"interval"_s });
        case MethodColumn: {
            QStringList ids;
            for (const MethodInfo& method : pruningMethods()) {
                ids << u"method."_s + QString::fromUtf8(method.id);
            }
            return definitionTip(ids);
        }
        case TokensColumn:
            return tr("Predicted tokens that the numbers rest on");
        default:
            return {};
        }
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case NameColumn:
        return tr("Plan");
    case KeptColumn:
        return tr("Kept");
    case AskedColumn:
        return tr("Asked");
    case BytesColumn:
        return tr("KiB");
    case PerplexityColumn:
        return tr("ppl");
    case DeltaColumn:
        return tr("Δ NLL");
    case IntervalColumn:
        return tr("95 % interval");
    case TokensColumn:
        return tr("Tokens");
    case MethodColumn:
        return tr("Method");
    default:
        return QString();
    }
}

Qt::ItemFlags CandidateTableModel::flags(const QModelIndex& index) const
{
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    if (index.isValid() && index.column() == NameColumn && !m_history.records()[idx(index.row())].isDense()) {
        flags |= Qt::ItemIsEditable;
    }
    return flags;
}

bool CandidateTableModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (role != Qt::EditRole || !flags(index).testFlag(Qt::ItemIsEditable)
        || value.toString().trimmed().isEmpty()) {
        return false;
    }
    m_history.rename(idAt(index.row()), value.toString());
    return true;
}

QString CandidateTableModel::table(const QList<int>& rows, QChar separator) const
{
    QStringList lines { QStringList {
        u"name"_s, u"method"_s, u"asked_ratio"_s, u"kept_dims"_s, u"state_bytes"_s, u"perplexity"_s,
        u"mean_nll"_s, u"delta_nll"_s, u"delta_low"_s, u"delta_high"_s, u"delta_against"_s, u"tokens"_s,
        u"windows"_s, u"length"_s, u"text"_s, u"dtype"_s, u"device"_s, u"plan_fingerprint"_s }
                            .join(separator) };
    const CandidateRecord* pinned = m_history.find(m_history.pinnedId());
    for (const int row : rows) {
        const CandidateRecord& record = m_history.records()[idx(row)];
        const PerplexityEstimate& estimate = *record.estimate;
        const std::optional<PairedDelta> delta = m_history.delta(record);
        const QString against = !delta                                       ? QString()
            : pinned != nullptr && pinned->estimate->basis == estimate.basis ? pinned->name
                                                                             : u"dense"_s;
        QStringList fields { record.name,
                             record.isDense() ? u"dense"_s : QString::fromStdString(record.plan.method),
                             record.isDense() ? QString() : exact(record.plan.requestedRatio),
                             keptText(record),
                             QString::number(record.stateBytes),
                             exact(estimate.perplexity()),
                             exact(estimate.meanNll()),
                             delta ? exact(delta->meanNll) : QString(),
                             delta ? exact(delta->low) : QString(),
                             delta ? exact(delta->high) : QString(),
                             against,
                             QString::number(estimate.tokens()),
                             QString::number(estimate.windows()),
                             QString::number(estimate.length),
                             QString::fromStdString(estimate.sourceName),
                             QString::fromUtf8(shortName(estimate.dtype)),
                             QString::fromStdString(toString(estimate.device)),
                             QString::fromStdString(estimate.planFingerprint) };
        for (QString& text : fields) {
            text = field(text, separator);
        }
        lines << fields.join(separator);
    }
    return lines.join(u'\n') + u'\n';
}

} // namespace rankscope
