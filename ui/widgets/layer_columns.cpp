// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/layer_columns.h"

#include "core/base/narrow.h"
#include "ui/models/layer_table_model.h"
#include "ui/settings/settings.h"
#include "ui/theme/theme.h"
#include "ui/widgets/layer_delegate.h"

#include <QHeaderView>
#include <QMenu>
#include <QScrollBar>
#include <QTableView>
#include <QToolButton>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kPadding = 6;

/// Which columns go first when there is no room: from the end of this list.
constexpr std::array kByUse { LayerTableModel::IndexColumn,       LayerTableModel::KeptColumn,
                              LayerTableModel::LockColumn,        LayerTableModel::DeltaColumn,
                              LayerTableModel::RankColumn,        LayerTableModel::SpectrumColumn,
                              LayerTableModel::SensitivityColumn, LayerTableModel::StateColumn,
                              LayerTableModel::KindColumn,        LayerTableModel::HeadsColumn,
                              LayerTableModel::UtilisationColumn };

/// Columns that take what is left over, by share.
constexpr std::array<std::pair<int, int>, 3> kGrowing { std::pair { int { LayerTableModel::KeptColumn }, 3 },
                                                        { int { LayerTableModel::SpectrumColumn }, 2 },
                                                        { int { LayerTableModel::SensitivityColumn }, 2 } };

} // namespace

LayerColumns::LayerColumns(QTableView& table, LayerTableModel& model, Settings& settings, QObject* parent)
    : QObject(parent)
    , m_table(table)
    , m_model(model)
    , m_settings(settings)
    , m_button(new QToolButton(&table))
{
    QHeaderView* header = m_table.horizontalHeader();
    m_button->setText(tr("Columns"));
    m_button->setAutoRaise(true);
    m_button->setFocusPolicy(Qt::TabFocus);
    m_button->hide(); // until the panel's title row takes it
    connect(m_button, &QAbstractButton::clicked, this, [this] {
        QMenu menu(m_button);
        fillMenu(menu);
        menu.exec(m_button->mapToGlobal(QPoint(0, m_button->height())));
    });
    header->setSectionResizeMode(QHeaderView::Interactive);
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(header, &QHeaderView::customContextMenuRequested, this, [this, header](const QPoint& at) {
        QMenu menu(header);
        fillMenu(menu);
        menu.exec(header->mapToGlobal(at));
    });
    connect(header, &QHeaderView::sectionResized, this, [this](int column, int, int width) {
        if (!m_fitting && width > 0) {
            m_columns[idx(column)].width = width;
            save();
            refreshButton();
        }
    });
    connect(header, &QHeaderView::sortIndicatorChanged, this, [this](int column, Qt::SortOrder order) {
        m_settings.set(setting::layerSort,
                       QString(LayerTableModel::columnKey(column)
                               + (order == Qt::AscendingOrder ? QString() : u" descending"_s)));
    });
    restore();
}

void LayerColumns::restore()
{
    for (const QString& entry : m_settings.get(setting::layerColumns)) {
        const QStringList parts = entry.split(u':');
        for (int column = 0; column < LayerTableModel::ColumnCount && parts.size() == 3; ++column) {
            if (LayerTableModel::columnKey(column) == parts[0]) {
                m_columns[idx(column)] = { parts[1] == u"shown"_s        ? Wish::Shown
                                               : parts[1] == u"hidden"_s ? Wish::Hidden
                                                                         : Wish::Auto,
                                           parts[2].toInt() };
            }
        }
    }
    const QString rank = m_settings.get(setting::layerRank);
    m_model.setRankMeasure(rank == u"stable"_s          ? RankMeasure::Stable
                               : rank == u"threshold"_s ? RankMeasure::Threshold
                                                        : RankMeasure::Entropy);
    const QStringList sort = m_settings.get(setting::layerSort).split(u' ');
    for (int column = 0; column < LayerTableModel::ColumnCount; ++column) {
        if (LayerTableModel::columnKey(column) == sort.first()) {
            m_table.sortByColumn(column, sort.size() > 1 ? Qt::DescendingOrder : Qt::AscendingOrder);
            return;
        }
    }
    m_table.sortByColumn(LayerTableModel::IndexColumn, Qt::AscendingOrder);
}

void LayerColumns::save() const
{
    QStringList entries;
    for (int column = 0; column < LayerTableModel::ColumnCount; ++column) {
        const Column& wish = m_columns[idx(column)];
        if (wish.wish != Wish::Auto || wish.width > 0) {
            const QString word = wish.wish == Wish::Shown ? u"shown"_s
                : wish.wish == Wish::Hidden               ? u"hidden"_s
                                                          : u"auto"_s;
            entries << u"%1:%2:%3"_s.arg(LayerTableModel::columnKey(column), word).arg(wish.width);
        }
    }
    m_settings.set(setting::layerColumns, entries);
}

void LayerColumns::setShown(int column, bool shown)
{
    m_columns[idx(column)].wish = shown ? Wish::Shown : Wish::Hidden;
    save();
    fit();
}

void LayerColumns::reset()
{
    m_columns.fill({});
    save();
    fit();
}

/// Less the padding of a cell: headers have more.
int LayerColumns::titleWidth(int column) const
{
    const QString title = m_model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
    return QFontMetrics(smallFont(m_table.horizontalHeader()->font())).horizontalAdvance(title) + 5;
}

int LayerColumns::widestText(int column) const
{
    const QFontMetrics metrics = m_table.fontMetrics();
    int widest = titleWidth(column);
    const int rows = std::min(m_model.rowCount(), 200);
    for (int row = 0; row < rows; ++row) {
        const QString text = m_model.index(row, column).data().toString();
        const qsizetype arrow = text.indexOf(u'→');
        const bool after = column == LayerTableModel::StateColumn && arrow >= 0;
        widest = std::max(widest, metrics.horizontalAdvance(after ? text.mid(arrow + 1) : text));
    }
    return widest;
}

int LayerColumns::largestKeyDims() const
{
    int largest = 1;
    for (int row = 0; row < m_model.rowCount(); ++row) {
        largest = std::max(largest, m_model.index(row, 0).data(LayerTableModel::KeyDimsRole).toInt());
    }
    return largest;
}

int LayerColumns::leastWidth(int column) const
{
    const QFontMetrics metrics = m_table.fontMetrics();
    const auto text = [&](const QString& sample) { return metrics.horizontalAdvance(sample); };
    switch (column) {
    case LayerTableModel::IndexColumn:
        return std::max(titleWidth(column), text(QString::number(std::max(9, m_model.rowCount() - 1))))
            + 2 * kPadding;
    case LayerTableModel::LockColumn:
        return metrics.height() + 1;
    case LayerTableModel::KindColumn:
        return widestText(column) + metrics.height() + 8;
    case LayerTableModel::KeptColumn:
        return LayerDelegate::keptTextWidth(metrics, largestKeyDims()) + metrics.height() + kPadding;
    case LayerTableModel::SpectrumColumn:
        return std::max(titleWidth(column) + 2 * kPadding, metrics.height() * 3 + kPadding);
    case LayerTableModel::SensitivityColumn:
        return std::max(titleWidth(column) + 2 * kPadding, metrics.height() * 5 / 2 + kPadding);
    case LayerTableModel::DeltaColumn:
        return std::max(text(u"+0.000"_s), titleWidth(column)) + 2 * kPadding;
    default:
        return widestText(column) + 2 * kPadding;
    }
}

int LayerColumns::idealWidth(int column) const
{
    if (column == LayerTableModel::StateColumn) {
        int widest = leastWidth(column);
        for (int row = 0; row < std::min(m_model.rowCount(), 200); ++row) {
            const QString text = m_model.index(row, column).data().toString();
            const qsizetype arrow = text.indexOf(u'→'); // room for a plan that cuts, before there is one
            widest = std::max(
                widest,
                m_table.fontMetrics().horizontalAdvance(text.left(arrow) + u'→' + text.left(arrow)) + 16);
        }
        return widest;
    }
    return leastWidth(column);
}

void LayerColumns::fit()
{
    if (m_fitting) {
        return;
    }
    m_fitting = true;
    QHeaderView* header = m_table.horizontalHeader();
    const int room = m_table.viewport()->width();
    std::array<int, 16> widths {};
    std::array<bool, 16> shown {};
    int used = 0;
    const auto least = [&](int column) {
        const int byHand = m_columns[idx(column)].width;
        return std::max(header->minimumSectionSize(), byHand > 0 ? byHand : leastWidth(column));
    };
    for (const int column : kByUse) {
        if (m_columns[idx(column)].wish == Wish::Shown) {
            used += least(column);
        }
    }
    m_hiddenForRoom = 0;
    bool full = false; // once one does not fit, less useful ones are not squeezed in behind it
    for (const int column : kByUse) {
        const Wish wish = m_columns[idx(column)].wish;
        widths[idx(column)] = least(column);
        if (wish == Wish::Auto) {
            full = full || used + widths[idx(column)] > room;
            shown[idx(column)] = !full;
            used += full ? 0 : widths[idx(column)];
            m_hiddenForRoom += full ? 1 : 0;
        } else {
            shown[idx(column)] = wish == Wish::Shown;
        }
    }
    int rest = room - used;
    for (const int column : kByUse) { // texts that may be longer
        const int more = idealWidth(column) - widths[idx(column)];
        if (shown[idx(column)] && m_columns[idx(column)].width == 0 && more > 0 && more <= rest) {
            widths[idx(column)] += more;
            rest -= more;
        }
    }
    int shares = 0;
    for (const auto& [column, share] : kGrowing) {
        shares += shown[idx(column)] && m_columns[idx(column)].width == 0 ? share : 0;
    }
    for (const auto& [column, share] : kGrowing) {
        if (rest > 0 && shown[idx(column)] && m_columns[idx(column)].width == 0) {
            const int more = rest * share / shares;
            widths[idx(column)] += more;
            rest -= more;
            shares -= share;
        }
    }
    for (const int column : kByUse) {
        m_table.setColumnHidden(column, !shown[idx(column)]);
        if (shown[idx(column)]) {
            header->resizeSection(column, widths[idx(column)]);
        }
    }
    m_fitting = false;
    refreshButton();
    Q_EMIT fitted();
}

void LayerColumns::refreshButton()
{
    QStringList hidden;
    for (int column = LayerTableModel::LockColumn; column < LayerTableModel::ColumnCount; ++column) {
        if (m_table.isColumnHidden(column)) {
            hidden << m_model.columnTitle(column);
        }
    }
    const QString sentence = hidden.isEmpty() ? tr("All columns are shown.")
        : hidden.size() == 1                  ? tr("1 column hidden: %1.").arg(hidden.first())
                             : tr("%1 columns hidden: %2.").arg(hidden.size()).arg(hidden.join(u", "_s));
    m_button->setText(m_hiddenForRoom > 0 ? tr("+%1 columns").arg(m_hiddenForRoom) : tr("Columns"));
    m_button->setToolTip(sentence + u' ' + tr("Click to choose."));
    m_button->setAccessibleName(tr("Columns"));
    m_button->setAccessibleDescription(sentence);
}

void LayerColumns::fillMenu(QMenu& menu)
{
    menu.addSection(tr("Columns"));
    for (int column = LayerTableModel::LockColumn; column < LayerTableModel::ColumnCount; ++column) {
        QAction* action = menu.addAction(m_model.columnTitle(column), this, [this, column] {
            setShown(column, m_table.isColumnHidden(column));
        });
        action->setCheckable(true);
        action->setChecked(!m_table.isColumnHidden(column));
        if (m_columns[idx(column)].wish == Wish::Auto && m_table.isColumnHidden(column)) {
            action->setText(tr("%1 (no room)").arg(m_model.columnTitle(column)));
        }
    }
    menu.addSeparator();
    menu.addAction(tr("As many as fit"), this, &LayerColumns::reset);
    QMenu* ranks = menu.addMenu(tr("Rank"));
    const std::pair<RankMeasure, QString> measures[] = { { RankMeasure::Entropy, u"entropy"_s },
                                                         { RankMeasure::Stable, u"stable"_s },
                                                         { RankMeasure::Threshold, u"threshold"_s } };
    for (const auto& [measure, key] : measures) {
        QAction* action = ranks->addAction(LayerTableModel::measureLabel(measure), this,
                                           [this, measure = measure, key = key] {
                                               m_model.setRankMeasure(measure);
                                               m_settings.set(setting::layerRank, key);
                                               fit();
                                           });
        action->setCheckable(true);
        action->setChecked(measure == m_model.rankMeasure());
    }
}

} // namespace rankscope
