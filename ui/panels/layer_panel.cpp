// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/layer_panel.h"

#include "core/base/narrow.h"
#include "ui/document/plan_document.h"
#include "ui/document/size_snap.h"
#include "ui/models/layer_filter.h"
#include "ui/models/layer_selection.h"
#include "ui/models/layer_table_model.h"
#include "ui/settings/settings.h"
#include "ui/widgets/layer_columns.h"
#include "ui/widgets/layer_delegate.h"
#include "ui/widgets/ratio_editor.h"

#include <QBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMouseEvent>
#include <QTableView>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// From this many layers on the filter field is there without being asked for.
constexpr int kFilterLayers = 13;

} // namespace

LayerPanel::LayerPanel(PlanDocument& document, LayerTableModel& model, LayerSelection& selection,
                       SizeSnap& snap, Settings& settings, DialogPort& dialogs, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_model(model)
    , m_selection(selection)
    , m_snap(snap)
    , m_settings(settings)
    , m_dialogs(dialogs)
    , m_proxy(new LayerFilter(this))
    , m_filterField(new QLineEdit(this))
    , m_table(new QTableView(this))
    , m_delegate(new LayerDelegate(this))
    , m_columns(nullptr)
    , m_label(new QLabel(this))
    , m_editor(new RatioEditor(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 6);
    layout->setSpacing(4);
    auto* top = new QHBoxLayout;
    top->setContentsMargins(8, 0, 8, 0);
    top->addWidget(m_filterField);
    layout->addLayout(top);
    layout->addWidget(m_table, 1);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(10, 2, 10, 0);
    row->setSpacing(10);
    row->addWidget(m_label);
    row->addWidget(m_editor, 1);
    layout->addLayout(row);

    m_filterField->hide();
    m_filterField->setClearButtonEnabled(true);
    m_filterField->setPlaceholderText(tr("Filter: 3-7, changed, locked, softmax…"));
    m_filterField->setAccessibleName(tr("Filter the layers"));
    m_filterField->setToolTip(
        tr("Words of which all have to hold: layer numbers (3-7, 2,5), locked, "
           "unlocked, changed, whole, stale (measured on an earlier text or device), or a "
           "kind (softmax)"));
    m_filterField->installEventFilter(this);

    m_proxy->setSourceModel(&model);
    m_table->setModel(m_proxy);
    m_table->setItemDelegate(m_delegate);
    m_table->setProperty("rankscopeBare", true);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setShowGrid(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_table->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed
                             | QAbstractItemView::AnyKeyPressed);
    m_table->setMouseTracking(true);
    m_table->setTabKeyNavigation(false);
    m_table->setSortingEnabled(true);
    m_table->setAccessibleName(tr("Layers"));
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 19 / 10);
    m_table->verticalHeader()->setMinimumSectionSize(10);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setMinimumSectionSize(16);
    m_table->horizontalHeader()->setFixedHeight(fontMetrics().height() * 17 / 10);
    m_columns = new LayerColumns(*m_table, model, settings, this);

    m_table->installEventFilter(this);
    m_table->viewport()->installEventFilter(this);

    m_editor->setScale(1, 64, 1, 0);
    m_editor->setGestureSource([this] { return m_document.newGesture(); });
    m_editor->setNames(tr("Kept key dims of the selected layers"),
                       tr("Kept key dims of the selected layers"));
    m_delegate->setGestureSource([this] { return m_document.newGesture(); });
    m_delegate->setSnap([this](int kept, int keyDims) { return m_snap.snapped(kept, keyDims); });

    connect(&m_document, &PlanDocument::opened, this, [this] {
        m_filterField->setVisible(m_model.rowCount() >= kFilterLayers || !m_filterField->text().isEmpty());
        m_delegate->setLargestKeyDims(m_columns->largestKeyDims());
        m_columns->fit();
        refreshCaption();
    });
    connect(m_proxy, &LayerFilter::filteredAgain, this, [this] {
        onSelectionChanged();
        refreshCaption();
    });
    connect(m_filterField, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_proxy->setFilterText(text);
        onSelectionChanged();
        refreshCaption();
    });
    connect(m_table, &QWidget::customContextMenuRequested, this, &LayerPanel::showMenu);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &LayerPanel::onTableSelection);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &LayerPanel::onTableSelection);
    connect(&m_selection, &LayerSelection::layersChanged, this, &LayerPanel::onSelectionChanged);
    connect(&m_selection, &LayerSelection::layersChanged, m_editor, &RatioEditor::endGesture);
    connect(&m_selection, &LayerSelection::hoverChanged, this, &LayerPanel::refreshHover);
    connect(&m_snap, &SizeSnap::ruleChanged, this, &LayerPanel::refreshEditor);
    connect(&m_document, &PlanDocument::planChanged, this, [this] {
        refreshEditor();
        refreshCaption();
    });
    connect(m_editor, &RatioEditor::edited, this, [this](double value, quint64 gesture) {
        m_document.setKept(m_selection.layers(), static_cast<int>(value), gesture);
    });
    connect(m_delegate, &LayerDelegate::keptDragged, this, &LayerPanel::setKeptOf);
    connect(m_delegate, &LayerDelegate::layerPicked, &m_selection, &LayerSelection::setCurrentLayer);
    connect(m_delegate, &LayerDelegate::keptEntered, this,
            [this](int layer, int kept) { setKeptOf(layer, kept, m_document.newGesture()); });
    connect(m_delegate, &LayerDelegate::lockToggled, this,
            [this](int layer, bool locked) { m_document.setLocked({ layer }, locked); });
    refreshEditor();
}

/// An edit of one of several selected layers is an edit of all of them.
void LayerPanel::setKeptOf(int layer, int kept, quint64 gesture)
{
    const std::vector<int>& layers = m_selection.layers();
    const bool inSelection = std::find(layers.begin(), layers.end(), layer) != layers.end();
    m_document.setKept(inSelection ? layers : std::vector<int> { layer }, kept, gesture);
}

void LayerPanel::openFilter()
{
    m_filterField->show();
    m_filterField->setFocus(Qt::ShortcutFocusReason);
    m_filterField->selectAll();
}

void LayerPanel::resetSelected()
{
    std::map<int, int> kept;
    for (const int layer : m_selection.layers()) {
        if (m_document.isPrunable(layer)) {
            kept[layer] = m_snap.proposal(m_document.plan().requestedRatio,
                                          m_document.plan().layers[idx(layer)].keyDims);
        }
    }
    m_document.setKeptPerLayer(kept, m_document.newGesture());
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
            const QModelIndex first = m_proxy->mapFromSource(m_model.index(layer, 0));
            if (first.isValid()) {
                rows.select(first, first.siblingAtColumn(m_proxy->columnCount() - 1));
            }
        }
        QItemSelectionModel* model = m_table->selectionModel();
        model->select(rows, QItemSelectionModel::ClearAndSelect);
        const QModelIndex current
            = m_proxy->mapFromSource(m_model.index(m_selection.currentLayer(), LayerTableModel::KeptColumn));
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
        const std::vector<int> sizes = m_snap.sizes(keyDims);
        m_editor->setStops({ sizes.begin(), sizes.end() });
        m_editor->setValue(kept);
    }
}

void LayerPanel::refreshCaption()
{
    const int layers = m_model.rowCount();
    if (layers == 0) {
        Q_EMIT captionChanged({});
        return;
    }
    if (m_proxy->hiddenRows() > 0) {
        Q_EMIT captionChanged(tr("%1 of %2 layers shown").arg(m_proxy->rowCount()).arg(layers));
        return;
    }
    const auto prunable = static_cast<int>(m_document.prunableLayers().size());
    Q_EMIT captionChanged(prunable == layers ? tr("%1 layers").arg(layers)
                                             : tr("%1 layers, %2 with a state").arg(layers).arg(prunable));
}

void LayerPanel::refreshHover()
{
    const int layer = m_selection.hover().layer;
    const int before = m_delegate->hoveredLayer();
    if (layer == before) {
        return;
    }
    m_delegate->setHoveredLayer(layer);
    for (const int row : { before, layer }) {
        const QRect cell = m_table->visualRect(m_proxy->mapFromSource(m_model.index(row, 0)));
        m_table->viewport()->update(0, cell.top(), m_table->viewport()->width(), cell.height());
    }
}

void LayerPanel::onHover(const QPoint& at)
{
    const QModelIndex index = m_table->indexAt(at);
    const int layer = index.isValid() ? m_proxy->mapToSource(index).row() : -1;
    LayerSelection::Hover hover;
    hover.layer = layer;
    m_selection.setHover(hover);
    if (layer < 0) {
        Q_EMIT hovered({});
        return;
    }
    const QString tip = index.data(Qt::ToolTipRole).toString();
    Q_EMIT hovered(tip.isEmpty() ? tr("layer %1").arg(layer)
                                 : tr("layer %1: %2").arg(layer).arg(QString(tip).replace(u'\n', u' ')));
}

bool LayerPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_table->viewport()) {
        if (event->type() == QEvent::Resize) {
            m_columns->fit();
        } else if (event->type() == QEvent::MouseMove) {
            onHover(static_cast<QMouseEvent*>(event)->position().toPoint());
        } else if (event->type() == QEvent::Leave) {
            onHover(QPoint(-1, -1));
        }
    } else if (event->type() == QEvent::KeyPress) {
        auto* key = static_cast<QKeyEvent*>(event);
        if (watched == m_table && key->matches(QKeySequence::Copy)) {
            copyTable();
            return true;
        }
        if (watched == m_filterField && key->key() == Qt::Key_Escape) {
            m_filterField->clear();
            m_filterField->setVisible(m_model.rowCount() >= kFilterLayers);
            m_table->setFocus();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace rankscope
