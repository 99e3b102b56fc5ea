// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <memory>

class QComboBox;
class QListView;
class QStackedLayout;

namespace rankscope {

class EmptyNote;
class LayerSelection;
struct TokenComparison;
class Settings;
class TokenDelegate;
class TokenLosses;
class TokenLossModel;
class Workbench;

/// The tokens whose prediction changed most, in context; a click shows the token in the views over tokens.
class TokenLossPanel : public QWidget {
    Q_OBJECT

public:
    TokenLossPanel(Workbench& workbench, TokenLosses& losses, LayerSelection& selection, Settings& settings,
                   QWidget* parent = nullptr);

    [[nodiscard]] QListView* list() const { return m_list; }
    [[nodiscard]] QComboBox* order() const { return m_order; }
    [[nodiscard]] QString tableText() const;
    void copyTable();

Q_SIGNALS:
    void hovered(const QString& text);
    void captionChanged(const QString& caption);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    [[nodiscard]] QString staleCaption() const;
    void refresh();
    void choose();
    void endHover();

    Workbench& m_workbench;
    TokenLosses& m_losses;
    LayerSelection& m_selection;
    TokenLossModel* m_model;
    TokenDelegate* m_delegate;
    EmptyNote* m_empty;
    QWidget* m_content;
    QStackedLayout* m_stack;
    QComboBox* m_order;
    QListView* m_list;
    std::shared_ptr<const TokenComparison> m_shown; ///< that the list shows
    int m_shownOrder = -1;
};

} // namespace rankscope
