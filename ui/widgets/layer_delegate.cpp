// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/layer_delegate.h"

#include "ui/document/quality.h"
#include "ui/models/layer_table_model.h"
#include "ui/theme/icon_tint.h"
#include "ui/theme/theme.h"

#include <QAbstractItemView>
#include <QMouseEvent>
#include <QPainter>
#include <QSpinBox>

#include <algorithm>
#include <cmath>
#include <utility>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kSparklineDecades = 4.0;
constexpr int kPadding = 6;
/// Pixels that a pressed pointer moves before it is a drag.
constexpr double kDragDistance = 3.0;

int layerOf(const QModelIndex& index)
{
    return index.siblingAtColumn(LayerTableModel::IndexColumn).data(Qt::DisplayRole).toString().toInt();
}

bool isStale(const QModelIndex& index)
{
    return static_cast<Trust>(index.data(LayerTableModel::TrustRole).toInt()) == Trust::Stale;
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
    const QColor row = selected       ? theme.selectedRow
        : layerOf(index) == m_hovered ? mixed(theme.panel, theme.selectedRow, 0.45)
                                      : theme.panel;
    painter->fillRect(option.rect, row);
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
    case LayerTableModel::KindColumn:
        paintKind(painter, option, index);
        break;
    case LayerTableModel::StateColumn:
        paintState(painter, option, index);
        break;
    case LayerTableModel::DeltaColumn:
        paintDelta(painter, option, index);
        break;
    case LayerTableModel::SensitivityColumn:
        paintCurve(painter, option, index);
        break;
    default: {
        const bool prunable = index.data(LayerTableModel::KeyDimsRole).toInt() > 0;
        painter->setPen(prunable ? theme.text : theme.muted);
        if (isStale(index)) {
            QFont font = option.font;
            font.setItalic(true);
            painter->setFont(font);
            painter->setPen(mixed(theme.muted, theme.panel, 0.25));
        }
        const auto alignment = static_cast<Qt::Alignment>(index.data(Qt::TextAlignmentRole).toInt());
        painter->drawText(option.rect.adjusted(kPadding, 0, -kPadding, 0), static_cast<int>(alignment),
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

int LayerDelegate::keptTextWidth(const QFontMetrics& metrics, int largestKeyDims)
{
    return metrics.horizontalAdvance(u"%1→%1"_s.arg(largestKeyDims)) + kPadding + metrics.height() * 2 / 3;
}

QRect LayerDelegate::barRect(const QStyleOptionViewItem& option) const
{
    const int text = keptTextWidth(option.fontMetrics, m_largestKeyDims);
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
    const QRect textRect(option.rect.left() + kPadding, option.rect.top(),
                         bar.left() - option.rect.left() - kPadding, option.rect.height());
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
    if (index.data(LayerTableModel::HeadsRole).toInt() > 0) {
        const double x = textRect.left() + option.fontMetrics.horizontalAdvance(left)
            + QFontMetrics(bold).horizontalAdvance(right) + 4.0;
        painter->setBrush(theme.worse);
        painter->drawEllipse(QPointF(x, textRect.center().y() - option.fontMetrics.height() / 4.0), 2.0, 2.0);
    }
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    painter->setBrush(mixed(theme.removed, selected ? theme.selectedRow : theme.panel, 0.35));
    painter->drawRoundedRect(bar, 2.0, 2.0);
    const bool locked = index.data(LayerTableModel::LockedRole).toBool();
    painter->setBrush(locked ? mixed(theme.accent, theme.removed, 0.5) : theme.accent);
    QRectF filled = bar;
    filled.setWidth(bar.width() * static_cast<double>(kept) / keyDims);
    painter->drawRoundedRect(filled, 2.0, 2.0);
    const int proposal = index.data(LayerTableModel::ProposalRole).toInt();
    if (proposal != kept && proposal < keyDims) { // a ratio of 0 asked for nothing
        painter->setRenderHint(QPainter::Antialiasing, false);
        const double x = bar.left() + bar.width() * static_cast<double>(proposal) / keyDims;
        painter->setPen(QPen(theme.muted, 1.0));
        painter->drawLine(QPointF(x, bar.top() - 3), QPointF(x, bar.bottom() + 3));
    }
}

void LayerDelegate::paintKind(QPainter* painter, const QStyleOptionViewItem& option,
                              const QModelIndex& index) const
{
    const Theme& theme = themeOf(option.palette);
    const bool prunable = index.data(LayerTableModel::KeyDimsRole).toInt() > 0;
    const QColor colour = prunable ? theme.text : theme.muted;
    const int size = option.fontMetrics.height() - 3;
    painter->drawPixmap(QPoint(option.rect.left() + 4, option.rect.center().y() - size / 2),
                        tintedPixmap(index.data(LayerTableModel::IconRole).toString(), theme.muted, size,
                                     painter->device()->devicePixelRatioF()));
    painter->setPen(colour);
    const QRect text = option.rect.adjusted(size + 8, 0, -2, 0);
    painter->drawText(
        text, Qt::AlignLeft | Qt::AlignVCenter,
        option.fontMetrics.elidedText(index.data(Qt::DisplayRole).toString(), Qt::ElideRight, text.width()));
}

/// "64→48" where there is room for both, else the number that the plan comes to.
void LayerDelegate::paintState(QPainter* painter, const QStyleOptionViewItem& option,
                               const QModelIndex& index) const
{
    const Theme& theme = themeOf(option.palette);
    const QString text = index.data(Qt::DisplayRole).toString();
    const QRect area = option.rect.adjusted(2, 0, -kPadding, 0);
    const qsizetype arrow = text.indexOf(u'→');
    if (arrow < 0) {
        painter->setPen(theme.muted);
        painter->drawText(area, Qt::AlignRight | Qt::AlignVCenter, text);
        return;
    }
    const QString after = text.mid(arrow + 1);
    const bool unchanged = text.left(arrow) == after;
    const int afterWidth = option.fontMetrics.horizontalAdvance(after);
    painter->setPen(theme.text);
    painter->drawText(area, Qt::AlignRight | Qt::AlignVCenter, after);
    if (!unchanged && option.fontMetrics.horizontalAdvance(text) <= area.width()) {
        painter->setPen(theme.muted);
        painter->drawText(area.adjusted(0, 0, -afterWidth, 0), Qt::AlignRight | Qt::AlignVCenter,
                          text.left(arrow + 1));
    }
}

void LayerDelegate::paintDelta(QPainter* painter, const QStyleOptionViewItem& option,
                               const QModelIndex& index) const
{
    const Theme& theme = themeOf(option.palette);
    const auto trust = static_cast<Trust>(index.data(LayerTableModel::TrustRole).toInt());
    const int tone = index.data(LayerTableModel::ToneRole).toInt();
    QString text = index.data(Qt::DisplayRole).toString();
    QFont font = option.font;
    QColor colour = tone > 0 ? theme.worse : tone < 0 ? theme.better : theme.text;
    if (trust == Trust::Missing) {
        colour = theme.muted;
    } else if (trust == Trust::Partial) {
        colour = mixed(colour, theme.panel, 0.3);
        font.setItalic(true);
    } else if (trust == Trust::Stale) {
        colour = mixed(theme.muted, theme.panel, 0.25);
        font.setItalic(true);
    }
    painter->setFont(font);
    painter->setPen(colour);
    painter->drawText(option.rect.adjusted(2, 0, -kPadding, 0), Qt::AlignRight | Qt::AlignVCenter, text);
}

void LayerDelegate::paintCurve(QPainter* painter, const QStyleOptionViewItem& option,
                               const QModelIndex& index) const
{
    const auto points = index.data(LayerTableModel::CurveRole).value<QList<QPointF>>();
    if (points.size() < 2) {
        return;
    }
    const Theme& theme = themeOf(option.palette);
    const bool stale = isStale(index);
    const QRectF area = QRectF(option.rect).adjusted(kPadding, 5, -kPadding, -6);
    const auto place = [&](const QPointF& point) {
        return QPointF(area.left() + area.width() * point.x(),
                       area.bottom() - area.height() * std::sqrt(std::clamp(point.y(), 0.0, 1.0)));
    };
    QPolygonF line;
    for (const QPointF& point : points) {
        line << place(point);
    }
    QPolygonF below = line;
    below << QPointF(line.last().x(), area.bottom()) << QPointF(line.first().x(), area.bottom());
    painter->setRenderHint(QPainter::Antialiasing);
    const QColor colour = stale ? theme.removed : theme.worse;
    painter->setPen(Qt::NoPen);
    QColor wash = colour;
    wash.setAlphaF(0.14F);
    painter->setBrush(wash);
    painter->drawPolygon(below);
    painter->setPen(QPen(colour, 1.2));
    painter->setBrush(Qt::NoBrush);
    painter->drawPolyline(line);
    const int keyDims = index.data(LayerTableModel::KeyDimsRole).toInt();
    const int kept = index.data(LayerTableModel::KeptRole).toInt();
    if (keyDims == 0 || kept == keyDims) {
        return;
    }
    const double share = static_cast<double>(kept) / keyDims;
    const auto right = std::find_if(points.begin(), points.end(),
                                    [share](const QPointF& point) { return point.x() >= share; });
    QPointF at = right == points.end() ? points.last() : *right;
    if (right != points.begin() && right != points.end()) {
        const QPointF& left = *(right - 1);
        const double along = (share - left.x()) / (right->x() - left.x());
        at = QPointF(share, left.y() + (right->y() - left.y()) * along);
    }
    painter->setPen(Qt::NoPen);
    painter->setBrush(stale ? theme.muted : theme.accent);
    painter->drawEllipse(place(at), 2.4, 2.4);
}

void LayerDelegate::paintSpectrum(QPainter* painter, const QStyleOptionViewItem& option,
                                  const QModelIndex& index) const
{
    const auto values = index.data(LayerTableModel::SparklineRole).value<QList<float>>();
    if (values.size() < 2) {
        return;
    }
    const Theme& theme = themeOf(option.palette);
    const QRectF area = QRectF(option.rect).adjusted(kPadding, 5, -kPadding, -6);
    const double top = static_cast<double>(values.first());
    QPolygonF line;
    for (qsizetype at = 0; at < values.size(); ++at) {
        const double below = std::min(top - static_cast<double>(values[at]), kSparklineDecades);
        line << QPointF(area.left()
                            + area.width() * static_cast<double>(at) / static_cast<double>(values.size() - 1),
                        area.top() + area.height() * below / kSparklineDecades);
    }
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(isStale(index) ? theme.removed : theme.muted, 1.2));
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
        Q_UNUSED(model)
        Q_EMIT const_cast<LayerDelegate*>(this)->keptEntered(layerOf(index), box->value());
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
    if (!press && m_pressedLayer >= 0) {
        return dragBar(*mouse);
    }
    const int layer = layerOf(index);
    const int keyDims = index.data(LayerTableModel::KeyDimsRole).toInt();
    if (index.column() == LayerTableModel::LockColumn && release && keyDims > 0) {
        Q_EMIT lockToggled(layer, !index.data(LayerTableModel::LockedRole).toBool());
        return true;
    }
    m_pressedLayer = -1;
    m_dragging = false;
    const QRect bar = barRect(option);
    if (press && mouse->button() == Qt::LeftButton && index.column() == LayerTableModel::KeptColumn
        && keyDims > 0 && !index.data(LayerTableModel::LockedRole).toBool()
        && bar.adjusted(-4, -6, 4, 6).contains(mouse->position().toPoint())) {
        m_pressedLayer = layer;
        m_pressedKeyDims = keyDims;
        m_pressedBar = bar;
        m_pressedAt = mouse->position();
        // A press selects, as everywhere; but one on a row of several selected ones may drag them all.
        const auto* view = qobject_cast<const QAbstractItemView*>(option.widget);
        m_pressedGroup = view != nullptr && mouse->modifiers() == Qt::NoModifier
            && view->selectionModel()->isSelected(index) && view->selectionModel()->selectedRows().size() > 1;
        return m_pressedGroup;
    }
    return QStyledItemDelegate::editorEvent(event, model, option, index);
}

/// Of a bar that is pressed: a click selects and changes nothing, a drag begins once the pointer has moved.
bool LayerDelegate::dragBar(const QMouseEvent& mouse)
{
    const int layer = m_pressedLayer;
    if (!mouse.buttons().testFlag(Qt::LeftButton)) {
        m_pressedLayer = -1;
        if (m_pressedGroup && !m_dragging && mouse.type() == QEvent::MouseButtonRelease) {
            Q_EMIT layerPicked(layer);
        }
        return std::exchange(m_dragging, false);
    }
    if (!m_dragging) {
        if ((mouse.position() - m_pressedAt).manhattanLength() < kDragDistance) {
            return true; // not yet, and no rubber band either
        }
        m_dragging = true;
        m_gesture = m_newGesture();
    }
    const double share
        = std::clamp((mouse.position().x() - m_pressedBar.left()) / m_pressedBar.width(), 0.0, 1.0);
    const int kept = std::max(1, static_cast<int>(std::lround(share * m_pressedKeyDims)));
    Q_EMIT keptDragged(layer, m_snap ? m_snap(kept, m_pressedKeyDims) : kept, m_gesture);
    return true;
}

} // namespace rankscope
