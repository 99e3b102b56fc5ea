// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/layer_panel.h"

#include "core/base/narrow.h"
#include "ui/document/plan_document.h"
#include "ui/models/layer_selection.h"
#include "ui/models/layer_table_model.h"
#include "ui/widgets/layer_delegate.h"
#include "ui/widgets/ratio_editor.h"

#include <QBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QScrollBar>
#include <QSortFilterProxyModel>
#include <QTableView>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

LayerPanel::LayerPanel(PlanDocument& document, LayerTableModel& model, LayerSelection& selection,
                       QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_selection(selection)
    , m_proxy(new QSortFilterProxyModel(this))
    , m_table(new QTableView(this))
    , m_delegate(new LayerDelegate(this))
    , m_label(new QLabel(this))
    , m_editor(new RatioEditor(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 6);
    layout->setSpacing(4);
    layout->addWidget(m_table, 1);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(10, 2, 10, 0);
    row->setSpacing(10);
    row->addWidget(m_label);
    row->addWidget(m_editor, 1);
    layout->addLayout(row);

    m_proxy->setSourceModel(&model);
    m_proxy->setSortRole(LayerTableModel::SortRole);
    m_proxy->setDynamicSortFilter(false); // rows must not jump while a value is dragged
    m_table->setModel(m_proxy);
    m_table->setItemDelegate(m_delegate);
    m_table->setProperty("rankscopeBare", true);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setShowGrid(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_table->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed
                             | QAbstractItemView::AnyKeyPressed);
    m_table->setMouseTracking(true);
    m_table->setTabKeyNavigation(false);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(LayerTableModel::IndexColumn, Qt::AscendingOrder);
    m_table->setAccessibleName(tr("Layers"));
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 19 / 10);
    m_table->verticalHeader()->setMinimumSectionSize(10);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setMinimumSectionSize(16);
    m_table->horizontalHeader()->setFixedHeight(fontMetrics().height() * 17 / 10);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_table->horizontalHeader()->setSortIndicatorShown(false);

    m_table->viewport()->installEventFilter(this);
    connect(m_proxy, &QAbstractItemModel::modelReset, this, &LayerPanel::fitColumns);

    m_editor->setScale(1, 64, 1, 0);
    m_editor->setGestureSource([this] { return m_document.newGesture(); });
    m_editor->setNames(tr("Kept key dims of the selected layers"),
                       tr("Kept key dims of the selected layers"));
    m_delegate->setGestureSource([this] { return m_document.newGesture(); });

    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &LayerPanel::onTableSelection);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &LayerPanel::onTableSelection);
    connect(&m_selection, &LayerSelection::layersChanged, this, &LayerPanel::onSelectionChanged);
    connect(&m_document, &PlanDocument::planChanged, this, &LayerPanel::refreshEditor);
    connect(m_editor, &RatioEditor::edited, this, [this](double value, quint64 gesture) {
        m_document.setKept(m_selection.layers(), static_cast<int>(value), gesture);
    });
    connect(m_delegate, &LayerDelegate::keptDragged, this, [this](int layer, int kept, quint64 gesture) {
        const std::vector<int>& layers = m_selection.layers();
        const bool inSelection = std::find(layers.begin(), layers.end(), layer) != layers.end();
        m_document.setKept(inSelection ? layers : std::vector<int> { layer }, kept, gesture);
    });
    connect(m_delegate, &LayerDelegate::lockToggled, this,
            [this](int layer, bool locked) { m_document.setLocked({ layer }, locked); });
    refreshEditor();
}

void LayerPanel::onTableSelection()
{
    if (m_updating) {
        return;
    }
    std::vector<int> layers;
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows()) {
        layers.push_back(m_proxy->mapToSource(index).row());
    }
    const QModelIndex current = m_table->selectionModel()->currentIndex();
    m_updating = true;
    m_selection.setLayers(layers, current.isValid() ? m_proxy->mapToSource(current).row() : -1);
    m_updating = false;
    refreshEditor();
}

void LayerPanel::onSelectionChanged()
{
    if (!m_updating) {
        m_updating = true;
        QItemSelection rows;
        for (const int layer : m_selection.layers()) {
            const QModelIndex first = m_proxy->mapFromSource(m_proxy->sourceModel()->index(layer, 0));
            rows.select(first, first.siblingAtColumn(m_proxy->columnCount() - 1));
        }
        QItemSelectionModel* model = m_table->selectionModel();
        model->select(rows, QItemSelectionModel::ClearAndSelect);
        const QModelIndex current = m_proxy->mapFromSource(
            m_proxy->sourceModel()->index(m_selection.currentLayer(), LayerTableModel::KeptColumn));
        model->setCurrentIndex(current, QItemSelectionModel::NoUpdate);
        if (current.isValid()) {
            m_table->scrollTo(current);
        }
        m_updating = false;
    }
    refreshEditor();
}

void LayerPanel::refreshEditor()
{
    int keyDims = 0;
    int kept = 0;
    int editable = 0;
    int locked = 0;
    for (const int layer : m_selection.layers()) {
        if (m_document.isPrunable(layer)) {
            const LayerPlan& plan = m_document.plan().layers[idx(layer)];
            locked += plan.locked ? 1 : 0;
            ++editable;
            keyDims = std::max(keyDims, plan.keyDims);
            if (layer == m_selection.currentLayer() || kept == 0) {
                kept = plan.keptKeyDims;
            }
        }
    }
    m_editor->setEnabled(editable > locked);
    const auto count = static_cast<int>(m_selection.layers().size());
    if (count == 0) {
        m_label->setText(m_document.isOpen() ? tr("No layer selected") : tr("No model open"));
    } else if (editable == 0) {
        m_label->setText(count == 1 ? tr("Layer %1 · no state").arg(m_selection.currentLayer())
                                    : tr("%1 layers · no state").arg(count));
    } else {
        m_label->setText((count == 1 ? tr("Layer %1 keeps").arg(m_selection.currentLayer())
                                     : tr("%1 layers keep").arg(count))
                         + (locked == editable ? tr(" (locked)") : QString()));
    }
    if (keyDims > 0) {
        m_editor->setScale(1, keyDims, 1, 0);
        m_editor->setSuffix(tr(" of %1").arg(keyDims));
        m_editor->setValue(kept);
    }
}

void LayerPanel::fitColumns()
{
    const QFontMetrics metrics = m_table->fontMetrics();
    const auto chars = [&](const QString& text) { return metrics.horizontalAdvance(text) + 16; };
    QHeaderView* header = m_table->horizontalHeader();
    header->resizeSection(LayerTableModel::IndexColumn, chars(u"00"_s));
    header->resizeSection(LayerTableModel::LockColumn, metrics.height() + 4);
    int kind = metrics.horizontalAdvance(u"Kind"_s);
    for (int row = 0; row < m_proxy->rowCount(); ++row) {
        const QString label = m_proxy->index(row, LayerTableModel::KindColumn).data().toString();
        kind = std::max(kind, metrics.horizontalAdvance(label));
    }
    header->resizeSection(LayerTableModel::KindColumn, kind + 16);
    header->resizeSection(LayerTableModel::HeadsColumn, chars(u"16"_s));
    header->resizeSection(LayerTableModel::StateColumn, chars(u"9 999"_s));
    header->resizeSection(LayerTableModel::EntropyColumn, chars(u"Entropy"_s));
    const int stable = chars(u"Stable"_s);
    int fixed = 0;
    for (const int column :
         { LayerTableModel::IndexColumn, LayerTableModel::LockColumn, LayerTableModel::KindColumn,
           LayerTableModel::HeadsColumn, LayerTableModel::StateColumn, LayerTableModel::EntropyColumn }) {
        fixed += header->sectionSize(column);
    }
    const int textWidth = metrics.horizontalAdvance(u"256→256"_s) + 14;
    int rest = m_table->viewport()->width() - fixed;
    const bool narrow = rest - stable < textWidth + 110;
    m_table->setColumnHidden(LayerTableModel::StableColumn, narrow);
    if (!narrow) {
        header->resizeSection(LayerTableModel::StableColumn, stable);
        rest -= stable;
    }
    const int spectrum
        = std::clamp((rest - textWidth) * 45 / 100, chars(u"Spectrum"_s) - 8, metrics.height() * 8);
    header->resizeSection(LayerTableModel::SpectrumColumn, spectrum);
    header->resizeSection(LayerTableModel::KeptColumn, std::max(textWidth + 30, rest - spectrum));
}

bool LayerPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Resize) {
        fitColumns();
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace rankscope
