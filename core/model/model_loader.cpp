// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/guarded_torch.h"
#include "core/model/model.h"
#include "core/model/weight_source_torch.h"

#include <c10/core/GradMode.h>

namespace rankscope {

Result<std::shared_ptr<const Model>> loadModel(const std::filesystem::path& folder,
                                               const LoadOptions& options, JobContext& job)
{
    using Loaded = Result<std::shared_ptr<const Model>>;
    Result<OpenCheckpoint> checkpoint = openCheckpoint(folder, options);
    if (!checkpoint) {
        return checkpoint.error();
    }
    return guarded("loading the weights", [&]() -> Loaded {
        const c10::NoGradGuard noGrad;
        job.progress().begin(checkpoint->overview.weightBytes);
        const ModelSpec& spec = checkpoint->overview.spec;
        WeightSource source(*checkpoint, WeightSource::Digest::OfEverythingRead, job, &job.progress());
        auto weights = std::make_unique<Model::Weights>();
        weights->embedding = source.embedding();
        for (int layer = 0; layer < spec.layerCount(); ++layer) {
            weights->blocks.push_back(source.block(layer));
        }
        weights->finalNorm = source.finalNorm();
        weights->head = spec.tiedHead ? weights->embedding : source.head();
        return std::make_shared<const Model>(checkpoint->overview, checkpoint->options, source.digest(),
                                             std::move(weights));
    });
}

} // namespace rankscope
