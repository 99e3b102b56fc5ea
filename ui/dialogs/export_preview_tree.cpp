// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/export_preview_tree.h"

#include "ui/format/numbers.h"

#include <QHeaderView>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Up to this many changed tensors the file starts open.
constexpr std::size_t kOpenUpTo = 24;

QString shapeText(const std::vector<std::int64_t>& shape)
{
    QStringList sizes;
    for (const std::int64_t size : shape) {
        sizes << QString::number(size);
    }
    return sizes.join(u" × "_s);
}

QString changeText(const TensorChange& change)
{
    const QString name = QString::fromStdString(change.name);
    return change.shapeBefore == change.shapeAfter
        ? ExportPreviewTree::tr("%1   %2, rows set to zero").arg(name, shapeText(change.shapeAfter))
        : u"%1   %2 → %3"_s.arg(name, shapeText(change.shapeBefore), shapeText(change.shapeAfter));
}

} // namespace

ExportPreviewTree::ExportPreviewTree(QWidget* parent)
    : QTreeWidget(parent)
{
    setColumnCount(3);
    setHeaderLabels({ tr("What is written"), tr("Before"), tr("After") });
    setAccessibleName(tr("Preview of the export"));
    setFrameShape(QFrame::NoFrame);
    setUniformRowHeights(true);
    header()->setStretchLastSection(false);
    header()->setSectionResizeMode(0, QHeaderView::Stretch);
    for (const int column : { 1, 2 }) {
        header()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
        headerItem()->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
    }
}

QTreeWidgetItem* ExportPreviewTree::addRow(QTreeWidgetItem* parent, const QString& what, std::int64_t before,
                                           std::int64_t after)
{
    auto* item = parent == nullptr ? new QTreeWidgetItem(this) : new QTreeWidgetItem(parent);
    item->setText(0, what);
    item->setToolTip(0, what);
    item->setText(1, before < 0 ? QString() : formatBytesFine(before));
    item->setText(2, after < 0 ? QString() : formatBytesFine(after));
    item->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
    item->setTextAlignment(2, Qt::AlignRight | Qt::AlignVCenter);
    return item;
}

void ExportPreviewTree::setPreview(const ExportPreview& preview)
{
    clear();
    QTreeWidgetItem* copied = nullptr;
    int copies = 0;
    std::int64_t copiedBytes = 0;
    for (const ExportFile& file : preview.files) {
        const QString name = QString::fromStdString(file.name);
        if (file.origin == "copied") {
            copied = copied == nullptr ? addRow(nullptr, {}, 0, 0) : copied;
            addRow(copied, name, file.bytes, file.bytes);
            ++copies;
            copiedBytes += file.bytes;
            continue;
        }
        const bool weights = !file.changes.empty() || file.unchangedTensors > 0;
        if (!weights) {
            const bool config = file.name == "config.json";
            auto* row = addRow(
                nullptr,
                config ? tr("%1 · changes: %2").arg(name, QString::number(preview.configChanges.size()))
                       : tr("%1 · written by Rankscope").arg(name),
                -1, file.bytes);
            for (const std::string& change : config ? preview.configChanges : std::vector<std::string> {}) {
                addRow(row, QString::fromStdString(change), -1, -1);
            }
            continue;
        }
        std::int64_t before = file.unchangedBytes;
        auto* row = addRow(nullptr, {}, 0, file.bytes);
        for (const std::size_t index : file.changes) {
            const TensorChange& change = preview.changedTensors[index];
            before += change.bytesBefore;
            addRow(row, changeText(change), change.bytesBefore, change.bytesAfter);
        }
        addRow(row, tr("%1 tensors, byte for byte the same").arg(file.unchangedTensors), file.unchangedBytes,
               file.unchangedBytes);
        row->setText(
            0,
            tr("%1 · %2 tensors changed, %3 the same")
                .arg(name, QString::number(file.changes.size()), QString::number(file.unchangedTensors)));
        row->setText(1, formatBytesFine(before));
        row->setExpanded(preview.changedTensors.size() <= kOpenUpTo);
    }
    if (copied != nullptr) {
        copied->setText(0, tr("Copied as they are: %1").arg(copies));
        copied->setText(1, formatBytesFine(copiedBytes));
        copied->setText(2, formatBytesFine(copiedBytes));
    }
}

QString ExportPreviewTree::toText() const
{
    QString text;
    const auto add = [&text](const QTreeWidgetItem* item, const QString& indent) {
        text += indent + item->text(0) + u'\t' + item->text(1) + u'\t' + item->text(2) + u'\n';
    };
    for (int top = 0; top < topLevelItemCount(); ++top) {
        const QTreeWidgetItem* item = topLevelItem(top);
        add(item, {});
        for (int child = 0; child < item->childCount(); ++child) {
            add(item->child(child), u"  "_s);
        }
    }
    return text;
}

} // namespace rankscope
