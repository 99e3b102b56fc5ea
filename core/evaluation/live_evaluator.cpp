// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/live_evaluator.h"

#include "core/base/guarded_torch.h"
#include "core/base/narrow.h"
#include "core/evaluation/scoring_torch.h"
#include "core/evaluation/token_comparison_torch.h"

#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>

namespace rankscope {

namespace {

/// What is kept of one batch of windows.
struct BatchCache {
    WindowBatch batch;
    at::Tensor ids;
    std::vector<at::Tensor>
        blockInputs; ///< [layers] dense residual stream [B, T, D]; shorter while being filled
    std::vector<double> baselineNll; ///< empty until the dense model has been scored
    bool kept = true; ///< false: blockInputs does not grow beyond the embedding
};

/// First layer that a plan changes; the layer count when it changes none.
int firstChangedLayer(const PruningPlan& plan)
{
    const auto changed
        = std::ranges::find_if(plan.layers, [](const LayerPlan& layer) { return !layer.keepsAll(); });
    return static_cast<int>(changed - plan.layers.begin());
}

std::vector<double> toVector(const at::Tensor& nll)
{
    const at::Tensor host = nll.to(at::kCPU).contiguous();
    return { host.const_data_ptr<double>(), host.const_data_ptr<double>() + host.numel() };
}

} // namespace

struct LiveEvaluator::Impl {
    std::shared_ptr<const Model> model;
    std::shared_ptr<const TokenWindows> windows;
    std::vector<BatchCache> batches;
    std::int64_t cacheBytes = 0; ///< when full

    /// Runs the dense model over one batch, keeping every block's input. Any poll may run another call of
    /// this evaluator that fills the same cache: what was read before a poll is looked at again after it.
    void fill(BatchCache& cache, JobContext& job)
    {
        if (!cache.baselineNll.empty()) {
            return;
        }
        if (cache.blockInputs.empty()) { // also when an earlier call ran out of memory in here
            cache.ids = batchIds(*model, *windows, cache.batch);
            cache.blockInputs = { embed(*model, cache.ids) };
        }
        const std::vector<LayerMask> dense;
        if (!cache.kept) {
            const int layers = model->spec().layerCount();
            const at::Tensor last = runDense(cache.blockInputs.front(), 0, layers, job);
            cache.baselineNll = toVector(windowNll(*model, last, cache.ids, &job));
            return;
        }
        // A cancelled call leaves the inputs it reached; the next one goes on from there.
        while (narrow<int>(cache.blockInputs.size()) < model->spec().layerCount()) {
            throwIfStopped(job);
            const std::size_t reached = cache.blockInputs.size();
            const at::Tensor input = cache.blockInputs.back();
            at::Tensor next = runMaskedBlock(*model, narrow<int>(reached) - 1, input, dense, &job);
            if (cache.blockInputs.size() == reached) {
                cache.blockInputs.push_back(std::move(next));
            }
        }
        throwIfStopped(job);
        if (!cache.baselineNll.empty()) {
            return;
        }
        const at::Tensor input = cache.blockInputs.back();
        const at::Tensor last = runMaskedBlock(*model, model->spec().layerCount() - 1, input, dense, &job);
        cache.baselineNll = toVector(windowNll(*model, last, cache.ids, &job));
    }

    /// Blocks `first` to `last` - 1 of the dense model.
    [[nodiscard]] at::Tensor runDense(at::Tensor x, int first, int last, JobContext& job) const
    {
        const std::vector<LayerMask> dense;
        for (int layer = first; layer < last; ++layer) {
            throwIfStopped(job);
            x = runMaskedBlock(*model, layer, x, dense, &job);
        }
        return x;
    }

    /// Dense residual stream of a filled batch at the input of a block.
    [[nodiscard]] at::Tensor blockInput(const BatchCache& cache, int layer, JobContext& job) const
    {
        return cache.kept ? cache.blockInputs[idx(layer)]
                          : runDense(cache.blockInputs.front(), 0, layer, job);
    }

    /// Losses of a filled batch under `masks`, which change nothing before `firstLayer`.
    [[nodiscard]] std::vector<double> maskedNll(const BatchCache& cache, const std::vector<LayerMask>& masks,
                                                int firstLayer, JobContext& job) const
    {
        const int layers = model->spec().layerCount();
        if (firstLayer == layers) {
            return cache.baselineNll;
        }
        at::Tensor x = blockInput(cache, firstLayer, job);
        for (int layer = firstLayer; layer < layers; ++layer) {
            throwIfStopped(job);
            x = runMaskedBlock(*model, layer, x, masks, &job);
        }
        return toVector(windowNll(*model, x, cache.ids, &job));
    }
};

void PairedLosses::append(const PairedLosses& more)
{
    baseline.insert(baseline.end(), more.baseline.begin(), more.baseline.end());
    candidate.insert(candidate.end(), more.candidate.begin(), more.candidate.end());
}

LiveEvaluator::LiveEvaluator(std::shared_ptr<const Model> model, std::shared_ptr<const TokenWindows> windows)
    : LiveEvaluator(std::move(model), std::move(windows), kCacheBytes)
{
}

LiveEvaluator::LiveEvaluator(std::shared_ptr<const Model> model, std::shared_ptr<const TokenWindows> windows,
                             std::int64_t cacheLimitBytes)
    : m_impl(std::make_unique<Impl>())
{
    const ModelSpec& spec = model->spec();
    const std::int64_t bytesPerWindow
        = std::int64_t { spec.layerCount() } * windows->length * spec.hiddenSize * sizeBytes(model->dtype());
    for (const WindowBatch& batch : windowBatches(windows->count, windows->length, model->device())) {
        BatchCache& cache = m_impl->batches.emplace_back();
        cache.batch = batch;
        cache.kept = m_impl->cacheBytes + batch.count * bytesPerWindow <= cacheLimitBytes;
        m_impl->cacheBytes += cache.kept ? batch.count * bytesPerWindow : 0;
    }
    m_impl->model = std::move(model);
    m_impl->windows = std::move(windows);
}

LiveEvaluator::~LiveEvaluator() = default;

const std::shared_ptr<const Model>& LiveEvaluator::model() const
{
    return m_impl->model;
}

const std::shared_ptr<const TokenWindows>& LiveEvaluator::windows() const
{
    return m_impl->windows;
}

std::int64_t LiveEvaluator::cacheBytes() const
{
    return m_impl->cacheBytes;
}

Result<std::shared_ptr<const PerplexityEstimate>> LiveEvaluator::baseline(const PartialEstimate& partial,
                                                                          JobContext& job)
{
    using Outcome = Result<std::shared_ptr<const PerplexityEstimate>>;
    return guarded("scoring the dense model", [&]() -> Outcome {
        const c10::InferenceMode inference;
        RunningEstimate estimate(*m_impl->model, *m_impl->windows, nullptr);
        job.progress().begin(m_impl->windows->count);
        for (BatchCache& cache : m_impl->batches) {
            m_impl->fill(cache, job);
            estimate.add(cache.baselineNll);
            job.progress().advance(cache.batch.count);
            if (partial && !estimate.complete()) {
                partial(estimate.snapshot());
            }
        }
        return estimate.snapshot();
    });
}

Result<std::shared_ptr<const PerplexityEstimate>>
LiveEvaluator::candidate(const PruningPlan& plan, const PartialEstimate& partial, JobContext& job)
{
    using Outcome = Result<std::shared_ptr<const PerplexityEstimate>>;
    return guarded("scoring the pruned model", [&]() -> Outcome {
        const c10::InferenceMode inference;
        const Model& model = *m_impl->model;
        RunningEstimate estimate(model, *m_impl->windows, &plan);
        const std::vector<LayerMask> masks = makeMasks(model, plan, QueryScale::OfKeptDims);
        const int firstLayer = firstChangedLayer(plan);
        job.progress().begin(m_impl->windows->count);
        for (BatchCache& cache : m_impl->batches) {
            m_impl->fill(cache, job);
            estimate.add(m_impl->maskedNll(cache, masks, firstLayer, job));
            job.progress().advance(cache.batch.count);
            if (partial && !estimate.complete()) {
                partial(estimate.snapshot());
            }
        }
        return estimate.snapshot();
    });
}

Result<std::shared_ptr<const TokenComparison>>
LiveEvaluator::compareTokens(const PruningPlan& plan, const PartialComparison& partial, JobContext& job)
{
    using Outcome = Result<std::shared_ptr<const TokenComparison>>;
    return guarded("comparing the tokens", [&]() -> Outcome {
        const c10::InferenceMode inference;
        const Model& model = *m_impl->model;
        RunningComparison running(model, *m_impl->windows, plan);
        const std::vector<LayerMask> masks = makeMasks(model, plan, QueryScale::OfKeptDims);
        const int firstLayer = firstChangedLayer(plan);
        const int layers = model.spec().layerCount();
        job.progress().begin(m_impl->windows->count);
        for (BatchCache& cache : m_impl->batches) {
            m_impl->fill(cache, job);
            const at::Tensor ids = cache.ids;
            const int split = std::min(firstLayer, layers - 1);
            const at::Tensor shared = m_impl->blockInput(cache, split, job);
            const at::Tensor dense = cache.kept
                ? m_impl->runDense(m_impl->blockInput(cache, layers - 1, job), layers - 1, layers, job)
                : m_impl->runDense(shared, split, layers, job);
            at::Tensor masked = firstLayer == layers ? dense : shared;
            for (int layer = firstLayer; layer < layers; ++layer) {
                throwIfStopped(job);
                masked = runMaskedBlock(model, layer, masked, masks, &job);
            }
            running.add(dense, masked, ids, job);
            job.progress().advance(cache.batch.count);
            if (partial && !running.complete()) {
                partial(running.snapshot());
            }
        }
        return running.snapshot();
    });
}

Result<PairedLosses> LiveEvaluator::pairedLosses(const PruningPlan& plan, int firstWindow, JobContext& job)
{
    using Outcome = Result<PairedLosses>;
    return guarded("scoring one batch of the pruned model", [&]() -> Outcome {
        const c10::InferenceMode inference;
        const auto cache = std::ranges::find_if(m_impl->batches, [firstWindow](const BatchCache& batch) {
            return batch.batch.first == firstWindow;
        });
        if (cache == m_impl->batches.end()) {
            return Error { ErrorCode::InvalidArgument, "No batch of windows starts there.",
                           fmt::format("window {} of {}", firstWindow, m_impl->windows->count) };
        }
        if (Status fits = checkPlan(plan, m_impl->model->spec()); !fits) {
            return fits.error();
        }
        m_impl->fill(*cache, job);
        return PairedLosses { cache->baselineNll,
                              m_impl->maskedNll(*cache,
                                                makeMasks(*m_impl->model, plan, QueryScale::OfKeptDims),
                                                firstChangedLayer(plan), job) };
    });
}

} // namespace rankscope
