// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/dtype.h"
#include "core/base/result.h"
#include "core/io/mapped_file.h"
#include "core/jobs/job_context.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace rankscope {

/// A tensor to be written. Its bytes are the pieces one after the other, which lets a row selection of a
/// mapped file be written without copying it first. The pieces borrow: what they point into outlives the
/// writing.
struct OutputTensor {
    std::string name;
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
    std::vector<std::span<const std::byte>> pieces; ///< sizes add up to what dtype and shape need
    /// Where the pieces come from, if from a mapped file: its pages are released once they are written.
    const MappedFile* mapping = nullptr;
    std::span<const std::byte> mapped = {}; ///< part of `mapping` that the pieces lie in

    [[nodiscard]] std::int64_t sizeBytes() const;
};

/// Which file gets which tensors; known before anything is written.
struct ShardLayout {
    std::string fileName; ///< model.safetensors or model-00001-of-00003.safetensors
    std::vector<std::size_t> tensors; ///< positions in the list of tensors, in the order of the file
    std::string header; ///< length field and JSON, padded to a multiple of 8 bytes
    std::int64_t fileBytes = 0;
};

struct CheckpointLayout {
    std::vector<ShardLayout> shards;
    std::string indexJson; ///< of model.safetensors.index.json; empty for a single file
    std::int64_t totalTensorBytes = 0;
};

using SafetensorsMetadata = std::map<std::string, std::string>;

/// One file when all tensors fit in `shardBytes`, else shards filled in the given order (a tensor is never
/// split). Inside a file wider element types come first, otherwise the given order stays: every tensor is
/// aligned to its element size.
[[nodiscard]] CheckpointLayout layoutCheckpoint(std::span<const OutputTensor> tensors,
                                                const SafetensorsMetadata& metadata, std::int64_t shardBytes);

/// Writes one file of a layout into `folder`, where it must not exist, and flushes it to disk. Progress in
/// bytes; the caller begins the stage. Errors: AlreadyExists, NotFound, Io, DiskFull, Cancelled; a partial
/// file stays behind.
[[nodiscard]] Status writeShard(const std::filesystem::path& folder, const ShardLayout& shard,
                                std::span<const OutputTensor> tensors, JobContext& job);

} // namespace rankscope
