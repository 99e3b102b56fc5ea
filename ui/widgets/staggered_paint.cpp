// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/staggered_paint.h"

#include <QEvent>
#include <QTimerEvent>
#include <QWidget>

namespace rankscope {

StaggeredPaint::StaggeredPaint(QWidget& window, std::function<QWidgetList()> parts)
    : QObject(&window)
    , m_parts(std::move(parts))
{
    window.installEventFilter(this);
}

bool StaggeredPaint::eventFilter(QObject* watched, QEvent* event)
{
    // The window hears of it before its children do.
    if (watched == parent() && event->type() == QEvent::PaletteChange) {
        for (QWidget* part : m_parts()) {
            if (part->isVisible() && part->updatesEnabled()) {
                part->setUpdatesEnabled(false);
                m_held.emplace_back(part);
            }
        }
        if (!m_held.empty()) {
            m_timer.start(0, this);
        }
    }
    return false;
}

void StaggeredPaint::timerEvent(QTimerEvent* event)
{
    if (event->timerId() != m_timer.timerId()) {
        QObject::timerEvent(event);
        return;
    }
    const QPointer<QWidget> next = m_held.front();
    m_held.pop_front();
    if (m_held.empty()) {
        m_timer.stop();
    }
    if (next != nullptr) {
        next->setUpdatesEnabled(true); // which asks for all of it
    }
}

} // namespace rankscope
