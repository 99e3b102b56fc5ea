// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model.h"

#include "core/model/model_torch.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>

#include <optional>

namespace rankscope {

Model::Model(CheckpointOverview overview, LoadOptions options, std::string digest,
             std::unique_ptr<Weights> weights)
    : m_overview(std::move(overview))
    , m_options(options)
    , m_digest(std::move(digest))
    , m_weights(std::move(weights))
{
}

Model::~Model() = default;

std::int64_t StackedMatrix::rows() const
{
    std::int64_t total = 0;
    for (const at::Tensor& part : parts) {
        total += part.size(0);
    }
    return total;
}

at::Tensor StackedMatrix::apply(const at::Tensor& x, const at::Tensor& bias) const
{
    if (parts.size() == 1) {
        return at::linear(x, parts.front(), bias.defined() ? std::optional<at::Tensor>(bias) : std::nullopt);
    }
    std::vector<at::Tensor> results;
    for (const at::Tensor& part : parts) {
        results.push_back(at::linear(x, part));
    }
    const at::Tensor whole = at::cat(results, -1);
    return bias.defined() ? whole + bias : whole;
}

std::int64_t Model::weightBytes() const
{
    return m_weights->sizeBytes();
}

std::int64_t Model::Weights::sizeBytes() const
{
    std::int64_t total = 0;
    const auto add = [&total](const at::Tensor& tensor) {
        if (tensor.defined()) {
            total += static_cast<std::int64_t>(tensor.nbytes());
        }
    };
    add(embedding);
    add(finalNorm);
    if (!head.is_same(embedding)) {
        add(head);
    }
    for (const BlockWeights& block : blocks) {
        for (const StackedMatrix* stack : { &block.gateUp, &block.mixer.projection }) {
            for (const at::Tensor& part : stack->parts) {
                add(part);
            }
        }
        for (const at::Tensor& tensor :
             { block.mixerNorm, block.mlpNorm, block.down, block.mixer.projectionBias, block.mixer.outProj,
               block.mixer.conv, block.mixer.decayScale, block.mixer.decayBias, block.mixer.outNorm,
               block.mixer.inverseFrequencies }) {
            add(tensor);
        }
    }
    return total;
}

} // namespace rankscope
