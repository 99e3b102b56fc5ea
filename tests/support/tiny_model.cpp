// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/tiny_model.h"

#include "core/base/random.h"
#include "tests/support/raw_safetensors.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>

namespace rankscope::test {

namespace {

enum class Role { Embedding, Matrix, Norm, Conv, Bias, DecayLog, StepBias };

struct Planned {
    StreamedTensor tensor;
    Role role = Role::Matrix;
};

/// Collects the tensors of one checkpoint in the order of the file.
class TensorPlan {
public:
    explicit TensorPlan(const TinyModelOptions& options)
        : m_options(options)
    {
    }

    void add(const std::string& name, std::vector<std::int64_t> shape, Role role)
    {
        const bool decay = role == Role::DecayLog || role == Role::StepBias;
        const DType dtype = decay && m_options.decayInFp32 ? DType::F32 : m_options.dtype;
        m_tensors.push_back({ { name, dtype, std::move(shape) }, role });
    }
    [[nodiscard]] std::vector<Planned> take() { return std::move(m_tensors); }

private:
    const TinyModelOptions& m_options;
    std::vector<Planned> m_tensors;
};

bool isGated(const TinyModelOptions& options)
{
    return options.family == "gated_deltanet";
}

int valueHeadsOf(const TinyModelOptions& options)
{
    return options.valueHeads > 0 ? options.valueHeads : options.heads;
}

int keyDimsOf(const TinyModelOptions& options, int layer)
{
    return options.keyDimsPerLayer.empty() ? options.keyDims
                                           : options.keyDimsPerLayer.at(static_cast<std::size_t>(layer));
}

bool isSoftmax(const TinyModelOptions& options, int layer)
{
    return std::ranges::find(options.softmaxLayers, layer) != options.softmaxLayers.end();
}

int intermediateOf(const TinyModelOptions& options)
{
    if (options.intermediateSize > 0) {
        return options.intermediateSize;
    }
    const auto raw = static_cast<int>(options.hiddenSize * 4.0 * 2.0 / 3.0);
    return 256 * ((raw + 255) / 256);
}

void planSoftmax(TensorPlan& plan, const TinyModelOptions& o, const std::string& attn)
{
    const std::int64_t hidden = o.hiddenSize;
    const std::int64_t kv = std::int64_t { o.softmaxKvHeads } * (o.hiddenSize / o.softmaxHeads);
    for (const auto& [part, rows] : { std::pair { "q", hidden }, { "k", kv }, { "v", kv } }) {
        plan.add(fmt::format("{}{}_proj.weight", attn, part), { rows, hidden }, Role::Matrix);
        if (o.qkvBias) {
            plan.add(fmt::format("{}{}_proj.bias", attn, part), { rows }, Role::Bias);
        }
    }
    plan.add(attn + "o_proj.weight", { hidden, hidden }, Role::Matrix);
}

void planLinear(TensorPlan& plan, const TinyModelOptions& o, const std::string& attn, int layer)
{
    const std::int64_t hidden = o.hiddenSize;
    const std::int64_t valueHeads = valueHeadsOf(o);
    const std::int64_t keys = std::int64_t { o.heads } * keyDimsOf(o, layer);
    const std::int64_t values = valueHeads * o.valueDims;
    const auto parts = { std::pair { "q", keys }, { "k", keys }, { "v", values } };
    for (const auto& [part, rows] : parts) {
        plan.add(fmt::format("{}{}_proj.weight", attn, part), { rows, hidden }, Role::Matrix);
    }
    if (o.shortConv) {
        for (const auto& [part, rows] : parts) {
            plan.add(fmt::format("{}{}_conv1d.weight", attn, part), { rows, 1, o.convSize }, Role::Conv);
        }
    }
    if (isGated(o)) {
        plan.add(attn + "a_proj.weight", { valueHeads, hidden }, Role::Matrix);
        plan.add(attn + "A_log", { valueHeads }, Role::DecayLog);
        plan.add(attn + "dt_bias", { valueHeads }, Role::StepBias);
    }
    if (o.legacyD) {
        plan.add(attn + "D", { o.heads }, Role::Bias);
    }
    if (isGated(o) || o.beta) {
        plan.add(attn + "b_proj.weight", { valueHeads, hidden }, Role::Matrix);
    }
    if (o.gate) {
        plan.add(attn + "g_proj.weight", { values, hidden }, Role::Matrix);
    }
    plan.add(attn + "o_norm.weight", { o.valueDims }, Role::Norm);
    plan.add(attn + "o_proj.weight", { hidden, values }, Role::Matrix);
}

std::vector<Planned> planTensors(const TinyModelOptions& o)
{
    TensorPlan plan(o);
    const std::int64_t hidden = o.hiddenSize;
    const std::int64_t inter = intermediateOf(o);
    plan.add("model.embeddings.weight", { o.vocabularySize, hidden }, Role::Embedding);
    for (int layer = 0; layer < o.layers; ++layer) {
        const std::string block = fmt::format("model.layers.{}.", layer);
        plan.add(block + (o.normFirst ? "attn.norm.weight" : "attn_norm.weight"), { hidden }, Role::Norm);
        if (isSoftmax(o, layer)) {
            planSoftmax(plan, o, block + "attn.");
        } else {
            planLinear(plan, o, block + "attn.", layer);
        }
        plan.add(block + (o.normFirst ? "mlp.norm.weight" : "mlp_norm.weight"), { hidden }, Role::Norm);
        plan.add(block + "mlp.gate_proj.weight", { o.fusedMlp ? 2 * inter : inter, hidden }, Role::Matrix);
        if (!o.fusedMlp) {
            plan.add(block + "mlp.up_proj.weight", { inter, hidden }, Role::Matrix);
        }
        plan.add(block + "mlp.down_proj.weight", { hidden, inter }, Role::Matrix);
    }
    plan.add("model.norm.weight", { hidden }, Role::Norm);
    if (!o.tiedHead) {
        plan.add("lm_head.weight", { o.vocabularySize, hidden }, Role::Matrix);
    }
    return plan.take();
}

const char* torchName(DType dtype)
{
    return dtype == DType::BF16 ? "bfloat16" : dtype == DType::F16 ? "float16" : "float32";
}

nlohmann::ordered_json configOf(const TinyModelOptions& o)
{
    const bool gated = isGated(o);
    nlohmann::ordered_json config = {
        { "architectures", { gated ? "GatedDeltaNetForCausalLM" : "DeltaNetForCausalLM" } },
        { "model_type", o.family },
        { "hidden_size", o.hiddenSize },
        { "hidden_ratio", 4 },
        { "hidden_act", "swish" },
        { "num_hidden_layers", o.layers },
        { "num_heads", o.heads },
        { "vocab_size", o.vocabularySize },
        { "norm_eps", o.normEps },
        { "tie_word_embeddings", o.tiedHead },
        { "use_short_conv", o.shortConv },
        { "conv_size", o.convSize },
        { "use_gate", o.gate },
        { "allow_neg_eigval", o.doubledBeta },
        { "bos_token_id", 1 },
        { "eos_token_id", 2 },
        { "torch_dtype", torchName(o.dtype) },
    };
    config["intermediate_size"] = nullptr;
    if (o.intermediateSize > 0) {
        config["intermediate_size"] = o.intermediateSize;
    }
    if (gated) {
        config["head_dim"] = o.keyDims;
        config["expand_v"] = expansionFor(o.valueDims, o.keyDims);
        config["num_v_heads"] = nullptr;
        if (o.valueHeads > 0) {
            config["num_v_heads"] = o.valueHeads;
        }
    } else {
        config["expand_k"] = expansionFor(o.heads * o.keyDims, o.hiddenSize);
        config["expand_v"] = expansionFor(o.heads * o.valueDims, o.hiddenSize);
        config["use_beta"] = o.beta;
        config["qk_activation"] = o.qkActivation;
        config["qk_norm"] = o.qkNorm;
    }
    config["attn"] = nullptr;
    if (!o.softmaxLayers.empty()) {
        config["attn"] = { { "layers", o.softmaxLayers },
                           { "num_heads", o.softmaxHeads },
                           { "num_kv_heads", o.softmaxKvHeads },
                           { "qkv_bias", o.qkvBias },
                           { "rope_theta", 10000.0 },
                           { "window_size", nullptr } };
        if (o.window) {
            config["attn"]["window_size"] = *o.window;
        }
    }
    if (o.normFirst) {
        config["norm_first"] = true;
    }
    if (!o.keyDimsPerLayer.empty()) {
        config["base_model_type"] = o.family;
        config["model_type"] = "pruned_linear_attn";
        config["head_k_dims"] = o.keyDimsPerLayer;
    }
    return config;
}

/// FNV-1a, so that a tensor's values depend on its name and not on what stands before it.
std::uint64_t hashOf(const std::string& text)
{
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    }
    return hash;
}

/// Fills blocks of one tensor after the other. Matrices, which are large, are uniform (two values per draw of
/// the generator); the few small tensors are normal around their centre.
class Filler {
public:
    Filler(const std::vector<Planned>& plan, std::uint64_t seed)
        : m_seed(seed)
    {
        for (const Planned& planned : plan) {
            m_roles[planned.tensor.name] = planned.role;
        }
    }

    void operator()(const StreamedTensor& tensor, std::int64_t first, std::span<float> values)
    {
        if (first == 0) {
            m_random = Random(m_seed ^ hashOf(tensor.name));
        }
        const Role role = m_roles.at(tensor.name);
        if (role == Role::Matrix || role == Role::Embedding) {
            const double spread
                = role == Role::Embedding ? 1.0 : 1.0 / std::sqrt(double(tensor.shape.back()));
            fillUniform(values, static_cast<float>(std::sqrt(3.0) * spread));
            return;
        }
        const auto [centre, spread] = momentsOf(role);
        for (float& value : values) {
            value = static_cast<float>(centre + spread * m_random.normal());
        }
    }

private:
    static std::pair<double, double> momentsOf(Role role)
    {
        switch (role) {
        case Role::Norm:
            return { 1.0, 0.3 };
        case Role::Conv:
            return { 0.0, 0.5 };
        case Role::StepBias:
            return { -1.5, 1.0 };
        case Role::DecayLog:
            return { -0.5, 0.5 };
        case Role::Bias:
        case Role::Embedding:
        case Role::Matrix:
            break;
        }
        return { 0.0, 0.3 };
    }

    void fillUniform(std::span<float> values, float limit)
    {
        const float step = limit * 0x1.0p-31F;
        std::uint64_t draw = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            draw = i % 2 == 0 ? m_random.next() : draw >> 32U;
            values[i] = static_cast<float>(static_cast<std::int32_t>(draw & 0xffffffffU)) * step;
        }
    }

    std::uint64_t m_seed;
    std::map<std::string, Role> m_roles;
    Random m_random { 0 };
};

void requireSense(const TinyModelOptions& o)
{
    const bool known = o.family == "gated_deltanet" || o.family == "delta_net";
    const bool perLayerFits = o.keyDimsPerLayer.empty() || std::ssize(o.keyDimsPerLayer) == o.layers;
    const bool grouped = valueHeadsOf(o) % o.heads == 0 && (isGated(o) || valueHeadsOf(o) == o.heads);
    const bool softmaxFits = o.softmaxLayers.empty()
        || (o.hiddenSize % o.softmaxHeads == 0 && o.softmaxHeads % o.softmaxKvHeads == 0);
    if (!known || !perLayerFits || !grouped || !softmaxFits || o.shards < 1) {
        throw std::runtime_error("TinyModelOptions contradict each other");
    }
}

void writeShards(const std::filesystem::path& folder, const std::vector<Planned>& plan, int shards,
                 Filler& filler)
{
    const auto fill = [&filler](const StreamedTensor& tensor, std::int64_t first, std::span<float> values) {
        filler(tensor, first, values);
    };
    auto weightMap = nlohmann::ordered_json::object();
    std::int64_t totalBytes = 0;
    const std::size_t count = plan.size();
    for (int shard = 0; shard < shards; ++shard) {
        const std::string file = shards == 1
            ? "model.safetensors"
            : fmt::format("model-{:05}-of-{:05}.safetensors", shard + 1, shards);
        std::vector<StreamedTensor> part;
        const auto parts = static_cast<std::size_t>(shards);
        const auto s = static_cast<std::size_t>(shard);
        for (std::size_t i = s * count / parts; i < (s + 1) * count / parts; ++i) {
            part.push_back(plan[i].tensor);
            weightMap[plan[i].tensor.name] = file;
            std::int64_t bytes = sizeBytes(plan[i].tensor.dtype);
            for (const std::int64_t dim : plan[i].tensor.shape) {
                bytes *= dim;
            }
            totalBytes += bytes;
        }
        writeStreamed(folder / file, part, fill);
    }
    if (shards > 1) {
        const nlohmann::ordered_json index
            = { { "metadata", { { "total_size", totalBytes } } }, { "weight_map", std::move(weightMap) } };
        writeBytes(folder / "model.safetensors.index.json", index.dump(2) + "\n");
    }
}

} // namespace

double expansionFor(int wanted, int base)
{
    double ratio = double(wanted) / base;
    while (std::trunc(base * ratio) < wanted) {
        ratio = std::nextafter(ratio, std::numeric_limits<double>::infinity());
    }
    return ratio;
}

void writeRandomCheckpoint(const std::filesystem::path& folder, const TinyModelOptions& options)
{
    requireSense(options);
    std::filesystem::create_directories(folder);
    writeBytes(folder / "config.json", configOf(options).dump(2) + "\n");
    const std::vector<Planned> plan = planTensors(options);
    Filler filler(plan, options.seed);
    writeShards(folder, plan, options.shards, filler);
}

TinyModelOptions publishedShape(const std::string& name)
{
    TinyModelOptions o;
    o.dtype = DType::BF16;
    o.intermediateSize = 0;
    o.vocabularySize = 32000;
    if (name == "gdn-demo") {
        o.hiddenSize = 256;
        o.intermediateSize = 512;
        o.vocabularySize = 4096;
        o.layers = 6;
        o.heads = 4;
        o.keyDims = o.valueDims = 64;
        o.tiedHead = true;
        return o;
    }
    if (name == "delta_net-340M" || name == "delta_net-1.3B") {
        const bool large = name == "delta_net-1.3B";
        o.family = "delta_net";
        o.gate = false;
        o.hiddenSize = large ? 2048 : 1024;
        o.layers = 24;
        o.heads = large ? 16 : 8;
        o.keyDims = o.valueDims = 128;
        o.tiedHead = !large;
        return o;
    }
    if (name == "gated_deltanet-340M" || name == "gated_deltanet-1.3B") {
        const bool large = name == "gated_deltanet-1.3B";
        o.hiddenSize = large ? 2048 : 1024;
        o.layers = large ? 24 : 21;
        o.heads = large ? 8 : 4;
        o.keyDims = o.valueDims = 256;
        o.decayInFp32 = true;
        return o;
    }
    if (name == "many-heads") {
        o.hiddenSize = 256;
        o.intermediateSize = 512;
        o.vocabularySize = 4096;
        o.layers = 24;
        o.heads = 16;
        o.keyDims = o.valueDims = 32;
        o.tiedHead = true;
        o.softmaxLayers = { 5, 11, 17, 23 };
        return o;
    }
    throw std::runtime_error("no shape named " + name);
}

} // namespace rankscope::test
