// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/recurrence/kernels_torch.h"

#include "core/base/gpu_module.h"
#include "core/base/guarded_torch.h"
#include "core/base/narrow.h"
#include "core/base/tensor_torch.h"
#include "kernels/delta_recurrent/delta_recurrent.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/stack.h>
#include <fmt/format.h>

namespace rankscope {

namespace {

constexpr std::int64_t kMaxKeyDims = 512;

bool isElementType(at::ScalarType type)
{
    return type == at::kFloat || type == at::kBFloat16;
}

/// e when the positions are e, 2e, ... and nothing else; 0 otherwise.
std::int64_t evenSpacing(const std::vector<std::int64_t>& positions)
{
    for (std::size_t i = 0; i < positions.size(); ++i) {
        if (positions[i] != positions[0] * narrow<std::int64_t>(i + 1)) {
            return 0;
        }
    }
    return positions.empty() ? 0 : positions[0];
}

/// One launch. captureEvery 0 captures nothing.
DeltaOutputs launch(const DeltaInputs& inputs, std::int64_t captureEvery)
{
    const at::Tensor q = inputs.q.contiguous();
    const at::Tensor k = inputs.k.contiguous();
    const at::Tensor v = inputs.v.contiguous();
    const auto optionalFloats = [](const at::Tensor& tensor) {
        return tensor.defined() ? tensor.to(at::kFloat).contiguous() : tensor;
    };
    const at::Tensor logDecay = optionalFloats(inputs.logDecay);
    const at::Tensor beta = optionalFloats(inputs.beta);
    const at::Tensor initial = optionalFloats(inputs.initialState);

    kernels::DeltaRecurrentParams params;
    params.batch = narrow<int>(v.size(0));
    params.tokens = v.size(1);
    params.keyHeads = narrow<int>(k.size(2));
    params.valueHeads = narrow<int>(v.size(2));
    params.keyDims = narrow<int>(k.size(3));
    params.valueDims = narrow<int>(v.size(3));
    params.scale = static_cast<float>(inputs.scale);
    params.element = v.scalar_type() == at::kFloat ? kernels::ElementType::F32 : kernels::ElementType::BF16;

    const at::TensorOptions states = v.options().dtype(at::kFloat);
    DeltaOutputs outputs;
    outputs.o = at::empty_like(v);
    outputs.finalState = at::empty({ v.size(0), v.size(2), k.size(3), v.size(3) }, states);
    if (captureEvery > 0) {
        outputs.capturedStates
            = at::empty({ v.size(0), params.tokens / captureEvery, v.size(2), k.size(3), v.size(3) }, states);
        params.capturedStates = outputs.capturedStates.mutable_data_ptr<float>();
        params.captureEvery = captureEvery;
    }
    params.queries = q.const_data_ptr();
    params.keys = k.const_data_ptr();
    params.values = v.const_data_ptr();
    params.logDecay = logDecay.defined() ? logDecay.const_data_ptr<float>() : nullptr;
    params.beta = beta.defined() ? beta.const_data_ptr<float>() : nullptr;
    params.initialState = initial.defined() ? initial.const_data_ptr<float>() : nullptr;
    params.outputs = outputs.o.mutable_data_ptr();
    params.finalState = outputs.finalState.mutable_data_ptr<float>();

    const kernels::KernelStatus status = v.is_cuda() ? gpuModule()->deltaRecurrent(params, v.device().index())
                                                     : kernels::deltaRecurrentReference(params);
    if (status != kernels::KernelStatus::Ok) {
        throwError(Error { ErrorCode::DeviceFailure, "The recurrence kernel could not be started.",
                           v.is_cuda() ? gpuModule()->lastError() : "CPU twin" });
    }
    return outputs;
}

DeltaInputs segment(const DeltaInputs& inputs, std::int64_t begin, std::int64_t length,
                    const at::Tensor& state)
{
    const auto cut = [&](const at::Tensor& tensor) {
        return tensor.defined() ? tensor.narrow(1, begin, length) : tensor;
    };
    return DeltaInputs { cut(inputs.q),    cut(inputs.k), cut(inputs.v), cut(inputs.logDecay),
                         cut(inputs.beta), state,         inputs.scale,  inputs.job };
}

} // namespace

bool deltaKernelApplies(const DeltaInputs& inputs)
{
    return isElementType(inputs.v.scalar_type()) && inputs.k.scalar_type() == inputs.v.scalar_type()
        && inputs.k.size(3) <= kMaxKeyDims && (!inputs.v.is_cuda() || gpuModule() != nullptr);
}

DeltaOutputs deltaRuleKernel(const DeltaInputs& inputs, const std::vector<std::int64_t>& positions)
{
    if (!deltaKernelApplies(inputs)) {
        throwError(Error {
            ErrorCode::Unsupported,
            fmt::format("The recurrence kernel takes fp32 or bf16 and up to {} key dims.", kMaxKeyDims),
            {} });
    }
    const std::int64_t spacing = evenSpacing(positions);
    if (positions.empty() || spacing > 0) {
        DeltaOutputs outputs = launch(inputs, spacing);
        if (outputs.capturedStates.defined()) {
            outputs.capturedStates
                = outputs.capturedStates.narrow(1, 0, narrow<std::int64_t>(positions.size()));
        }
        return outputs;
    }
    std::vector<at::Tensor> parts;
    std::vector<at::Tensor> captured;
    at::Tensor state = inputs.initialState;
    std::int64_t begin = 0;
    const auto advanceTo = [&](std::int64_t end) {
        throwIfStopped(inputs.job);
        const DeltaOutputs part = launch(segment(inputs, begin, end - begin, state), 0);
        parts.push_back(part.o);
        state = part.finalState;
        begin = end;
    };
    for (const std::int64_t position : positions) {
        advanceTo(position);
        captured.push_back(state);
    }
    advanceTo(inputs.v.size(1));
    return DeltaOutputs { at::cat(parts, 1), state, at::stack(captured, 1) };
}

} // namespace rankscope
