// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/model_choices.h"

#include "core/io/json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <limits>
#include <utility>

namespace rankscope {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

Error damaged(const std::string& what, const std::string& key)
{
    return Error { ErrorCode::BadFormat,
                   fmt::format("What was chosen for the model is not known any more: \"{}\" in {} cannot be "
                               "read. Choose texts and windows again.",
                               key, what),
                   {} };
}

} // namespace

std::string choicesToJson(const ModelChoices& choices, const std::filesystem::path& model)
{
    Json json;
    json["rankscope_choices"] = kVersion;
    json["model"] = model.string();
    if (!choices.evaluationText.empty()) {
        json["evaluation_text"] = choices.evaluationText.string();
    }
    if (!choices.calibrationText.empty()) {
        json["calibration_text"] = choices.calibrationText.string();
    }
    if (choices.evaluationWindows) {
        json["evaluation_windows"] = *choices.evaluationWindows;
    }
    if (choices.windowLength) {
        json["window_length"] = *choices.windowLength;
    }
    json["windows_on_gpu"] = choices.windowsOnGpu;
    return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<ModelChoices> choicesFromJson(const std::string& text, const std::string& what)
{
    Result<Json> parsed = parseJson(text, what);
    if (!parsed || !parsed->is_object() || !parsed->contains("rankscope_choices")) {
        return damaged(what, "rankscope_choices");
    }
    const Json& root = *parsed;
    if (root["rankscope_choices"] != kVersion) {
        return Error { ErrorCode::Unsupported,
                       fmt::format("What was chosen for the model was written by another version of "
                                   "Rankscope ({}). Choose texts and windows again.",
                                   what),
                       {} };
    }
    ModelChoices choices;
    const std::pair<const char*, std::filesystem::path*> paths[]
        = { { "evaluation_text", &choices.evaluationText },
            { "calibration_text", &choices.calibrationText } };
    for (const auto& [key, path] : paths) {
        if (const auto found = root.find(key); found != root.end()) {
            if (!found->is_string()) {
                return damaged(what, key);
            }
            *path = found->get<std::string>();
        }
    }
    struct Count {
        const char* key;
        std::optional<int>* count;
        int least;
    };
    const Count counts[] = { { "evaluation_windows", &choices.evaluationWindows, 0 },
                             { "window_length", &choices.windowLength, 2 } };
    for (const auto& [key, count, least] : counts) {
        if (const auto found = root.find(key); found != root.end()) {
            if (!found->is_number_integer() || *found < least || *found > std::numeric_limits<int>::max()) {
                return damaged(what, key);
            }
            *count = found->get<int>();
        }
    }
    if (const auto found = root.find("windows_on_gpu"); found != root.end()) {
        if (!found->is_boolean()) {
            return damaged(what, "windows_on_gpu");
        }
        choices.windowsOnGpu = found->get<bool>();
    }
    return choices;
}

} // namespace rankscope
