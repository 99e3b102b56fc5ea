// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/checkpoint_overview.h"

#include "core/base/narrow.h"
#include "core/io/checkpoint_reader.h"
#include "core/io/digest.h"
#include "core/io/json.h"
#include "core/model/local_models.h"
#include "core/model/model_config.h"
#include "core/model/tensor_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <unordered_set>

namespace rankscope {

namespace {

void add(std::vector<CheckpointIssue>& issues, IssueSeverity severity, const std::string& subject,
         std::string message, std::string file)
{
    issues.push_back(CheckpointIssue { severity, std::move(message), subject, std::move(file) });
}

/// Old files name things differently without saying so in the config (model-families 0, items 1 and 2).
void detectLayout(const CheckpointReader& reader, ModelSpec& spec)
{
    const auto has = [&](const char* name) { return reader.find(name) != nullptr; };
    if (has("model.layers.0.attn_norm.weight")) {
        spec.normFirst = false;
    } else if (has("model.layers.0.attn.norm.weight")) {
        spec.normFirst = true;
    }
    const TensorEntry* gate = reader.find("model.layers.0.mlp.gate_proj.weight");
    spec.fusedMlp = gate != nullptr && !has("model.layers.0.mlp.up_proj.weight") && !gate->shape.empty()
        && gate->shape[0] == 2 * std::int64_t { spec.intermediateSize };
}

/// Layer number of "model.layers.12.…", or -1.
int layerOf(const std::string& name)
{
    constexpr std::string_view prefix = "model.layers.";
    int layer = -1;
    if (name.starts_with(prefix)) {
        const auto parsed = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), layer);
        if (parsed.ec != std::errc()) {
            return -1;
        }
    }
    return layer;
}

/// Layers that the files hold: one more than the highest layer number in a tensor's name.
std::int64_t layersHeld(const CheckpointReader& reader)
{
    std::int64_t highest = -1;
    for (const TensorEntry& entry : reader.entries()) {
        highest = std::max<std::int64_t>(highest, layerOf(entry.name));
    }
    return highest + 1;
}

/// What in the config explains a width, to be named beside a wrong shape.
std::string widthReason(const ModelSpec& spec, const std::string& name)
{
    const int layer = layerOf(name);
    if (layer < 0 || layer >= spec.layerCount()) {
        return fmt::format("vocab_size {}, hidden_size {}", spec.vocabularySize, spec.hiddenSize);
    }
    const LayerSpec& linear = spec.layers[static_cast<std::size_t>(layer)];
    if (name.find(".mlp.") != std::string::npos) {
        return fmt::format("hidden_size {}, MLP width {}", spec.hiddenSize, spec.intermediateSize);
    }
    return fmt::format("hidden_size {}, {} heads of {} key dims, {} of {} value dims", spec.hiddenSize,
                       linear.heads, linear.keyDims, linear.valueHeads, linear.valueDims);
}

void checkTensors(const CheckpointReader& reader, const ModelSpec& spec, std::vector<CheckpointIssue>& issues)
{
    if (const std::int64_t held = layersHeld(reader); held > 0 && held != spec.layerCount()) {
        add(issues, IssueSeverity::Error, "num_hidden_layers",
            fmt::format("config.json says num_hidden_layers {}, but the weights hold {} layers.",
                        spec.layerCount(), held),
            "config.json");
        return; // a missing or surplus tensor for every name of every such layer says no more
    }
    const auto fileOf = [&reader](const TensorEntry& entry) { return reader.files()[idx(entry.file)].name; };
    // What is missing is missing from all of them.
    const std::string onlyFile = reader.files().size() == 1 ? reader.files().front().name : std::string();
    std::unordered_set<std::string> known;
    for (const ExpectedTensor& expected : expectedTensors(spec)) {
        known.insert(expected.name);
        const TensorEntry* found = reader.find(expected.name);
        if (found == nullptr) {
            add(issues, IssueSeverity::Error, expected.name,
                fmt::format("Tensor \"{}\" of shape {} is missing.", expected.name,
                            shapeText(expected.shape)),
                onlyFile);
        } else if (found->shape != expected.shape) {
            add(issues, IssueSeverity::Error, expected.name,
                fmt::format("Tensor \"{}\" should be {} by config.json ({}), found {}.", expected.name,
                            shapeText(expected.shape), widthReason(spec, expected.name),
                            shapeText(found->shape)),
                fileOf(*found));
        } else if (!isFloating(found->dtype)) {
            add(issues, IssueSeverity::Error, expected.name,
                fmt::format("Tensor \"{}\" should hold floating-point numbers, found {}.", expected.name,
                            safetensorsName(found->dtype)),
                fileOf(*found));
        }
    }
    for (const TensorEntry& entry : reader.entries()) {
        if (known.contains(entry.name)) {
            continue;
        }
        if (isUnusedTensor(entry.name)) {
            add(issues, IssueSeverity::Note, entry.name,
                fmt::format("Tensor \"{}\" is not used by this family and is ignored.", entry.name),
                fileOf(entry));
        } else if (entry.name == "lm_head.weight" && spec.tiedHead) {
            add(issues, IssueSeverity::Warning, entry.name,
                "Tensor \"lm_head.weight\" is ignored: config.json ties the output head to the embedding.",
                fileOf(entry));
        } else {
            add(issues, IssueSeverity::Warning, entry.name,
                fmt::format("Tensor \"{}\" {} is not part of this architecture and is ignored.", entry.name,
                            shapeText(entry.shape)),
                fileOf(entry));
        }
    }
}

std::string dtypeSummary(const CheckpointReader& reader)
{
    std::map<std::string, std::int64_t> bytes;
    for (const TensorEntry& entry : reader.entries()) {
        bytes[shortName(entry.dtype)] += entry.sizeBytes;
    }
    std::vector<std::pair<std::string, std::int64_t>> order(bytes.begin(), bytes.end());
    std::ranges::stable_sort(order, [](const auto& a, const auto& b) { return a.second > b.second; });
    std::vector<std::string> names;
    for (const auto& [name, size] : order) {
        names.push_back(name);
    }
    return fmt::format("{}", fmt::join(names, " + "));
}

std::string fingerprintOf(const CheckpointReader& reader, const std::string& configText)
{
    std::string text = configText;
    for (const TensorEntry& entry : reader.entries()) {
        text += fmt::format("\n{} {} {}", entry.name, safetensorsName(entry.dtype), shapeText(entry.shape));
    }
    return sha256Hex(std::as_bytes(std::span(text)));
}

} // namespace

bool CheckpointOverview::loadable() const
{
    return std::ranges::none_of(
        issues, [](const CheckpointIssue& issue) { return issue.severity == IssueSeverity::Error; });
}

Error CheckpointOverview::firstError() const
{
    std::int64_t errors = 0;
    const CheckpointIssue* first = nullptr;
    for (const CheckpointIssue& issue : issues) {
        if (issue.severity == IssueSeverity::Error) {
            first = first == nullptr ? &issue : first;
            ++errors;
        }
    }
    if (first == nullptr) {
        return Error { ErrorCode::Internal, "The checkpoint has no error.", {} };
    }
    const std::string more
        = errors > 1 ? fmt::format(" ({} more problems like this.)", errors - 1) : std::string();
    return Error { ErrorCode::Mismatch, first->message + more, first->subject };
}

Result<CheckpointOverview> inspectCheckpoint(const std::filesystem::path& folder)
{
    std::error_code failure;
    if (!std::filesystem::is_directory(folder, failure)) {
        return Error {
            ErrorCode::NotFound,
            fmt::format(
                "\"{}\" is not a folder; choose the folder that holds config.json and the safetensors "
                "files.",
                folder.string()),
            failure.message()
        };
    }
    const std::filesystem::path configPath = folder / "config.json";
    if (!std::filesystem::exists(configPath, failure)) {
        return Error { ErrorCode::NotFound,
                       fmt::format("\"{}\" holds no config.json, so it is not a Hugging Face checkpoint.",
                                   folder.string()),
                       {} };
    }
    Result<std::string> configText = readFileBytes(configPath);
    if (!configText) {
        return configText.error();
    }
    Result<nlohmann::ordered_json> config = parseJson(*configText, "\"" + configPath.string() + "\"");
    if (!config) {
        return config.error();
    }
    CheckpointOverview overview;
    overview.folder = folder;
    const std::filesystem::path absolute = std::filesystem::weakly_canonical(folder, failure);
    overview.name = checkpointName(absolute);
    Result<ModelSpec> spec = parseModelConfig(*config, overview.issues);
    if (!spec) {
        return spec.error();
    }
    overview.spec = std::move(spec).value();

    Result<std::shared_ptr<const CheckpointReader>> reader = CheckpointReader::open(folder);
    if (!reader) {
        return reader.error();
    }
    const CheckpointReader& files = **reader;
    detectLayout(files, overview.spec);
    if (overview
            .loadable()) { // contradictions inside the config would only repeat themselves as wrong shapes
        checkTensors(files, overview.spec, overview.issues);
    }
    for (const TensorEntry& entry : files.entries()) {
        if (!isUnusedTensor(entry.name)) {
            overview.parameters += entry.elements();
        }
        overview.weightBytes += entry.sizeBytes;
    }
    for (const CheckpointReader::File& file : files.files()) {
        overview.weightFiles.push_back(file.name);
    }
    overview.dtype = dtypeSummary(files);
    overview.fingerprint = fingerprintOf(files, *configText);
    return overview;
}

} // namespace rankscope
