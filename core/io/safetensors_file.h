// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/host_tensor.h"
#include "core/base/result.h"
#include "core/io/mapped_file.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rankscope {

/// Writes small result files (logits, spectra), atomically. Errors: Io, DiskFull, NotFound.
[[nodiscard]] Status writeSafetensorsFile(const std::filesystem::path& path,
                                          const std::vector<NamedTensor>& tensors);

/// One tensor where it lies in its file, which stays mapped; it may be unaligned.
struct MappedTensor {
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
    std::span<const std::byte> bytes;
    std::shared_ptr<const MappedFile> mapping;
};

/// Errors: as readSafetensorsTensor.
[[nodiscard]] Result<MappedTensor> mapSafetensorsTensor(const std::filesystem::path& path,
                                                        const std::string& name);

/// Reads one tensor of a safetensors file. Errors: NotFound (file or tensor: lists what is there), BadFormat,
/// Io.
[[nodiscard]] Result<HostTensor> readSafetensorsTensor(const std::filesystem::path& path,
                                                       const std::string& name);

} // namespace rankscope
