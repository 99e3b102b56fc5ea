// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/forward/forward.h"

#include "core/base/device_torch.h"
#include "core/base/guarded_torch.h"
#include "core/base/narrow.h"
#include "core/base/tensor_torch.h"
#include "core/model/forward/block_torch.h"
#include "core/model/forward/norms_torch.h"
#include "core/model/forward/token_ids_torch.h"
#include "core/model/weight_source_torch.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linear.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace rankscope {

namespace {

/// Of an output head that is made for one pass: 8000 rows of 2048 in fp32.
constexpr std::int64_t kHeadPartBytes = std::int64_t { 64 } << 20;

bool isOutside(std::int64_t id, std::int64_t vocabularySize)
{
    return id < 0 || id >= vocabularySize;
}

/// A model as its forward pass sees it, whether its weights are all there or made when their turn comes.
struct Parts {
    const ModelSpec& spec;
    Device device;
    DType dtype;
    std::function<at::Tensor(const at::Tensor& ids)> embed; ///< [B, T] on the device -> [B, T, D]
    std::function<at::Tensor(int layer, const at::Tensor& x, BlockProbe& probe)> block;
    std::function<at::Tensor(const at::Tensor& x)> finalNorm;
    std::function<at::Tensor(const at::Tensor& normalised)> logits; ///< [B, T, V]
};

Status checkRequest(const ModelSpec& spec, std::span<const std::int64_t> ids, std::int64_t batch,
                    std::int64_t length, const ForwardRequest& request)
{
    if (batch < 1 || length < 1 || std::ssize(ids) != batch * length) {
        return Error { ErrorCode::InvalidArgument,
                       fmt::format("{} token ids do not make {} sequences of {}.", ids.size(), batch, length),
                       {} };
    }
    return request.plan != nullptr ? checkPlan(*request.plan, spec) : Status(Unit {});
}

ForwardOutput run(const Parts& parts, std::span<const std::int64_t> ids, std::int64_t batch,
                  std::int64_t length, const ForwardRequest& request, JobContext& job)
{
    const c10::InferenceMode inference;
    const at::ScalarType resultType = accumulationType(toTorch(parts.dtype));
    const auto keep = [&](const at::Tensor& tensor) { return toHost(tensor.to(resultType)); };
    const std::vector<LayerMask> masks = request.plan != nullptr
        ? makeMasks(parts.device, parts.dtype, *request.plan,
                    request.zeroFilled ? QueryScale::OfAllDims : QueryScale::OfKeptDims)
        : std::vector<LayerMask>();
    job.progress().begin(parts.spec.layerCount());
    ForwardOutput output;
    at::Tensor x = parts.embed(tokenTensor(parts.spec.vocabularySize, parts.device, ids, batch, length));
    for (int layer = 0; layer < parts.spec.layerCount(); ++layer) {
        throwIfStopped(job);
        if (request.hidden) {
            output.hidden.push_back(keep(x));
        }
        BlockProbe probe;
        probe.form = request.form;
        probe.job = &job;
        probe.mask = masks.empty() ? nullptr : &masks[idx(layer)];
        probe.wantFinalState = request.states;
        x = parts.block(layer, x, probe);
        if (probe.finalState.defined()) {
            output.states.emplace(layer, keep(probe.finalState));
        }
        job.progress().advance();
    }
    const at::Tensor normalised = parts.finalNorm(x);
    if (request.hidden) {
        output.hidden.push_back(keep(normalised));
    }
    if (request.logits) {
        output.logits = keep(parts.logits(normalised));
    }
    return output;
}

/// The output head without all of its rows in memory.
at::Tensor logitsInParts(WeightSource& source, std::int64_t vocabularySize, const at::Tensor& normalised)
{
    at::Tensor whole;
    source.forHeadRows(kHeadPartBytes, [&](std::int64_t firstRow, const at::Tensor& rows) {
        const at::Tensor part = at::linear(normalised, rows);
        if (rows.size(0) == vocabularySize) {
            whole = part;
            return;
        }
        if (!whole.defined()) {
            std::vector<std::int64_t> shape = part.sizes().vec();
            shape.back() = vocabularySize;
            whole = at::empty(shape, part.options());
        }
        whole.narrow(-1, firstRow, rows.size(0)).copy_(part);
    });
    return whole;
}

} // namespace

at::Tensor tokenTensor(std::int64_t vocabularySize, Device device, std::span<const std::int64_t> ids,
                       std::int64_t batch, std::int64_t length)
{
    for (const std::int64_t id : ids) {
        if (isOutside(id, vocabularySize)) {
            throwError(Error {
                ErrorCode::BadData,
                fmt::format("Token id {} is outside the model's vocabulary of {}; the tokenizer belongs to "
                            "another model.",
                            id, vocabularySize),
                {} });
        }
    }
    // The copy to the device must not outlive the borrowed memory: clone when nothing is copied.
    const at::Tensor borrowed = at::from_blob(const_cast<std::int64_t*>(ids.data()), { batch, length },
                                              at::TensorOptions(at::kLong));
    return device.kind == DeviceKind::Cpu ? borrowed.clone() : borrowed.to(toTorch(device));
}

Result<ForwardOutput> runForward(const Model& model, std::span<const std::int64_t> ids, std::int64_t batch,
                                 std::int64_t length, const ForwardRequest& request, JobContext& job)
{
    if (Status fits = checkRequest(model.spec(), ids, batch, length, request); !fits) {
        return fits.error();
    }
    return guarded("running the model", [&] {
        const Parts parts {
            model.spec(),
            model.device(),
            model.dtype(),
            [&](const at::Tensor& tokens) { return embed(model, tokens); },
            [&](int layer, const at::Tensor& x, BlockProbe& probe) {
                return runBlock(model, layer, x, &probe);
            },
            [&](const at::Tensor& x) { return finalNorm(model, x); },
            [&](const at::Tensor& normalised) { return logits(model, normalised); },
        };
        return run(parts, ids, batch, length, request, job);
    });
}

Result<ForwardOutput> runForward(const std::filesystem::path& checkpoint, const LoadOptions& options,
                                 std::span<const std::int64_t> ids, std::int64_t batch, std::int64_t length,
                                 const ForwardRequest& request, JobContext& job)
{
    Result<OpenCheckpoint> open = openCheckpoint(checkpoint, options);
    if (!open) {
        return open.error();
    }
    const ModelSpec& spec = open->overview.spec;
    if (Status fits = checkRequest(spec, ids, batch, length, request); !fits) {
        return fits.error();
    }
    return guarded("running the model", [&] {
        const c10::InferenceMode inference;
        WeightSource source(*open, WeightSource::Digest::None, job, nullptr);
        if (std::ranges::any_of(ids,
                                [&spec](std::int64_t id) { return isOutside(id, spec.vocabularySize); })) {
            source.check(); // damaged weights are told first, as by loading
        }
        const Parts parts {
            spec,
            options.device,
            options.dtype,
            [&](const at::Tensor& tokens) { return source.embed(tokens.cpu()); },
            [&](int layer, const at::Tensor& x, BlockProbe& probe) {
                return runBlock(spec, layer, source.block(layer), x, &probe);
            },
            [&](const at::Tensor& x) {
                return rmsNorm(x, source.finalNorm(), spec.normEps, x.scalar_type());
            },
            [&](const at::Tensor& normalised) {
                return logitsInParts(source, spec.vocabularySize, normalised);
            },
        };
        return run(parts, ids, batch, length, request, job);
    });
}

} // namespace rankscope
