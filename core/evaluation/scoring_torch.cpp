// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/scoring_torch.h"

#include "core/base/guarded_torch.h"
#include "core/base/narrow.h"
#include "core/model/forward/token_ids_torch.h"

#include <fmt/format.h>

namespace rankscope {

RunningEstimate::RunningEstimate(const Model& model, const TokenWindows& windows, const PruningPlan* plan)
    : m_start(std::chrono::steady_clock::now())
{
    if (windows.count < 1 || windows.length < 2) {
        throwError(Error { ErrorCode::BadData, "There is no window of at least two tokens to score.", {} });
    }
    if (plan != nullptr) {
        if (Status fits = checkPlan(*plan, model.spec()); !fits) {
            throwError(fits.error());
        }
        m_estimate.planFingerprint = planFingerprint(*plan);
    }
    m_estimate.windowsTotal = windows.count;
    m_estimate.length = windows.length;
    m_estimate.dtype = model.dtype();
    m_estimate.device = model.device();
    m_estimate.sourceName = windows.sourceName;
    m_estimate.basis = fmt::format("{}/{}/{}/{}/{}/{}/{}", model.digest(), windows.sourceSha256,
                                   windows.length, windows.options.pieceLines, windows.options.addBos,
                                   shortName(model.dtype()), toString(model.device()));
}

void RunningEstimate::add(const at::Tensor& windowNll)
{
    const at::Tensor host = windowNll.to(at::kCPU).contiguous();
    const double* values = host.const_data_ptr<double>();
    m_estimate.windowNll.insert(m_estimate.windowNll.end(), values, values + host.numel());
}

void RunningEstimate::add(const std::vector<double>& windowNll)
{
    m_estimate.windowNll.insert(m_estimate.windowNll.end(), windowNll.begin(), windowNll.end());
}

std::shared_ptr<const PerplexityEstimate> RunningEstimate::snapshot() const
{
    auto copy = std::make_shared<PerplexityEstimate>(m_estimate);
    copy->complete = complete();
    copy->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - m_start).count();
    return copy;
}

at::Tensor batchIds(const Model& model, const TokenWindows& windows, const WindowBatch& batch)
{
    const std::size_t length = idx(windows.length);
    const std::span<const std::int64_t> ids
        = std::span(windows.ids).subspan(idx(batch.first) * length, idx(batch.count) * length);
    return tokenTensor(model.spec().vocabularySize, model.device(), ids, batch.count, windows.length);
}

std::vector<LayerMask> masksFor(const Model& model, const PruningPlan* plan)
{
    return plan != nullptr ? makeMasks(model, *plan, QueryScale::OfKeptDims) : std::vector<LayerMask>();
}

at::Tensor runMaskedBlock(const Model& model, int layer, const at::Tensor& x,
                          const std::vector<LayerMask>& masks, const JobContext* job)
{
    BlockProbe probe;
    probe.job = job;
    probe.mask = masks.empty() ? nullptr : &masks[idx(layer)];
    return runBlock(model, layer, x, &probe);
}

} // namespace rankscope
