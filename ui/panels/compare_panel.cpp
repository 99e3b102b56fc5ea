// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/compare_panel.h"

#include "core/base/narrow.h"
#include "ui/actions/what_is_this.h"
#include "ui/dialogs/dialog_port.h"
#include "ui/dialogs/saved_file.h"
#include "ui/document/candidate_history.h"
#include "ui/document/plan_document.h"
#include "ui/document/workbench.h"
#include "ui/models/candidate_table_model.h"
#include "ui/panels/dock_panel.h"
#include "ui/plots/pareto_plot.h"
#include "ui/settings/settings.h"
#include "ui/widgets/candidate_delegate.h"

#include <QBoxLayout>
#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStackedLayout>
#include <QTableView>
#include <QToolButton>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// By column; of the settings.
constexpr const char16_t* kColumnKeys[CandidateTableModel::ColumnCount]
    = { u"newest",     u"name",  u"kept",     u"asked",  u"bytes",
        u"perplexity", u"delta", u"interval", u"tokens", u"method" };

} // namespace

ComparePanel::ComparePanel(Workbench& workbench, PlanDocument& document, CandidateHistory& history,
                           Settings& settings, DialogPort& dialogs, QWidget* parent)
    : QWidget(parent)
    , m_workbench(workbench)
    , m_history(history)
    , m_settings(settings)
    , m_dialogs(dialogs)
    , m_model(new CandidateTableModel(history, document, this))
    , m_proxy(new QSortFilterProxyModel(this))
    , m_empty(new EmptyNote(this))
    , m_content(new QWidget(this))
    , m_stack(new QStackedLayout(this))
    , m_splitter(new QSplitter(Qt::Vertical, m_content))
    , m_table(new QTableView(m_splitter))
    , m_delegate(new CandidateDelegate(m_table))
    , m_plot(new ParetoPlot(dialogs, m_splitter))
    , m_reload(new QToolButton(m_content))
    , m_pin(new QToolButton(m_content))
    , m_delete(new QToolButton(m_content))
    , m_view(new QToolButton(m_content))
{
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_content);
    auto* layout = new QVBoxLayout(m_content);
    layout->setContentsMargins(0, 0, 0, 4);
    layout->setSpacing(3);
    layout->addWidget(m_splitter, 1);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(6, 0, 6, 0);
    row->setSpacing(2);
    for (QToolButton* button : { m_reload, m_pin, m_delete }) {
        row->addWidget(button);
    }
    row->addStretch(1);
    row->addWidget(m_view);
    layout->addLayout(row);
    m_reload->setText(tr("Load"));
    m_reload->setToolTip(tr("Make this row's plan the current one, as one undo step (Enter, double click)"));
    m_pin->setText(tr("Pin"));
    m_pin->setToolTip(tr("Take all deltas against this row, here and in the strip (P)"));
    m_delete->setText(tr("Remove"));
    m_delete->setToolTip(tr("Forget this row (Delete)"));
    m_view->setText(tr("Pareto plot"));
    m_view->setCheckable(true);
    m_view->setToolTip(tr("State bytes against loss"));

    m_proxy->setSourceModel(m_model);
    m_proxy->setSortRole(CandidateTableModel::SortRole);
    m_table->setModel(m_proxy);
    m_table->setItemDelegate(m_delegate);
    m_table->setProperty("rankscopeBare", true);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setShowGrid(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setEditTriggers(QAbstractItemView::EditKeyPressed);
    m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_table->setTabKeyNavigation(false);
    m_table->setSortingEnabled(true);
    m_table->setAccessibleName(tr("Candidates"));
    m_table->setMinimumHeight(fontMetrics().height() * 5);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 19 / 10);
    m_table->verticalHeader()->setMinimumSectionSize(10);
    QHeaderView* header = m_table->horizontalHeader();
    header->setHighlightSections(false);
    header->setMinimumSectionSize(16);
    header->setFixedHeight(fontMetrics().height() * 17 / 10);
    header->setSectionResizeMode(QHeaderView::Fixed);
    header->setSortIndicatorShown(false);
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    m_table->installEventFilter(this);
    m_table->viewport()->installEventFilter(this);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setHandleWidth(1);
    connect(m_splitter, &QSplitter::splitterMoved, this, [this] { sizesByHand() = m_splitter->sizes(); });

    connect(m_table, &QTableView::doubleClicked, this, [this] { reloadSelected(); });
    connect(m_table, &QTableView::customContextMenuRequested, this, &ComparePanel::showMenu);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        m_plot->setSelected(selectedId());
        refreshButtons();
    });
    m_table->setMouseTracking(true);
    connect(m_table, &QTableView::entered, this, [this](const QModelIndex& index) {
        const QModelIndex name = index.siblingAtColumn(CandidateTableModel::NameColumn);
        Q_EMIT candidateHovered(index.data(CandidateTableModel::IdRole).toInt());
        Q_EMIT hovered(name.data(Qt::ToolTipRole).toString().replace(u"\n"_s, u" · "_s));
    });
    connect(m_table, &QTableView::viewportEntered, this, [this] {
        Q_EMIT candidateHovered(-1);
        Q_EMIT hovered(QString());
    });
    connect(m_plot, &ParetoPlot::pointHovered, this, &ComparePanel::candidateHovered);
    connect(m_plot, &ParetoPlot::clicked, this, &ComparePanel::select);
    connect(m_plot, &ParetoPlot::activated, this, [this](int id) {
        select(id);
        reloadSelected();
    });
    connect(m_plot, &ParetoPlot::hovered, this, &ComparePanel::hovered);
    connect(m_plot, &ParetoPlot::problem, this, &ComparePanel::problem);
    connect(m_reload, &QToolButton::clicked, this, &ComparePanel::reloadSelected);
    connect(m_pin, &QToolButton::clicked, this, &ComparePanel::pinSelected);
    connect(m_delete, &QToolButton::clicked, this, &ComparePanel::deleteSelected);
    restoreChoices();
    connect(header, &QHeaderView::sortIndicatorChanged, this, [this](int column, Qt::SortOrder order) {
        m_settings.set(setting::candidateSort,
                       QString(QString::fromUtf16(kColumnKeys[column])
                               + (order == Qt::AscendingOrder ? QString() : u" descending"_s)));
    });
    connect(m_view, &QToolButton::toggled, this, [this](bool plot) {
        m_settings.set(setting::candidateView, plot ? u"plot"_s : u"table"_s);
        arrange();
    });
    connect(&m_history, &CandidateHistory::wasReset, this, &ComparePanel::refresh);
    connect(&m_history, &CandidateHistory::added, this, &ComparePanel::refresh);
    connect(&m_history, &CandidateHistory::removed, this, &ComparePanel::refresh);
    connect(&m_history, &CandidateHistory::recordChanged, this, &ComparePanel::refresh);
    connect(&m_history, &CandidateHistory::marksChanged, this, &ComparePanel::refresh);
    connect(&m_history, &CandidateHistory::deltasReady, this, &ComparePanel::refreshPlot);
    connect(&m_workbench, &Workbench::overviewChanged, this, &ComparePanel::refresh);
    connect(&m_workbench, &Workbench::baselineChanged, this, [this] {
        if (m_history.records().empty()) {
            refresh();
        }
    });
    arrange();
    refresh();
}

/// A name that is being edited is entered when its field loses the keyboard, as it goes.
ComparePanel::~ComparePanel()
{
    m_history.disconnect(this);
}

void ComparePanel::restoreChoices()
{
    const QStringList sort = m_settings.get(setting::candidateSort).split(u' ');
    const auto key = std::ranges::find_if(
        kColumnKeys, [&](const char16_t* name) { return QString::fromUtf16(name) == sort.first(); });
    m_table->sortByColumn(key != std::end(kColumnKeys) ? static_cast<int>(key - std::begin(kColumnKeys))
                                                       : CandidateTableModel::MarkColumn,
                          sort.size() > 1 ? Qt::DescendingOrder : Qt::AscendingOrder);
    m_view->setChecked(m_settings.get(setting::candidateView) == u"plot"_s);
}

void ComparePanel::refresh()
{
    const int count = static_cast<int>(m_history.records().size());
    QString sentence;
    if (m_workbench.overview() == nullptr) {
        sentence = tr("No model open. Open a checkpoint folder with Ctrl+O.");
    } else if (count == 0) {
        sentence = !m_workbench.blockedNote().isEmpty() ? m_workbench.blockedNote()
            : !m_workbench.baselineNote().isEmpty()
            ? m_workbench.baselineNote()
            : tr("Every plan whose number becomes final is listed here. Waiting for the baseline…");
    }
    m_empty->setText(sentence);
    m_stack->setCurrentWidget(sentence.isEmpty() ? m_content : static_cast<QWidget*>(m_empty));
    const CandidateRecord* pinned = m_history.find(m_history.pinnedId());
    Q_EMIT captionChanged(pinned == nullptr ? QString()
                              : count < 2   ? tr("every final plan is listed here")
                                            : tr("%1 tried · Δ against %2").arg(count - 1).arg(pinned->name)
                                  + QChar(0x9c) + tr("%1 tried").arg(count - 1));
    if (count < 2) {
        fitColumns(); // how wide the bars are depends on the model
    }
    fitSplit();
    refreshButtons();
    refreshPlot();
}

void ComparePanel::refreshPlot()
{
    m_plotStale = !m_plot->isVisible();
    if (m_plotStale) {
        return;
    }
    std::vector<ParetoPoint> points;
    int leftOut = 0;
    for (const CandidateRecord& record : m_history.records()) {
        if (!m_history.isComparable(record)) {
            ++leftOut;
            continue;
        }
        PairedDelta delta;
        delta.meanNll = delta.low = delta.high = m_history.meanDelta(record).value_or(0.0);
        delta = m_history.readyDelta(record).value_or(delta);
        points.push_back(ParetoPoint {
            record.id, record.name, static_cast<double>(record.stateBytes), delta.meanNll, delta.low,
            delta.high, record.id == m_history.currentId(), record.id == m_history.pinnedId() });
    }
    const CandidateRecord* pinned = m_history.find(m_history.pinnedId());
    m_plot->setPoints(std::move(points), pinned != nullptr ? pinned->name : QString(), leftOut);
}

void ComparePanel::refreshButtons()
{
    const int id = selectedId();
    m_reload->setEnabled(id >= 0 && id != m_history.currentId());
    m_pin->setEnabled(id >= 0 && id != m_history.pinnedId());
    m_delete->setEnabled(id > 0);
    Q_EMIT selectionChanged();
}

void ComparePanel::arrange()
{
    const int unit = fontMetrics().height();
    const bool wide = width() > unit * 56;
    const bool both = wide || height() > unit * 24;
    const bool turned = wide != (m_splitter->orientation() == Qt::Horizontal);
    m_splitter->setOrientation(wide ? Qt::Horizontal : Qt::Vertical);
    m_view->setVisible(!both);
    if (std::exchange(m_showsBoth, both) != both) {
        Q_EMIT selectionChanged();
    }
    m_view->setText(m_view->isChecked() ? tr("Table") : tr("Pareto plot"));
    m_table->setVisible(both || !m_view->isChecked());
    m_plot->setVisible(both || m_view->isChecked());
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setStretchFactor(1, 1);
    if (turned && !sizesByHand().isEmpty()) { // it has kept those of the other arrangement
        m_splitter->setSizes(sizesByHand());
    }
    fitSplit();
    if (m_plotStale) {
        refreshPlot();
    }
}

QList<int>& ComparePanel::sizesByHand()
{
    return m_splitter->orientation() == Qt::Horizontal ? m_widthsByHand : m_heightsByHand;
}

void ComparePanel::fitSplit()
{
    if (!m_showsBoth || !sizesByHand().isEmpty()) {
        return;
    }
    if (m_splitter->orientation() == Qt::Horizontal) {
        const int half = m_splitter->width() / 2;
        m_splitter->setSizes({ half, m_splitter->width() - half });
        return;
    }
    const int total = m_splitter->height();
    const int rows = m_table->horizontalHeader()->height()
        + m_table->verticalHeader()->defaultSectionSize() * m_proxy->rowCount();
    const int table
        = std::clamp(rows, m_table->minimumHeight(), std::max(m_table->minimumHeight(), total / 2));
    m_splitter->setSizes({ table, total - table });
}

void ComparePanel::fitColumns()
{
    const QFontMetrics metrics = m_table->fontMetrics();
    QHeaderView* header = m_table->horizontalHeader();
    const auto chars = [&](const QString& text) { return metrics.horizontalAdvance(text) + 14; };
    const int layers = m_model->rowCount() > 0
        ? static_cast<int>(
            m_model->index(0, 0).data(CandidateTableModel::KeptSharesRole).value<QList<float>>().size())
        : 0;
    const std::pair<int, int> wanted[] = {
        { CandidateTableModel::MarkColumn, metrics.height() * 14 / 10 },
        { CandidateTableModel::BytesColumn, chars(u"9 999"_s) },
        { CandidateTableModel::PerplexityColumn, chars(u"999.99"_s) },
        { CandidateTableModel::DeltaColumn, chars(u"+0.000"_s) },
        // What comes next appears from here on where there is room.
        { CandidateTableModel::KeptColumn, 14 + std::clamp(layers * 5, 20, metrics.height() * 5) },
        { CandidateTableModel::AskedColumn, chars(u"Asked"_s) },
        { CandidateTableModel::IntervalColumn, chars(u"+0.000 … +0.000"_s) },
        { CandidateTableModel::TokensColumn, chars(u"999 999"_s) },
        { CandidateTableModel::MethodColumn, chars(u"L1 magnitude"_s) },
    };
    const int nameWidth = chars(u"by hand 0.50 "_s); // the current one is bold
    int room = m_table->viewport()->width() - nameWidth;
    for (const auto& [column, width] : wanted) {
        const bool always = column != CandidateTableModel::KeptColumn
            && column != CandidateTableModel::AskedColumn && column != CandidateTableModel::IntervalColumn
            && column != CandidateTableModel::TokensColumn && column != CandidateTableModel::MethodColumn;
        const bool shown = always || width <= room;
        m_table->setColumnHidden(column, !shown);
        if (shown) {
            header->resizeSection(column, width);
            room -= width;
        } else {
            room = 0; // the columns keep their order of importance
        }
    }
    int used = 0;
    for (int column = 0; column < CandidateTableModel::ColumnCount; ++column) {
        if (column != CandidateTableModel::NameColumn && !m_table->isColumnHidden(column)) {
            used += header->sectionSize(column);
        }
    }
    header->resizeSection(CandidateTableModel::NameColumn,
                          std::max(metrics.height() * 4, m_table->viewport()->width() - used));
}

int ComparePanel::selectedId() const
{
    const QModelIndexList rows = m_table->selectionModel()->selectedRows();
    return rows.isEmpty() ? -1 : rows.first().data(CandidateTableModel::IdRole).toInt();
}

void ComparePanel::select(int id)
{
    for (int row = 0; row < m_proxy->rowCount(); ++row) {
        const QModelIndex index = m_proxy->index(row, CandidateTableModel::NameColumn);
        if (index.data(CandidateTableModel::IdRole).toInt() == id) {
            m_table->setCurrentIndex(index);
            m_table->scrollTo(index);
        }
    }
}

void ComparePanel::setHoverMark(int id)
{
    m_plot->setHoverMark(id);
    if (id != m_delegate->hovered()) {
        m_delegate->setHovered(id);
        m_table->viewport()->update();
    }
}

void ComparePanel::reloadSelected()
{
    if (const int id = selectedId(); id >= 0) {
        m_history.reload(id);
    }
}

void ComparePanel::pinSelected()
{
    if (const int id = selectedId(); id >= 0) {
        m_history.pin(id);
    }
}

void ComparePanel::renameSelected()
{
    const QModelIndex current = m_table->currentIndex().siblingAtColumn(CandidateTableModel::NameColumn);
    if (current.isValid() && m_proxy->flags(current).testFlag(Qt::ItemIsEditable)) {
        m_table->setCurrentIndex(current);
        m_table->edit(current);
    }
}

void ComparePanel::deleteSelected()
{
    if (const int id = selectedId(); id > 0) {
        m_history.remove(id);
    }
}

QList<int> ComparePanel::rowsAsShown() const
{
    QList<int> rows;
    for (int row = 0; row < m_proxy->rowCount(); ++row) {
        rows << m_proxy->mapToSource(m_proxy->index(row, 0)).row();
    }
    return rows;
}

void ComparePanel::copyTable()
{
    QGuiApplication::clipboard()->setText(m_model->table(rowsAsShown(), u'\t'));
}

QString ComparePanel::csv() const
{
    return m_model->table(rowsAsShown(), u',');
}

void ComparePanel::exportTable()
{
    const QString path = m_dialogs.chooseSaveFile(this, tr("Export the candidates"), u"candidates.csv"_s,
                                                  tr("CSV table (*.csv)"));
    if (path.isEmpty()) {
        return;
    }
    if (const QString error = writeTextFile(path, csv()); !error.isEmpty()) {
        Q_EMIT problem(error);
    }
}

void ComparePanel::showPlot(bool shown)
{
    m_view->setChecked(shown);
}

bool ComparePanel::showsPlot() const
{
    return m_view->isChecked();
}

void ComparePanel::showMenu(const QPoint& at)
{
    const int id = selectedId();
    QMenu menu(this);
    const auto add = [&](const QString& text, const QKeySequence& keys, bool enabled, auto run) {
        QAction* action = menu.addAction(text, this, run);
        action->setShortcut(keys);
        action->setEnabled(enabled);
    };
    add(tr("Load this plan"), Qt::Key_Return, id >= 0 && id != m_history.currentId(),
        [this] { reloadSelected(); });
    add(tr("Take deltas against it"), Qt::Key_P, id >= 0 && id != m_history.pinnedId(),
        [this] { pinSelected(); });
    add(tr("Rename"), Qt::Key_F2, id > 0, [this] { renameSelected(); });
    add(tr("Remove"), Qt::Key_Delete, id > 0, [this] { deleteSelected(); });
    menu.addSeparator();
    add(tr("Copy the table"), QKeySequence::Copy, true, [this] { copyTable(); });
    add(tr("Export as CSV…"), {}, true, [this] { exportTable(); });
    addWhatIsThis(menu, *this, Topic::Candidates);
    menu.exec(m_table->viewport()->mapToGlobal(at));
}

bool ComparePanel::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_table->viewport() && event->type() == QEvent::Resize) {
        fitColumns();
    }
    if (watched == m_table->viewport() && event->type() == QEvent::Leave) {
        Q_EMIT candidateHovered(-1);
        Q_EMIT hovered(QString());
    }
    if (watched == m_table
        && (event->type() == QEvent::KeyPress || event->type() == QEvent::ShortcutOverride)) {
        const auto* key = static_cast<QKeyEvent*>(event);
        void (ComparePanel::*run)() = nullptr;
        if (key->matches(QKeySequence::Copy)) {
            run = &ComparePanel::copyTable;
        } else if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
            run = &ComparePanel::reloadSelected;
        } else if (key->key() == Qt::Key_Delete) {
            run = &ComparePanel::deleteSelected;
        } else if (key->key() == Qt::Key_P && key->modifiers() == Qt::NoModifier) {
            run = &ComparePanel::pinSelected;
        }
        if (run != nullptr) {
            if (event->type() == QEvent::KeyPress) {
                (this->*run)();
            }
            event->accept();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void ComparePanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    arrange();
}

void ComparePanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    arrange();
}

} // namespace rankscope
