// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/token_comparison_torch.h"

#include "core/base/guarded_torch.h"
#include "core/base/narrow.h"
#include "core/base/tensor_torch.h"
#include "core/evaluation/scoring_torch.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/log_softmax.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

namespace rankscope {

namespace {

/// Tokens whose logits exist at the same time. Four tensors of tokens x vocabulary are alive: 16 to 64 MB
/// each on the CPU (about 20 ms between polls for the demo), a little more than 300 MB together at 152k
/// entries on a GPU; fewer than 64 rows would read the head's weights too often.
std::int64_t sliceTokens(std::int64_t vocabulary, const Device& device)
{
    const bool gpu = device.kind == DeviceKind::Cuda;
    const std::int64_t logits = gpu ? std::int64_t { 1 } << 25 : std::int64_t { 1 } << 21;
    return std::clamp<std::int64_t>(logits / std::max<std::int64_t>(1, vocabulary), 64, 4096);
}

template <typename Stored, typename Read> void append(std::vector<Stored>& to, const at::Tensor& values)
{
    const at::Tensor host = values.to(at::kCPU).contiguous();
    const Read* data = host.const_data_ptr<Read>();
    to.reserve(to.size() + idx(host.numel()));
    for (std::int64_t at = 0; at < host.numel(); ++at) {
        to.push_back(static_cast<Stored>(data[at]));
    }
}

} // namespace

RunningComparison::RunningComparison(const Model& model, const TokenWindows& windows, const PruningPlan& plan)
    : m_model(model)
    , m_start(std::chrono::steady_clock::now())
{
    const RunningEstimate checked(model, windows, &plan);
    m_comparison.length = windows.length;
    m_comparison.windowsTotal = windows.count;
    m_comparison.dtype = model.dtype();
    m_comparison.device = model.device();
    m_comparison.planFingerprint = planFingerprint(plan);
    m_comparison.sourceName = windows.sourceName;
}

void RunningComparison::add(const at::Tensor& dense, const at::Tensor& masked, const at::Tensor& ids,
                            const JobContext& job)
{
    const std::int64_t predictions = dense.size(1) - 1;
    const std::int64_t rows = dense.size(0) * predictions;
    const auto rowsOf = [&](const at::Tensor& x) {
        return finalNorm(m_model, x).narrow(1, 0, predictions).reshape({ rows, x.size(2) });
    };
    const at::Tensor denseRows = rowsOf(dense);
    const at::Tensor maskedRows = rowsOf(masked);
    const at::Tensor targets = ids.to(dense.device()).narrow(1, 1, predictions).reshape({ rows, 1 });
    const at::ScalarType wide = accumulationType(dense.scalar_type());
    const std::int64_t slice = sliceTokens(m_model.spec().vocabularySize, m_model.device());
    TokenComparison part;
    for (std::int64_t begin = 0; begin < rows; begin += slice) {
        throwIfStopped(job);
        const std::int64_t count = std::min(slice, rows - begin);
        const at::Tensor target = targets.narrow(0, begin, count);
        const at::Tensor before
            = at::log_softmax(logits(m_model, denseRows.narrow(0, begin, count)).to(wide), 1, std::nullopt);
        at::Tensor after
            = at::log_softmax(logits(m_model, maskedRows.narrow(0, begin, count)).to(wide), 1, std::nullopt);
        const at::Tensor denseNll = before.gather(1, target).squeeze(1).neg();
        const at::Tensor maskedNll = after.gather(1, target).squeeze(1).neg();
        const at::Tensor same = before.argmax(1).eq(after.argmax(1));
        const at::Tensor kl = before.exp().mul_(after.neg_().add_(before)).sum(1).clamp_min_(0.0);
        append<float, double>(part.baselineNll, denseNll.to(at::kDouble));
        append<float, double>(part.candidateNll, maskedNll.to(at::kDouble));
        append<float, double>(part.kl, kl.to(at::kDouble));
        append<std::uint8_t, bool>(part.sameTop, same);
    }
    const auto take = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    take(m_comparison.baselineNll, part.baselineNll);
    take(m_comparison.candidateNll, part.candidateNll);
    take(m_comparison.kl, part.kl);
    take(m_comparison.sameTop, part.sameTop);
}

std::shared_ptr<const TokenComparison> RunningComparison::snapshot() const
{
    auto copy = std::make_shared<TokenComparison>(m_comparison);
    copy->complete = complete();
    copy->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - m_start).count();
    return copy;
}

Result<std::shared_ptr<const TokenComparison>> compareTokens(const Model& model, const TokenWindows& windows,
                                                             const PruningPlan& plan,
                                                             const PartialComparison& partial,
                                                             JobContext& job)
{
    using Outcome = Result<std::shared_ptr<const TokenComparison>>;
    return guarded("comparing the tokens", [&]() -> Outcome {
        const c10::InferenceMode inference;
        RunningComparison running(model, windows, plan);
        const std::vector<LayerMask> masks = masksFor(model, &plan);
        const std::vector<LayerMask> none;
        job.progress().begin(windows.count);
        for (const WindowBatch& batch : windowBatches(windows.count, windows.length, model.device())) {
            const at::Tensor ids = batchIds(model, windows, batch);
            at::Tensor dense = embed(model, ids);
            at::Tensor masked = dense;
            for (int layer = 0; layer < model.spec().layerCount(); ++layer) {
                throwIfStopped(job);
                dense = runMaskedBlock(model, layer, dense, none, &job);
                throwIfStopped(job);
                masked = runMaskedBlock(model, layer, masked, masks, &job);
            }
            running.add(dense, masked, ids, job);
            job.progress().advance(batch.count);
            if (partial && !running.complete()) {
                partial(running.snapshot());
            }
        }
        return running.snapshot();
    });
}

} // namespace rankscope
