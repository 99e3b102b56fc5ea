// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/ui_support.h"

#include "tests/support/paths.h"
#include "tests/support/tiny_model.h"

#include <cmath>

namespace rankscope::test {

ModelSpec smallSpec(int layers, bool hybrid)
{
    ModelSpec spec;
    spec.family = Family::GatedDeltaNet;
    spec.modelType = "gated_deltanet";
    spec.baseModelType = "gated_deltanet";
    spec.hiddenSize = 256;
    spec.intermediateSize = 512;
    spec.vocabularySize = 100;
    for (int index = 0; index < layers; ++index) {
        LayerSpec layer;
        layer.kind = hybrid && index % 4 == 3 ? LayerKind::Softmax : LayerKind::Linear;
        layer.heads = 4;
        layer.valueHeads = 4;
        layer.keyDims = 64;
        layer.valueDims = 64;
        spec.layers.push_back(layer);
    }
    return spec;
}

PruningPlan openPlan(const ModelSpec& spec)
{
    PruningPlan plan = keepAllPlan(spec);
    for (LayerPlan& layer : plan.layers) {
        layer.kept.clear();
    }
    plan.method = "rrqr";
    return plan;
}

SpectraSummary someSpectra(const ModelSpec& spec)
{
    StateSpectra spectra;
    spectra.positions = { 32, 64 };
    spectra.windows = 2;
    for (const LayerSpec& layer : spec.layers) {
        LayerSpectra& made = spectra.layers.emplace_back();
        if (!layer.prunable()) {
            continue;
        }
        made.valueHeads = layer.valueHeads;
        made.rank = 64;
        for (int state = 0; state < 2 * 2 * layer.valueHeads; ++state) {
            for (int index = 0; index < 64; ++index) {
                made.singularValues.push_back(std::exp(-0.1F * static_cast<float>(index * (1 + state % 4))));
            }
        }
    }
    return summariseSpectra(spectra);
}

void writeHybridCheckpoint(const QString& folder)
{
    const std::filesystem::path path(folder.toStdU16String());
    TinyModelOptions options;
    options.layers = 3;
    options.softmaxLayers = { 1 };
    options.vocabularySize = 4096;
    writeRandomCheckpoint(path, options);
    for (const char* name : { "tokenizer.json", "tokenizer_config.json" }) {
        std::filesystem::copy_file(demoDir() / name, path / name,
                                   std::filesystem::copy_options::overwrite_existing);
    }
}

} // namespace rankscope::test
