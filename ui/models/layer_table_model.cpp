// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/layer_table_model.h"

#include "core/base/narrow.h"
#include "ui/document/layer_probes.h"
#include "ui/document/plan_document.h"
#include "ui/document/size_snap.h"
#include "ui/format/numbers.h"

#include <algorithm>
#include <cmath>

namespace rankscope {

using namespace Qt::StringLiterals;

LayerTableModel::LayerTableModel(PlanDocument& document, QObject* parent)
    : QAbstractTableModel(parent)
    , m_document(document)
    , m_rows(document.spec().layerCount())
{
    connect(&m_document, &PlanDocument::planChanged, this, &LayerTableModel::onPlanChanged);
    // Another model with as many layers: no row stays what it was.
    connect(&m_document, &PlanDocument::opened, this, [this] {
        if (m_rows > 0) {
            Q_EMIT dataChanged(index(0, 0), index(m_rows - 1, ColumnCount - 1));
        }
    });
}

void LayerTableModel::setSpectra(std::shared_ptr<const SpectraSummary> spectra, Trust trust)
{
    m_spectra = std::move(spectra);
    m_spectraTrust = trust;
    if (m_rows > 0) {
        Q_EMIT dataChanged(index(0, SpectrumColumn), index(m_rows - 1, UtilisationColumn));
    }
}

void LayerTableModel::setSnap(const SizeSnap* snap)
{
    m_snap = snap;
    if (snap != nullptr) {
        connect(snap, &SizeSnap::ruleChanged, this, &LayerTableModel::refresh);
    }
    refresh();
}

int LayerTableModel::proposal(const LayerPlan& plan) const
{
    const double ratio = m_document.plan().requestedRatio;
    return m_snap != nullptr ? m_snap->proposal(ratio, plan.keyDims)
                             : keptKeyDimsForRatio(plan.keyDims, ratio);
}

void LayerTableModel::setProbes(const LayerProbes* probes)
{
    m_probes = probes;
    if (probes != nullptr) {
        connect(probes, &LayerProbes::changed, this, &LayerTableModel::refresh);
    }
    refresh();
}

void LayerTableModel::setRankMeasure(RankMeasure measure)
{
    if (measure != m_measure) {
        m_measure = measure;
        Q_EMIT headerDataChanged(Qt::Horizontal, RankColumn, RankColumn);
        if (m_rows > 0) {
            Q_EMIT dataChanged(index(0, RankColumn), index(m_rows - 1, RankColumn));
        }
    }
}

void LayerTableModel::onPlanChanged()
{
    if (m_document.spec().layerCount() != m_rows) {
        beginResetModel();
        m_rows = m_document.spec().layerCount();
        m_shown.clear();
        for (int layer = 0; layer < m_rows; ++layer) {
            m_shown.push_back(shown(layer));
        }
        endResetModel();
    } else {
        refresh();
    }
}

int LayerTableModel::editedHeads(int layer) const
{
    return static_cast<int>(std::ranges::count_if(m_document.plan().layers[idx(layer)].headEdits,
                                                  [](const HeadEdit& edit) { return !edit.empty(); }));
}

Trust LayerTableModel::trust(int layer, int column) const
{
    if (column >= SpectrumColumn && column <= UtilisationColumn) {
        return summary(layer) != nullptr ? m_spectraTrust : Trust::Missing;
    }
    if (m_probes == nullptr || (column != DeltaColumn && column != SensitivityColumn)) {
        return Trust::Final;
    }
    return column == DeltaColumn ? m_probes->of(layer).aloneTrust : m_probes->of(layer).curveTrust;
}

LayerTableModel::Shown LayerTableModel::shown(int layer) const
{
    const LayerPlan& plan = m_document.plan().layers[idx(layer)];
    Shown now;
    now.kept = plan.keptKeyDims;
    now.proposal = proposal(plan);
    now.heads = editedHeads(layer);
    now.locked = plan.locked;
    now.alone = display(layer, DeltaColumn).toString();
    now.aloneTrust = static_cast<int>(trust(layer, DeltaColumn));
    now.tone = tone(layer);
    now.sensitivity = display(layer, SensitivityColumn).toString();
    now.curve = curve(layer);
    now.curveTrust = static_cast<int>(trust(layer, SensitivityColumn));
    return now;
}

void LayerTableModel::refresh()
{
    if (m_document.spec().layerCount() != m_rows) {
        return; // between two models
    }
    m_shown.resize(idx(m_rows));
    std::vector<bool> sizes(idx(m_rows));
    std::vector<bool> plans(idx(m_rows));
    std::vector<bool> locks(idx(m_rows));
    std::vector<bool> deltas(idx(m_rows));
    std::vector<bool> curves(idx(m_rows));
    for (int layer = 0; layer < m_rows; ++layer) {
        Shown now = shown(layer);
        const Shown& before = m_shown[idx(layer)];
        const bool resized = now.kept != before.kept;
        sizes[idx(layer)] = resized;
        locks[idx(layer)] = now.locked != before.locked;
        plans[idx(layer)]
            = resized || locks[idx(layer)] || now.proposal != before.proposal || now.heads != before.heads;
        deltas[idx(layer)]
            = now.alone != before.alone || now.aloneTrust != before.aloneTrust || now.tone != before.tone;
        curves[idx(layer)] = resized || now.curve != before.curve || now.curveTrust != before.curveTrust
            || now.sensitivity != before.sensitivity;
        m_shown[idx(layer)] = std::move(now);
    }
    announce(LockColumn, locks);
    announce(KeptColumn, plans);
    announce(StateColumn, sizes);
    announce(DeltaColumn, deltas);
    announce(SensitivityColumn, curves);
}

void LayerTableModel::announce(int column, const std::vector<bool>& rows)
{
    for (auto first = std::find(rows.begin(), rows.end(), true); first != rows.end();) {
        const auto end = std::find(first, rows.end(), false);
        Q_EMIT dataChanged(index(static_cast<int>(first - rows.begin()), column),
                           index(static_cast<int>(end - rows.begin()) - 1, column));
        first = std::find(end, rows.end(), true);
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

const RankRange& LayerTableModel::measured(const LayerSummary& layer) const
{
    switch (m_measure) {
    case RankMeasure::Stable:
        return layer.stable;
    case RankMeasure::Threshold:
        return layer.threshold;
    case RankMeasure::Entropy:
        break;
    }
    return layer.entropy;
}

double LayerTableModel::utilisation(const LayerSummary& layer) const
{
    return layer.stable.median / std::max(1, layer.rank);
}

QVariant LayerTableModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid) || index.row() >= m_document.spec().layerCount()) {
        return {};
    }
    const int layer = index.row();
    const int column = index.column();
    const LayerPlan& plan = m_document.plan().layers[idx(layer)];
    switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
        return display(layer, column);
    case Qt::EditRole:
        return column == KeptColumn ? QVariant(plan.keptKeyDims) : QVariant();
    case Qt::ToolTipRole:
        return toolTip(layer, column);
    case Qt::TextAlignmentRole:
        return column == KindColumn || column == IndexColumn
            ? QVariant::fromValue(Qt::AlignLeft | Qt::AlignVCenter)
            : QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    case KeyDimsRole:
        return plan.keyDims;
    case KeptRole:
        return plan.keptKeyDims;
    case ProposalRole:
        return proposal(plan);
    case LockedRole:
        return plan.locked;
    case HeadsRole:
        return editedHeads(layer);
    case IconRole:
        return plan.keyDims > 0 ? u"recurrent"_s : u"softmax"_s;
    case SparklineRole:
        if (const LayerSummary* found = summary(layer)) {
            return QVariant::fromValue(QList<float>(found->sparkline.begin(), found->sparkline.end()));
        }
        return {};
    case CurveRole:
        return QVariant::fromValue(curve(layer));
    case TrustRole:
        return static_cast<int>(trust(layer, column));
    case ToneRole:
        return column == DeltaColumn ? tone(layer) : 0;
    case ExactRole:
        return exact(layer, column);
    case SortRole:
        return sortValue(layer, column);
    default:
        return {};
    }
}

QVariant LayerTableModel::display(int layer, int column) const
{
    const LayerSpec& spec = m_document.spec().layers[idx(layer)];
    const LayerPlan& plan = m_document.plan().layers[idx(layer)];
    const QString nothing = spec.prunable() ? QString() : u"–"_s;
    const LayerSummary* found = summary(layer);
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
        if (!spec.prunable()) {
            return u"–"_s;
        }
        return u"%1→%2"_s.arg(formatKib(spec.stateBytes()), formatKib(spec.stateBytes(plan.keptKeyDims)));
    case RankColumn:
        return found != nullptr ? formatRank(measured(*found).median) : nothing;
    case UtilisationColumn:
        return found != nullptr ? tr("%1 %").arg(std::lround(100.0 * utilisation(*found))) : nothing;
    case DeltaColumn:
        if (m_probes != nullptr && m_probes->of(layer).alone) {
            return formatSigned(m_probes->of(layer).alone->delta.meanNll, 3);
        }
        return plan.keptKeyDims == plan.keyDims ? u"–"_s : QString();
    case SensitivityColumn:
        if (m_probes != nullptr && !m_probes->of(layer).curve.empty()) {
            const LayerProbe& half
                = *std::ranges::min_element(m_probes->of(layer).curve, {}, [&](const LayerProbe& probe) {
                      return std::abs(2 * probe.keptKeyDims - plan.keyDims);
                  });
            return tr("%1 at %2").arg(formatSigned(half.delta.meanNll, 3)).arg(half.keptKeyDims);
        }
        return nothing;
    default:
        return QString();
    }
}

QString LayerTableModel::exact(int layer, int column) const
{
    const LayerSpec& spec = m_document.spec().layers[idx(layer)];
    const LayerPlan& plan = m_document.plan().layers[idx(layer)];
    const LayerSummary* found = summary(layer);
    switch (column) {
    case LockColumn:
        return plan.locked ? u"locked"_s : QString();
    case KeptColumn:
        return spec.prunable() ? QString::number(plan.keptKeyDims) : QString();
    case StateColumn:
        return spec.prunable() ? QString::number(spec.stateBytes(plan.keptKeyDims)) : QString();
    case SpectrumColumn:
        if (found != nullptr) {
            QStringList values;
            for (const float value : found->sparkline) {
                values << QString::number(std::pow(10.0, static_cast<double>(value)), 'g', 6);
            }
            return values.join(u' ');
        }
        return {};
    case RankColumn:
        return found != nullptr ? QString::number(measured(*found).median, 'g', 9) : QString();
    case UtilisationColumn:
        return found != nullptr ? QString::number(utilisation(*found), 'g', 9) : QString();
    case DeltaColumn:
        return m_probes != nullptr && m_probes->of(layer).alone
            ? QString::number(m_probes->of(layer).alone->delta.meanNll, 'g', 9)
            : QString();
    case SensitivityColumn: {
        QStringList points;
        if (m_probes != nullptr) {
            for (const LayerProbe& probe : m_probes->of(layer).curve) {
                points << u"%1:%2"_s.arg(probe.keptKeyDims).arg(probe.delta.meanNll, 0, 'g', 6);
            }
        }
        return points.join(u' ');
    }
    default:
        return display(layer, column).toString();
    }
}

QList<QPointF> LayerTableModel::curve(int layer) const
{
    if (m_probes == nullptr || m_probes->costs(layer).empty() || m_probes->largestCost() <= 0.0) {
        return {};
    }
    const int keyDims = m_document.plan().layers[idx(layer)].keyDims;
    QList<QPointF> points;
    for (const CostPoint& point : m_probes->costs(layer)) {
        points << QPointF(static_cast<double>(point.keptKeyDims) / keyDims,
                          std::max(0.0, point.cost) / m_probes->largestCost());
    }
    return points;
}

int LayerTableModel::tone(int layer) const
{
    if (m_probes == nullptr || !m_probes->of(layer).alone) {
        return 0;
    }
    const PairedDelta& delta = m_probes->of(layer).alone->delta;
    return !delta.significant() ? 0 : delta.meanNll > 0.0 ? 1 : -1;
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
    case RankColumn:
        return found != nullptr ? measured(*found).median : 0.0;
    case UtilisationColumn:
        return found != nullptr ? utilisation(*found) : 0.0;
    case DeltaColumn:
        return m_probes != nullptr && m_probes->of(layer).alone ? m_probes->of(layer).alone->delta.meanNll
                                                                : -1e9;
    case SensitivityColumn:
        return m_probes != nullptr && !m_probes->costs(layer).empty()
            ? costAt(m_probes->costs(layer), plan.keyDims / 2)
            : -1e9;
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
