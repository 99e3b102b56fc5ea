// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/session_snapshot.h"

#include "core/io/json.h"
#include "core/plan/plan_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace rankscope {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

Error damaged(const std::string& key)
{
    return Error { ErrorCode::BadFormat,
                   fmt::format("The unsaved work of an earlier session is damaged: \"{}\" cannot be read.",
                               key),
                   {} };
}

bool isUnselected(const LayerPlan& layer, std::size_t head)
{
    return layer.kept[head].empty() && layer.keptKeyDimsOf(static_cast<int>(head)) > 0;
}

/// A plan file lists the channels of every head. Where the method has yet to select them, any list that
/// agrees with the counts and with what was forced stands in, and is dropped on reading.
std::vector<int> standIn(const LayerPlan& layer, std::size_t head)
{
    const HeadEdit edit = head < layer.headEdits.size() ? layer.headEdits[head] : HeadEdit {};
    std::vector<int> kept = edit.forcedIn;
    for (int channel = 0; channel < layer.keyDims; ++channel) {
        if (!std::binary_search(edit.forcedIn.begin(), edit.forcedIn.end(), channel)
            && !std::binary_search(edit.forcedOut.begin(), edit.forcedOut.end(), channel)) {
            kept.push_back(channel);
        }
    }
    kept.resize(static_cast<std::size_t>(layer.keptKeyDimsOf(static_cast<int>(head))));
    std::sort(kept.begin(), kept.end());
    return kept;
}

/// true: no head of the layer has its channels; else the heads that have not. Fills in what stands in for
/// them.
Json unselectedHeads(LayerPlan& layer)
{
    if (layer.keyDims == 0) {
        return Json::array();
    }
    const bool whole = layer.kept.empty();
    if (whole) {
        layer.kept.resize(std::max<std::size_t>(1, layer.headEdits.size()));
    }
    Json heads = Json::array();
    for (std::size_t head = 0; head < layer.kept.size(); ++head) {
        if (isUnselected(layer, head)) {
            layer.kept[head] = standIn(layer, head);
            heads.push_back(head);
        }
    }
    return whole ? Json(true) : heads;
}

/// False when `unselected` is not what unselectedHeads writes for this layer.
bool dropStandIns(LayerPlan& layer, const Json& unselected)
{
    if (unselected == true) {
        layer.kept.clear();
        return true;
    }
    if (!unselected.is_array()) {
        return false;
    }
    for (const Json& head : unselected) {
        if (!head.is_number_unsigned() || head.get<std::size_t>() >= layer.kept.size()) {
            return false;
        }
        layer.kept[head.get<std::size_t>()].clear();
    }
    return true;
}

} // namespace

std::string sessionToJson(const SessionSnapshot& session)
{
    Json json;
    json["rankscope_session"] = kVersion;
    json["model"] = session.modelFolder.string();
    json["evaluation_text"] = session.evaluationText.string();
    json["calibration_text"] = session.calibrationText.string();
    json["plan_file"] = session.planFile.string();
    json["layer"] = session.layer;
    json["head"] = session.head;
    PruningPlan plan = session.plan;
    json["unselected"] = Json::array();
    for (LayerPlan& layer : plan.layers) {
        json["unselected"].push_back(unselectedHeads(layer));
    }
    json["plan"] = Json::parse(planToJson(plan));
    return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<SessionSnapshot> sessionFromJson(const std::string& text)
{
    Result<Json> parsed = parseJson(text, "of the earlier session");
    if (!parsed || !parsed->is_object() || !parsed->contains("rankscope_session")) {
        return damaged("rankscope_session");
    }
    const Json& root = *parsed;
    if (root["rankscope_session"] != kVersion) {
        return Error {
            ErrorCode::Unsupported,
            "The unsaved work of an earlier session was written by another version of Rankscope: open "
            "it with that one.",
            {}
        };
    }
    SessionSnapshot session;
    const std::pair<const char*, std::filesystem::path*> paths[]
        = { { "model", &session.modelFolder },
            { "evaluation_text", &session.evaluationText },
            { "calibration_text", &session.calibrationText },
            { "plan_file", &session.planFile } };
    for (const auto& [key, path] : paths) {
        const auto found = root.find(key);
        if (found == root.end() || !found->is_string()) {
            return damaged(key);
        }
        *path = found->get<std::string>();
    }
    const std::pair<const char*, int*> numbers[] = { { "layer", &session.layer }, { "head", &session.head } };
    for (const auto& [key, number] : numbers) {
        const auto found = root.find(key);
        if (found == root.end() || !found->is_number_integer()) {
            return damaged(key);
        }
        *number = found->get<int>();
    }
    if (!root.contains("plan")) {
        return damaged("plan");
    }
    Result<PruningPlan> plan = planFromJson(root["plan"].dump(), "of the earlier session");
    if (!plan) {
        return plan.error();
    }
    session.plan = std::move(*plan);
    const auto unselected = root.find("unselected");
    if (unselected == root.end() || !unselected->is_array()
        || unselected->size() != session.plan.layers.size()) {
        return damaged("unselected");
    }
    for (std::size_t layer = 0; layer < session.plan.layers.size(); ++layer) {
        if (!dropStandIns(session.plan.layers[layer], (*unselected)[layer])) {
            return damaged("unselected");
        }
    }
    return session;
}

} // namespace rankscope
