// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/channel_statistics.h"

#include "core/base/guarded_torch.h"
#include "core/base/narrow.h"
#include "core/evaluation/scoring_torch.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

namespace rankscope {

namespace {

/// Gram contribution of one batch: x [B, T, H, Dk] -> [H, Dk, Dk] in fp64 (gpu-kernels 5.2).
at::Tensor gramOf(const at::Tensor& x)
{
    const at::Tensor rows = x.to(at::kDouble).permute({ 2, 0, 1, 3 }).reshape({ x.size(2), -1, x.size(3) });
    return at::matmul(rows.transpose(1, 2), rows);
}

} // namespace

Result<std::shared_ptr<const ChannelStatistics>>
collectChannelStatistics(const Model& model, const TokenWindows& calibration, JobContext& job)
{
    using Outcome = Result<std::shared_ptr<const ChannelStatistics>>;
    if (calibration.count < 1) {
        return Error { ErrorCode::BadData, "The calibration text has no whole window.", {} };
    }
    return guarded("collecting channel statistics", [&]() -> Outcome {
        const c10::InferenceMode inference;
        const ModelSpec& spec = model.spec();
        std::vector<at::Tensor> grams(spec.layers.size());
        job.progress().begin(calibration.count);
        for (const WindowBatch& batch :
             windowBatches(calibration.count, calibration.length, model.device())) {
            at::Tensor x = embed(model, batchIds(model, calibration, batch));
            for (int layer = 0; layer < spec.layerCount(); ++layer) {
                throwIfStopped(job);
                BlockProbe probe;
                probe.job = &job;
                at::Tensor& gram = grams[idx(layer)];
                probe.onQueriesKeys = [&gram](const at::Tensor& queries, const at::Tensor& keys) {
                    const at::Tensor sum = gramOf(queries) + gramOf(keys);
                    gram = gram.defined() ? gram.add_(sum) : sum;
                };
                x = runBlock(model, layer, x, &probe);
            }
            job.progress().advance(batch.count);
        }
        auto statistics = std::make_shared<ChannelStatistics>();
        statistics->modelDigest = model.digest();
        statistics->tokens = std::int64_t { calibration.count } * calibration.length;
        statistics->calibration = CalibrationRecord { calibration.sourceName, calibration.sourceSha256,
                                                      calibration.count, calibration.length };
        for (std::size_t i = 0; i < grams.size(); ++i) {
            LayerStatistics layer;
            if (grams[i].defined()) {
                layer.heads = spec.layers[i].heads;
                layer.keyDims = spec.layers[i].keyDims;
                const at::Tensor host = grams[i].to(at::kCPU).contiguous();
                layer.gram.assign(host.const_data_ptr<double>(),
                                  host.const_data_ptr<double>() + host.numel());
            }
            statistics->layers.push_back(std::move(layer));
        }
        return std::shared_ptr<const ChannelStatistics>(statistics);
    });
}

} // namespace rankscope
