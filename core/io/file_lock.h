// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <chrono>
#include <filesystem>
#include <memory>

namespace rankscope {

/// Keeps other processes from changing a file while this one reads, merges and replaces it: a lock (flock) on
/// a hidden file beside it, which stays there. Where the file system knows no locks it holds nothing.
class FileLock {
public:
    /// Waits until the lock is free. Errors: Io (not free in time, or the lock cannot be made).
    [[nodiscard]] static Result<std::unique_ptr<FileLock>> wait(const std::filesystem::path& file,
                                                                std::chrono::milliseconds most);
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;
    ~FileLock();

private:
    explicit FileLock(int descriptor);

    int m_descriptor;
};

} // namespace rankscope
