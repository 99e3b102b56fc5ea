// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/forward/forward.h"

#include "core/base/device_torch.h"
#include "core/base/guarded_torch.h"
#include "core/base/narrow.h"
#include "core/base/tensor_torch.h"
#include "core/model/forward/block_torch.h"
#include "core/model/forward/token_ids_torch.h"

#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

namespace rankscope {

at::Tensor tokenTensor(const Model& model, std::span<const std::int64_t> ids, std::int64_t batch,
                       std::int64_t length)
{
    const std::int64_t vocabulary = model.spec().vocabularySize;
    for (const std::int64_t id : ids) {
        if (id < 0 || id >= vocabulary) {
            throwError(Error {
                ErrorCode::BadData,
                fmt::format("Token id {} is outside the model's vocabulary of {}; the tokenizer belongs to "
                            "another model.",
                            id, vocabulary),
                {} });
        }
    }
    // The copy to the device must not outlive the borrowed memory: clone when nothing is copied.
    const at::Tensor borrowed = at::from_blob(const_cast<std::int64_t*>(ids.data()), { batch, length },
                                              at::TensorOptions(at::kLong));
    return model.device().kind == DeviceKind::Cpu ? borrowed.clone() : borrowed.to(toTorch(model.device()));
}

Result<ForwardOutput> runForward(const Model& model, std::span<const std::int64_t> ids, std::int64_t batch,
                                 std::int64_t length, const ForwardRequest& request, JobContext& job)
{
    if (batch < 1 || length < 1 || std::ssize(ids) != batch * length) {
        return Error { ErrorCode::InvalidArgument,
                       fmt::format("{} token ids do not make {} sequences of {}.", ids.size(), batch, length),
                       {} };
    }
    if (request.plan != nullptr) {
        if (Status fits = checkPlan(*request.plan, model.spec()); !fits) {
            return fits.error();
        }
    }
    return guarded("running the model", [&]() -> Result<ForwardOutput> {
        const c10::InferenceMode inference;
        const at::ScalarType resultType = accumulationType(toTorch(model.dtype()));
        const auto keep = [&](const at::Tensor& tensor) { return toHost(tensor.to(resultType)); };
        const std::vector<LayerMask> masks = request.plan != nullptr
            ? makeMasks(model, *request.plan,
                        request.zeroFilled ? QueryScale::OfAllDims : QueryScale::OfKeptDims)
            : std::vector<LayerMask>();
        job.progress().begin(model.spec().layerCount());
        ForwardOutput output;
        at::Tensor x = embed(model, tokenTensor(model, ids, batch, length));
        for (int layer = 0; layer < model.spec().layerCount(); ++layer) {
            throwIfStopped(job);
            if (request.hidden) {
                output.hidden.push_back(keep(x));
            }
            BlockProbe probe;
            probe.form = request.form;
            probe.job = &job;
            probe.mask = masks.empty() ? nullptr : &masks[idx(layer)];
            probe.wantFinalState = request.states;
            x = runBlock(model, layer, x, &probe);
            if (probe.finalState.defined()) {
                output.states.emplace(layer, keep(probe.finalState));
            }
            job.progress().advance();
        }
        const at::Tensor normalised = finalNorm(model, x);
        if (request.hidden) {
            output.hidden.push_back(keep(normalised));
        }
        if (request.logits) {
            output.logits = keep(logits(model, normalised));
        }
        return output;
    });
}

} // namespace rankscope
