// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QBasicTimer>
#include <QObject>
#include <QPointer>
#include <QWidgetList>

#include <deque>
#include <functional>

class QWidget;

namespace rankscope {

/// When the palette of a window changes, its large parts are painted anew one per turn of the event loop:
/// each is held back, with all in it, until its turn. Hidden ones need none.
class StaggeredPaint : public QObject {
public:
    /// `parts` is asked at each change; they are children of the window.
    StaggeredPaint(QWidget& window, std::function<QWidgetList()> parts);

    bool eventFilter(QObject* watched, QEvent* event) override;

protected:
    void timerEvent(QTimerEvent* event) override;

private:
    std::function<QWidgetList()> m_parts;
    std::deque<QPointer<QWidget>> m_held;
    QBasicTimer m_timer;
};

} // namespace rankscope
