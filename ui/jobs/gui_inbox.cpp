// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/gui_inbox.h"

#include <QCoreApplication>
#include <QObject>

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

/// Belongs to the application object. One wake-up per function, so that other events get their turn between.
class Inbox : public QObject {
    Q_OBJECT

public:
    explicit Inbox(QObject* parent)
        : QObject(parent)
    {
        connect(this, &Inbox::posted, this, &Inbox::runNext, Qt::QueuedConnection);
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

private:
    void runNext()
    {
        std::function<void()> function;
        {
            const std::lock_guard lock(inboxMutex);
            if (waiting.empty()) {
                return;
            }
            function = std::move(waiting.front());
            waiting.pop_front();
        }
        function();
    }
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
