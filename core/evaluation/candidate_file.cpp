// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/candidate_file.h"

#include "core/io/json.h"
#include "core/plan/plan_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace rankscope {

namespace {

using Json = nlohmann::ordered_json;
using Estimate = std::shared_ptr<const PerplexityEstimate>;

constexpr int kVersion = 1;

Error damaged(const std::string& what, const std::string& key)
{
    return Error { ErrorCode::BadFormat,
                   fmt::format("The candidates in {} are damaged: \"{}\" cannot be read.", what, key),
                   {} };
}

Json toJson(const PerplexityEstimate& estimate)
{
    Json json;
    json["window_nll"] = estimate.windowNll;
    json["windows_total"] = estimate.windowsTotal;
    json["length"] = estimate.length;
    json["complete"] = estimate.complete;
    json["seconds"] = estimate.seconds;
    json["dtype"] = shortName(estimate.dtype);
    json["device"] = toString(estimate.device);
    json["plan"] = estimate.planFingerprint;
    json["source"] = estimate.sourceName;
    json["basis"] = estimate.basis;
    return json;
}

/// Reads members of one object; after the first that is missing or of another kind, bad() names it.
class Members {
public:
    explicit Members(const Json& object)
        : m_object(object)
    {
    }

    [[nodiscard]] const std::string& bad() const { return m_bad; }
    template <typename T> T get(const char* key)
    {
        const auto found = m_object.is_object() ? m_object.find(key) : m_object.end();
        if (!m_bad.empty() || found == m_object.end() || !fits<T>(*found)) {
            m_bad = m_bad.empty() ? key : m_bad;
            return T {};
        }
        return found->get<T>();
    }

private:
    template <typename T> static bool fits(const Json& value)
    {
        if constexpr (std::is_same_v<T, bool>) {
            return value.is_boolean();
        } else if constexpr (std::is_same_v<T, std::string>) {
            return value.is_string();
        } else if constexpr (std::is_integral_v<T>) {
            return value.is_number_integer();
        } else if constexpr (std::is_floating_point_v<T>) {
            return value.is_number();
        } else {
            return value.is_array()
                && std::ranges::all_of(value, [](const Json& each) { return each.is_number(); });
        }
    }

    const Json& m_object;
    std::string m_bad;
};

Result<Estimate> estimateFrom(const Json& json, const std::string& what)
{
    Members members(json);
    auto estimate = std::make_shared<PerplexityEstimate>();
    estimate->windowNll = members.get<std::vector<double>>("window_nll");
    estimate->windowsTotal = members.get<int>("windows_total");
    estimate->length = members.get<int>("length");
    estimate->complete = members.get<bool>("complete");
    estimate->seconds = members.get<double>("seconds");
    const std::optional<DType> dtype = dtypeFromShortName(members.get<std::string>("dtype"));
    const Result<Device> device = deviceFromString(members.get<std::string>("device"));
    estimate->planFingerprint = members.get<std::string>("plan");
    estimate->sourceName = members.get<std::string>("source");
    estimate->basis = members.get<std::string>("basis");
    if (!members.bad().empty() || !dtype || !device) {
        return damaged(what, members.bad().empty() ? "device" : members.bad());
    }
    if (estimate->windowNll.empty() || estimate->length < 2
        || !std::ranges::all_of(estimate->windowNll, [](double nll) { return std::isfinite(nll); })) {
        return damaged(what, "window_nll");
    }
    estimate->dtype = *dtype;
    estimate->device = *device;
    return Estimate(std::move(estimate));
}

} // namespace

CandidateKey keyOf(const StoredCandidate& candidate)
{
    return { candidate.estimate->basis, candidate.estimate->planFingerprint };
}

std::set<CandidateKey> keysOf(const StoredCandidates& stored)
{
    std::set<CandidateKey> keys;
    for (const StoredCandidate& candidate : stored.candidates) {
        keys.insert(keyOf(candidate));
    }
    return keys;
}

std::vector<StoredCandidate> addedByOthers(const StoredCandidates& ours, const StoredCandidates& theirs,
                                           const std::set<CandidateKey>& seen)
{
    std::vector<StoredCandidate> added;
    if (ours.modelDigest != theirs.modelDigest) {
        return added;
    }
    const std::set<CandidateKey> own = keysOf(ours);
    for (const StoredCandidate& candidate : theirs.candidates) {
        const CandidateKey key = keyOf(candidate);
        if (candidate.id != 0 && !seen.contains(key) && !own.contains(key)) {
            added.push_back(candidate);
        }
    }
    return added;
}

std::string candidatesToJson(const StoredCandidates& stored)
{
    std::vector<Estimate> estimates; // of several candidates the same baseline
    const auto indexOf = [&estimates](const Estimate& estimate) {
        const auto found = std::ranges::find(estimates, estimate);
        if (found != estimates.end()) {
            return found - estimates.begin();
        }
        estimates.push_back(estimate);
        return std::ssize(estimates) - 1;
    };
    Json json;
    json["rankscope_candidates"] = kVersion;
    json["model"] = stored.modelDigest;
    json["next_id"] = stored.nextId;
    json["pinned"] = stored.pinnedId;
    json["candidates"] = Json::array();
    for (const StoredCandidate& candidate : stored.candidates) {
        Json entry;
        entry["id"] = candidate.id;
        entry["name"] = candidate.name;
        entry["state_bytes"] = candidate.stateBytes;
        entry["estimate"] = indexOf(candidate.estimate);
        entry["baseline"] = indexOf(candidate.baseline);
        entry["plan"] = Json::parse(planToJson(candidate.plan));
        json["candidates"].push_back(std::move(entry));
    }
    json["estimates"] = Json::array();
    for (const Estimate& estimate : estimates) {
        json["estimates"].push_back(toJson(*estimate));
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<StoredCandidates> candidatesFromJson(const std::string& text, const std::string& what)
{
    Result<Json> parsed = parseJson(text, what);
    if (!parsed) {
        return parsed.error();
    }
    const Json& root = *parsed;
    Members members(root);
    const int version = members.get<int>("rankscope_candidates");
    if (members.bad().empty() && version != kVersion) {
        return Error { ErrorCode::Unsupported,
                       fmt::format("The candidates in {} were written by another version of Rankscope.",
                                   what),
                       {} };
    }
    StoredCandidates stored;
    stored.modelDigest = members.get<std::string>("model");
    stored.nextId = members.get<int>("next_id");
    stored.pinnedId = members.get<int>("pinned");
    for (const char* list : { "candidates", "estimates" }) {
        if (members.bad().empty() && (!root.contains(list) || !root[list].is_array())) {
            return damaged(what, list);
        }
    }
    if (!members.bad().empty()) {
        return damaged(what, members.bad());
    }
    std::vector<Estimate> estimates;
    for (const Json& each : root["estimates"]) {
        Result<Estimate> estimate = estimateFrom(each, what);
        if (!estimate) {
            return estimate.error();
        }
        estimates.push_back(std::move(*estimate));
    }
    for (const Json& each : root["candidates"]) {
        Members fields(each);
        StoredCandidate candidate;
        candidate.id = fields.get<int>("id");
        candidate.name = fields.get<std::string>("name");
        candidate.stateBytes = fields.get<std::int64_t>("state_bytes");
        const auto estimate = fields.get<std::int64_t>("estimate");
        const auto baseline = fields.get<std::int64_t>("baseline");
        if (!fields.bad().empty() || std::min(estimate, baseline) < 0
            || std::max(estimate, baseline) >= std::ssize(estimates) || !each.contains("plan")) {
            return damaged(what, fields.bad().empty() ? "estimate" : fields.bad());
        }
        Result<PruningPlan> plan = planFromJson(each["plan"].dump(), what);
        if (!plan) {
            return plan.error();
        }
        candidate.plan = std::move(*plan);
        candidate.estimate = estimates[static_cast<std::size_t>(estimate)];
        candidate.baseline = estimates[static_cast<std::size_t>(baseline)];
        stored.candidates.push_back(std::move(candidate));
    }
    return stored;
}

} // namespace rankscope
