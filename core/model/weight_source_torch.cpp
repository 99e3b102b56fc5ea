// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/weight_source_torch.h"

#include "core/base/device_torch.h"
#include "core/base/guarded_torch.h"
#include "core/base/narrow.h"
#include "core/base/tensor_torch.h"
#include "core/io/digest.h"
#include "core/io/json.h"
#include "core/model/tensor_table.h"
#include "core/model/weight_scan.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/pow.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace rankscope {

namespace {

constexpr std::size_t kStepBytes = std::size_t { 8 } << 20; ///< read between two polls

void splitQk(const LayerSpec& layer, MixerWeights& mixer)
{
    const std::int64_t queryWidth = std::int64_t { layer.heads } * layer.keyDims;
    const std::int64_t keyWidth
        = layer.kind == LayerKind::Linear ? queryWidth : std::int64_t { layer.valueHeads } * layer.keyDims;
    const std::vector<at::Tensor>& parts = mixer.projection.parts;
    mixer.qProj = parts.front().narrow(0, 0, queryWidth);
    mixer.kProj = parts.size() == 1 ? parts.front().narrow(0, queryWidth, keyWidth) : parts[1];
}

constexpr const char* kEmbeddingName = "model.embeddings.weight";
constexpr const char* kHeadName = "lm_head.weight";

} // namespace

Result<OpenCheckpoint> openCheckpoint(const std::filesystem::path& folder, const LoadOptions& options)
{
    if (options.dtype != DType::F64 && options.dtype != DType::F32 && options.dtype != DType::BF16) {
        return Error { ErrorCode::InvalidArgument,
                       fmt::format("Models run in fp64, fp32 or bf16, not in {}.", shortName(options.dtype)),
                       {} };
    }
    Result<CheckpointOverview> overview = inspectCheckpoint(folder);
    if (!overview) {
        return overview.error();
    }
    if (!overview->loadable()) {
        return overview->firstError();
    }
    if (Status usable = requireDevice(options.device); !usable) {
        return usable.error();
    }
    Result<std::shared_ptr<const CheckpointReader>> reader = CheckpointReader::open(folder);
    if (!reader) {
        return reader.error();
    }
    const bool storedSo = overview->dtype.starts_with(shortName(options.dtype));
    LoadOptions decided = options;
    decided.inPlaceFromBytes = options.device.kind == DeviceKind::Cpu && storedSo
            && overview->weightBytes >= options.inPlaceFromBytes
        ? 0
        : std::numeric_limits<std::int64_t>::max();
    return OpenCheckpoint { std::move(*overview), std::move(*reader), decided };
}

WeightSource::WeightSource(const OpenCheckpoint& checkpoint, Digest digest, const JobContext& job,
                           Progress* progress)
    : m_reader(checkpoint.reader)
    , m_spec(checkpoint.overview.spec)
    , m_device(toTorch(checkpoint.options.device))
    , m_type(toTorch(checkpoint.options.dtype))
    , m_accumulation(accumulationType(m_type))
    , m_inPlace(checkpoint.options.inPlaceFromBytes == 0)
    , m_hashes(digest == Digest::OfEverythingRead)
    , m_job(job)
    , m_progress(progress)
    , m_digestText(fmt::format("{} eps {} neg {} act {} norm {}\n", m_spec.baseModelType, m_spec.normEps,
                               m_spec.allowNegativeEigenvalues, static_cast<int>(m_spec.qkActivation),
                               static_cast<int>(m_spec.qkNorm)))
{
}

at::Tensor WeightSource::embedding()
{
    return load({ kEmbeddingName }, m_type);
}

at::Tensor WeightSource::finalNorm()
{
    return load({ "model.norm.weight" }, m_accumulation);
}

at::Tensor WeightSource::head()
{
    return load({ kHeadName }, m_type);
}

std::string WeightSource::digest() const
{
    return sha256Hex(std::as_bytes(std::span(m_digestText)));
}

BlockWeights WeightSource::block(int index)
{
    const LayerSpec& layer = m_spec.layers[idx(index)];
    const std::string prefix = layerPrefix(index);
    BlockWeights block;
    block.mixerNorm = load({ mixerNormName(m_spec, index) }, m_accumulation);
    block.mixer = layer.kind == LayerKind::Linear ? linearMixer(layer, prefix + "attn.")
                                                  : softmaxMixer(layer, prefix + "attn.");
    block.mlpNorm = load({ mlpNormName(m_spec, index) }, m_accumulation);
    std::vector<std::string> gateUp { prefix + "mlp.gate_proj.weight" };
    if (!m_spec.fusedMlp) {
        gateUp.push_back(prefix + "mlp.up_proj.weight");
    }
    block.gateUp = stack(gateUp);
    block.down = load({ prefix + "mlp.down_proj.weight" }, m_type);
    return block;
}

at::Tensor WeightSource::embed(const at::Tensor& ids)
{
    const TensorEntry& entry = entryOf(kEmbeddingName);
    const std::span<const std::byte> bytes = m_reader->bytes(entry);
    read(entry, bytes);
    const at::Tensor rows
        = at::index_select(borrowTensor(bytes, entry.dtype, entry.shape), 0, ids.reshape({ -1 }));
    std::vector<std::int64_t> shape = ids.sizes().vec();
    shape.push_back(entry.shape[1]);
    const at::Tensor embedded = rows.to(m_device, m_type).reshape(shape);
    m_reader->mapping(entry).release(bytes);
    return embedded;
}

void WeightSource::forHeadRows(std::int64_t mostBytes,
                               const std::function<void(std::int64_t, const at::Tensor&)>& use)
{
    const TensorEntry& entry = entryOf(m_spec.tiedHead ? kEmbeddingName : kHeadName);
    const std::span<const std::byte> bytes = m_reader->bytes(entry);
    if (!m_spec.tiedHead) {
        read(entry, bytes);
    }
    if (const at::Tensor mapped = inPlace(entry, m_type); mapped.defined()) {
        use(0, mapped);
        return;
    }
    const std::int64_t width = entry.shape[1];
    const std::int64_t step
        = std::max<std::int64_t>(1, mostBytes / (width * narrow<std::int64_t>(c10::elementSize(m_type))));
    const std::int64_t storedRowBytes = width * sizeBytes(entry.dtype);
    for (std::int64_t row = 0; row < entry.shape[0]; row += step) {
        throwIfStopped(m_job);
        const std::int64_t count = std::min(step, entry.shape[0] - row);
        const std::span<const std::byte> part
            = bytes.subspan(idx(row * storedRowBytes), idx(count * storedRowBytes));
        at::Tensor rows = at::empty({ count, width }, at::TensorOptions(m_type).device(m_device));
        rows.copy_(borrowTensor(part, entry.dtype, { count, width }));
        m_reader->mapping(entry).release(part);
        use(row, rows);
    }
}

void WeightSource::check()
{
    for (const ExpectedTensor& expected : expectedTensors(m_spec)) {
        const TensorEntry& entry = entryOf(expected.name);
        read(entry, m_reader->bytes(entry));
        m_reader->mapping(entry).release(m_reader->bytes(entry));
    }
}

MixerWeights WeightSource::linearMixer(const LayerSpec& layer, const std::string& attn)
{
    MixerWeights mixer;
    std::vector<std::string> rows { attn + "q_proj.weight", attn + "k_proj.weight", attn + "v_proj.weight" };
    if (m_spec.useGate) {
        rows.push_back(attn + "g_proj.weight");
    }
    if (m_spec.useBeta) {
        rows.push_back(attn + "b_proj.weight");
    }
    if (m_spec.family == Family::GatedDeltaNet) {
        rows.push_back(attn + "a_proj.weight");
    }
    mixer.projection = stack(rows);
    splitQk(layer, mixer);
    if (m_spec.useShortConv) {
        const at::Tensor taps = load(
            { attn + "q_conv1d.weight", attn + "k_conv1d.weight", attn + "v_conv1d.weight" }, m_accumulation);
        mixer.conv = taps.squeeze(1).t().contiguous();
    }
    if (m_spec.family == Family::GatedDeltaNet) {
        mixer.decayScale = load({ attn + "A_log" }, m_accumulation).exp().neg();
        mixer.decayBias = load({ attn + "dt_bias" }, m_accumulation);
    }
    mixer.outNorm = load({ attn + "o_norm.weight" }, m_accumulation);
    mixer.outProj = load({ attn + "o_proj.weight" }, m_type);
    return mixer;
}

MixerWeights WeightSource::softmaxMixer(const LayerSpec& layer, const std::string& attn)
{
    MixerWeights mixer;
    mixer.projection = stack({ attn + "q_proj.weight", attn + "k_proj.weight", attn + "v_proj.weight" });
    if (layer.qkvBias) {
        mixer.projectionBias
            = load({ attn + "q_proj.bias", attn + "k_proj.bias", attn + "v_proj.bias" }, m_type);
    }
    splitQk(layer, mixer);
    mixer.outProj = load({ attn + "o_proj.weight" }, m_type);
    const at::TensorOptions options = at::TensorOptions(m_accumulation).device(m_device);
    mixer.inverseFrequencies
        = at::pow(layer.ropeTheta, at::arange(0, layer.keyDims, 2, options) * (-1.0 / layer.keyDims));
    return mixer;
}

StackedMatrix WeightSource::stack(const std::vector<std::string>& names)
{
    if (!m_inPlace) {
        return StackedMatrix { { load(names, m_type) } };
    }
    StackedMatrix result;
    for (const std::string& name : names) {
        result.parts.push_back(load({ name }, m_type));
    }
    return result;
}

const TensorEntry& WeightSource::entryOf(const std::string& name) const
{
    const TensorEntry* entry = m_reader->find(name);
    if (entry == nullptr) {
        throwError(Error { ErrorCode::Mismatch, fmt::format("Tensor \"{}\" is missing.", name), {} });
    }
    return *entry;
}

/// Checks and hashes the bytes of one tensor, in steps that leave time for polls.
void WeightSource::read(const TensorEntry& entry, std::span<const std::byte> bytes)
{
    Sha256 digest;
    for (std::size_t begin = 0; begin < bytes.size() || begin == 0; begin += kStepBytes) {
        throwIfStopped(m_job);
        const std::span<const std::byte> step
            = bytes.subspan(begin, std::min(kStepBytes, bytes.size() - begin));
        if (const auto bad = firstNonFinite(step, entry.dtype)) {
            throwError(Error {
                ErrorCode::BadData,
                fmt::format("Tensor \"{}\" holds NaN or infinite values (the first at element {}); the "
                            "checkpoint is damaged.",
                            entry.name, *bad + narrow<std::int64_t>(begin) / sizeBytes(entry.dtype)),
                {} });
        }
        if (m_hashes) {
            digest.add(step);
        }
        if (m_progress != nullptr) {
            m_progress->advance(narrow<std::int64_t>(step.size()));
        }
    }
    if (m_hashes) {
        m_digestText += fmt::format("{} {} {} {}\n", entry.name, safetensorsName(entry.dtype),
                                    shapeText(entry.shape), digest.finishHex());
    }
}

/// The bytes themselves as a tensor that keeps the file mapped; undefined where they cannot be used so.
at::Tensor WeightSource::inPlace(const TensorEntry& entry, at::ScalarType type) const
{
    constexpr std::uintptr_t kAlignment = 16;
    const std::span<const std::byte> bytes = m_reader->bytes(entry);
    if (!m_inPlace || toTorch(entry.dtype) != type
        || reinterpret_cast<std::uintptr_t>(bytes.data()) % kAlignment != 0) {
        return {};
    }
    // from_blob wants a mutable pointer; nobody writes to weights.
    return at::from_blob(
        const_cast<std::byte*>(bytes.data()), entry.shape, [keep = m_reader](void*) {},
        at::TensorOptions(type));
}

/// The named tensors one below the other, in one allocation.
at::Tensor WeightSource::load(const std::vector<std::string>& names, at::ScalarType type)
{
    std::vector<const TensorEntry*> entries;
    std::vector<std::int64_t> shape;
    for (const std::string& name : names) {
        const TensorEntry& entry = entryOf(name);
        if (shape.empty()) {
            shape = entry.shape;
        } else {
            shape[0] += entry.shape[0];
        }
        entries.push_back(&entry);
    }
    if (entries.size() == 1) {
        if (at::Tensor mapped = inPlace(*entries.front(), type); mapped.defined()) {
            read(*entries.front(), m_reader->bytes(*entries.front()));
            return mapped;
        }
    }
    const at::Tensor target = at::empty(shape, at::TensorOptions(type).device(m_device));
    std::int64_t row = 0;
    for (const TensorEntry* entry : entries) {
        const std::span<const std::byte> bytes = m_reader->bytes(*entry);
        read(*entry, bytes);
        target.narrow(0, row, entry->shape[0]).copy_(borrowTensor(bytes, entry->dtype, entry->shape));
        m_reader->mapping(*entry).release(bytes);
        row += entry->shape[0];
    }
    return target;
}

} // namespace rankscope
