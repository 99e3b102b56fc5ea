// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstdint>

namespace rankscope {

/// Two counters that a worker advances and a GUI timer or the command line polls; no signal per step.
class Progress {
public:
    /// Starts a stage of `total` units; 0 means that the amount of work is not known.
    void begin(std::int64_t total)
    {
        m_done.store(0, std::memory_order_relaxed);
        m_total.store(total, std::memory_order_relaxed);
    }
    void advance(std::int64_t units = 1) { m_done.fetch_add(units, std::memory_order_relaxed); }

    [[nodiscard]] std::int64_t done() const { return m_done.load(std::memory_order_relaxed); }
    [[nodiscard]] std::int64_t total() const { return m_total.load(std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> m_done { 0 };
    std::atomic<std::int64_t> m_total { 0 };
};

} // namespace rankscope
