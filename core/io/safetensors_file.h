// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/host_tensor.h"
#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace rankscope {

/// Writes small result files (logits, spectra), atomically. Errors: Io, DiskFull, NotFound.
[[nodiscard]] Status writeSafetensorsFile(const std::filesystem::path& path,
                                          const std::vector<NamedTensor>& tensors);

/// Reads one tensor of a safetensors file. Errors: NotFound (file or tensor: lists what is there), BadFormat,
/// Io.
[[nodiscard]] Result<HostTensor> readSafetensorsTensor(const std::filesystem::path& path,
                                                       const std::string& name);

} // namespace rankscope
