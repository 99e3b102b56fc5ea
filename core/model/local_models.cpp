// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/local_models.h"

#include "core/io/json.h"
#include "core/model/checkpoint_overview.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <system_error>
#include <tuple>

namespace rankscope {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRepositoryPrefix = "models--";

std::vector<fs::path> foldersIn(const fs::path& folder)
{
    std::vector<fs::path> found;
    std::error_code failure;
    for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end;
         entry.increment(failure)) {
        std::error_code ignored;
        if (entry->is_directory(ignored)) {
            found.push_back(entry->path());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

bool isThere(const fs::path& path)
{
    std::error_code ignored;
    return fs::exists(path, ignored);
}

/// The commit that refs/main names, or nothing.
std::string mainRevision(const fs::path& repository)
{
    Result<std::string> text = readFileBytes(repository / "refs" / "main");
    if (!text) {
        return {};
    }
    std::string revision = *text;
    revision.erase(std::remove_if(revision.begin(), revision.end(),
                                  [](char c) { return c == '\n' || c == '\r' || c == ' '; }),
                   revision.end());
    // A reference names a folder beside it, nothing else.
    return revision.find('/') == std::string::npos && revision != ".." ? revision : std::string();
}

/// "models--fla-hub--delta_net-1.3B" is "fla-hub/delta_net-1.3B".
std::string repositoryName(const fs::path& repository)
{
    std::string name = repository.filename().string().substr(kRepositoryPrefix.size());
    for (std::size_t at = name.find("--"); at != std::string::npos; at = name.find("--", at + 1)) {
        name.replace(at, 2, 1, '/');
    }
    return name;
}

std::int64_t weightBytesIn(const fs::path& folder)
{
    std::int64_t bytes = 0;
    std::error_code failure;
    for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end;
         entry.increment(failure)) {
        std::error_code ignored;
        if (entry->path().extension() == ".safetensors") {
            const auto size = fs::file_size(entry->path(), ignored);
            bytes += ignored ? 0 : static_cast<std::int64_t>(size);
        }
    }
    return bytes;
}

LocalModel describe(const fs::path& snapshot)
{
    LocalModel model;
    model.folder = snapshot;
    model.revision = snapshot.filename().string();
    model.weightBytes = weightBytesIn(snapshot);
    if (const Result<nlohmann::ordered_json> config = readJsonFile(snapshot / "config.json"); config) {
        if (config->is_object() && config->contains("model_type") && (*config)["model_type"].is_string()) {
            model.modelType = (*config)["model_type"].get<std::string>();
        }
    }
    if (const Result<CheckpointOverview> overview = inspectCheckpoint(snapshot); !overview) {
        model.problem = overview.error().message;
    } else if (!overview->loadable()) {
        model.problem = overview->firstError().message;
    }
    return model;
}

} // namespace

Environment processEnvironment()
{
    return [](const char* name) -> std::optional<std::string> {
        const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody sets variables
        return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
    };
}

std::vector<fs::path> huggingFaceCaches(const Environment& environment)
{
    std::vector<fs::path> wanted;
    const auto add = [&](const char* variable, const char* below) {
        if (const std::optional<std::string> value = environment(variable); value && !value->empty()) {
            wanted.push_back(fs::path(*value) / below);
        }
    };
    add("HF_HUB_CACHE", "");
    add("HUGGINGFACE_HUB_CACHE", "");
    add("HF_HOME", "hub");
    add("XDG_CACHE_HOME", "huggingface/hub");
    wanted.resize(std::min<std::size_t>(wanted.size(), 1));
    add("HOME", ".cache/huggingface/hub");
    std::vector<fs::path> caches;
    for (const fs::path& path : wanted) {
        std::error_code failure;
        const fs::path folder = fs::weakly_canonical(path, failure);
        if (!failure && fs::is_directory(folder, failure)
            && std::find(caches.begin(), caches.end(), folder) == caches.end()) {
            caches.push_back(folder);
        }
    }
    return caches;
}

Result<std::vector<LocalModel>> findLocalModels(const std::vector<fs::path>& caches, JobContext& job)
{
    std::vector<fs::path> repositories;
    for (const fs::path& cache : caches) {
        for (const fs::path& folder : foldersIn(cache)) {
            if (folder.filename().string().starts_with(kRepositoryPrefix)) {
                repositories.push_back(folder);
            }
        }
    }
    job.progress().begin(std::ssize(repositories));
    std::vector<LocalModel> models;
    for (const fs::path& repository : repositories) {
        const std::string main = mainRevision(repository);
        for (const fs::path& snapshot : foldersIn(repository / "snapshots")) {
            if (job.stopRequested()) {
                return cancelledError();
            }
            if (!isThere(snapshot / "config.json")) {
                continue;
            }
            LocalModel& model = models.emplace_back(describe(snapshot));
            model.name = repositoryName(repository);
            model.isMain = model.revision == main;
        }
        job.progress().advance();
    }
    std::sort(models.begin(), models.end(), [](const LocalModel& left, const LocalModel& right) {
        return std::tuple(left.name, !left.isMain, left.revision)
            < std::tuple(right.name, !right.isMain, right.revision);
    });
    return models;
}

std::string checkpointName(const fs::path& folder)
{
    const fs::path repository = folder.parent_path().parent_path();
    return folder.parent_path().filename() == "snapshots"
            && repository.filename().string().starts_with(kRepositoryPrefix)
        ? repositoryName(repository)
        : folder.filename().string();
}

fs::path checkpointFolderOf(const fs::path& folder)
{
    if (isThere(folder / "config.json") || !isThere(folder / "snapshots")) {
        return folder;
    }
    const std::string main = mainRevision(folder);
    const std::vector<fs::path> snapshots = foldersIn(folder / "snapshots");
    for (const fs::path& snapshot : snapshots) {
        if (snapshot.filename() == main || (main.empty() && snapshots.size() == 1)) {
            return snapshot;
        }
    }
    return folder;
}

} // namespace rankscope
