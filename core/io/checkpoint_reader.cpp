// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/checkpoint_reader.h"

#include "core/base/narrow.h"
#include "core/io/json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace rankscope {

namespace {

namespace fs = std::filesystem;

Error noWeights(const fs::path& folder)
{
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
        const std::string extension = entry.path().extension().string();
        if (extension == ".bin" || extension == ".pt" || extension == ".pth" || extension == ".ckpt") {
            return Error {
                ErrorCode::Unsupported,
                fmt::format(
                    "\"{}\" holds only pickle weights (\"{}\"), which are never opened because they can "
                    "run code; save the model again as safetensors.",
                    folder.string(), entry.path().filename().string()),
                {}
            };
        }
    }
    return Error {
        ErrorCode::NotFound,
        fmt::format("\"{}\" holds no weights: neither model.safetensors nor model.safetensors.index.json is "
                    "there.",
                    folder.string()),
        {}
    };
}

} // namespace

Result<std::shared_ptr<const CheckpointReader>> CheckpointReader::open(const fs::path& folder)
{
    std::error_code failure;
    if (!fs::is_directory(folder, failure)) {
        return Error {
            ErrorCode::NotFound,
            fmt::format(
                "\"{}\" is not a folder; choose the folder that holds config.json and the safetensors "
                "files.",
                folder.string()),
            failure.message()
        };
    }
    std::shared_ptr<CheckpointReader> reader(new CheckpointReader);
    reader->m_folder = folder;

    const fs::path indexPath = folder / "model.safetensors.index.json";
    if (!fs::exists(indexPath, failure)) {
        if (!fs::exists(folder / "model.safetensors", failure)) {
            return noWeights(folder);
        }
        if (Status added = reader->addFile("model.safetensors"); !added) {
            return added.error();
        }
        return std::shared_ptr<const CheckpointReader>(reader);
    }

    Result<nlohmann::ordered_json> parsed = readJsonFile(indexPath);
    if (!parsed) {
        return parsed.error();
    }
    const nlohmann::ordered_json& index = parsed.value();
    if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) {
        return Error { ErrorCode::BadFormat,
                       fmt::format("\"{}\" has no weight_map.", indexPath.string()),
                       {} };
    }
    std::set<std::string> shards;
    for (const auto& [tensor, shard] : index["weight_map"].items()) {
        const std::string name = shard.is_string() ? shard.get<std::string>() : std::string();
        if (name.empty() || name.find('/') != std::string::npos
            || fs::path(name).extension() != ".safetensors") {
            return Error {
                ErrorCode::BadFormat,
                fmt::format(
                    "\"{}\" maps tensor \"{}\" to \"{}\", which is not a safetensors file of this folder.",
                    indexPath.string(), tensor, name),
                {}
            };
        }
        shards.insert(name);
    }
    for (const std::string& shard : shards) {
        if (!fs::exists(folder / shard, failure)) {
            return Error {
                ErrorCode::NotFound,
                fmt::format(
                    "The shard \"{}\" that model.safetensors.index.json names is missing from \"{}\"; "
                    "download it again.",
                    shard, folder.string()),
                {}
            };
        }
        if (Status added = reader->addFile(shard); !added) {
            return added.error();
        }
    }
    for (const auto& [tensor, shard] : index["weight_map"].items()) {
        const TensorEntry* entry = reader->find(tensor);
        const std::string expected = shard.get<std::string>();
        if (entry == nullptr || reader->m_files[idx(entry->file)].name != expected) {
            return Error {
                ErrorCode::BadFormat,
                fmt::format(
                    "model.safetensors.index.json says that tensor \"{}\" is in \"{}\", but it is {}.",
                    tensor, expected,
                    entry == nullptr ? std::string("in no shard")
                                     : "in \"" + reader->m_files[idx(entry->file)].name + "\""),
                {}
            };
        }
    }
    return std::shared_ptr<const CheckpointReader>(reader);
}

Status CheckpointReader::addFile(const std::string& name)
{
    Result<std::shared_ptr<const MappedFile>> mapping = MappedFile::open(m_folder / name);
    if (!mapping) {
        return mapping.error();
    }
    Result<SafetensorsIndex> index = parseSafetensors((*mapping)->bytes(), name);
    if (!index) {
        return index.error();
    }
    for (TensorEntry& entry : index->entries) {
        entry.file = narrow<int>(m_files.size());
        const auto [place, inserted] = m_byName.emplace(entry.name, m_entries.size());
        if (!inserted) {
            return Error { ErrorCode::BadFormat,
                           fmt::format("Tensor \"{}\" is in both \"{}\" and \"{}\".", entry.name,
                                       m_files[idx(m_entries[place->second].file)].name, name),
                           {} };
        }
        m_entries.push_back(std::move(entry));
    }
    m_files.push_back(File { name, std::move(mapping).value(), std::move(index->metadata) });
    return Unit {};
}

const TensorEntry* CheckpointReader::find(const std::string& name) const
{
    const auto place = m_byName.find(name);
    return place == m_byName.end() ? nullptr : &m_entries[place->second];
}

std::span<const std::byte> CheckpointReader::bytes(const TensorEntry& entry) const
{
    return mapping(entry).bytes().subspan(idx(entry.offsetBytes), idx(entry.sizeBytes));
}

const MappedFile& CheckpointReader::mapping(const TensorEntry& entry) const
{
    return *m_files[idx(entry.file)].mapping;
}

} // namespace rankscope
