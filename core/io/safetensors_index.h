// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/dtype.h"
#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace rankscope {

/// One tensor of a safetensors file.
struct TensorEntry {
    std::string name;
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
    std::int64_t offsetBytes = 0; ///< from the start of the file
    std::int64_t sizeBytes = 0;
    int file = 0; ///< index into CheckpointReader::files()

    [[nodiscard]] std::int64_t elements() const;
};

/// "[512, 256]".
[[nodiscard]] std::string shapeText(const std::vector<std::int64_t>& shape);

struct SafetensorsIndex {
    std::vector<TensorEntry> entries; ///< in the order of the header
    std::map<std::string, std::string> metadata;
};

/// Parses and checks the header of a whole safetensors file: header length, JSON, dtypes, shapes, offsets
/// inside the file, sizes against shapes, overlaps, duplicate names. `what` names the file in messages.
/// Errors: BadFormat; Unsupported (a dtype we do not read, named).
[[nodiscard]] Result<SafetensorsIndex> parseSafetensors(std::span<const std::byte> file,
                                                        const std::string& what);

} // namespace rankscope
