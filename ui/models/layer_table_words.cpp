// SPDX-License-Identifier: GPL-3.0-or-later
// The words of the layers table: headers and tooltips.
#include "core/base/narrow.h"
#include "ui/actions/definitions.h"
#include "ui/document/layer_probes.h"
#include "ui/document/plan_document.h"
#include "ui/document/size_snap.h"
#include "ui/format/numbers.h"
#include "ui/format/rank_measure.h"
#include "ui/models/layer_table_model.h"

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

QString rangeText(const RankRange& values)
{
    return u"%1 … %2"_s.arg(formatRank(values.low), formatRank(values.high));
}

} // namespace

QString LayerTableModel::measureLabel(RankMeasure measure)
{
    switch (measure) {
    case RankMeasure::Stable:
        return tr("Stable rank");
    case RankMeasure::Threshold:
        return tr("Threshold rank");
    case RankMeasure::Entropy:
        break;
    }
    return tr("Entropy rank");
}

QString LayerTableModel::columnKey(int column)
{
    static constexpr const char16_t* kKeys[]
        = { u"index",    u"lock", u"kind",        u"heads", u"kept",       u"state",
            u"spectrum", u"rank", u"utilisation", u"delta", u"sensitivity" };
    return QString::fromUtf16(kKeys[column]);
}

QString LayerTableModel::columnTitle(int column) const
{
    switch (column) {
    case IndexColumn:
        return tr("Layer");
    case LockColumn:
        return tr("Lock");
    case KindColumn:
        return tr("Kind");
    case HeadsColumn:
        return tr("Heads");
    case KeptColumn:
        return tr("Kept key dims");
    case StateColumn:
        return tr("State bytes");
    case SpectrumColumn:
        return tr("Spectrum");
    case RankColumn:
        return measureLabel(m_measure);
    case UtilisationColumn:
        return tr("Utilisation");
    case DeltaColumn:
        return tr("Δ alone (nats per token)");
    case SensitivityColumn:
        return tr("Sensitivity");
    default:
        return {};
    }
}

QVariant LayerTableModel::toolTip(int layer, int column) const
{
    const LayerSpec& spec = m_document.spec().layers[idx(layer)];
    const LayerPlan& plan = m_document.plan().layers[idx(layer)];
    if (!spec.prunable()) {
        return tr("Layer %1 is softmax attention: it has a cache of keys and values, not a recurrent state, "
                  "so there is nothing to prune.")
            .arg(layer);
    }
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
        return keptToolTip(layer);
    case StateColumn:
        return tr("fp32 state of one sequence: %1 (%2 bytes) of %3 (%4 bytes)")
            .arg(formatBytes(spec.stateBytes(plan.keptKeyDims)),
                 formatCount(spec.stateBytes(plan.keptKeyDims)), formatBytes(spec.stateBytes()),
                 formatCount(spec.stateBytes()));
    case SpectrumColumn:
        return QString(
            tr("Mean singular values over heads after the last analysed token, log scale, four decades")
            + staleSpectra());
    case RankColumn:
    case UtilisationColumn:
        return QString(rankToolTip(layer, column) + staleSpectra());
    case DeltaColumn:
    case SensitivityColumn:
        return probeToolTip(layer, column);
    default:
        return {};
    }
}

QString LayerTableModel::staleSpectra() const
{
    return m_spectra != nullptr && m_spectraTrust == Trust::Stale
        ? u'\n' + tr("Of an earlier text or device.")
        : QString();
}

QString LayerTableModel::keptToolTip(int layer) const
{
    const LayerSpec& spec = m_document.spec().layers[idx(layer)];
    const LayerPlan& plan = m_document.plan().layers[idx(layer)];
    const int proposed = proposal(plan);
    QString text = tr("Keeps %1 of %2 key dims in every head (ratio %3 removed).")
                       .arg(plan.keptKeyDims)
                       .arg(plan.keyDims)
                       .arg(formatRatio(1.0 - static_cast<double>(plan.keptKeyDims) / plan.keyDims));
    if (proposed != plan.keptKeyDims) {
        text += u'\n' + tr("The plan's ratio asks for %1 (tick on the bar).").arg(proposed);
    }
    if (const int edited = editedHeads(layer); edited > 0) {
        text += u'\n' + tr("Heads that depart from it by hand (dot): %1.").arg(edited);
    }
    return text + u'\n' + sizeReason(plan.keptKeyDims, spec) + u'\n'
        + tr("Drag the bar, or double-click to type.");
}

QString LayerTableModel::rankToolTip(int layer, int column) const
{
    const LayerSummary* found = summary(layer);
    if (found == nullptr) {
        return tr("Not analysed yet");
    }
    if (column == UtilisationColumn) {
        return tr("Stable rank %1 of at most %2, median over %3 heads (smallest … largest %4)")
            .arg(formatRank(found->stable.median))
            .arg(found->rank)
            .arg(found->heads)
            .arg(rangeText(found->stable));
    }
    return tr("Median over %1 heads, smallest … largest:\nentropy rank %2, stable rank %3, values above "
              "10⁻⁴ of the largest %4, of %5")
        .arg(found->heads)
        .arg(rangeText(found->entropy), rangeText(found->stable), rangeText(found->threshold))
        .arg(found->rank);
}

QString LayerTableModel::probeToolTip(int layer, int column) const
{
    if (m_probes == nullptr) {
        return {};
    }
    const LayerProbes::Numbers& numbers = m_probes->of(layer);
    const auto line = [](const LayerProbe& probe) {
        return tr("%1 kept: %2 nats per token, 95 % interval [%3, %4], windows: %5")
            .arg(probe.keptKeyDims)
            .arg(formatSigned(probe.delta.meanNll, 4), formatSigned(probe.delta.low, 4),
                 formatSigned(probe.delta.high, 4))
            .arg(probe.losses.windows());
    };
    const auto basis = [](Trust trust) {
        return trust == Trust::Partial ? u'\n' + tr("A first sample; more windows follow.")
            : trust == Trust::Stale    ? u'\n' + tr("From an earlier plan, text or device.")
                                       : QString();
    };
    if (column == DeltaColumn) {
        if (!numbers.alone) {
            return m_document.plan().layers[idx(layer)].keepsAll()
                ? tr("Layer %1 keeps everything.").arg(layer)
                : m_probes->note();
        }
        return tr("Only layer %1 pruned as planned, all others dense:").arg(layer) + u'\n'
            + line(*numbers.alone) + basis(numbers.aloneTrust);
    }
    if (numbers.curve.empty()) {
        return m_probes->note();
    }
    QString text = tr("Only layer %1 pruned, as the method selects:").arg(layer);
    for (auto probe = numbers.curve.rbegin(); probe != numbers.curve.rend(); ++probe) {
        text += u'\n' + line(*probe);
    }
    return text + basis(numbers.curveTrust);
}

QVariant LayerTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal) {
        return role == Qt::DisplayRole ? QVariant(section) : QVariant();
    }
    if (role == Qt::TextAlignmentRole) {
        const bool left = section == IndexColumn || section == KindColumn || section == KeptColumn
            || section == SpectrumColumn || section == SensitivityColumn;
        return QVariant::fromValue((left ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    }
    if (role == Qt::AccessibleTextRole) {
        return columnTitle(section);
    }
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case LockColumn:
            return tr("Locked layers are left alone by global edits");
        case KindColumn:
            return tr("Kind of the layer: a recurrent state, or softmax attention, which has none");
        case KeptColumn:
            return definitionTip(
                { u"keptDims"_s },
                tr("Key dims per head of the model → kept by the plan. The tick on the bar is "
                   "what the plan's ratio asks for."));
        case StateColumn:
            return definitionTip({ u"stateBytes"_s }, tr("Of this layer, dense → under the plan, KiB."));
        case SpectrumColumn:
            return definitionTip({ u"singularValues"_s },
                                 tr("Here their mean over heads, log scale, four decades."));
        case RankColumn:
            return measureDefinition(
                m_measure,
                tr("After the last analysed token: median over heads. Right-click to choose "
                   "another rank."));
        case UtilisationColumn:
            return definitionTip({ u"utilisation"_s }, tr("Median over heads."));
        case DeltaColumn:
            return definitionTip({ u"deltaAlone"_s, u"interval"_s },
                                 tr("Coloured when the interval excludes zero."));
        case SensitivityColumn:
            return definitionTip({ u"sensitivity"_s }, tr("The dot is the planned size."));
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
    case RankColumn:
        return m_measure == RankMeasure::Entropy ? tr("Entropy")
            : m_measure == RankMeasure::Stable   ? tr("Stable")
                                                 : tr("σ>10⁻⁴");
    case UtilisationColumn:
        return tr("Util.");
    case DeltaColumn:
        return tr("Δ alone");
    case SensitivityColumn:
        return tr("Sensit.");
    default:
        return QString();
    }
}

} // namespace rankscope
