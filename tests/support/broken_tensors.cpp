// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/broken_checkpoints.h"
#include "tests/support/raw_safetensors.h"
#include "tests/support/tiny_model.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

namespace rankscope::test {

namespace {

using Json = nlohmann::ordered_json;
using Folder = std::filesystem::path;

constexpr const char* kWeights = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr const char* kFirstShard = "model-00001-of-00002.safetensors";
constexpr const char* kSecondShard = "model-00002-of-00002.safetensors";
constexpr const char* kKeys = "model.layers.1.attn.k_proj.weight"; // [8, 8]
constexpr const char* kLast = "lm_head.weight"; // stored last, [11, 8]

void writeSharded(const Folder& folder)
{
    TinyModelOptions options = smallOptions();
    options.shards = 2;
    writeRandomCheckpoint(folder, options);
}

// The makers below return the `write` of a case: a good checkpoint, then one change.

using Writer = std::function<void(const Folder&)>;

Writer tensorsChanged(std::function<void(std::vector<RawTensor>&)> change)
{
    return [change = std::move(change)](const Folder& folder) {
        writeSmallCheckpoint(folder);
        std::vector<RawTensor> tensors = readRaw(folder / kWeights);
        change(tensors);
        writeRaw(folder / kWeights, tensors);
    };
}

RawTensor& named(std::vector<RawTensor>& tensors, const std::string& name)
{
    const auto found = std::ranges::find(tensors, name, &RawTensor::name);
    if (found == tensors.end()) {
        throw std::runtime_error("no tensor " + name);
    }
    return *found;
}

void dropNamed(std::vector<RawTensor>& tensors, const std::string& name)
{
    named(tensors, name);
    std::erase_if(tensors, [&](const RawTensor& tensor) { return tensor.name == name; });
}

Writer indexChanged(std::function<void(Json&)> change)
{
    return [change = std::move(change)](const Folder& folder) {
        writeSharded(folder);
        Json index = Json::parse(readBytes(folder / kIndex));
        change(index);
        writeBytes(folder / kIndex, index.dump());
    };
}

/// One value of `name` replaced, stored as `dtype`.
Writer valueReplaced(const std::string& name, float value, DType dtype)
{
    return [name, value, dtype](const Folder& folder) {
        TinyModelOptions options = smallOptions();
        options.dtype = dtype;
        writeRandomCheckpoint(folder, options);
        std::vector<RawTensor> tensors = readRaw(folder / kWeights);
        std::string& bytes = named(tensors, name).bytes;
        const std::string replacement = payloadFrom(std::span(&value, 1), dtype);
        const std::size_t middle = bytes.size() / replacement.size() / 2 * replacement.size();
        bytes.replace(middle, replacement.size(), replacement);
        writeRaw(folder / kWeights, tensors);
    };
}

} // namespace

std::vector<BrokenCase> brokenTensors()
{
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float inf = std::numeric_limits<float>::infinity();
    return {
        { "wrong shape",
          tensorsChanged([](std::vector<RawTensor>& tensors) {
              named(tensors, kKeys).shape = { 7, 8 };
              named(tensors, kKeys).bytes.resize(7 * 8 * sizeof(float));
          }),
          { kKeys, "[8, 8]", "[7, 8]" },
          BrokenBy::Headers,
          ErrorCode::Mismatch },
        { "transposed",
          tensorsChanged([](std::vector<RawTensor>& tensors) {
              named(tensors, "model.layers.0.mlp.down_proj.weight").shape = { 12, 8 };
          }),
          { "model.layers.0.mlp.down_proj.weight", "[8, 12]", "[12, 8]" },
          BrokenBy::Headers,
          ErrorCode::Mismatch },
        { "wrong number of axes",
          tensorsChanged([](std::vector<RawTensor>& tensors) {
              named(tensors, "model.layers.0.attn.q_conv1d.weight").shape = { 8, 4 };
          }),
          { "model.layers.0.attn.q_conv1d.weight", "[8, 1, 4]", "[8, 4]" },
          BrokenBy::Headers,
          ErrorCode::Mismatch },
        { "missing tensor",
          tensorsChanged(
              [](std::vector<RawTensor>& tensors) { dropNamed(tensors, "model.layers.0.attn.dt_bias"); }),
          { "model.layers.0.attn.dt_bias", "missing" },
          BrokenBy::Headers,
          ErrorCode::Mismatch },
        { "missing head",
          tensorsChanged([](std::vector<RawTensor>& tensors) { dropNamed(tensors, kLast); }),
          { kLast, "missing" },
          BrokenBy::Headers,
          ErrorCode::Mismatch },
        { "no tensors",
          tensorsChanged([](std::vector<RawTensor>& tensors) { tensors.clear(); }),
          { "model.embeddings.weight", "missing" } },
        { "integer weights",
          tensorsChanged([](std::vector<RawTensor>& tensors) { named(tensors, kKeys).dtype = "I32"; }),
          { kKeys, "I32" } },
        { "NaN in fp32",
          valueReplaced(kKeys, nan, DType::F32),
          { kKeys, "NaN" },
          BrokenBy::Weights,
          ErrorCode::BadData },
        { "NaN in bf16",
          valueReplaced("model.norm.weight", nan, DType::BF16),
          { "model.norm.weight", "NaN" },
          BrokenBy::Weights,
          ErrorCode::BadData },
        { "NaN in fp16",
          valueReplaced("model.embeddings.weight", nan, DType::F16),
          { "model.embeddings.weight", "NaN" },
          BrokenBy::Weights,
          ErrorCode::BadData },
        { "Inf in fp32",
          valueReplaced("model.layers.0.attn.A_log", inf, DType::F32),
          { "model.layers.0.attn.A_log", "Inf" },
          BrokenBy::Weights,
          ErrorCode::BadData },
        { "-Inf in bf16",
          valueReplaced(kLast, -inf, DType::BF16),
          { kLast, "Inf" },
          BrokenBy::Weights,
          ErrorCode::BadData },
        { "missing shard",
          [](const Folder& folder) {
              writeSharded(folder);
              std::filesystem::remove(folder / kSecondShard);
          },
          { kSecondShard, "missing" },
          BrokenBy::Headers,
          ErrorCode::NotFound },
        { "index names a tensor its shard lacks",
          indexChanged([](Json& index) { index["weight_map"][kLast] = kFirstShard; }),
          { kLast, kFirstShard } },
        { "tensor in two shards",
          [](const Folder& folder) {
              writeSharded(folder);
              const std::vector<RawTensor> first = readRaw(folder / kFirstShard);
              std::vector<RawTensor> second = readRaw(folder / kSecondShard);
              second.push_back(first.front());
              writeRaw(folder / kSecondShard, second);
          },
          { "model.embeddings.weight", kFirstShard, kSecondShard } },
        { "truncated shard",
          [](const Folder& folder) {
              writeSharded(folder);
              const std::string file = readBytes(folder / kSecondShard);
              writeBytes(folder / kSecondShard, file.substr(0, file.size() - 100));
          },
          { kSecondShard, "truncated" },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "index not JSON",
          [](const Folder& folder) {
              writeSharded(folder);
              writeBytes(folder / kIndex, "{\"weight_map\": {");
          },
          { kIndex },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "index without weight_map",
          indexChanged([](Json& index) { index.erase("weight_map"); }),
          { kIndex, "weight_map" },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "index with numbers for files",
          indexChanged([](Json& index) { index["weight_map"][kLast] = 2; }),
          { kIndex, kLast },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "index that leaves the folder",
          [](const Folder& folder) {
              indexChanged([](Json& index) { index["weight_map"][kLast] = "../elsewhere.safetensors"; })(
                  folder);
          },
          { kIndex, "../elsewhere.safetensors" } },
        { "index that names a pickle",
          indexChanged([](Json& index) { index["weight_map"][kLast] = "pytorch_model.bin"; }),
          { "pytorch_model.bin" } },
    };
}

} // namespace rankscope::test
