// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rankscope {

/// Where one running instance keeps the text that must outlive a kill: a file of its own in a folder that all
/// instances share, locked (flock) while its process lives. Any thread, one call at a time.
class RecoverySlot {
public:
    /// Makes the folder where it is missing. Errors: Io, DiskFull.
    [[nodiscard]] static Result<std::unique_ptr<RecoverySlot>> create(const std::filesystem::path& folder);
    RecoverySlot(const RecoverySlot&) = delete;
    RecoverySlot& operator=(const RecoverySlot&) = delete;
    /// An orderly end: nothing stays behind.
    ~RecoverySlot();

    /// Replaces the text in one step.
    [[nodiscard]] Status write(std::string_view text);
    /// Nothing is left to recover.
    void clear();
    [[nodiscard]] const std::filesystem::path& file() const { return m_file; }

private:
    RecoverySlot(std::filesystem::path file, std::filesystem::path lockFile, int lock);

    std::filesystem::path m_file;
    std::filesystem::path m_lockFile;
    int m_lock; ///< descriptor
};

/// What a killed instance left behind. Held locked, so that no other instance offers it at the same time; let
/// go with the object, and then offered again by the next one.
class AbandonedText {
public:
    AbandonedText(std::string text, std::chrono::system_clock::time_point written, std::filesystem::path file,
                  std::filesystem::path lockFile, int lock);
    AbandonedText(const AbandonedText&) = delete;
    AbandonedText& operator=(const AbandonedText&) = delete;
    ~AbandonedText();

    [[nodiscard]] const std::string& text() const { return m_text; }
    [[nodiscard]] std::chrono::system_clock::time_point written() const { return m_written; }
    /// Removes it for good.
    void discard();

private:
    std::string m_text;
    std::chrono::system_clock::time_point m_written;
    std::filesystem::path m_file;
    std::filesystem::path m_lockFile;
    int m_lock; ///< descriptor
};

/// Claims the texts of killed instances, the newest first. Those older than `keepFor`, and files that hold
/// nothing, are removed on the way. A missing folder holds none.
[[nodiscard]] std::vector<std::shared_ptr<AbandonedText>>
claimAbandonedTexts(const std::filesystem::path& folder, std::chrono::hours keepFor);

} // namespace rankscope
