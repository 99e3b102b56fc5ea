// SPDX-License-Identifier: GPL-3.0-or-later
// The engine's part of core/analysis/state_trajectory.h: running the blocks before a layer, and the SVDs.
#include "core/analysis/spectra_torch.h"
#include "core/analysis/state_trajectory.h"
#include "core/base/guarded_torch.h"
#include "core/base/narrow.h"
#include "core/evaluation/scoring_torch.h"
#include "core/model/recurrence/delta_torch.h"

#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace rankscope {

namespace {

/// Kept states of one trajectory; the inputs themselves are a few MB.
constexpr std::int64_t kKeptBytes = std::int64_t { 32 } << 20;
constexpr std::int64_t kCoarseStep = 16;
/// Estimated time between two polls: states are decomposed in batches of about that.
constexpr double kBatchSeconds = 0.02;
constexpr double kPublishSeconds = 0.5;

std::vector<double> toDoubles(const at::Tensor& tensor)
{
    const at::Tensor host = tensor.to(at::kCPU, at::kDouble).contiguous();
    const double* values = host.const_data_ptr<double>();
    return { values, values + host.numel() };
}

RecurrenceInputs inputsOf(const DeltaInputs& delta)
{
    RecurrenceInputs inputs;
    inputs.tokens = delta.v.size(1);
    inputs.keyHeads = narrow<int>(delta.k.size(2));
    inputs.valueHeads = narrow<int>(delta.v.size(2));
    inputs.keyDims = narrow<int>(delta.k.size(3));
    inputs.valueDims = narrow<int>(delta.v.size(3));
    inputs.keys = toDoubles(delta.k.select(0, 0));
    inputs.values = toDoubles(delta.v.select(0, 0));
    const std::size_t perHead = idx(inputs.tokens * inputs.valueHeads);
    inputs.decay = delta.logDecay.defined() ? toDoubles(delta.logDecay.select(0, 0).to(at::kDouble).exp())
                                            : std::vector<double>(perHead, 1.0);
    inputs.beta
        = delta.beta.defined() ? toDoubles(delta.beta.select(0, 0)) : std::vector<double>(perHead, 1.0);
    return inputs;
}

} // namespace

Result<std::shared_ptr<const StateTrajectory>> traceState(const Model& model, const TokenWindows& text,
                                                          int window, int layer, const PruningPlan* plan,
                                                          JobContext& job)
{
    using Outcome = Result<std::shared_ptr<const StateTrajectory>>;
    const ModelSpec& spec = model.spec();
    if (layer < 0 || layer >= spec.layerCount() || spec.layers[idx(layer)].kind != LayerKind::Linear) {
        return Error { ErrorCode::InvalidArgument,
                       fmt::format("Layer {} has no recurrent state.", layer),
                       {} };
    }
    if (window < 0 || window >= text.count) {
        return Error { ErrorCode::InvalidArgument,
                       fmt::format("The text has {} windows; window {} is not among them.", text.count,
                                   window),
                       {} };
    }
    if (plan != nullptr) {
        if (Status fits = checkPlan(*plan, spec); !fits) {
            return fits.error();
        }
    }
    return guarded("tracing the state", [&]() -> Outcome {
        const c10::InferenceMode inference;
        const std::vector<LayerMask> masks = masksFor(model, plan);
        job.progress().begin(layer + 1);
        at::Tensor x = embed(model, batchIds(model, text, WindowBatch { window, 1 }));
        RecurrenceInputs inputs;
        for (int block = 0; block <= layer; ++block) {
            throwIfStopped(job);
            BlockProbe probe;
            probe.mask = masks.empty() ? nullptr : &masks[idx(block)];
            probe.job = &job;
            probe.fp64State = true; // as computeStateSpectra, so that both give the same numbers
            if (block == layer) {
                probe.onRecurrence = [&](const DeltaInputs& delta) { inputs = inputsOf(delta); };
            }
            x = runBlock(model, block, x, &probe);
            job.progress().advance();
        }
        return StateTrajectory::make(std::move(inputs), layer, window,
                                     plan != nullptr ? planFingerprint(*plan) : std::string(), kKeptBytes,
                                     job);
    });
}

Result<std::shared_ptr<const TokenSpectra>>
computeTokenSpectra(const StateTrajectory& trajectory,
                    const std::function<void(std::shared_ptr<const TokenSpectra>)>& publish, JobContext& job)
{
    using Outcome = Result<std::shared_ptr<const TokenSpectra>>;
    return guarded("decomposing the states", [&]() -> Outcome {
        const c10::InferenceMode inference;
        using Clock = std::chrono::steady_clock;
        auto spectra = std::make_shared<TokenSpectra>();
        const int heads = trajectory.valueHeads();
        const int rank = trajectory.rank();
        const std::int64_t tokens = trajectory.tokens();
        spectra->layer = trajectory.layer();
        spectra->window = trajectory.window();
        spectra->valueHeads = heads;
        spectra->rank = rank;
        spectra->tokens = tokens;
        spectra->planFingerprint = trajectory.planFingerprint();
        spectra->singularValues.resize(idx(tokens * heads * rank));
        spectra->ranks.resize(idx(tokens * heads));
        spectra->known.resize(idx(tokens));
        job.progress().begin(tokens);

        const std::vector<std::int64_t> shape { 0, heads, trajectory.keyDims(), trajectory.valueDims() };
        const auto take = [&](std::int64_t first, std::int64_t count) {
            std::vector<double> states = trajectory.statesBetween(first, first + count);
            std::vector<std::int64_t> sizes = shape;
            sizes[0] = count;
            const at::Tensor values
                = singularValues(at::from_blob(states.data(), sizes, at::TensorOptions(at::kDouble)), &job)
                      .contiguous();
            const double* sigma = values.const_data_ptr<double>();
            for (std::int64_t i = 0; i < count; ++i) {
                const std::int64_t token = first + i;
                for (int head = 0; head < heads; ++head, sigma += rank) {
                    const std::int64_t at = token * heads + head;
                    std::transform(sigma, sigma + rank, spectra->singularValues.begin() + at * rank,
                                   [](double value) { return static_cast<float>(value); });
                    spectra->ranks[idx(at)] = rankMeasures(sigma, rank);
                }
                spectra->known[idx(token)] = 1;
            }
            spectra->knownTokens += count;
            job.progress().advance(count);
        };
        auto published = Clock::now();
        const auto publishNow = [&] {
            if (publish) {
                publish(std::make_shared<const TokenSpectra>(*spectra));
            }
            published = Clock::now();
        };
        const auto secondsSince = [](Clock::time_point start) {
            return std::chrono::duration<double>(Clock::now() - start).count();
        };

        double secondsPerToken = 0.0;
        for (std::int64_t end = kCoarseStep;; end += kCoarseStep) {
            throwIfStopped(job);
            const std::int64_t token = std::min(end, tokens) - 1;
            if (token < 0 || spectra->known[idx(token)] != 0) {
                break;
            }
            const auto start = Clock::now();
            take(token, 1);
            secondsPerToken = secondsSince(start);
        }
        if (!spectra->complete()) {
            publishNow();
        }
        const std::int64_t batch = std::clamp<std::int64_t>(
            static_cast<std::int64_t>(kBatchSeconds / std::max(1e-6, secondsPerToken)), 1, kCoarseStep - 1);
        for (std::int64_t begin = 0; begin < tokens;) {
            throwIfStopped(job);
            if (spectra->known[idx(begin)] != 0) {
                ++begin;
                continue;
            }
            std::int64_t end = begin + 1;
            while (end < tokens && end - begin < batch && spectra->known[idx(end)] == 0) {
                ++end;
            }
            take(begin, end - begin);
            begin = end;
            if (secondsSince(published) > kPublishSeconds && !spectra->complete()) {
                publishNow();
            }
        }
        return std::shared_ptr<const TokenSpectra>(spectra);
    });
}

} // namespace rankscope
