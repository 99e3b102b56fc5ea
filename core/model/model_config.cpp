// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model_config.h"

#include "core/base/narrow.h"
#include "core/model/config_reader.h"
#include "core/model/families/delta_net.h"
#include "core/model/families/gated_delta_net.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace rankscope {

namespace {

constexpr const char* kPrunedModelType = "pruned_linear_attn";

/// Default MLP width: 256 ceil(trunc(D ratio 2/3) / 256), the product in double (model-families 1.3).
int defaultIntermediateSize(int hiddenSize, double ratio)
{
    const auto width = static_cast<int>(std::trunc(static_cast<double>(hiddenSize) * ratio * 2.0 / 3.0));
    return 256 * ((width + 255) / 256);
}

void readSoftmaxLayers(const nlohmann::ordered_json& object, ModelSpec& spec, std::set<int>& taken,
                       std::vector<CheckpointIssue>& issues)
{
    ConfigReader attn(object, "config.json, attn", issues);
    if (!attn.has("layers") || !attn.raw("layers").is_array()) {
        attn.fail("attn", "config.json: \"attn\" should hold a list \"layers\" of layer indices.");
        return;
    }
    if (!attn.has("num_heads")) {
        attn.fail("attn", "config.json: \"attn\" lacks \"num_heads\".");
        return;
    }
    LayerSpec layer;
    layer.kind = LayerKind::Softmax;
    layer.heads = static_cast<int>(attn.integer("num_heads", 1, 1, 65536));
    layer.valueHeads = static_cast<int>(attn.integer("num_kv_heads", layer.heads, 1, 65536));
    if (spec.hiddenSize % layer.heads != 0 || layer.heads % layer.valueHeads != 0) {
        attn.fail(
            "attn",
            fmt::format("config.json, attn: hidden_size {}, num_heads {} and num_kv_heads {} do not divide.",
                        spec.hiddenSize, layer.heads, layer.valueHeads));
        return;
    }
    layer.keyDims = spec.hiddenSize / layer.heads;
    layer.valueDims = layer.keyDims;
    layer.qkvBias = attn.boolean("qkv_bias", false);
    layer.ropeTheta = attn.number("rope_theta", 10000.0);
    if (const auto window = attn.optionalInteger("window_size", 1, 1 << 30)) {
        layer.window = static_cast<int>(*window);
    }
    if (layer.keyDims % 2 != 0) {
        attn.fail(
            "attn",
            fmt::format("config.json, attn: the head width {} is odd, so rotary pairs cannot be formed.",
                        layer.keyDims));
        return;
    }
    for (const auto& entry : attn.raw("layers")) {
        const std::int64_t index = entry.is_number_integer() ? entry.get<std::int64_t>() : -1;
        if (index < 0 || index >= spec.layerCount()) {
            attn.fail("attn",
                      fmt::format("config.json, attn: layer {} is outside the {} layers of the model.",
                                  entry.dump(), spec.layerCount()));
        } else if (!taken.insert(static_cast<int>(index)).second) {
            attn.fail("attn", fmt::format("config.json, attn: layer {} is listed twice.", index));
        } else {
            spec.layers[idx(index)] = layer;
        }
    }
}

void readHybrid(ConfigReader& config, ModelSpec& spec)
{
    if (!config.has("attn")) {
        return;
    }
    const nlohmann::ordered_json& attn = config.raw("attn");
    std::set<int> taken;
    if (attn.is_object()) {
        readSoftmaxLayers(attn, spec, taken, config.issues());
    } else if (attn.is_array()) {
        for (const auto& part : attn) {
            readSoftmaxLayers(part.is_object() ? part : nlohmann::ordered_json::object(), spec, taken,
                              config.issues());
        }
    } else {
        config.fail("attn", "config.json: \"attn\" should be an object or a list of objects.");
    }
}

/// Key widths per layer of a per-layer export (model-families 4.5); softmax layers carry 0.
void readPrunedWidths(ConfigReader& config, ModelSpec& spec)
{
    if (!config.has("head_k_dims") || !config.raw("head_k_dims").is_array()
        || config.raw("head_k_dims").size() != spec.layers.size()) {
        config.fail(
            "head_k_dims",
            fmt::format(
                "config.json: \"head_k_dims\" should list one key width for each of the {} layers, found {}.",
                spec.layers.size(),
                config.has("head_k_dims") ? config.raw("head_k_dims").dump() : std::string("nothing")));
        return;
    }
    const nlohmann::ordered_json& widths = config.raw("head_k_dims");
    for (std::size_t i = 0; i < spec.layers.size(); ++i) {
        LayerSpec& layer = spec.layers[i];
        if (layer.kind != LayerKind::Linear) {
            continue;
        }
        const std::int64_t width = widths[i].is_number_integer() ? widths[i].get<std::int64_t>() : 0;
        if (width < 1 || width > layer.keyDims) {
            config.fail(
                "head_k_dims",
                fmt::format(
                    "config.json: \"head_k_dims\" gives layer {} the key width {}; it should be from 1 to "
                    "{}.",
                    i, widths[i].dump(), layer.keyDims));
            continue;
        }
        layer.keyDims = static_cast<int>(width);
    }
}

void readShared(ConfigReader& config, ModelSpec& spec)
{
    spec.hiddenSize = static_cast<int>(config.integer("hidden_size", 2048, 1, 1 << 20));
    spec.vocabularySize = static_cast<int>(config.integer("vocab_size", 32000, 1, 1 << 28));
    const bool gated = spec.baseModelType == "gated_deltanet";
    spec.layers.resize(idx(config.integer("num_hidden_layers", gated ? 21 : 24, 1, 4096)));
    // fla reads norm_eps only; rms_norm_eps in its older files has no effect (model-families 0, item 5).
    spec.normEps = config.number("norm_eps", 1e-6);
    if (spec.normEps < 0.0) {
        config.fail("norm_eps",
                    fmt::format("config.json: \"norm_eps\" should not be negative, found {}.", spec.normEps));
        spec.normEps = 1e-6;
    }
    const double ratio = config.number("hidden_ratio", 4.0);
    const auto intermediate = config.optionalInteger("intermediate_size", 1, 1 << 24);
    spec.intermediateSize
        = intermediate ? static_cast<int>(*intermediate) : defaultIntermediateSize(spec.hiddenSize, ratio);
    spec.tiedHead = config.boolean("tie_word_embeddings", false);
    spec.useShortConv = config.boolean("use_short_conv", true);
    spec.convSize = static_cast<int>(config.integer("conv_size", 4, 1, 64));
    spec.fuseNorm = config.boolean("fuse_norm", true);
    spec.normFirst = config.boolean("norm_first", false);
    // A list is allowed for eos only; anything odd about the BOS is the tokenizer's business.
    if (config.has("bos_token_id") && config.raw("bos_token_id").is_number_integer()) {
        spec.bosTokenId = config.raw("bos_token_id").get<std::int64_t>();
    }
}

Status refuseUnsupported(ConfigReader& config)
{
    const auto unsupported = [](const std::string& what) {
        return Error { ErrorCode::Unsupported, "config.json: " + what + " is not supported.", {} };
    };
    if (config.has("attnres_block_size")) {
        return unsupported("\"attnres_block_size\" (softmax-weighted residual streams)");
    }
    if (config.has("quantization_config")) {
        return unsupported("\"quantization_config\" (quantised weights)");
    }
    const std::string activation = config.text("hidden_act", "swish");
    if (activation != "swish" && activation != "silu") {
        return unsupported("\"hidden_act\" \"" + activation + "\" (only swish)");
    }
    return Unit {};
}

} // namespace

const char* supportedModelTypes()
{
    return "delta_net, gated_deltanet, pruned_linear_attn";
}

Result<ModelSpec> parseModelConfig(const nlohmann::ordered_json& json, std::vector<CheckpointIssue>& issues)
{
    if (!json.is_object()) {
        return Error { ErrorCode::BadFormat, "config.json should hold one JSON object.", {} };
    }
    ConfigReader config(json, "config.json", issues);
    ModelSpec spec;
    spec.modelType = config.text("model_type", "");
    const bool pruned = spec.modelType == kPrunedModelType;
    spec.baseModelType = pruned ? config.text("base_model_type", "") : spec.modelType;
    if (spec.modelType.empty()) {
        return Error { ErrorCode::BadFormat, "config.json has no \"model_type\".", {} };
    }
    if (spec.baseModelType.empty()) {
        return Error { ErrorCode::BadFormat,
                       "config.json of a pruned_linear_attn checkpoint has no \"base_model_type\".",
                       {} };
    }
    const bool deltaNet = spec.baseModelType == "delta_net";
    if (!deltaNet && spec.baseModelType != "gated_deltanet") {
        return Error { ErrorCode::Unsupported,
                       fmt::format("The model family \"{}\" is not supported; supported are: {}.",
                                   spec.baseModelType, supportedModelTypes()),
                       {} };
    }
    if (Status supported = refuseUnsupported(config); !supported) {
        return supported.error();
    }
    readShared(config, spec);
    readHybrid(config, spec);
    if (deltaNet) {
        readDeltaNetConfig(config, spec);
    } else {
        readGatedDeltaNetConfig(config, spec);
    }
    if (pruned) {
        readPrunedWidths(config, spec);
    }
    return spec;
}

} // namespace rankscope
