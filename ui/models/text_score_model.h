// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>

namespace rankscope {

class TextScores;
struct TextScore;

/// One row per text: perplexity before and after, paired difference, what it rests on.
class TextScoreModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column {
        NameColumn,
        BeforeColumn,
        AfterColumn,
        DeltaColumn,
        IntervalColumn,
        TokensColumn,
        ColumnCount
    };

    explicit TextScoreModel(TextScores& scores, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    /// All rows with a header line, tab separated, in full precision.
    [[nodiscard]] QString table() const;

private:
    [[nodiscard]] static QString display(const TextScore& text, int column);
    [[nodiscard]] static QString toolTip(const TextScore& text);

    TextScores& m_scores;
};

} // namespace rankscope
