// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QTableView;
class QToolButton;

namespace rankscope {

class DialogPort;
class Settings;
class TextScoreModel;
class TextScores;

/// Several texts side by side; takes text files that are dropped on it.
class TextScorePanel : public QWidget {
    Q_OBJECT

public:
    TextScorePanel(TextScores& scores, Settings& settings, DialogPort& dialogs, QWidget* parent = nullptr);

    [[nodiscard]] QTableView* table() const { return m_table; }
    [[nodiscard]] QLabel* verdict() const { return m_verdict; }
    void addText();
    void removeSelected();
    [[nodiscard]] QString tableText() const;
    void copyTable();

Q_SIGNALS:
    void hovered(const QString& text);
    void captionChanged(const QString& caption);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void refresh();
    void fitColumns();

    TextScores& m_scores;
    Settings& m_settings;
    DialogPort& m_dialogs;
    TextScoreModel* m_model;
    QTableView* m_table;
    QLabel* m_verdict;
    QToolButton* m_remove;
};

} // namespace rankscope
