// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace rankscope {

/// A slot that keeps only the newest value: a slow reader skips values instead of queueing them. Any thread.
template <typename T> class Mailbox {
public:
    void post(std::shared_ptr<const T> value)
    {
        const std::lock_guard lock(m_mutex);
        m_value = std::move(value);
    }
    /// The newest value since the last take, or null.
    [[nodiscard]] std::shared_ptr<const T> take()
    {
        const std::lock_guard lock(m_mutex);
        return std::exchange(m_value, nullptr);
    }

private:
    std::mutex m_mutex;
    std::shared_ptr<const T> m_value;
};

} // namespace rankscope
