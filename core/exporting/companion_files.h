// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace rankscope {

/// A file of the checkpoint folder that goes along unchanged: tokenizer, generation config, anything we do
/// not know.
struct CompanionFile {
    std::filesystem::path source; ///< absolute
    std::string name; ///< in the new folder, relative, with "/"
    std::int64_t bytes = 0;
};

struct CompanionFiles {
    std::vector<CompanionFile> files; ///< by name
    std::vector<std::string> notCopied; ///< a sentence per file or folder that stays behind, with the reason
};

/// Everything in `folder`, subfolders included, except the names in `rewritten` (which the export writes
/// itself), weights in any form (they would be those of the dense model), hidden folders and things that are
/// neither file nor folder. The original card and recipe get names of their own. Links to files are followed.
/// Errors: Io.
[[nodiscard]] Result<CompanionFiles> companionFiles(const std::filesystem::path& folder,
                                                    const std::set<std::string>& rewritten);

} // namespace rankscope
