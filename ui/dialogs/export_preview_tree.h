// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/exporting/export_checkpoint.h"

#include <QTreeWidget>

namespace rankscope {

/// What an export would write: a row per file with its size before and after, below it what changes in it.
/// Tensors that stay byte for byte the same are one row, copied files are one group.
class ExportPreviewTree : public QTreeWidget {
    Q_OBJECT

public:
    explicit ExportPreviewTree(QWidget* parent = nullptr);

    void setPreview(const ExportPreview& preview);

    /// All rows as a table, tab separated, whether they are open or not.
    [[nodiscard]] QString toText() const;

private:
    QTreeWidgetItem* addRow(QTreeWidgetItem* parent, const QString& what, std::int64_t before,
                            std::int64_t after);
};

} // namespace rankscope
