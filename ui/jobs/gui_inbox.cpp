// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/gui_inbox.h"

#include <QBasicTimer>
#include <QCoreApplication>
#include <QObject>
#include <QTimerEvent>

#include <deque>
#include <mutex>
#include <utility>

namespace rankscope {
namespace {

class Inbox;

// Functions are handed over under a lock of our own and only the wake-up goes through Qt's queue: the thread
// sanitizer does not see the locks inside Qt, and would take every result for unordered.
std::mutex inboxMutex;
Inbox* inbox = nullptr;
std::deque<std::function<void()>> waiting;

/// Belongs to the application object. One function per turn of the event loop: several results that arrive
/// together, and the painting that each asks for, do not keep the window from answering for all of them.
class Inbox : public QObject {
    Q_OBJECT

public:
    explicit Inbox(QObject* parent)
        : QObject(parent)
    {
        connect(
            this, &Inbox::posted, this, [this] { m_timer.start(0, this); }, Qt::QueuedConnection);
    }
    ~Inbox() override
    {
        std::deque<std::function<void()>> forgotten; // destroyed without the lock: what they hold may post
        const std::lock_guard lock(inboxMutex);
        inbox = nullptr;
        std::swap(forgotten, waiting);
    }

Q_SIGNALS:
    void posted();

protected:
    void timerEvent(QTimerEvent* event) override
    {
        if (event->timerId() != m_timer.timerId()) {
            QObject::timerEvent(event);
            return;
        }
        std::function<void()> function;
        bool more = false;
        {
            const std::lock_guard lock(inboxMutex);
            if (!waiting.empty()) {
                function = std::move(waiting.front());
                waiting.pop_front();
            }
            more = !waiting.empty();
        }
        // A timer that fires is held back until it returns. As a new one it also goes on inside `function`,
        // which may show a dialog.
        m_timer.stop();
        if (more) {
            m_timer.start(0, this);
        }
        if (function) {
            function();
        }
    }

private:
    QBasicTimer m_timer;
};

} // namespace

void openGuiInbox()
{
    QCoreApplication* const application = QCoreApplication::instance();
    const std::lock_guard lock(inboxMutex);
    if (inbox == nullptr && application != nullptr) {
        inbox = new Inbox(application);
    }
}

void postToGui(std::function<void()> function)
{
    const std::lock_guard lock(inboxMutex);
    if (inbox != nullptr) {
        waiting.push_back(std::move(function));
        Q_EMIT inbox->posted();
    }
}

} // namespace rankscope
#include "gui_inbox.moc"
