// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/checkpoint_writer.h"

#include "core/base/narrow.h"
#include "core/io/output_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <numeric>

namespace rankscope {

namespace {

/// Eight bytes of length, little endian, then the JSON, padded with blanks as the format allows.
std::string headerOf(std::span<const OutputTensor> tensors, const std::vector<std::size_t>& order,
                     const SafetensorsMetadata& metadata)
{
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty()) {
        header["__metadata__"] = metadata;
    }
    std::int64_t offset = 0;
    // Appending to the object's list directly: operator[] of an ordered object searches it, and no name
    // occurs twice.
    auto& members = header.get_ref<nlohmann::ordered_json::object_t&>();
    for (const std::size_t position : order) {
        const OutputTensor& tensor = tensors[position];
        const std::int64_t end = offset + tensor.sizeBytes();
        nlohmann::ordered_json entry;
        entry["dtype"] = safetensorsName(tensor.dtype);
        entry["shape"] = tensor.shape;
        entry["data_offsets"] = { offset, end };
        members.emplace_back(tensor.name, std::move(entry));
        offset = end;
    }
    std::string json = header.dump();
    json.resize((json.size() + 7) / 8 * 8, ' ');
    std::string bytes;
    bytes.reserve(8 + json.size());
    for (unsigned shift = 0; shift < 64; shift += 8) {
        bytes.push_back(static_cast<char>((std::uint64_t { json.size() } >> shift) & 0xffU));
    }
    return bytes + json;
}

ShardLayout shardOf(std::span<const OutputTensor> tensors, std::vector<std::size_t> members,
                    const SafetensorsMetadata& metadata)
{
    std::stable_sort(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
        return sizeBytes(tensors[a].dtype) > sizeBytes(tensors[b].dtype);
    });
    ShardLayout shard;
    shard.header = headerOf(tensors, members, metadata);
    shard.fileBytes = narrow<std::int64_t>(shard.header.size());
    for (const std::size_t position : members) {
        shard.fileBytes += tensors[position].sizeBytes();
    }
    shard.tensors = std::move(members);
    return shard;
}

std::string indexOf(std::span<const OutputTensor> tensors, const CheckpointLayout& layout)
{
    std::map<std::string, std::string> fileOfTensor;
    for (const ShardLayout& shard : layout.shards) {
        for (const std::size_t position : shard.tensors) {
            fileOfTensor[tensors[position].name] = shard.fileName;
        }
    }
    nlohmann::ordered_json index;
    index["metadata"]["total_size"] = layout.totalTensorBytes;
    index["weight_map"] = fileOfTensor;
    return index.dump(2) + "\n";
}

/// In steps, so that of a mapped source only some pages are in memory at a time.
Status writeTensor(OutputFile& file, const OutputTensor& tensor)
{
    constexpr std::size_t stepBytes = std::size_t { 8 } << 20U;
    for (std::span<const std::byte> piece : tensor.pieces) {
        while (piece.size() > stepBytes) {
            if (Status written = file.write(piece.first(stepBytes)); !written) {
                return written;
            }
            if (tensor.mapping != nullptr && tensor.pieces.size() == 1) { // the others lie among zero rows
                tensor.mapping->release(piece.first(stepBytes));
            }
            piece = piece.subspan(stepBytes);
        }
        if (Status written = file.write(piece); !written) {
            return written;
        }
    }
    if (tensor.mapping != nullptr) {
        tensor.mapping->release(tensor.mapped);
    }
    return Unit {};
}

} // namespace

std::int64_t OutputTensor::sizeBytes() const
{
    return std::accumulate(pieces.begin(), pieces.end(), std::int64_t { 0 },
                           [](std::int64_t sum, const std::span<const std::byte>& piece) {
                               return sum + narrow<std::int64_t>(piece.size());
                           });
}

CheckpointLayout layoutCheckpoint(std::span<const OutputTensor> tensors, const SafetensorsMetadata& metadata,
                                  std::int64_t shardBytes)
{
    CheckpointLayout layout;
    std::vector<std::vector<std::size_t>> groups(1);
    std::int64_t inGroup = 0;
    for (std::size_t position = 0; position < tensors.size(); ++position) {
        const std::int64_t bytes = tensors[position].sizeBytes();
        if (!groups.back().empty() && inGroup + bytes > shardBytes) {
            groups.emplace_back();
            inGroup = 0;
        }
        groups.back().push_back(position);
        inGroup += bytes;
        layout.totalTensorBytes += bytes;
    }
    for (std::size_t number = 0; number < groups.size(); ++number) {
        layout.shards.push_back(shardOf(tensors, std::move(groups[number]), metadata));
        layout.shards.back().fileName = groups.size() == 1
            ? std::string("model.safetensors")
            : fmt::format("model-{:05}-of-{:05}.safetensors", number + 1, groups.size());
    }
    if (layout.shards.size() > 1) {
        layout.indexJson = indexOf(tensors, layout);
    }
    return layout;
}

Status writeShard(const std::filesystem::path& folder, const ShardLayout& shard,
                  std::span<const OutputTensor> tensors, JobContext& job)
{
    Result<std::unique_ptr<OutputFile>> created = OutputFile::create(folder / shard.fileName, job);
    if (!created) {
        return created.error();
    }
    OutputFile& file = **created;
    if (Status written = file.write(std::as_bytes(std::span(shard.header))); !written) {
        return written;
    }
    for (const std::size_t position : shard.tensors) {
        if (Status written = writeTensor(file, tensors[position]); !written) {
            return written;
        }
    }
    return file.finish();
}

} // namespace rankscope
