// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/safetensors_file.h"

#include "core/base/narrow.h"
#include "core/io/atomic_file.h"
#include "core/io/safetensors_index.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace rankscope {

Status writeSafetensorsFile(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors)
{
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    std::int64_t offset = 0;
    for (const NamedTensor& named : tensors) {
        const auto size = narrow<std::int64_t>(named.tensor.bytes.size());
        header[named.name] = { { "dtype", safetensorsName(named.tensor.dtype) },
                               { "shape", named.tensor.shape },
                               { "data_offsets", { offset, offset + size } } };
        offset += size;
    }
    std::string text = header.dump();
    text.append((8 - text.size() % 8) % 8, ' '); // data starts aligned, as the reference writer does
    const auto length = static_cast<std::uint64_t>(text.size());
    text.insert(0, reinterpret_cast<const char*>(&length), sizeof length);
    std::vector<std::string_view> pieces { text };
    for (const NamedTensor& named : tensors) {
        pieces.emplace_back(reinterpret_cast<const char*>(named.tensor.bytes.data()),
                            named.tensor.bytes.size());
    }
    return writeFileAtomically(path, pieces);
}

Result<MappedTensor> mapSafetensorsTensor(const std::filesystem::path& path, const std::string& name)
{
    Result<std::shared_ptr<const MappedFile>> mapping = MappedFile::open(path);
    if (!mapping) {
        return mapping.error();
    }
    const std::span<const std::byte> bytes = (*mapping)->bytes();
    Result<SafetensorsIndex> index = parseSafetensors(bytes, path.string());
    if (!index) {
        return index.error();
    }
    const auto place = std::ranges::find(index->entries, name, &TensorEntry::name);
    if (place == index->entries.end()) {
        std::string names;
        for (const TensorEntry& entry : index->entries) {
            names += (names.empty() ? "" : ", ") + entry.name;
        }
        return Error { ErrorCode::NotFound,
                       fmt::format("\"{}\" has no tensor \"{}\"; it holds: {}.", path.string(), name, names),
                       {} };
    }
    return MappedTensor { place->dtype, place->shape,
                          bytes.subspan(idx(place->offsetBytes), idx(place->sizeBytes)),
                          std::move(*mapping) };
}

Result<HostTensor> readSafetensorsTensor(const std::filesystem::path& path, const std::string& name)
{
    Result<MappedTensor> mapped = mapSafetensorsTensor(path, name);
    if (!mapped) {
        return mapped.error();
    }
    return HostTensor { mapped->dtype, std::move(mapped->shape),
                        std::vector<std::byte>(mapped->bytes.begin(), mapped->bytes.end()) };
}

} // namespace rankscope
