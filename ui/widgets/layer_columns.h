// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <array>
#include <functional>

class QMenu;
class QTableView;
class QToolButton;

namespace rankscope {

class LayerTableModel;
class Settings;

/// Which columns of the layers table are shown and how wide they are. A column is shown, hidden, or left to
/// us: then it stays as long as there is room, the most useful first, and a button
/// for the panel's title row says which are not shown. Columns that the user asked for stay; the table
/// scrolls when they do not fit. Choices, widths and sorting are remembered.
class LayerColumns : public QObject {
    Q_OBJECT

public:
    LayerColumns(QTableView& table, LayerTableModel& model, Settings& settings, QObject* parent = nullptr);

    /// To be called when the table has another width or other rows.
    void fit();
    [[nodiscard]] QToolButton* button() const { return m_button; }
    [[nodiscard]] int hiddenForRoom() const { return m_hiddenForRoom; }
    void setShown(int column, bool shown);
    [[nodiscard]] int largestKeyDims() const;
    /// Widths and visibility as the room allows, nothing by hand.
    void reset();
    void fillMenu(QMenu& menu);

Q_SIGNALS:
    void fitted();

private:
    enum class Wish { Auto, Shown, Hidden };
    struct Column {
        Wish wish = Wish::Auto;
        int width = 0; ///< set by hand; 0: ours
    };

    void restore();
    void save() const;
    void refreshButton();
    [[nodiscard]] int leastWidth(int column) const;
    [[nodiscard]] int idealWidth(int column) const;
    [[nodiscard]] int titleWidth(int column) const;
    [[nodiscard]] int widestText(int column) const;

    QTableView& m_table;
    LayerTableModel& m_model;
    Settings& m_settings;
    QToolButton* m_button;
    std::array<Column, 16> m_columns {};
    int m_hiddenForRoom = 0;
    bool m_fitting = false;
};

} // namespace rankscope
