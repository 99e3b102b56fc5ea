// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/io/mapped_file.h"
#include "core/io/safetensors_index.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace rankscope {

/// The safetensors files of one checkpoint folder, memory-mapped. Immutable, any thread.
class CheckpointReader {
public:
    struct File {
        std::string name; ///< inside the folder
        std::shared_ptr<const MappedFile> mapping;
        std::map<std::string, std::string> metadata;
    };

    /// model.safetensors, or the shards of model.safetensors.index.json. Pickle files are never opened.
    /// Errors: NotFound (no folder, no weights, a missing shard: named), BadFormat (index or headers), Io.
    [[nodiscard]] static Result<std::shared_ptr<const CheckpointReader>>
    open(const std::filesystem::path& folder);

    [[nodiscard]] const std::filesystem::path& folder() const { return m_folder; }
    [[nodiscard]] const std::vector<File>& files() const { return m_files; }
    /// All tensors, file by file in the order of the headers.
    [[nodiscard]] const std::vector<TensorEntry>& entries() const { return m_entries; }
    [[nodiscard]] const TensorEntry* find(const std::string& name) const;
    [[nodiscard]] std::span<const std::byte> bytes(const TensorEntry& entry) const;
    [[nodiscard]] const MappedFile& mapping(const TensorEntry& entry) const;

private:
    CheckpointReader() = default;
    [[nodiscard]] Status addFile(const std::string& name);

    std::filesystem::path m_folder;
    std::vector<File> m_files;
    std::vector<TensorEntry> m_entries;
    std::unordered_map<std::string, std::size_t> m_byName;
};

} // namespace rankscope
