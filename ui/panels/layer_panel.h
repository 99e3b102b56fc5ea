// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QLineEdit;
class QTableView;

namespace rankscope {

class DialogPort;
class LayerColumns;
class LayerDelegate;
class LayerFilter;
class LayerSelection;
class LayerTableModel;
class PlanDocument;
class RatioEditor;
class Settings;
class SizeSnap;

/// The layers table with a filter above and the editor of the selected layers below it.
class LayerPanel : public QWidget {
    Q_OBJECT

public:
    LayerPanel(PlanDocument& document, LayerTableModel& model, LayerSelection& selection, SizeSnap& snap,
               Settings& settings, DialogPort& dialogs, QWidget* parent = nullptr);

    [[nodiscard]] QTableView* table() const { return m_table; }
    [[nodiscard]] RatioEditor* editor() const { return m_editor; }
    [[nodiscard]] QLineEdit* filterField() const { return m_filterField; }
    [[nodiscard]] LayerColumns* columns() const { return m_columns; }

    /// Shows the filter field and puts the cursor there.
    void openFilter();
    /// The shown columns of the selected rows (of all shown rows when fewer than two are selected), with a
    /// header line, as tab-separated text.
    [[nodiscard]] QString tableText() const;
    void copyTable() const;
    /// All columns of all layers, exact numbers.
    [[nodiscard]] QString csv() const;
    void exportCsv();
    /// The selected layers back to what the plan's ratio asks for.
    void resetSelected();

Q_SIGNALS:
    void hovered(const QString& text);
    void problem(const QString& sentence);
    void captionChanged(const QString& caption);

private:
    void onTableSelection();
    void onSelectionChanged();
    void refreshEditor();
    void refreshCaption();
    void refreshHover();
    void onHover(const QPoint& at);
    void setKeptOf(int layer, int kept, quint64 gesture);
    void showMenu(const QPoint& at);
    bool eventFilter(QObject* watched, QEvent* event) override;

    PlanDocument& m_document;
    LayerTableModel& m_model;
    LayerSelection& m_selection;
    SizeSnap& m_snap;
    Settings& m_settings;
    DialogPort& m_dialogs;
    LayerFilter* m_proxy;
    QLineEdit* m_filterField;
    QTableView* m_table;
    LayerDelegate* m_delegate;
    LayerColumns* m_columns;
    QLabel* m_label;
    RatioEditor* m_editor;
    bool m_updating = false;
};

} // namespace rankscope
