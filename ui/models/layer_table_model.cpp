// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/layer_table_model.h"

#include "core/base/narrow.h"
#include "ui/document/plan_document.h"
#include "ui/format/numbers.h"

namespace rankscope {

using namespace Qt::StringLiterals;

LayerTableModel::LayerTableModel(PlanDocument& document, QObject* parent)
    : QAbstractTableModel(parent)
    , m_document(document)
    , m_rows(document.spec().layerCount())
{
    connect(&m_document, &PlanDocument::planChanged, this, &LayerTableModel::onPlanChanged);
}

void LayerTableModel::setSpectra(std::shared_ptr<const SpectraSummary> spectra)
{
    m_spectra = std::move(spectra);
    if (m_rows > 0) {
        Q_EMIT dataChanged(index(0, SpectrumColumn), index(m_rows - 1, StableColumn));
    }
}

void LayerTableModel::onPlanChanged()
{
    if (m_document.spec().layerCount() != m_rows) {
        beginResetModel();
        m_rows = m_document.spec().layerCount();
        endResetModel();
    } else if (m_rows > 0) {
        Q_EMIT dataChanged(index(0, IndexColumn), index(m_rows - 1, StateColumn));
    }
}

int LayerTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : m_rows;
}

int LayerTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString LayerTableModel::kindLabel(const ModelSpec& spec, int layer)
{
    if (!spec.layers[idx(layer)].prunable()) {
        return tr("softmax");
    }
    return spec.family == Family::GatedDeltaNet ? tr("GDN") : tr("DeltaNet");
}

const LayerSummary* LayerTableModel::summary(int layer) const
{
    if (m_spectra == nullptr || layer >= std::ssize(m_spectra->layers)
        || m_spectra->layers[idx(layer)].heads == 0) {
        return nullptr;
    }
    return &m_spectra->layers[idx(layer)];
}

QVariant LayerTableModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid) || index.row() >= m_document.spec().layerCount()) {
        return {};
    }
    const int layer = index.row();
    const LayerPlan& plan = m_document.plan().layers[idx(layer)];
    switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
        return display(layer, index.column());
    case Qt::EditRole:
        return index.column() == KeptColumn ? QVariant(plan.keptKeyDims) : QVariant();
    case Qt::ToolTipRole:
        return toolTip(layer, index.column());
    case Qt::TextAlignmentRole:
        return index.column() == KindColumn || index.column() == IndexColumn
            ? QVariant::fromValue(Qt::AlignLeft | Qt::AlignVCenter)
            : QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    case KeyDimsRole:
        return plan.keyDims;
    case KeptRole:
        return plan.keptKeyDims;
    case LockedRole:
        return plan.locked;
    case SparklineRole:
        if (const LayerSummary* found = summary(layer)) {
            return QVariant::fromValue(QList<float>(found->sparkline.begin(), found->sparkline.end()));
        }
        return {};
    case SortRole:
        return sortValue(layer, index.column());
    default:
        return {};
    }
}

QVariant LayerTableModel::display(int layer, int column) const
{
    const LayerSpec& spec = m_document.spec().layers[idx(layer)];
    const LayerPlan& plan = m_document.plan().layers[idx(layer)];
    switch (column) {
    case IndexColumn:
        return QString::number(layer);
    case LockColumn:
        return plan.locked ? tr("locked") : QString();
    case KindColumn:
        return kindLabel(m_document.spec(), layer);
    case HeadsColumn:
        return spec.heads == spec.valueHeads ? QString::number(spec.heads)
                                             : u"%1/%2"_s.arg(spec.heads).arg(spec.valueHeads);
    case KeptColumn:
        return spec.prunable() ? u"%1→%2"_s.arg(plan.keyDims).arg(plan.keptKeyDims)
                               : QString::number(spec.keyDims);
    case StateColumn:
        return spec.prunable() ? formatKib(spec.stateBytes(plan.keptKeyDims)) : u"–"_s;
    case EntropyColumn:
    case StableColumn:
        if (const LayerSummary* found = summary(layer)) {
            return formatRank(column == EntropyColumn ? found->entropy.median : found->stable.median);
        }
        return spec.prunable() ? QString() : u"–"_s;
    default:
        return QString();
    }
}

QVariant LayerTableModel::toolTip(int layer, int column) const
{
    const LayerSpec& spec = m_document.spec().layers[idx(layer)];
    const LayerPlan& plan = m_document.plan().layers[idx(layer)];
    if (!spec.prunable()) {
        return tr("Layer %1 is softmax attention: it has a cache of keys and values, not a recurrent state, "
                  "so there "
                  "is nothing to prune.")
            .arg(layer);
    }
    const auto range = [](const RankRange& values) {
        return u"%1 … %2"_s.arg(formatRank(values.low), formatRank(values.high));
    };
    switch (column) {
    case LockColumn:
        return plan.locked ? tr("Locked: global edits leave layer %1 alone. Click to unlock.").arg(layer)
                           : tr("Click to lock layer %1 against global edits.").arg(layer);
    case KindColumn:
        return tr("%1: %2 key heads, %3 value heads, key dims %4, value dims %5")
            .arg(QString::fromUtf8(familyName(m_document.spec().family)))
            .arg(spec.heads)
            .arg(spec.valueHeads)
            .arg(spec.keyDims)
            .arg(spec.valueDims);
    case KeptColumn:
        return tr("Keeps %1 of %2 key dims in every head (ratio %3 removed). Drag the bar, or double-click "
                  "to type.")
            .arg(plan.keptKeyDims)
            .arg(plan.keyDims)
            .arg(formatRatio(1.0 - static_cast<double>(plan.keptKeyDims) / plan.keyDims));
    case StateColumn:
        return tr("fp32 state of one sequence: %1 of %2")
            .arg(formatBytes(spec.stateBytes(plan.keptKeyDims)), formatBytes(spec.stateBytes()));
    case SpectrumColumn:
        return tr("Mean singular values over heads after the last analysed token, log scale");
    case EntropyColumn:
    case StableColumn:
        if (const LayerSummary* found = summary(layer)) {
            return tr("Median over %1 heads, smallest … largest:\nentropy rank %2, stable rank %3, values "
                      "above "
                      "10⁻⁴ of the largest %4, of %5")
                .arg(found->heads)
                .arg(range(found->entropy), range(found->stable), range(found->threshold))
                .arg(found->rank);
        }
        return tr("Not analysed yet");
    default:
        return {};
    }
}

double LayerTableModel::sortValue(int layer, int column) const
{
    const LayerSpec& spec = m_document.spec().layers[idx(layer)];
    const LayerPlan& plan = m_document.plan().layers[idx(layer)];
    const LayerSummary* found = summary(layer);
    switch (column) {
    case LockColumn:
        return plan.locked ? 1.0 : 0.0;
    case KindColumn:
        return spec.prunable() ? 0.0 : 1.0;
    case HeadsColumn:
        return spec.heads;
    case KeptColumn:
        return plan.keptKeyDims;
    case StateColumn:
        return static_cast<double>(spec.stateBytes(plan.keptKeyDims));
    case SpectrumColumn:
    case EntropyColumn:
        return found != nullptr ? found->entropy.median : 0.0;
    case StableColumn:
        return found != nullptr ? found->stable.median : 0.0;
    default:
        return layer;
    }
}

bool LayerTableModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid) || !m_document.isPrunable(index.row())) {
        return false;
    }
    if (role == Qt::EditRole && index.column() == KeptColumn) {
        m_document.setKept({ index.row() }, value.toInt(), m_document.newGesture());
        return true;
    }
    if (role == LockedRole) {
        m_document.setLocked({ index.row() }, value.toBool());
        return true;
    }
    return false;
}

QVariant LayerTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal) {
        return role == Qt::DisplayRole ? QVariant(section) : QVariant();
    }
    if (role == Qt::TextAlignmentRole) {
        const bool left = section == IndexColumn || section == KindColumn || section == KeptColumn
            || section == SpectrumColumn;
        return QVariant::fromValue((left ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    }
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case KeptColumn:
            return tr("Key dims per head of the model → kept by the plan");
        case StateColumn:
            return tr("fp32 recurrent state of one sequence under the plan, KiB");
        case EntropyColumn:
            return tr("Entropy rank exp(−Σ p ln p), p = σ/Σσ, of the state after the last analysed token: "
                      "median over "
                      "heads");
        case StableColumn:
            return tr(
                "Stable rank ‖S‖²_F/‖S‖²₂ of the state after the last analysed token: median over heads");
        case HeadsColumn:
            return tr("Key heads (key/value heads when they differ)");
        default:
            return {};
        }
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case IndexColumn:
        return u"#"_s;
    case KindColumn:
        return tr("Kind");
    case HeadsColumn:
        return tr("H");
    case KeptColumn:
        return tr("Dk→kept");
    case StateColumn:
        return tr("KiB");
    case SpectrumColumn:
        return tr("Spectrum");
    case EntropyColumn:
        return tr("Entropy");
    case StableColumn:
        return tr("Stable");
    default:
        return QString();
    }
}

Qt::ItemFlags LayerTableModel::flags(const QModelIndex& index) const
{
    if (!index.isValid()) {
        return Qt::NoItemFlags;
    }
    Qt::ItemFlags flags = Qt::ItemIsSelectable | Qt::ItemIsEnabled;
    if (index.column() == KeptColumn && m_document.isPrunable(index.row())
        && !m_document.plan().layers[idx(index.row())].locked) {
        flags |= Qt::ItemIsEditable;
    }
    return flags;
}

} // namespace rankscope
