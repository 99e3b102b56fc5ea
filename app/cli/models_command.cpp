// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command_context.h"
#include "app/cli/text_table.h"
#include "core/base/size_text.h"
#include "core/model/local_models.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rankscope::cli {

Result<CommandResult> runModels(CommandContext& context)
{
    const std::vector<std::filesystem::path> caches = huggingFaceCaches(processEnvironment());
    Result<std::vector<LocalModel>> models = [&] {
        const Stage stage(context.console, "Looking for models", "models");
        return findLocalModels(caches, context.job);
    }();
    if (!models) {
        return models.error();
    }
    nlohmann::ordered_json json;
    json["caches"] = nlohmann::ordered_json::array();
    std::string places;
    for (const std::filesystem::path& cache : caches) {
        json["caches"].push_back(cache.string());
        places += fmt::format("{}{}", places.empty() ? "" : ", ", cache.string());
    }
    json["models"] = nlohmann::ordered_json::array();
    TextTable table({ "model", "revision", "type", "weights", "loads" });
    std::string problems;
    for (const LocalModel& model : *models) {
        json["models"].push_back({ { "name", model.name },
                                   { "revision", model.revision },
                                   { "main", model.isMain },
                                   { "folder", model.folder.string() },
                                   { "model_type", model.modelType },
                                   { "weight_bytes", model.weightBytes },
                                   { "supported", model.supported() },
                                   { "problem", model.problem } });
        table.addRow({ model.name, fmt::format("{}{:.7}", model.isMain ? "main " : "", model.revision),
                       model.modelType, sizeText(model.weightBytes), model.supported() ? "yes" : "no" });
        problems += model.supported() ? "" : fmt::format("{}: {}\n", model.name, model.problem);
    }
    std::string text;
    if (caches.empty()) {
        text = "There is no Hugging Face cache on this machine (HF_HUB_CACHE, HF_HOME, "
               "~/.cache/huggingface/hub).\n";
    } else if (models->empty()) {
        text = fmt::format("No models in {}.\n", places);
    } else {
        text = table.toText() + (problems.empty() ? "" : "\n" + problems);
    }
    return finish(context, std::move(json), std::move(text));
}

} // namespace rankscope::cli
