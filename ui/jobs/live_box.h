// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/jobs/mailbox.h"
#include "ui/jobs/gui_inbox.h"

#include <atomic>
#include <functional>
#include <memory>

namespace rankscope {

/// A mailbox that tells the GUI thread that something has arrived: at most one call is under way, however
/// often the worker posts.
template <typename T> class LiveBox {
public:
    /// GUI thread. `wake` runs on the GUI thread; it has to look itself whether anybody still wants the
    /// value.
    explicit LiveBox(std::function<void()> wake)
        : m_wake(std::make_shared<Wake>())
    {
        m_wake->call = std::move(wake);
        openGuiInbox();
    }

    /// Worker.
    void post(std::shared_ptr<const T> value)
    {
        m_box.post(std::move(value));
        if (!m_wake->pending.exchange(true)) {
            postToGui([wake = m_wake] {
                wake->pending.store(false);
                wake->call();
            });
        }
    }
    /// GUI thread: the newest value since the last take, or null.
    [[nodiscard]] std::shared_ptr<const T> take() { return m_box.take(); }

private:
    struct Wake {
        std::atomic<bool> pending { false };
        std::function<void()> call;
    };
    Mailbox<T> m_box;
    std::shared_ptr<Wake> m_wake;
};

} // namespace rankscope
