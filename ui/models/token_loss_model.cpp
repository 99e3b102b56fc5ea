// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/token_loss_model.h"

#include "core/base/narrow.h"
#include "core/text/tokenizer.h"
#include "ui/format/numbers.h"
#include "ui/format/token_label.h"

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kTokensBefore = 24;
constexpr int kTokensAfter = 14;

/// Running text on one line: spaces stay, what would break the line is made visible.
QString onOneLine(QString text)
{
    return text.replace(u'\n', u'↵').replace(u'\r', u'↵').replace(u'\t', u'⇥');
}

} // namespace

TokenLossModel::TokenLossModel(QObject* parent)
    : QAbstractListModel(parent)
{
}

void TokenLossModel::show(std::shared_ptr<const TokenComparison> comparison,
                          std::shared_ptr<const TokenWindows> windows,
                          std::shared_ptr<const Tokenizer> tokenizer, TokenOrder order, int count)
{
    beginResetModel();
    m_comparison = std::move(comparison);
    m_windows = std::move(windows);
    m_tokenizer = std::move(tokenizer);
    m_predictions.clear();
    if (m_comparison != nullptr && m_windows != nullptr && m_tokenizer != nullptr) {
        m_predictions = extremePredictions(*m_comparison, order, count);
    }
    endResetModel();
}

int TokenLossModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_predictions.size());
}

TokenLossModel::Place TokenLossModel::placeOf(std::int64_t prediction) const
{
    const std::int64_t perWindow = m_comparison->length - 1;
    return { static_cast<int>(prediction / perWindow), static_cast<int>(prediction % perWindow) + 1 };
}

QString TokenLossModel::text(Place place, int first, int last) const
{
    const std::span<const std::int64_t> window = m_windows->window(place.window);
    first = std::clamp(first, 0, m_windows->length);
    last = std::clamp(last, first, m_windows->length);
    return QString::fromStdString(m_tokenizer->decode(window.subspan(idx(first), idx(last - first)), false));
}

QVariant TokenLossModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const std::int64_t prediction = m_predictions[idx(index.row())];
    const Place place = placeOf(prediction);
    const auto value
        = [&](const std::vector<float>& values) { return static_cast<double>(values[idx(prediction)]); };
    const TokenComparison& comparison = *m_comparison;
    switch (role) {
    case BeforeTextRole:
        return onOneLine(text(place, place.token - kTokensBefore, place.token));
    case TokenTextRole:
        return tokenLabel(*m_tokenizer, m_windows->window(place.window)[idx(place.token)]);
    case AfterTextRole:
        return onOneLine(text(place, place.token + 1, place.token + 1 + kTokensAfter));
    case WindowRole:
        return place.window;
    case TokenRole:
        return place.token;
    case BaselineRole:
        return value(comparison.baselineNll);
    case CandidateRole:
        return value(comparison.candidateNll);
    case DeltaRole:
        return comparison.delta(prediction);
    case DivergenceRole:
        return value(comparison.kl);
    case SameTopRole:
        return comparison.sameTop[idx(prediction)] != 0;
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
        return tr("%1, loss %2 to %3 nats")
            .arg(tokenLabel(*m_tokenizer, m_windows->window(place.window)[idx(place.token)]),
                 QString::number(value(comparison.baselineNll), 'f', 2),
                 QString::number(value(comparison.candidateNll), 'f', 2));
    case Qt::ToolTipRole:
        return tr("window %1, token %2\nloss of this token: %3 nats dense, %4 pruned (%5)\n"
                  "KL(dense ‖ pruned) of its prediction: %6 nats\nfirst choice %7")
            .arg(place.window + 1)
            .arg(place.token)
            .arg(QString::number(value(comparison.baselineNll), 'f', 3),
                 QString::number(value(comparison.candidateNll), 'f', 3),
                 formatSigned(comparison.delta(prediction), 3), QString::number(value(comparison.kl), 'f', 4),
                 comparison.sameTop[idx(prediction)] != 0 ? tr("the same") : tr("another one"));
    default:
        return {};
    }
}

QString TokenLossModel::table() const
{
    QString out = u"window\ttoken\tbefore\ttext\tafter\tbaseline_nll\tcandidate_nll\tdelta\tkl\tsame_top\n"_s;
    for (int row = 0; row < rowCount(); ++row) {
        const QModelIndex at = index(row);
        const auto number = [&](int role) { return QString::number(at.data(role).toDouble(), 'g', 7); };
        out += QStringList { QString::number(at.data(WindowRole).toInt() + 1),
                             at.data(TokenRole).toString(),
                             at.data(BeforeTextRole).toString(),
                             at.data(TokenTextRole).toString(),
                             at.data(AfterTextRole).toString(),
                             number(BaselineRole),
                             number(CandidateRole),
                             number(DeltaRole),
                             number(DivergenceRole),
                             at.data(SameTopRole).toBool() ? u"1"_s : u"0"_s }
                   .join(u'\t')
            + u'\n';
    }
    return out;
}

} // namespace rankscope
