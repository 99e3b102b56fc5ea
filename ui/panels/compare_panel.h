// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QWidget>

class QSortFilterProxyModel;
class QSplitter;
class QStackedLayout;
class QTableView;
class QToolButton;

namespace rankscope {

class CandidateDelegate;
class CandidateHistory;
class CandidateTableModel;
class DialogPort;
class EmptyNote;
class ParetoPlot;
class PlanDocument;
class Settings;
class Workbench;

/// Every candidate tried, as a table and in the plane of state size and loss. Where there is no room for
/// both, one of them.
class ComparePanel : public QWidget {
    Q_OBJECT

public:
    ComparePanel(Workbench& workbench, PlanDocument& document, CandidateHistory& history, Settings& settings,
                 DialogPort& dialogs, QWidget* parent = nullptr);
    ~ComparePanel() override;

    [[nodiscard]] QTableView* table() const { return m_table; }
    [[nodiscard]] ParetoPlot* plot() const { return m_plot; }

    /// Of the selected row; -1 for none.
    [[nodiscard]] int selectedId() const;
    /// On the selected row.
    void reloadSelected();
    void pinSelected();
    void renameSelected();
    void deleteSelected();
    void copyTable();
    [[nodiscard]] QString csv() const;
    void exportTable();
    /// Candidate under the pointer in another view; -1 for none.
    void setHoverMark(int id);
    /// The plot instead of the table, where there is room for one only.
    void showPlot(bool shown);
    [[nodiscard]] bool showsPlot() const;
    /// There is room for table and plot.
    [[nodiscard]] bool showsBoth() const { return m_showsBoth; }

Q_SIGNALS:
    void hovered(const QString& text);
    void problem(const QString& sentence);
    void captionChanged(const QString& caption);
    /// Of the row or point under the pointer; -1 for none.
    void candidateHovered(int id);
    /// Another row is selected, or what can be done with it has changed.
    void selectionChanged();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void refresh();
    void refreshPlot();
    void refreshButtons();
    /// Order and table or plot, as they were left.
    void restoreChoices();
    void arrange();
    void fitColumns();
    /// Where both are shown above each other the table takes what its rows need, and no more than leaves the
    /// plot its share; beside each other both take half. Not once somebody has moved the line between them.
    void fitSplit();
    /// In the present arrangement; empty: the line was not moved.
    [[nodiscard]] QList<int>& sizesByHand();
    void select(int id);
    void showMenu(const QPoint& at);
    [[nodiscard]] QList<int> rowsAsShown() const;

    Workbench& m_workbench;
    CandidateHistory& m_history;
    Settings& m_settings;
    DialogPort& m_dialogs;
    CandidateTableModel* m_model;
    QSortFilterProxyModel* m_proxy;
    EmptyNote* m_empty;
    QWidget* m_content;
    QStackedLayout* m_stack;
    QSplitter* m_splitter;
    QTableView* m_table;
    CandidateDelegate* m_delegate;
    ParetoPlot* m_plot;
    QToolButton* m_reload;
    QToolButton* m_pin;
    QToolButton* m_delete;
    QToolButton* m_view;
    bool m_showsBoth = false;
    QList<int> m_widthsByHand;
    QList<int> m_heightsByHand;
    bool m_plotStale = true; ///< the plot was hidden when something changed
};

} // namespace rankscope
