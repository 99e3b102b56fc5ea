// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <memory>
#include <string>

namespace rankscope {

/// Absolute, normalised and without a trailing slash. Errors: InvalidArgument (no name left: "/", "..",
/// empty).
[[nodiscard]] Result<std::filesystem::path> normalisedTarget(const std::filesystem::path& target);

/// Whether a checkpoint folder may be written at `target` (normalised), reading from `source`: the parent
/// folder is there and writable, nothing is in the way, or consent was given and what is there is a
/// checkpoint or an empty folder, and neither of the two folders lies in the other. Writes nothing. Errors:
/// NotFound, AlreadyExists, InvalidArgument, Io.
[[nodiscard]] Status checkTarget(const std::filesystem::path& target, bool replaceExisting,
                                 const std::filesystem::path& source);

/// Free bytes for an ordinary user on the file system of `folder`, or -1 when that cannot be found out.
[[nodiscard]] std::int64_t freeDiskBytes(const std::filesystem::path& folder);

/// A folder that takes shape under a temporary name beside its target, `.<target>.rankscope-<pid>`, and gets
/// its name in one step. Until then it is removed with the object. It is locked (flock) while its process
/// lives.
class StagingFolder {
public:
    /// First removes what killed processes left behind for the same target. Errors: AlreadyExists (a running
    /// export to the same target), Io, DiskFull.
    [[nodiscard]] static Result<std::unique_ptr<StagingFolder>> create(const std::filesystem::path& target);
    StagingFolder(const StagingFolder&) = delete;
    StagingFolder& operator=(const StagingFolder&) = delete;
    ~StagingFolder();

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

    /// Flushes the folder and gives it the target's name. A folder that is there is exchanged with it in one
    /// step where the file system can, otherwise moved aside first and back if that fails, and removed last.
    /// Returns a warning, usually empty. Errors: AlreadyExists (without consent), Io.
    [[nodiscard]] Result<std::string> publish(bool replaceExisting);

private:
    StagingFolder(std::filesystem::path target, std::filesystem::path path, int lock);
    [[nodiscard]] Result<std::string> replace();

    std::filesystem::path m_target;
    std::filesystem::path m_path; ///< empty once published
    int m_lock; ///< descriptor of the folder
};

} // namespace rankscope
