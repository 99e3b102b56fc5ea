// SPDX-License-Identifier: GPL-3.0-or-later
// What the layers table gives away, and its context menu.
#include "core/base/narrow.h"
#include "ui/actions/what_is_this.h"
#include "ui/dialogs/dialog_port.h"
#include "ui/dialogs/saved_file.h"
#include "ui/document/plan_document.h"
#include "ui/models/layer_filter.h"
#include "ui/models/layer_selection.h"
#include "ui/models/layer_table_model.h"
#include "ui/panels/layer_panel.h"
#include "ui/settings/settings.h"
#include "ui/widgets/layer_columns.h"

#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QFileInfo>
#include <QHeaderView>
#include <QMenu>
#include <QTableView>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

QString LayerPanel::tableText() const
{
    std::vector<int> columns;
    for (int visual = 0; visual < m_table->horizontalHeader()->count(); ++visual) {
        const int column = m_table->horizontalHeader()->logicalIndex(visual);
        if (!m_table->isColumnHidden(column)) {
            columns.push_back(column);
        }
    }
    const QModelIndexList selected = m_table->selectionModel()->selectedRows();
    std::vector<int> rows;
    for (const QModelIndex& index : selected) {
        rows.push_back(index.row());
    }
    std::ranges::sort(rows);
    if (rows.size() < 2) {
        rows.resize(idx(m_proxy->rowCount()));
        for (std::size_t row = 0; row < rows.size(); ++row) {
            rows[row] = static_cast<int>(row);
        }
    }
    QStringList lines;
    QStringList cells;
    for (const int column : columns) {
        cells << m_model.columnTitle(column);
    }
    lines << cells.join(u'\t');
    for (const int row : rows) {
        cells.clear();
        for (const int column : columns) {
            cells << m_proxy->index(row, column).data(LayerTableModel::ExactRole).toString();
        }
        lines << cells.join(u'\t');
    }
    return lines.join(u'\n') + u'\n';
}

void LayerPanel::copyTable() const
{
    QApplication::clipboard()->setText(tableText());
}

QString LayerPanel::csv() const
{
    const auto quoted = [](QString text) {
        return text.contains(u',') || text.contains(u'"') ? u'"' + text.replace(u'"', u"\"\""_s) + u'"'
                                                          : text;
    };
    QStringList lines;
    QStringList cells;
    for (int column = 0; column < LayerTableModel::ColumnCount; ++column) {
        cells << quoted(m_model.columnTitle(column));
    }
    lines << cells.join(u',');
    for (int layer = 0; layer < m_model.rowCount(); ++layer) {
        cells.clear();
        for (int column = 0; column < LayerTableModel::ColumnCount; ++column) {
            cells << quoted(m_model.index(layer, column).data(LayerTableModel::ExactRole).toString());
        }
        lines << cells.join(u',');
    }
    return lines.join(u'\n') + u'\n';
}

void LayerPanel::exportCsv()
{
    const QString folder = m_settings.get(setting::lastExportFolder);
    const QString path
        = m_dialogs.chooseSaveFile(this, tr("Save the layers table"), QDir(folder).filePath(u"layers.csv"_s),
                                   tr("Comma-separated values (*.csv)"));
    if (path.isEmpty()) {
        return;
    }
    m_settings.set(setting::lastExportFolder, QFileInfo(path).absolutePath());
    if (const QString error = writeTextFile(path, csv()); !error.isEmpty()) {
        Q_EMIT problem(error);
    }
}

void LayerPanel::showMenu(const QPoint& at)
{
    QMenu menu(this);
    const std::vector<int> layers = m_selection.layers();
    bool anyLocked = false;
    bool anyFree = false;
    for (const int layer : layers) {
        if (m_document.isPrunable(layer)) {
            (m_document.plan().layers[idx(layer)].locked ? anyLocked : anyFree) = true;
        }
    }
    const auto count = static_cast<int>(layers.size());
    menu.addAction(count == 1 ? tr("Lock the layer") : tr("Lock %1 layers").arg(count), this,
                   [this, layers] { m_document.setLocked(layers, true); })
        ->setEnabled(anyFree);
    menu.addAction(count == 1 ? tr("Unlock the layer") : tr("Unlock %1 layers").arg(count), this,
                   [this, layers] { m_document.setLocked(layers, false); })
        ->setEnabled(anyLocked);
    menu.addAction(tr("Reset to the ratio"), this, &LayerPanel::resetSelected)->setEnabled(anyFree);
    menu.addSeparator();
    menu.addAction(tr("Copy as table"), QKeySequence::Copy, this, &LayerPanel::copyTable);
    menu.addAction(tr("Save as CSV…"), this, &LayerPanel::exportCsv);
    menu.addAction(tr("Filter…"), this, &LayerPanel::openFilter);
    menu.addSeparator();
    m_columns->fillMenu(*menu.addMenu(tr("Columns")));
    addWhatIsThis(menu, *this, Topic::Layers);
    menu.exec(m_table->viewport()->mapToGlobal(at));
}

} // namespace rankscope
