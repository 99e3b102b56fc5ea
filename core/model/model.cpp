// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model.h"

#include "core/model/model_torch.h"

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
        for (const at::Tensor& tensor :
             { block.mixerNorm, block.mlpNorm, block.gateUp, block.down, block.mixer.projection,
               block.mixer.projectionBias, block.mixer.outProj, block.mixer.conv, block.mixer.decayScale,
               block.mixer.decayBias, block.mixer.outNorm, block.mixer.inverseFrequencies }) {
            add(tensor);
        }
    }
    return total;
}

} // namespace rankscope
