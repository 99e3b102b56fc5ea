// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/perplexity.h"

#include "core/base/guarded_torch.h"
#include "core/base/narrow.h"
#include "core/evaluation/scoring_torch.h"

#include <c10/core/InferenceMode.h>

namespace rankscope {

Result<std::shared_ptr<const PerplexityEstimate>>
evaluatePerplexity(const Model& model, const TokenWindows& windows, const PruningPlan* plan,
                   const PartialEstimate& partial, JobContext& job)
{
    using Outcome = Result<std::shared_ptr<const PerplexityEstimate>>;
    return guarded("scoring the text", [&]() -> Outcome {
        const c10::InferenceMode inference;
        RunningEstimate estimate(model, windows, plan);
        const std::vector<LayerMask> masks = masksFor(model, plan);
        job.progress().begin(windows.count);
        for (const WindowBatch& batch : windowBatches(windows.count, windows.length, model.device())) {
            const at::Tensor ids = batchIds(model, windows, batch);
            at::Tensor x = embed(model, ids);
            for (int layer = 0; layer < model.spec().layerCount(); ++layer) {
                throwIfStopped(job);
                x = runMaskedBlock(model, layer, x, masks, &job);
            }
            estimate.add(windowNll(model, x, ids, &job));
            job.progress().advance(batch.count);
            if (partial && !estimate.complete()) {
                partial(estimate.snapshot());
            }
        }
        return estimate.snapshot();
    });
}

} // namespace rankscope
