// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/token_comparison.h"
#include "core/text/token_windows.h"

#include <QAbstractListModel>

#include <memory>
#include <vector>

namespace rankscope {

class Tokenizer;

/// The predictions that changed most, each with the text around it.
class TokenLossModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role {
        BeforeTextRole = Qt::UserRole + 1, ///< text that leads up to the token
        TokenTextRole,
        AfterTextRole,
        WindowRole, ///< int
        TokenRole, ///< int, index of the predicted token within its window
        BaselineRole, ///< double, nats
        CandidateRole,
        DeltaRole,
        DivergenceRole,
        SameTopRole, ///< bool: the first choice stayed the same
    };

    explicit TokenLossModel(QObject* parent = nullptr);

    /// All three null, or all there. Shows the `count` first in `order`.
    void show(std::shared_ptr<const TokenComparison> comparison, std::shared_ptr<const TokenWindows> windows,
              std::shared_ptr<const Tokenizer> tokenizer, TokenOrder order, int count);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    /// Tab separated with a header line.
    [[nodiscard]] QString table() const;

private:
    struct Place {
        int window = 0;
        int token = 0;
    };
    [[nodiscard]] Place placeOf(std::int64_t prediction) const;
    [[nodiscard]] QString text(Place place, int first, int last) const;

    std::shared_ptr<const TokenComparison> m_comparison;
    std::shared_ptr<const TokenWindows> m_windows;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    std::vector<std::int64_t> m_predictions;
};

} // namespace rankscope
