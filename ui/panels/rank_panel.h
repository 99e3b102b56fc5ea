// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QComboBox;
class QLabel;
class QSpinBox;
class QStackedLayout;
class QTimer;
class QToolButton;

namespace rankscope {

class DialogPort;
class EmptyNote;
class LayerSelection;
class RankPlot;
class Settings;
class TokenRanks;
class TokenRibbon;

/// Rank of each head at every token of one window, with the text; scrubbed by mouse, keys or playing.
class RankPanel : public QWidget {
    Q_OBJECT

public:
    RankPanel(TokenRanks& ranks, LayerSelection& selection, Settings& settings, DialogPort& dialogs,
              QWidget* parent = nullptr);

    void togglePlay();
    void stepToken(int by);
    [[nodiscard]] bool isPlaying() const;
    [[nodiscard]] RankPlot* plot() const { return m_plot; }
    [[nodiscard]] QComboBox* measureBox() const { return m_measure; }
    [[nodiscard]] QComboBox* formBox() const { return m_form; }
    [[nodiscard]] QComboBox* modelBox() const { return m_model; }
    [[nodiscard]] QSpinBox* windowBox() const { return m_window; }
    [[nodiscard]] EmptyNote* emptyNote() const { return m_empty; }

Q_SIGNALS:
    void hovered(const QString& text);
    void problem(const QString& sentence);
    void captionChanged(const QString& caption);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void buildControls();
    void refresh();
    void refreshSelection();
    void refreshRibbon();
    void refreshHover();
    void pickToken(int token);
    void setHover(int token, int head);

    TokenRanks& m_ranks;
    LayerSelection& m_selection;
    Settings& m_settings;
    EmptyNote* m_empty;
    QWidget* m_content;
    QStackedLayout* m_stack;
    RankPlot* m_plot;
    TokenRibbon* m_ribbon;
    QComboBox* m_measure;
    QComboBox* m_form;
    QComboBox* m_model;
    QSpinBox* m_window;
    QToolButton* m_play;
    QLabel* m_readout;
    QTimer* m_playTimer;
};

} // namespace rankscope
