// SPDX-License-Identifier: GPL-3.0-or-later
// The identity that makes live numbers trustworthy: a model masked by a plan and the checkpoint written from
// the same plan, loaded again, are the same function (model-families 4.3). fp64, every fixture, random
// channels.
#include "core/base/random.h"
#include "core/exporting/export_checkpoint.h"
#include "core/model/forward/forward.h"
#include "core/model/model.h"
#include "tests/support/normalised_error.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_model.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace rankscope;

namespace {

/// `keptOf(layer)` random channels in every head.
template <typename KeptOf> PruningPlan randomPlan(const ModelSpec& spec, std::uint64_t seed, KeptOf keptOf)
{
    Random random(seed);
    PruningPlan plan = keepAllPlan(spec);
    for (std::size_t i = 0; i < plan.layers.size(); ++i) {
        LayerPlan& layer = plan.layers[i];
        if (layer.keyDims == 0) {
            continue;
        }
        layer.keptKeyDims = keptOf(static_cast<int>(i), layer.keyDims);
        for (auto& head : layer.kept) {
            std::vector<int> channels(static_cast<std::size_t>(layer.keyDims));
            std::iota(channels.begin(), channels.end(), 0);
            random.shuffle(channels);
            channels.resize(static_cast<std::size_t>(layer.keptKeyDims));
            std::ranges::sort(channels);
            head = channels;
        }
    }
    return plan;
}

/// The first head of every layer and some others keep fewer channels than their layer; some none, but not
/// where the norm divides by their sum.
void shortenHeads(PruningPlan& plan, const ModelSpec& spec, std::uint64_t seed)
{
    Random random(seed);
    const std::uint64_t least = spec.qkNorm == QkNorm::Sum ? 1 : 0;
    for (LayerPlan& layer : plan.layers) {
        for (std::size_t head = 0; head < layer.kept.size(); ++head) {
            if (head > 0 && random.below(3) == 0) {
                continue;
            }
            std::vector<int>& channels = layer.kept[head];
            const std::uint64_t most = channels.size() - (head == 0 && channels.size() > least ? 1 : 0);
            const std::uint64_t count = least + random.below(most + 1 - least);
            random.shuffle(channels);
            channels.resize(count);
            std::ranges::sort(channels);
            layer.headEdits.resize(layer.kept.size());
            layer.headEdits[head].keptKeyDims = static_cast<int>(count);
        }
    }
}

std::shared_ptr<const Model> loadExact(const std::filesystem::path& folder)
{
    JobContext job;
    auto model = loadModel(folder, LoadOptions { Device {}, DType::F64 }, job);
    if (!model) {
        qWarning("%s", model.error().message.c_str());
        return nullptr;
    }
    return *model;
}

ForwardOutput forward(const Model& model, const PruningPlan* plan)
{
    Random random(5);
    std::vector<std::int64_t> ids(2 * 70);
    for (std::int64_t& id : ids) {
        id = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(model.spec().vocabularySize)));
    }
    ForwardRequest request;
    request.plan = plan;
    request.states = true;
    JobContext job;
    auto output = runForward(model, ids, 2, 70, request, job);
    return output ? std::move(output).value() : ForwardOutput {};
}

} // namespace

class TestMaskEqualsSlice : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void identity_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<int>("mode");
        QTest::addColumn<bool>("shortHeads");
        for (const auto& entry : std::filesystem::directory_iterator(test::fixturesDir() / "models")) {
            if (!std::filesystem::exists(entry.path() / "config.json")) {
                continue;
            }
            const QString folder = QString::fromStdString(entry.path().string());
            const QByteArray name = QByteArray::fromStdString(entry.path().filename().string());
            if (!name.startsWith("pruned_")) {
                QTest::newRow(name + " uniform") << folder << int(ExportMode::Uniform) << false;
            }
            QTest::newRow(name + " per-layer") << folder << int(ExportMode::PerLayer) << false;
            QTest::newRow(name + " per-layer, short heads") << folder << int(ExportMode::PerLayer) << true;
        }
        QTest::newRow("demo uniform")
            << QString::fromStdString(test::demoDir().string()) << int(ExportMode::Uniform) << false;
        QTest::newRow("demo uniform, short heads")
            << QString::fromStdString(test::demoDir().string()) << int(ExportMode::Uniform) << true;
    }

    void identity()
    {
        QFETCH(QString, folder);
        QFETCH(int, mode);
        QFETCH(bool, shortHeads);
        const auto dense = loadExact(folder.toStdString());
        QVERIFY(dense != nullptr);
        const bool uniform = static_cast<ExportMode>(mode) == ExportMode::Uniform;
        PruningPlan plan = randomPlan(dense->spec(), 99, [&](int layer, int keyDims) {
            return uniform ? std::max(1, keyDims * 5 / 8) : std::max(1, keyDims - 1 - (layer * 3) % keyDims);
        });
        if (shortHeads) {
            shortenHeads(plan, dense->spec(), 7);
        }
        QVERIFY(checkPlan(plan, dense->spec()).has_value());
        const ForwardOutput masked = forward(*dense, &plan);

        QTemporaryDir temporary;
        ExportOptions options;
        options.mode = static_cast<ExportMode>(mode);
        options.target = std::filesystem::path(temporary.path().toStdString()) / "sliced";
        JobContext job;
        const auto report = exportCheckpoint(dense->overview(), plan, options, job);
        if (shortHeads && dense->spec().qkActivation == QkActivation::Elu) {
            QVERIFY(!report && report.error().code == ErrorCode::Unsupported);
            QVERIFY(report.error().message.find("qk_activation \"elu\"") != std::string::npos);
            return;
        }
        QVERIFY2(report.has_value(), report ? "" : report.error().message.c_str());
        const auto sliced = loadExact(options.target);
        QVERIFY(sliced != nullptr);
        for (std::size_t i = 0; i < plan.layers.size(); ++i) {
            if (plan.layers[i].keyDims > 0) {
                QCOMPARE(sliced->spec().layers[i].keyDims, plan.layers[i].keptKeyDims);
            }
        }
        const ForwardOutput cut = forward(*sliced, nullptr);
        const double logits
            = test::normalisedRms<double, double>(masked.logits.as<double>(), cut.logits.as<double>());
        QVERIFY2(logits < 1e-9, qPrintable(QString::number(logits)));
        // Pruning must have changed something, or the identity would be empty.
        const double change = test::normalisedRms<double, double>(
            forward(*dense, nullptr).logits.as<double>(), cut.logits.as<double>());
        QVERIFY2(change > 1e-4, qPrintable(QString::number(change)));

        // States: the kept rows are equal, the removed ones exactly zero.
        for (const auto& [layer, state] : masked.states) {
            const auto all = state.as<double>();
            const HostTensor& small = cut.states.at(layer);
            const LayerPlan& layerPlan = plan.layers[static_cast<std::size_t>(layer)];
            const std::int64_t valueHeads = state.shape[1];
            const std::int64_t valueDims = state.shape[3];
            const std::int64_t groups = valueHeads / std::ssize(layerPlan.kept);
            std::vector<double> keptRows;
            for (std::int64_t row = 0; row < state.shape[0] * valueHeads * layerPlan.keyDims; ++row) {
                const auto channel = static_cast<int>(row % layerPlan.keyDims);
                const std::int64_t head = row / layerPlan.keyDims % valueHeads / groups;
                const auto values = all.subspan(static_cast<std::size_t>(row * valueDims),
                                                static_cast<std::size_t>(valueDims));
                if (std::ranges::binary_search(layerPlan.kept[static_cast<std::size_t>(head)], channel)) {
                    keptRows.insert(keptRows.end(), values.begin(), values.end());
                } else {
                    QVERIFY(std::ranges::all_of(values, [](double value) { return value == 0.0; }));
                }
                if (channel == layerPlan.keyDims - 1) { // rows that fill up a short head
                    const auto missing
                        = layerPlan.keptKeyDims - std::ssize(layerPlan.kept[static_cast<std::size_t>(head)]);
                    keptRows.insert(keptRows.end(), static_cast<std::size_t>(missing * valueDims), 0.0);
                }
            }
            const double error = test::normalisedRms<double, double>(keptRows, small.as<double>());
            QVERIFY2(error < 1e-9, qPrintable(QString::number(error)));
        }
    }

    /// Zero rows do not change a sum, but a head that has nothing else would be 0/0 in stock code.
    void sumNormTakesShortHeadsButNoEmptyOnes()
    {
        QTemporaryDir temporary;
        const std::filesystem::path base = temporary.path().toStdString();
        test::TinyModelOptions tiny;
        tiny.family = "delta_net";
        tiny.qkNorm = "sum";
        tiny.qkActivation = "silu";
        test::writeRandomCheckpoint(base / "dense", tiny);
        const auto dense = loadExact(base / "dense");
        QVERIFY(dense != nullptr);
        PruningPlan plan = randomPlan(dense->spec(), 3, [](int, int keyDims) { return keyDims - 1; });
        shortenHeads(plan, dense->spec(), 4);
        ExportOptions options;
        options.mode = ExportMode::Uniform;
        options.target = base / "sliced";
        JobContext job;
        const auto report = exportCheckpoint(dense->overview(), plan, options, job);
        QVERIFY2(report.has_value(), report ? "" : report.error().message.c_str());
        const auto sliced = loadExact(options.target);
        QVERIFY(sliced != nullptr);
        const double error = test::normalisedRms<double, double>(
            forward(*dense, &plan).logits.as<double>(), forward(*sliced, nullptr).logits.as<double>());
        QVERIFY2(error < 1e-9, qPrintable(QString::number(error)));

        LayerPlan& layer = plan.layers[0];
        layer.headEdits.resize(layer.kept.size());
        layer.headEdits[0] = { .keptKeyDims = 0 };
        layer.kept[0].clear();
        const ForwardOutput masked = forward(*dense, &plan);
        QVERIFY(std::ranges::all_of(masked.logits.as<double>(),
                                    [](double value) { return std::isfinite(value); }));
        for (const ExportMode mode : { ExportMode::Uniform, ExportMode::PerLayer, ExportMode::ZeroFilled }) {
            options.mode = mode;
            options.target = base / "refused";
            const auto refused = exportCheckpoint(dense->overview(), plan, options, job);
            QVERIFY(!refused && refused.error().code == ErrorCode::Unsupported);
            QVERIFY(refused.error().message.find("layer 0 head 0 is off") != std::string::npos);
            QVERIFY(!std::filesystem::exists(options.target));
        }
    }

    void keepingAllIsTheIdentity()
    {
        const auto dense = loadExact(test::fixturesDir() / "models" / "gated_deltanet_gva");
        QVERIFY(dense != nullptr);
        const PruningPlan plan = keepAllPlan(dense->spec());
        const auto masked = forward(*dense, &plan).logits.bytes;
        QVERIFY(masked == forward(*dense, nullptr).logits.bytes);
    }
};

QTEST_GUILESS_MAIN(TestMaskEqualsSlice)
#include "tst_mask_equals_slice.moc"
