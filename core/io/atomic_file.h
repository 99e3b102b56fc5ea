// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <span>
#include <string_view>

namespace rankscope {

/// Writes to a temporary name beside `path`, flushes to disk and renames: `path` holds the old or the new
/// content, never a part. Errors: NotFound (no such folder), Io, DiskFull.
[[nodiscard]] Status writeFileAtomically(const std::filesystem::path& path, std::string_view bytes);
/// The same for content that lies in several places.
[[nodiscard]] Status writeFileAtomically(const std::filesystem::path& path,
                                         std::span<const std::string_view> pieces);

/// An Error for a failed system call on a file: DiskFull for ENOSPC and EDQUOT, NotFound for ENOENT, else Io.
/// `doing` is what went wrong, e.g. "writing the plan \"x.json\"".
[[nodiscard]] Error fileError(int errnoValue, const std::string& doing);

} // namespace rankscope
