// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/jobs/job_context.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rankscope {

/// One revision of a model in the local Hugging Face cache.
struct LocalModel {
    std::string name; ///< "fla-hub/delta_net-1.3B-100B"
    std::string revision; ///< commit, 40 hex digits
    bool isMain = false; ///< what refs/main names
    std::filesystem::path folder; ///< to open
    std::string modelType; ///< of config.json; empty when it cannot be read
    std::int64_t weightBytes = 0; ///< of the weight files that are there, links followed
    std::string problem; ///< why it does not load, a sentence; empty when it does

    [[nodiscard]] bool supported() const { return problem.empty(); }
};

/// Looks an environment variable up; none or empty counts as unset.
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// The cache folders that the Python library would use, in its order of precedence: HF_HUB_CACHE,
/// HUGGINGFACE_HUB_CACHE, HF_HOME/hub, XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub. The first
/// one that is set comes first; the default one follows, since models may have been loaded without the
/// variable. Only folders that are there.
[[nodiscard]] std::vector<std::filesystem::path> huggingFaceCaches(const Environment& environment);
[[nodiscard]] Environment processEnvironment();

/// The models in `caches`, by name, main revisions first. Reads config and headers, no weights. Repositories
/// without a config.json (data sets, unfinished downloads) are left out. Progress in models. Errors:
/// Cancelled.
[[nodiscard]] Result<std::vector<LocalModel>>
findLocalModels(const std::vector<std::filesystem::path>& caches, JobContext& job);

/// What people call the checkpoint in `folder`: "org/name" for a snapshot of the cache, whose own name is a
/// hash, else the folder's name.
[[nodiscard]] std::string checkpointName(const std::filesystem::path& folder);

/// The checkpoint that a person means by `folder`: itself, or for a repository of the cache
/// (…/models--org--name) the snapshot of its main revision.
[[nodiscard]] std::filesystem::path checkpointFolderOf(const std::filesystem::path& folder);

} // namespace rankscope
