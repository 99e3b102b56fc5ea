// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/layer_delegate.h"

#include "ui/models/layer_table_model.h"
#include "ui/theme/icon_tint.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QMouseEvent>
#include <QPainter>
#include <QSpinBox>

#include <algorithm>
#include <cmath>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kSparklineDecades = 4.0;

int layerOf(const QModelIndex& index)
{
    return index.siblingAtColumn(LayerTableModel::IndexColumn).data(Qt::DisplayRole).toString().toInt();
}

} // namespace

LayerDelegate::LayerDelegate(QObject* parent)
    : QStyledItemDelegate(parent)
    , m_newGesture([next = quint64 { 0 }]() mutable { return ++next; })
{
}

QSize LayerDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const
{
    return QSize(20, option.fontMetrics.height() * 19 / 10);
}

void LayerDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const
{
    const Theme& theme = themeOf(option.palette);
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    painter->save();
    painter->fillRect(option.rect, selected ? theme.selectedRow : theme.panel);
    painter->fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), theme.grid);
    switch (index.column()) {
    case LayerTableModel::KeptColumn:
        paintKept(painter, option, index);
        break;
    case LayerTableModel::SpectrumColumn:
        paintSpectrum(painter, option, index);
        break;
    case LayerTableModel::LockColumn:
        paintLock(painter, option, index);
        break;
    default: {
        const bool prunable = index.data(LayerTableModel::KeyDimsRole).toInt() > 0;
        painter->setPen(prunable ? theme.text : theme.muted);
        const auto alignment = static_cast<Qt::Alignment>(index.data(Qt::TextAlignmentRole).toInt());
        painter->drawText(option.rect.adjusted(8, 0, -8, 0), static_cast<int>(alignment),
                          index.data(Qt::DisplayRole).toString());
        break;
    }
    }
    if (option.state.testFlag(QStyle::State_HasFocus) && index.column() == LayerTableModel::KeptColumn) {
        painter->setRenderHint(QPainter::Antialiasing, false);
        painter->setBrush(Qt::NoBrush);
        painter->setPen(mixed(theme.accent, theme.selectedRow, 0.4));
        painter->drawRect(option.rect.adjusted(0, 0, -1, -2));
    }
    painter->restore();
}

QRect LayerDelegate::barRect(const QStyleOptionViewItem& option)
{
    const int text = option.fontMetrics.horizontalAdvance(u"256→256"_s) + 14;
    const int height = std::max(7, option.fontMetrics.height() / 2);
    return QRect(option.rect.left() + text, option.rect.center().y() - height / 2,
                 std::max(10, option.rect.width() - text - 6), height);
}

void LayerDelegate::paintKept(QPainter* painter, const QStyleOptionViewItem& option,
                              const QModelIndex& index) const
{
    const Theme& theme = themeOf(option.palette);
    const int keyDims = index.data(LayerTableModel::KeyDimsRole).toInt();
    const int kept = index.data(LayerTableModel::KeptRole).toInt();
    const QRect bar = barRect(option);
    const QRect textRect(option.rect.left() + 8, option.rect.top(), bar.left() - option.rect.left() - 14,
                         option.rect.height());
    if (keyDims == 0) {
        painter->setPen(theme.muted);
        painter->drawText(textRect.adjusted(0, 0, bar.width(), 0), Qt::AlignLeft | Qt::AlignVCenter,
                          tr("no state"));
        return;
    }
    QFont bold = option.font;
    bold.setBold(true);
    const QString left = u"%1→"_s.arg(keyDims);
    const QString right = QString::number(kept);
    painter->setPen(theme.text);
    painter->setFont(option.font);
    painter->drawText(textRect, Qt::AlignLeft | Qt::AlignVCenter, left);
    painter->setFont(bold);
    painter->drawText(textRect.adjusted(option.fontMetrics.horizontalAdvance(left), 0, 0, 0),
                      Qt::AlignLeft | Qt::AlignVCenter, right);
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    painter->setBrush(mixed(theme.removed, selected ? theme.selectedRow : theme.panel, 0.35));
    painter->drawRoundedRect(bar, 2.0, 2.0);
    const bool locked = index.data(LayerTableModel::LockedRole).toBool();
    painter->setBrush(locked ? mixed(theme.accent, theme.removed, 0.5) : theme.accent);
    QRectF filled = bar;
    filled.setWidth(bar.width() * static_cast<double>(kept) / keyDims);
    painter->drawRoundedRect(filled, 2.0, 2.0);
}

void LayerDelegate::paintSpectrum(QPainter* painter, const QStyleOptionViewItem& option,
                                  const QModelIndex& index) const
{
    const auto values = index.data(LayerTableModel::SparklineRole).value<QList<float>>();
    if (values.size() < 2) {
        return;
    }
    const Theme& theme = themeOf(option.palette);
    const QRectF area = QRectF(option.rect).adjusted(8, 5, -6, -6);
    const double top = static_cast<double>(values.first());
    QPolygonF line;
    for (qsizetype at = 0; at < values.size(); ++at) {
        const double below = std::min(top - static_cast<double>(values[at]), kSparklineDecades);
        line << QPointF(area.left()
                            + area.width() * static_cast<double>(at) / static_cast<double>(values.size() - 1),
                        area.top() + area.height() * below / kSparklineDecades);
    }
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(theme.muted, 1.2));
    painter->setBrush(Qt::NoBrush);
    painter->drawPolyline(line);
}

void LayerDelegate::paintLock(QPainter* painter, const QStyleOptionViewItem& option,
                              const QModelIndex& index) const
{
    const Theme& theme = themeOf(option.palette);
    if (index.data(LayerTableModel::KeyDimsRole).toInt() == 0) {
        return;
    }
    const bool locked = index.data(LayerTableModel::LockedRole).toBool();
    const bool hover = option.state.testFlag(QStyle::State_MouseOver);
    if (!locked && !hover) {
        return;
    }
    const int size = option.fontMetrics.height() - 2;
    const QRect where(option.rect.center().x() - size / 2, option.rect.center().y() - size / 2, size, size);
    painter->drawPixmap(where,
                        tintedPixmap(locked ? u"lock"_s : u"unlock"_s, locked ? theme.text : theme.muted,
                                     size, painter->device()->devicePixelRatioF()));
}

QWidget* LayerDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem&,
                                     const QModelIndex& index) const
{
    const int keyDims = index.data(LayerTableModel::KeyDimsRole).toInt();
    if (index.column() != LayerTableModel::KeptColumn || keyDims == 0) {
        return nullptr;
    }
    auto* box = new QSpinBox(parent);
    box->setRange(1, keyDims);
    box->setSuffix(tr(" of %1").arg(keyDims));
    box->setAccessibleName(tr("Kept key dims"));
    return box;
}

void LayerDelegate::setEditorData(QWidget* editor, const QModelIndex& index) const
{
    if (auto* box = qobject_cast<QSpinBox*>(editor)) {
        box->setValue(index.data(LayerTableModel::KeptRole).toInt());
        box->selectAll();
    }
}

void LayerDelegate::setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const
{
    if (auto* box = qobject_cast<QSpinBox*>(editor)) {
        box->interpretText();
        model->setData(index, box->value(), Qt::EditRole);
    }
}

bool LayerDelegate::editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                                const QModelIndex& index)
{
    const bool press = event->type() == QEvent::MouseButtonPress;
    const bool move = event->type() == QEvent::MouseMove;
    const bool release = event->type() == QEvent::MouseButtonRelease;
    if (!press && !move && !release) {
        return QStyledItemDelegate::editorEvent(event, model, option, index);
    }
    const auto* mouse = static_cast<QMouseEvent*>(event);
    const int layer = layerOf(index);
    const int keyDims = index.data(LayerTableModel::KeyDimsRole).toInt();
    if (index.column() == LayerTableModel::LockColumn && release && keyDims > 0) {
        Q_EMIT lockToggled(layer, !index.data(LayerTableModel::LockedRole).toBool());
        return true;
    }
    if (index.column() != LayerTableModel::KeptColumn || keyDims == 0
        || index.data(LayerTableModel::LockedRole).toBool()) {
        return QStyledItemDelegate::editorEvent(event, model, option, index);
    }
    const QRect bar = barRect(option);
    const QPoint at = mouse->position().toPoint();
    if (press && mouse->button() == Qt::LeftButton && bar.adjusted(-4, -6, 4, 6).contains(at)) {
        m_gesture = m_newGesture();
        m_draggedLayer = layer;
    }
    if (release && m_draggedLayer >= 0) {
        m_draggedLayer = -1;
        return true;
    }
    if ((press || move) && m_draggedLayer == layer && mouse->buttons().testFlag(Qt::LeftButton)) {
        const double share = std::clamp(static_cast<double>(at.x() - bar.left()) / bar.width(), 0.0, 1.0);
        Q_EMIT keptDragged(layer, std::max(1, static_cast<int>(std::lround(share * keyDims))), m_gesture);
        return true;
    }
    return QStyledItemDelegate::editorEvent(event, model, option, index);
}

} // namespace rankscope
