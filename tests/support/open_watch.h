// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

namespace rankscope::test {

/// Notices whether a file is opened while the watch exists, by anybody. Linux.
class OpenWatch {
public:
    explicit OpenWatch(const std::filesystem::path& file);
    OpenWatch(const OpenWatch&) = delete;
    OpenWatch& operator=(const OpenWatch&) = delete;
    ~OpenWatch();

    [[nodiscard]] bool watching() const { return m_watching; }
    /// Since the start or the last call.
    [[nodiscard]] bool sawAnything() const;

private:
    int m_queue;
    bool m_watching;
};

} // namespace rankscope::test
