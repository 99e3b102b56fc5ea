// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/text_score_model.h"

#include "core/base/narrow.h"
#include "ui/actions/definitions.h"
#include "ui/document/text_scores.h"
#include "ui/format/numbers.h"
#include "ui/models/row_roles.h"

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Of what the column shows.
Trust trustOf(const TextScore& text, int column)
{
    switch (column) {
    case TextScoreModel::BeforeColumn:
    case TextScoreModel::TokensColumn:
        return text.baselineTrust;
    case TextScoreModel::AfterColumn:
    case TextScoreModel::DeltaColumn:
    case TextScoreModel::IntervalColumn:
        return text.trust;
    default:
        return Trust::Final;
    }
}

} // namespace

TextScoreModel::TextScoreModel(TextScores& scores, QObject* parent)
    : QAbstractTableModel(parent)
    , m_scores(scores)
{
    connect(&m_scores, &TextScores::aboutToAdd, this, [this](int row) { beginInsertRows({}, row, row); });
    connect(&m_scores, &TextScores::added, this, [this] { endInsertRows(); });
    connect(&m_scores, &TextScores::aboutToRemove, this, [this](int row) { beginRemoveRows({}, row, row); });
    connect(&m_scores, &TextScores::removed, this, [this] { endRemoveRows(); });
    connect(&m_scores, &TextScores::textChanged, this,
            [this](int row) { Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1)); });
}

int TextScoreModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_scores.texts().size());
}

int TextScoreModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant TextScoreModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const TextScore& text = m_scores.texts()[idx(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return display(text, index.column());
    case Qt::ToolTipRole:
        return toolTip(text);
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(static_cast<int>(
            (index.column() == NameColumn ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter));
    case StrongRole:
        return index.row() == 0 && index.column() == NameColumn;
    case MutedRole:
        return !text.failure.isEmpty() || index.column() == IntervalColumn
            || trustOf(text, index.column()) != Trust::Final;
    case ToneRole:
        return index.column() != DeltaColumn || !text.delta || !text.delta->significant() ? 0
            : text.delta->meanNll > 0.0                                                   ? 1
                                                                                          : -1;
    default:
        return {};
    }
}

QString TextScoreModel::display(const TextScore& text, int column)
{
    const auto mark = [](Trust trust) { return trust == Trust::Stale ? u"↻ "_s : QString(); };
    switch (column) {
    case NameColumn:
        return text.failure.isEmpty() ? text.name : u"⚠ "_s + text.name;
    case BeforeColumn:
        return text.baseline != nullptr
            ? mark(text.baselineTrust) + formatPerplexity(text.baseline->perplexity())
            : u"–"_s;
    case AfterColumn:
        return text.candidate != nullptr && text.trust != Trust::Missing
            ? mark(text.trust) + formatPerplexity(text.candidate->perplexity())
            : u"–"_s;
    case DeltaColumn:
        return text.delta && text.trust != Trust::Missing ? formatSigned(text.delta->meanNll, 3) : u"–"_s;
    case IntervalColumn:
        return text.delta && text.trust != Trust::Missing
            ? u"%1 … %2"_s.arg(formatSigned(text.delta->low, 3), formatSigned(text.delta->high, 3))
            : QString();
    case TokensColumn:
        return text.baseline != nullptr ? formatCount(text.baseline->tokens()) : u"–"_s;
    default:
        return {};
    }
}

QString TextScoreModel::toolTip(const TextScore& text)
{
    QString tip = text.path;
    if (!text.failure.isEmpty()) {
        return tip + u'\n' + text.failure;
    }
    if (text.windows != nullptr) {
        tip += u'\n'
            + tr("%1 windows of %2 tokens%3")
                  .arg(text.windows->count)
                  .arg(text.windows->length)
                  .arg(text.windows->wholeText ? tr(", the whole text") : QString());
    }
    if (text.delta && text.trust != Trust::Missing) {
        tip += u'\n'
            + tr("Δ %1 nats [%2, %3], paired over %4 windows")
                  .arg(formatSigned(text.delta->meanNll, 4), formatSigned(text.delta->low, 4),
                       formatSigned(text.delta->high, 4))
                  .arg(text.delta->windows);
    }
    return text.baselineTrust == Trust::Stale ? tip + u'\n' + tr("Of an earlier model or other windows.")
        : text.trust == Trust::Stale          ? tip + u'\n' + tr("Δ from an earlier plan.")
                                              : tip;
}

QVariant TextScoreModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return QVariant::fromValue(
            static_cast<int>((section == NameColumn ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter));
    }
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case NameColumn:
            return definitionTip({ u"texts"_s });
        case BeforeColumn:
            return definitionTip({ u"perplexity"_s }, tr("Of the dense model."));
        case AfterColumn:
            return definitionTip({ u"perplexity"_s }, tr("Of the plan, masked."));
        case DeltaColumn:
            return definitionTip({ u"deltaNll"_s }, tr("Here always against the dense model."));
        case IntervalColumn:
            return definitionTip({ u"interval"_s });
        case TokensColumn:
            return tr("Predicted tokens that the numbers rest on");
        default:
            return {};
        }
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    const QString names[]
        = { tr("Text"), tr("Dense"), tr("Pruned"), tr("Δ NLL"), tr("95 % interval"), tr("Tokens") };
    return section >= 0 && section < ColumnCount ? names[section] : QVariant();
}

QString TextScoreModel::table() const
{
    QString out = u"text\tperplexity_dense\tperplexity_pruned\tdelta_nll\tlow\thigh\ttokens\tstate\n"_s;
    for (const TextScore& text : m_scores.texts()) {
        const auto number
            = [](bool there, double value) { return there ? QString::number(value, 'g', 12) : QString(); };
        const bool planned = text.trust != Trust::Missing;
        const bool paired = planned && text.delta;
        const PairedDelta delta = text.delta.value_or(PairedDelta {});
        const Trust trust = planned ? text.trust : text.baselineTrust;
        const QString state = !text.failure.isEmpty() ? u"failed"_s
            : trust == Trust::Final                   ? u"final"_s
            : trust == Trust::Partial                 ? u"partial"_s
            : trust == Trust::Stale                   ? u"stale"_s
                                                      : u"missing"_s;
        const auto perplexity = [&](const std::shared_ptr<const PerplexityEstimate>& estimate) {
            return number(estimate != nullptr, estimate != nullptr ? estimate->perplexity() : 0.0);
        };
        out += QStringList { text.name,
                             perplexity(text.baseline),
                             planned ? perplexity(text.candidate) : QString(),
                             number(paired, delta.meanNll),
                             number(paired, delta.low),
                             number(paired, delta.high),
                             text.baseline != nullptr ? QString::number(text.baseline->tokens()) : QString(),
                             state }
                   .join(u'\t')
            + u'\n';
    }
    return out;
}

} // namespace rankscope
