// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/broken_checkpoints.h"
#include "tests/support/raw_safetensors.h"
#include "tests/support/tiny_model.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace rankscope::test {

namespace {

using Json = nlohmann::ordered_json;
using Folder = std::filesystem::path;
using Writer = std::function<void(const Folder&)>;

Writer configSet(const std::string& key, Json value, Writer base = writeSmallCheckpoint)
{
    return [key, value = std::move(value), base = std::move(base)](const Folder& folder) {
        base(folder);
        Json config = Json::parse(readBytes(folder / "config.json"));
        config[key] = value;
        writeBytes(folder / "config.json", config.dump(2));
    };
}

Writer configWithout(const std::string& key, Writer base = writeSmallCheckpoint)
{
    return [key, base = std::move(base)](const Folder& folder) {
        base(folder);
        Json config = Json::parse(readBytes(folder / "config.json"));
        config.erase(key);
        writeBytes(folder / "config.json", config.dump(2));
    };
}

Writer configText(std::string text)
{
    return [text = std::move(text)](const Folder& folder) {
        writeSmallCheckpoint(folder);
        writeBytes(folder / "config.json", text);
    };
}

TinyModelOptions smallHybrid()
{
    TinyModelOptions options;
    options.hiddenSize = 16;
    options.softmaxLayers = { 1 };
    return options;
}

void writeHybrid(const Folder& folder)
{
    writeRandomCheckpoint(folder, smallHybrid());
}

void writePruned(const Folder& folder)
{
    TinyModelOptions options;
    options.hiddenSize = 16;
    options.keyDimsPerLayer = { 3, 5 };
    writeRandomCheckpoint(folder, options);
}

Json attention(const std::vector<int>& layers, int heads)
{
    return { { "layers", layers }, { "num_heads", heads }, { "num_kv_heads", 2 }, { "qkv_bias", true } };
}

/// Unreadable, or without what every configuration needs.
std::vector<BrokenCase> unreadable()
{
    constexpr auto kHeaders = BrokenBy::Headers;
    constexpr auto kFormat = ErrorCode::BadFormat;
    return {
        { "config missing",
          [](const Folder& folder) {
              writeSmallCheckpoint(folder);
              std::filesystem::remove(folder / "config.json");
          },
          { "config.json" },
          kHeaders,
          ErrorCode::NotFound },
        { "config not JSON",
          configText("model_type: gated_deltanet\n"),
          { "config.json" },
          kHeaders,
          kFormat },
        { "config cut off",
          configText("{\"model_type\": \"gated_deltanet\","),
          { "config.json" },
          kHeaders,
          kFormat },
        { "config empty", configText(""), { "config.json" }, kHeaders, kFormat },
        { "config a list", configText("[\"gated_deltanet\"]"), { "config.json" }, kHeaders, kFormat },
        { "config without model_type", configWithout("model_type"), { "model_type" } },
        { "model_type a number", configSet("model_type", 3), { "model_type" } },
        { "size in words", configSet("hidden_size", "eight"), { "hidden_size" } },
        { "size of zero", configSet("hidden_size", 0), { "hidden_size" } },
        { "size below zero", configSet("num_hidden_layers", -2), { "num_hidden_layers", "-2" } },
        { "no heads", configSet("num_heads", 0), { "num_heads" } },
        { "size beyond an int", configSet("hidden_size", 1'000'000'000'000), { "hidden_size" } },
        { "layers beyond reason", configSet("num_hidden_layers", 2'000'000'000), { "num_hidden_layers" } },
        { "fraction of a layer", configSet("num_hidden_layers", 1.5), { "num_hidden_layers" } },
        { "expand_v infinite",
          configText("{\"model_type\": \"gated_deltanet\", \"hidden_size\": 8, \"num_heads\": "
                     "2, \"head_dim\": 4, \"num_hidden_layers\": 2, \"vocab_size\": 11, "
                     "\"intermediate_size\": 12, \"expand_v\": Infinity}"),
          { "expand_v" } },
        { "expand_v negative", configSet("expand_v", -1.0), { "expand_v" } },
        { "norm_eps negative", configSet("norm_eps", -1.0), { "norm_eps" } },
    };
}

/// Readable, and something we do not have: named.
std::vector<BrokenCase> unsupported()
{
    constexpr auto kHeaders = BrokenBy::Headers;
    constexpr auto kUnsupported = ErrorCode::Unsupported;
    return {
        { "unknown family", configSet("model_type", "llama"), { "llama" }, kHeaders, kUnsupported },
        { "family of a later release",
          configSet("model_type", "mamba2"),
          { "mamba2" },
          kHeaders,
          kUnsupported },
        { "unknown base of a pruned one",
          configSet("base_model_type", "gla", writePruned),
          { "gla" },
          kHeaders,
          kUnsupported },
        { "hidden_act powlu",
          configSet("hidden_act", "powlu"),
          { "hidden_act", "powlu" },
          kHeaders,
          kUnsupported },
        { "residual mixing",
          configSet("attnres_block_size", 4),
          { "attnres_block_size" },
          kHeaders,
          kUnsupported },
        { "norm per head", configSet("per_head_norm", true, writeSmallDeltaNet), { "per_head_norm" } },
        { "sigmoid output gate",
          configSet("output_gate_activation", "sigmoid"),
          { "output_gate_activation", "sigmoid" } },
        { "qk_activation gelu",
          configSet("qk_activation", "gelu", writeSmallDeltaNet),
          { "qk_activation", "gelu" } },
        { "qk_norm l7", configSet("qk_norm", "l7", writeSmallDeltaNet), { "qk_norm", "l7" } },
    };
}

/// Readable and supported, but not the configuration of these weights (or of any).
std::vector<BrokenCase> contradicting()
{
    constexpr auto kHeaders = BrokenBy::Headers;
    constexpr auto kMismatch = ErrorCode::Mismatch;
    return {
        { "num_hidden_layers too large",
          configSet("num_hidden_layers", 3),
          { "num_hidden_layers 3", "2 layers" },
          kHeaders,
          kMismatch },
        { "num_hidden_layers too small",
          configSet("num_hidden_layers", 1),
          { "num_hidden_layers 1", "2 layers" },
          kHeaders,
          kMismatch },
        { "vocab_size", configSet("vocab_size", 13), { "vocab_size", "13", "11" }, kHeaders, kMismatch },
        { "head_dim",
          configSet("head_dim", 6),
          { "model.layers.0.attn.k_proj.weight", "6 key dims", "[12, 8]", "[8, 8]" },
          kHeaders,
          kMismatch },
        { "expand_k",
          configSet("expand_k", 0.5, writeSmallDeltaNet),
          { "model.layers.0.attn.k_proj.weight", "2 key dims", "[4, 8]", "[8, 8]" },
          kHeaders,
          kMismatch },
        { "expand_v",
          configSet("expand_v", 2.0),
          { "model.layers.0.attn.v_proj.weight", "8 value dims", "[16, 8]", "[8, 8]" },
          kHeaders,
          kMismatch },
        { "hidden_size",
          configSet("hidden_size", 16),
          { "model.embeddings.weight", "[11, 16]", "[11, 8]" },
          kHeaders,
          kMismatch },
        { "intermediate_size",
          configSet("intermediate_size", 20),
          { "model.layers.0.mlp.gate_proj.weight", "[20, 8]", "[12, 8]" },
          kHeaders,
          kMismatch },
        { "intermediate_size null",
          configSet("intermediate_size", nullptr),
          { "model.layers.0.mlp.gate_proj.weight", "[256, 8]", "[12, 8]" },
          kHeaders,
          kMismatch },
        { "conv_size",
          configSet("conv_size", 3),
          { "model.layers.0.attn.q_conv1d.weight", "[8, 1, 3]", "[8, 1, 4]" },
          kHeaders,
          kMismatch },
        { "num_v_heads not a multiple", configSet("num_v_heads", 3), { "num_v_heads", "3", "2" } },
        { "heads that do not divide", configSet("num_heads", 3, writeSmallDeltaNet), { "3 heads" } },
        { "softmax layer out of range",
          configSet("attn", attention({ 7 }, 4), writeHybrid),
          { "attn", "7" } },
        { "softmax layer twice",
          configSet("attn", { attention({ 1 }, 4), attention({ 1 }, 4) }, writeHybrid),
          { "attn", "1" } },
        { "softmax heads that do not divide",
          configSet("attn", attention({ 1 }, 5), writeHybrid),
          { "num_heads", "5" } },
        { "softmax without heads",
          configSet("attn", Json { { "layers", { 1 } } }, writeHybrid),
          { "num_heads" } },
        { "attn in words", configSet("attn", "all", writeHybrid), { "attn" } },
        { "linear weights where softmax is said",
          configSet("attn", attention({ 0 }, 4), writeHybrid),
          { "model.layers.0.attn" },
          kHeaders,
          kMismatch },
        { "too few head_k_dims",
          configSet("head_k_dims", { 3 }, writePruned),
          { "head_k_dims", "2 layers", "[3]" } },
        { "wrong head_k_dims",
          configSet("head_k_dims", { 3, 6 }, writePruned),
          { "model.layers.1.attn.k_proj.weight", "6 key dims", "[12, 16]", "[10, 16]" },
          kHeaders,
          kMismatch },
        { "head_k_dims of zero", configSet("head_k_dims", { 0, 5 }, writePruned), { "head_k_dims" } },
        { "pruned without its base", configWithout("base_model_type", writePruned), { "base_model_type" } },
    };
}

} // namespace

std::vector<BrokenCase> brokenConfigs()
{
    std::vector<BrokenCase> cases = unreadable();
    for (std::vector<BrokenCase>& more : std::vector { unsupported(), contradicting() }) {
        std::ranges::move(more, std::back_inserter(cases));
    }
    return cases;
}

} // namespace rankscope::test
