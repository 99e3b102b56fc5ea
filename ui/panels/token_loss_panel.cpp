// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/token_loss_panel.h"

#include "ui/actions/what_is_this.h"
#include "ui/document/token_losses.h"
#include "ui/document/workbench.h"
#include "ui/format/numbers.h"
#include "ui/models/layer_selection.h"
#include "ui/models/token_loss_model.h"
#include "ui/panels/dock_panel.h"
#include "ui/settings/settings.h"
#include "ui/widgets/token_delegate.h"

#include <QBoxLayout>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QListView>
#include <QMenu>
#include <QStackedLayout>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kShown = 200;

} // namespace

TokenLossPanel::TokenLossPanel(Workbench& workbench, TokenLosses& losses, LayerSelection& selection,
                               Settings& settings, QWidget* parent)
    : QWidget(parent)
    , m_workbench(workbench)
    , m_losses(losses)
    , m_selection(selection)
    , m_model(new TokenLossModel(this))
    , m_delegate(new TokenDelegate(this))
    , m_empty(new EmptyNote(this))
    , m_content(new QWidget(this))
    , m_stack(new QStackedLayout(this))
    , m_order(new QComboBox(m_content))
    , m_list(new QListView(m_content))
{
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_content);
    auto* layout = new QVBoxLayout(m_content);
    layout->setContentsMargins(0, 6, 0, 4);
    layout->setSpacing(4);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(10, 0, 10, 0);
    row->addWidget(m_order, 1);
    layout->addLayout(row);
    layout->addWidget(m_list, 1);
    m_order->addItem(tr("Loss grew most"), static_cast<int>(TokenOrder::LossGrew));
    m_order->addItem(tr("Loss fell most"), static_cast<int>(TokenOrder::LossFell));
    m_order->addItem(tr("Prediction moved most (KL)"), static_cast<int>(TokenOrder::Divergence));
    m_order->setAccessibleName(tr("Which tokens"));
    m_order->setItemData(2, tr("KL(dense ‖ pruned) = Σ p (ln p − ln q) over the vocabulary, in nats"),
                         Qt::ToolTipRole);
    m_list->setModel(m_model);
    m_list->setItemDelegate(m_delegate);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setUniformItemSizes(true);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setAccessibleName(tr("Tokens whose loss changed most"));
    m_list->setMouseTracking(true);
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    m_list->installEventFilter(this);
    m_list->viewport()->installEventFilter(this);
    m_order->setCurrentIndex(std::max(0, m_order->findData(settings.get(setting::tokenOrder).toInt())));
    connect(m_order, &QComboBox::currentIndexChanged, this, [this, &settings] {
        settings.set(setting::tokenOrder, QString::number(m_order->currentData().toInt()));
        refresh();
    });
    connect(&m_losses, &TokenLosses::changed, this, &TokenLossPanel::refresh);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, &TokenLossPanel::choose);
    connect(m_list, &QListView::clicked, this, &TokenLossPanel::choose);
    connect(m_list, &QListView::entered, this, [this](const QModelIndex& index) {
        LayerSelection::Hover hover;
        if (m_losses.windows() == m_workbench.texts().evaluation) {
            hover.window = index.data(TokenLossModel::WindowRole).toInt();
            hover.token = index.data(TokenLossModel::TokenRole).toInt();
        }
        m_selection.setHover(hover);
        Q_EMIT hovered(index.data(Qt::ToolTipRole).toString().replace(u"\n"_s, u" · "_s));
    });
    connect(m_list, &QListView::viewportEntered, this, [this] { endHover(); });
    connect(m_list, &QListView::customContextMenuRequested, this, [this](const QPoint& at) {
        QMenu menu(this);
        menu.addAction(tr("Copy the list as a table"), this, &TokenLossPanel::copyTable);
        addWhatIsThis(menu, *this, Topic::Tokens);
        menu.exec(m_list->viewport()->mapToGlobal(at));
    });
    refresh();
}

void TokenLossPanel::refresh()
{
    if (!isVisible()) {
        return; // showEvent catches up
    }
    const std::shared_ptr<const TokenComparison>& comparison = m_losses.comparison();
    const Trust trust = m_losses.trust();
    const bool shown = comparison != nullptr && comparison->tokens() > 0 && trust != Trust::Missing;
    m_empty->setText(shown ? QString() : m_losses.note());
    m_stack->setCurrentWidget(shown ? m_content : static_cast<QWidget*>(m_empty));
    if (!shown) {
        Q_EMIT captionChanged(QString());
        return;
    }
    const auto order = static_cast<TokenOrder>(m_order->currentData().toInt());
    if (comparison != m_shown || m_order->currentIndex() != m_shownOrder) {
        m_shown = comparison;
        m_shownOrder = m_order->currentIndex();
        m_model->show(comparison, m_losses.windows(), m_workbench.texts().tokenizer, order, kShown);
    }
    m_delegate->setStale(trust == Trust::Stale);
    m_delegate->setDivergence(order == TokenOrder::Divergence);
    m_list->viewport()->update();
    const QString tokens = formatCount(comparison->tokens());
    const QString stopped = m_losses.stopNote();
    Q_EMIT captionChanged(
        trust == Trust::Partial     ? (stopped.isEmpty() ? tr("running · %1 tokens so far").arg(tokens)
                                                         : tr("%1 tokens · %2").arg(tokens, stopped))
            : trust == Trust::Stale ? staleCaption()
                                    : tr("%1 of %2 tokens").arg(m_model->rowCount()).arg(tokens) + QChar(0x9c)
                + tr("%1 shown").arg(m_model->rowCount()));
}

QString TokenLossPanel::staleCaption() const
{
    const QString why = m_losses.stopNote().isEmpty() ? m_workbench.staleReason() : m_losses.stopNote();
    return why.isEmpty() ? tr("↻ from an earlier plan: comparing…") : u"↻ "_s + why;
}

void TokenLossPanel::choose()
{
    const QModelIndex index = m_list->currentIndex();
    if (index.isValid() && m_losses.windows() == m_workbench.texts().evaluation) {
        m_selection.setWindow(index.data(TokenLossModel::WindowRole).toInt());
        m_selection.setToken(index.data(TokenLossModel::TokenRole).toInt());
    }
}

void TokenLossPanel::endHover()
{
    m_selection.setHover({});
    Q_EMIT hovered(QString());
}

QString TokenLossPanel::tableText() const
{
    return m_model->table();
}

void TokenLossPanel::copyTable()
{
    QGuiApplication::clipboard()->setText(tableText());
}

bool TokenLossPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_list->viewport() && event->type() == QEvent::Leave) {
        endHover();
    }
    if (watched == m_list && event->type() == QEvent::KeyPress
        && static_cast<QKeyEvent*>(event)->matches(QKeySequence::Copy)) {
        copyTable();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

void TokenLossPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_losses.setWatching(this, true);
    refresh();
}

void TokenLossPanel::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    m_losses.setWatching(this, false);
}

} // namespace rankscope
