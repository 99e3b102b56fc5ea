// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/command_palette.h"

#include "ui/actions/action_registry.h"
#include "ui/format/menu_text.h"

#include <QAction>
#include <QBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QStyledItemDelegate>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kWorksRole = Qt::UserRole + 1;
constexpr int kRestRole = Qt::UserRole + 2; ///< its keys, or why it cannot work

/// The command at the left; its keys, or why it cannot work, at the right.
class CommandDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        QStyledItemDelegate::paint(painter, option, index);
        const int used = option.fontMetrics.horizontalAdvance(index.data().toString()) + 20;
        const QRect room = option.rect.adjusted(used, 0, -8, 0);
        painter->setPen(option.palette.color(QPalette::PlaceholderText));
        painter->drawText(
            room, Qt::AlignRight | Qt::AlignVCenter,
            option.fontMetrics.elidedText(index.data(kRestRole).toString(), Qt::ElideRight, room.width()));
    }
};

} // namespace

CommandPalette::CommandPalette(const ActionRegistry& actions, QWidget* parent)
    : QDialog(parent, Qt::Popup)
    , m_actions(actions)
    , m_input(new QLineEdit(this))
    , m_list(new QListWidget(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->addWidget(m_input);
    layout->addWidget(m_list);
    m_input->setPlaceholderText(tr("Type a command"));
    m_input->setAccessibleName(tr("Command search"));
    m_input->installEventFilter(this);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setItemDelegate(new CommandDelegate(m_list));
    m_list->setAccessibleName(tr("Commands"));
    connect(m_input, &QLineEdit::textChanged, this, &CommandPalette::filter);
    connect(m_input, &QLineEdit::returnPressed, this, &CommandPalette::runCurrent);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::runCurrent);
}

void CommandPalette::open()
{
    m_input->clear();
    filter({});
    const QWidget* window = parentWidget();
    resize(fontMetrics().height() * 32, fontMetrics().height() * 22);
    move(window->mapToGlobal(QPoint((window->width() - width()) / 2, window->height() / 8)));
    show();
    m_input->setFocus();
}

void CommandPalette::filter(const QString& words)
{
    m_list->clear();
    const QStringList wanted = words.split(u' ', Qt::SkipEmptyParts);
    // What cannot work now comes last, and says why.
    for (const bool works : { true, false }) {
        for (const ActionRegistry::Entry& entry : m_actions.entries()) {
            if (entry.action->isEnabled() != works || !entry.action->isVisible()) {
                continue;
            }
            const QString text = entry.group + u" › "_s + readText(entry.action->text());
            if (!std::all_of(wanted.begin(), wanted.end(),
                             [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); })) {
                continue;
            }
            const QString keys = entry.action->shortcut().toString(QKeySequence::NativeText);
            auto* item = new QListWidgetItem(text, m_list);
            item->setData(Qt::UserRole, entry.id);
            item->setData(kWorksRole, works);
            item->setData(kRestRole, works ? keys : entry.reason);
            item->setData(Qt::AccessibleTextRole,
                          works ? QVariant() : QVariant(text + u": "_s + entry.reason));
            if (!works) {
                item->setToolTip(entry.reason);
                item->setForeground(palette().color(QPalette::Disabled, QPalette::Text));
            }
        }
    }
    m_list->setCurrentRow(0);
}

void CommandPalette::runCurrent()
{
    const QListWidgetItem* item = m_list->currentItem();
    if (item != nullptr && !item->data(kWorksRole).toBool()) {
        return; // the reason stays in view
    }
    hide();
    if (item != nullptr) {
        if (QAction* action = m_actions.find(item->data(Qt::UserRole).toString())) {
            action->trigger();
        }
    }
}

void CommandPalette::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setPen(palette().color(QPalette::Dark));
    painter.setBrush(palette().window());
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_input && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Down || key == Qt::Key_Up) {
            const int next = m_list->currentRow() + (key == Qt::Key_Down ? 1 : -1);
            m_list->setCurrentRow(std::clamp(next, 0, std::max(0, m_list->count() - 1)));
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

} // namespace rankscope
