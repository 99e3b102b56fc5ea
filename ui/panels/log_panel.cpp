// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/log_panel.h"

#include <QBoxLayout>
#include <QFontDatabase>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QTimer>

namespace rankscope {

LogPanel::LogPanel(std::function<QStringList()> drain, QWidget* parent)
    : QWidget(parent)
    , m_drain(std::move(drain))
    , m_text(new QPlainTextEdit(this))
    , m_timer(new QTimer(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 2, 4, 4);
    layout->addWidget(m_text);
    m_text->setReadOnly(true);
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->setMaximumBlockCount(2000);
    m_text->setLineWrapMode(QPlainTextEdit::WidgetWidth);
    m_text->setAccessibleName(tr("Log"));
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    font.setPointSizeF(m_text->font().pointSizeF() * 0.92);
    m_text->setFont(font);
    // The newest line stays in view until the user scrolls away from it.
    QScrollBar* bar = m_text->verticalScrollBar();
    connect(
        bar, &QScrollBar::actionTriggered, this, [this, bar] { m_follow = bar->value() == bar->maximum(); },
        Qt::QueuedConnection);
    connect(bar, &QScrollBar::rangeChanged, this, [this, bar](int, int last) {
        if (m_follow) {
            bar->setValue(last);
        }
    });
    m_timer->setInterval(100);
    connect(m_timer, &QTimer::timeout, this, &LogPanel::take);
}

QString LogPanel::text() const
{
    return m_text->toPlainText();
}

void LogPanel::showEvent(QShowEvent*)
{
    take();
    m_timer->start();
}

void LogPanel::hideEvent(QHideEvent*)
{
    m_timer->stop();
}

void LogPanel::take()
{
    if (!m_drain) {
        return;
    }
    const QStringList lines = m_drain();
    if (!lines.isEmpty()) {
        m_text->appendPlainText(lines.join(u'\n'));
    }
}

} // namespace rankscope
