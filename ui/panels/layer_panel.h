// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QSortFilterProxyModel;
class QTableView;

namespace rankscope {

class LayerDelegate;
class LayerSelection;
class LayerTableModel;
class PlanDocument;
class RatioEditor;

/// The layers table with the editor of the selected layers below it.
class LayerPanel : public QWidget {
    Q_OBJECT

public:
    LayerPanel(PlanDocument& document, LayerTableModel& model, LayerSelection& selection,
               QWidget* parent = nullptr);

    [[nodiscard]] QTableView* table() const { return m_table; }
    [[nodiscard]] RatioEditor* editor() const { return m_editor; }

private:
    void onTableSelection();
    void onSelectionChanged();
    void refreshEditor();
    void fitColumns();
    bool eventFilter(QObject* watched, QEvent* event) override;

    PlanDocument& m_document;
    LayerSelection& m_selection;
    QSortFilterProxyModel* m_proxy;
    QTableView* m_table;
    LayerDelegate* m_delegate;
    QLabel* m_label;
    RatioEditor* m_editor;
    bool m_updating = false;
};

} // namespace rankscope
