// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/spectra.h"

#include "core/analysis/spectra_torch.h"
#include "core/base/guarded_torch.h"
#include "core/base/host_tensor.h"
#include "core/base/narrow.h"
#include "core/evaluation/scoring_torch.h"
#include "core/io/safetensors_file.h"

#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace rankscope {

Result<std::shared_ptr<const StateSpectra>> computeStateSpectra(const Model& model, const TokenWindows& text,
                                                                int windowCount, std::int64_t every,
                                                                const PruningPlan* plan, JobContext& job)
{
    using Outcome = Result<std::shared_ptr<const StateSpectra>>;
    const int windows = windowCount <= 0 ? text.count : std::min(windowCount, text.count);
    if (windows < 1) {
        return Error { ErrorCode::BadData, "The text has no whole window to analyse.", {} };
    }
    if (every < 1 || every > text.length) {
        return Error { ErrorCode::InvalidArgument,
                       fmt::format(
                           "The spacing of positions should be from 1 to the window length {}, found {}.",
                           text.length, every),
                       {} };
    }
    if (plan != nullptr) {
        if (Status fits = checkPlan(*plan, model.spec()); !fits) {
            return fits.error();
        }
    }
    return guarded("analysing the state", [&]() -> Outcome {
        const c10::InferenceMode inference;
        const auto start = std::chrono::steady_clock::now();
        const ModelSpec& spec = model.spec();
        auto spectra = std::make_shared<StateSpectra>();
        spectra->windows = windows;
        spectra->modelDigest = model.digest();
        spectra->sourceName = text.sourceName;
        if (plan != nullptr) {
            spectra->planFingerprint = planFingerprint(*plan);
        }
        for (std::int64_t position = every; position <= text.length; position += every) {
            spectra->positions.push_back(position);
        }
        for (const LayerSpec& layer : spec.layers) {
            LayerSpectra empty;
            if (layer.kind == LayerKind::Linear) {
                empty.valueHeads = layer.valueHeads;
                empty.rank = std::min(layer.keyDims, layer.valueDims);
            }
            spectra->layers.push_back(empty);
        }
        const std::vector<LayerMask> masks = masksFor(model, plan);
        job.progress().begin(std::int64_t { windows } * spec.layerCount());
        // One window at a time: states of all positions of a layer are the memory that counts.
        for (int window = 0; window < windows; ++window) {
            at::Tensor x = embed(model, batchIds(model, text, WindowBatch { window, 1 }));
            for (int layer = 0; layer < spec.layerCount(); ++layer) {
                throwIfStopped(job);
                BlockProbe probe;
                probe.mask = masks.empty() ? nullptr : &masks[idx(layer)];
                probe.positions = spectra->positions;
                probe.fp64State = true;
                probe.job = &job;
                x = runBlock(model, layer, x, &probe);
                if (probe.capturedStates.defined()) {
                    const at::Tensor values
                        = singularValues(probe.capturedStates, &job).to(at::kFloat).contiguous();
                    auto& target = spectra->layers[idx(layer)].singularValues;
                    target.insert(target.end(), values.const_data_ptr<float>(),
                                  values.const_data_ptr<float>() + values.numel());
                }
                job.progress().advance();
            }
        }
        spectra->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        return std::shared_ptr<const StateSpectra>(spectra);
    });
}

Status writeSpectraFile(const StateSpectra& spectra, const std::string& path)
{
    const auto positions = narrow<std::int64_t>(spectra.positions.size());
    std::vector<NamedTensor> tensors;
    tensors.push_back(
        { "positions", HostTensor::from<std::int64_t>(DType::I64, { positions }, spectra.positions) });
    for (std::size_t i = 0; i < spectra.layers.size(); ++i) {
        const LayerSpectra& layer = spectra.layers[i];
        if (layer.valueHeads == 0) {
            continue;
        }
        const std::vector<std::int64_t> shape { spectra.windows, positions, layer.valueHeads };
        std::vector<float> stableRanks;
        for (const float* sigma = layer.singularValues.data();
             sigma < layer.singularValues.data() + layer.singularValues.size(); sigma += layer.rank) {
            stableRanks.push_back(static_cast<float>(rankMeasures(sigma, layer.rank).stableRank));
        }
        std::vector<std::int64_t> full = shape;
        full.push_back(layer.rank);
        tensors.push_back({ fmt::format("singular_values.{}", i),
                            HostTensor::from<float>(DType::F32, full, layer.singularValues) });
        tensors.push_back(
            { fmt::format("stable_rank.{}", i), HostTensor::from<float>(DType::F32, shape, stableRanks) });
    }
    return writeSafetensorsFile(path, tensors);
}

} // namespace rankscope
