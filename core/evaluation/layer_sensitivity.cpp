// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/layer_sensitivity.h"

#include "core/base/narrow.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace rankscope {

namespace {

PairedDelta deltaOf(const PairedLosses& losses)
{
    PerplexityEstimate baseline;
    PerplexityEstimate candidate;
    baseline.windowNll = losses.baseline;
    candidate.windowNll = losses.candidate;
    return pairedDelta(baseline, candidate);
}

/// Dense everywhere but in `layer`.
PruningPlan onlyLayer(const ModelSpec& spec, int layer, LayerPlan planned)
{
    PruningPlan plan = keepAllPlan(spec);
    plan.layers[idx(layer)] = std::move(planned);
    return plan;
}

/// One call of measureLayerSensitivities.
class Measurement {
public:
    Measurement(LiveEvaluator& evaluator, const SensitivityRequest& request, LayerSensitivities known,
                const PartialSensitivities& partial, JobContext& job)
        : m_evaluator(evaluator)
        , m_request(request)
        , m_spec(evaluator.model()->spec())
        , m_known(std::move(known))
        , m_partial(partial)
        , m_job(job)
    {
        m_known.resize(m_spec.layers.size());
    }

    Result<std::shared_ptr<const LayerSensitivities>> run()
    {
        if (m_request.plan) {
            if (Status fits = checkPlan(*m_request.plan, m_spec); !fits) {
                return fits.error();
            }
        }
        const int all = m_evaluator.windows()->count;
        const int sample = std::min(m_request.sampleWindows, all);
        m_job.progress().begin(workAhead(sample, all));
        Status done = planned(sample);
        if (done && m_request.selector != nullptr) {
            done = curves(sample);
        }
        if (done && m_request.allWindows) {
            done = planned(all);
        }
        if (!done) {
            return done.error();
        }
        return std::make_shared<const LayerSensitivities>(std::move(m_known));
    }

private:
    [[nodiscard]] bool isPlanned(int layer) const
    {
        return m_request.plan && !m_request.plan->layers[idx(layer)].keepsAll();
    }

    /// Windows times blocks, as far as the plan and `known` tell.
    [[nodiscard]] std::int64_t workAhead(int sample, int all) const
    {
        std::int64_t work = 0;
        for (int layer = 0; layer < m_spec.layerCount(); ++layer) {
            const std::int64_t blocks = m_spec.layerCount() - layer;
            const LayerSensitivity& known = m_known[idx(layer)];
            if (isPlanned(layer)) {
                const int target = m_request.allWindows ? all : sample;
                work += blocks * std::max(0, target - (known.alone ? known.alone->losses.windows() : 0));
            }
            if (m_request.selector != nullptr && m_spec.layers[idx(layer)].prunable()) {
                const auto sizes
                    = std::ssize(probeSizes(m_spec.layers[idx(layer)].keyDims, m_request.keptShares));
                work += blocks * sample * std::max<std::int64_t>(0, sizes - std::ssize(known.curve));
            }
        }
        return work;
    }

    Status planned(int windows)
    {
        for (int layer = m_spec.layerCount() - 1; layer >= 0; --layer) {
            if (!isPlanned(layer)) {
                continue;
            }
            const LayerPlan& plan = m_request.plan->layers[idx(layer)];
            LayerProbe probe = m_known[idx(layer)].alone.value_or(LayerProbe { plan.keptKeyDims, {}, {} });
            if (probe.losses.windows() >= windows) {
                continue;
            }
            if (Status done = extend(probe, layer, plan, windows); !done) {
                return done;
            }
            m_known[idx(layer)].alone = std::move(probe);
            publish();
        }
        return Unit {};
    }

    Status curves(int windows)
    {
        for (int layer = m_spec.layerCount() - 1; layer >= 0; --layer) {
            const LayerSpec& spec = m_spec.layers[idx(layer)];
            if (!spec.prunable()) {
                continue;
            }
            std::vector<LayerProbe>& curve = m_known[idx(layer)].curve;
            bool grew = false;
            for (const int kept : probeSizes(spec.keyDims, m_request.keptShares)) {
                const auto at = std::ranges::lower_bound(curve, kept, {}, &LayerProbe::keptKeyDims);
                if (at != curve.end() && at->keptKeyDims == kept) {
                    continue;
                }
                LayerPlan plan;
                plan.keyDims = spec.keyDims;
                plan.keptKeyDims = kept;
                for (int head = 0; head < spec.heads; ++head) {
                    if (m_job.stopRequested()) {
                        return cancelledError();
                    }
                    plan.kept.push_back(m_request.selector->keptChannels(layer, head, kept));
                }
                LayerProbe probe { kept, {}, {} };
                if (Status done = extend(probe, layer, plan, windows); !done) {
                    return done;
                }
                curve.insert(at, std::move(probe));
                grew = true;
            }
            if (grew) {
                publish();
            }
        }
        return Unit {};
    }

    Status extend(LayerProbe& probe, int layer, const LayerPlan& plan, int windows)
    {
        const PruningPlan alone = onlyLayer(m_spec, layer, plan);
        while (probe.losses.windows() < windows) {
            Result<PairedLosses> more = m_evaluator.pairedLosses(alone, probe.losses.windows(), m_job);
            if (!more) {
                return more.error();
            }
            probe.losses.append(*more);
            m_job.progress().advance(std::int64_t { m_spec.layerCount() - layer } * more->windows());
        }
        probe.delta = deltaOf(probe.losses);
        return Unit {};
    }

    void publish() const
    {
        if (m_partial) {
            m_partial(std::make_shared<const LayerSensitivities>(m_known));
        }
    }

    LiveEvaluator& m_evaluator;
    const SensitivityRequest& m_request;
    const ModelSpec& m_spec;
    LayerSensitivities m_known;
    const PartialSensitivities& m_partial;
    JobContext& m_job;
};

} // namespace

std::vector<int> probeSizes(int keyDims, const std::vector<double>& keptShares)
{
    std::vector<int> sizes;
    for (const double share : keptShares) {
        const auto kept = static_cast<int>(std::lround(keyDims * share));
        if (kept >= 1 && kept < keyDims) {
            sizes.push_back(kept);
        }
    }
    std::ranges::sort(sizes);
    sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
    return sizes;
}

Result<std::shared_ptr<const LayerSensitivities>>
measureLayerSensitivities(LiveEvaluator& evaluator, const SensitivityRequest& request,
                          LayerSensitivities known, const PartialSensitivities& partial, JobContext& job)
{
    return Measurement(evaluator, request, std::move(known), partial, job).run();
}

std::vector<CostPoint> costCurve(const LayerSensitivity& layer, int keyDims)
{
    std::vector<CostPoint> points;
    for (const LayerProbe& probe : layer.curve) {
        points.push_back({ probe.keptKeyDims, probe.delta.meanNll });
    }
    if (!points.empty()) {
        points.push_back({ keyDims, 0.0 });
    }
    return points;
}

} // namespace rankscope
