// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace rankscope {

/// Read-only view of a whole file. The mapping lives as long as the object; any thread.
class MappedFile {
public:
    /// Errors: NotFound, Io (a folder, no permission), BadFormat (empty file).
    [[nodiscard]] static Result<std::shared_ptr<const MappedFile>> open(const std::filesystem::path& path);

    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile();

    [[nodiscard]] std::span<const std::byte> bytes() const { return { m_data, m_size }; }
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    /// Gives the memory of those pages back that lie wholly in `bytes`, a part of bytes(); they stay readable
    /// and come back from the file. For bytes that are read once.
    void release(std::span<const std::byte> bytes) const;

private:
    MappedFile(std::filesystem::path path, const std::byte* data, std::size_t size);

    std::filesystem::path m_path;
    const std::byte* m_data;
    std::size_t m_size;
};

} // namespace rankscope
