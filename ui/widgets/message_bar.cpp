// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/message_bar.h"

#include "ui/theme/icon_tint.h"
#include "ui/theme/theme.h"

#include <QBoxLayout>
#include <QEvent>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {
constexpr qsizetype kKept = 20;
}

MessageBar::MessageBar(QWidget* parent)
    : QWidget(parent)
    , m_icon(new QLabel(this))
    , m_text(new QLabel(this))
    , m_more(new QLabel(this))
    , m_buttons(new QHBoxLayout)
    , m_close(new QToolButton(this))
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(14, 6, 10, 6);
    layout->setSpacing(8);
    layout->addWidget(m_icon);
    layout->addWidget(m_text, 1);
    m_buttons->setSpacing(6);
    layout->addLayout(m_buttons);
    layout->addWidget(m_more);
    layout->addWidget(m_close);
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_close->setAutoRaise(true);
    m_close->setAccessibleName(tr("Dismiss the message"));
    m_close->setToolTip(tr("Dismiss"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    connect(m_close, &QToolButton::clicked, this, &MessageBar::dismiss);
    hide();
}

void MessageBar::showMessage(const QString& sentence, IssueSeverity severity, const QList<Choice>& choices)
{
    add({ sentence, severity, choices });
}

void MessageBar::ask(const QString& sentence, const QList<Choice>& choices)
{
    add({ sentence, IssueSeverity::Note, choices, true });
}

void MessageBar::add(const Message& message)
{
    m_messages.removeIf([&](const Message& other) { return other.text == message.text; });
    m_messages.append(message);
    while (m_messages.size() > kKept) {
        m_messages.removeFirst();
    }
    refresh();
}

void MessageBar::dismiss()
{
    if (!m_messages.isEmpty()) {
        m_messages.removeLast();
    }
    refresh();
}

void MessageBar::withdraw(const QString& sentence)
{
    if (m_messages.removeIf([&](const Message& message) { return message.text == sentence; }) > 0) {
        refresh();
    }
}

void MessageBar::clear()
{
    m_messages.removeIf([](const Message& message) { return !message.asks; });
    refresh();
}

QList<QPushButton*> MessageBar::choices() const
{
    QList<QPushButton*> buttons;
    for (int index = 0; index < m_buttons->count(); ++index) {
        buttons << qobject_cast<QPushButton*>(m_buttons->itemAt(index)->widget());
    }
    return buttons;
}

QString MessageBar::currentText() const
{
    return m_messages.isEmpty() ? QString() : m_messages.last().text;
}

void MessageBar::refresh()
{
    while (QLayoutItem* item = m_buttons->takeAt(0)) {
        item->widget()->hide();
        item->widget()->deleteLater(); // it may be the one that was just pressed
        delete item;
    }
    setVisible(!m_messages.isEmpty());
    if (m_messages.isEmpty()) {
        return;
    }
    const Theme& theme = themeOf(palette());
    const Message& message = m_messages.last();
    const QString icon = message.severity == IssueSeverity::Error ? u"error"_s
        : message.severity == IssueSeverity::Warning              ? u"warning"_s
                                                                  : u"note"_s;
    const int size = fontMetrics().height();
    m_icon->setPixmap(tintedPixmap(icon, message.severity == IssueSeverity::Note ? theme.accent : theme.worse,
                                   size, devicePixelRatioF()));
    m_close->setIcon(tintedIcon(u"close"_s, theme.muted, size));
    m_text->setText(message.text);
    m_text->setAccessibleName(message.text);
    for (const Choice& choice : message.choices) {
        auto* button = new QPushButton(choice.text, this);
        button->setAutoDefault(false);
        m_buttons->addWidget(button);
        connect(button, &QPushButton::clicked, this, [this, run = choice.run] {
            dismiss();
            run();
        });
    }
    m_more->setVisible(m_messages.size() > 1);
    m_more->setText(tr("%1 more").arg(m_messages.size() - 1));
    update();
}

void MessageBar::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(palette());
    const bool note = !m_messages.isEmpty() && m_messages.last().severity == IssueSeverity::Note;
    QPainter painter(this);
    painter.fillRect(rect(), mixed(theme.panel, note ? theme.accent : theme.worse, theme.dark ? 0.18 : 0.10));
    painter.fillRect(QRect(0, 0, 4, height()), note ? theme.accent : theme.worse);
    painter.fillRect(QRect(0, height() - 1, width(), 1), theme.border);
}

void MessageBar::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && isShowing()) {
        refresh();
    }
}

} // namespace rankscope
