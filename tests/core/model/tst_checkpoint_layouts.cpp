// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/checkpoint_overview.h"
#include "tests/support/paths.h"
#include "tests/support/raw_safetensors.h"
#include "tests/support/tiny_model.h"

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <functional>
#include <string>

using namespace rankscope;
using namespace rankscope::test;

namespace {

using Change = std::function<void(TinyModelOptions&)>;

std::filesystem::path pathOf(const QTemporaryDir& folder)
{
    return folder.path().toStdString();
}

std::string issuesOf(const Result<CheckpointOverview>& overview)
{
    if (!overview) {
        return overview.error().message;
    }
    std::string text;
    for (const CheckpointIssue& issue : overview->issues) {
        text += issue.message + "\n";
    }
    return text;
}

void requireGood(const std::filesystem::path& folder, bool notesAllowed)
{
    const Result<CheckpointOverview> overview = inspectCheckpoint(folder);
    QVERIFY2(overview.has_value(), issuesOf(overview).c_str());
    QVERIFY2(overview->loadable(), issuesOf(overview).c_str());
    for (const CheckpointIssue& issue : overview->issues) {
        QVERIFY2(notesAllowed && issue.severity == IssueSeverity::Note, issue.message.c_str());
    }
}

} // namespace

Q_DECLARE_METATYPE(Change)

/// Every layout of the two families is taken as it is, without a complaint.
class TestCheckpointLayouts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void fixtures_data();
    void fixtures();
    void demoModel();
    void sharedFamilies();
    void randomCheckpoints_data();
    void randomCheckpoints();
    void sizesAreRead();
    void perLayerWidthsAreRead();
    void sameSeedSameBytes();
};

void TestCheckpointLayouts::fixtures_data()
{
    QTest::addColumn<QString>("folder");
    for (const auto& entry : std::filesystem::directory_iterator(fixturesDir() / "models")) {
        if (std::filesystem::exists(entry.path() / "config.json")) {
            QTest::newRow(entry.path().filename().c_str()) << QString::fromStdString(entry.path().string());
        }
    }
}

void TestCheckpointLayouts::fixtures()
{
    QFETCH(QString, folder);
    requireGood(folder.toStdString(), folder.endsWith(QStringLiteral("legacy_d")));
}

void TestCheckpointLayouts::demoModel()
{
    requireGood(demoDir(), false);
}

void TestCheckpointLayouts::sharedFamilies()
{
    if (sharedDir().empty()) {
        QSKIP("no shared material beside the project");
    }
    int seen = 0;
    for (const auto& entry : std::filesystem::directory_iterator(sharedDir() / "fixtures" / "families")) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("delta_net") || name.starts_with("gated_deltanet")) {
            requireGood(entry.path(), false);
            ++seen;
        }
    }
    QCOMPARE(seen, 7);
}

void TestCheckpointLayouts::randomCheckpoints_data()
{
    QTest::addColumn<Change>("change");
    const auto row = [](const char* name, Change change) { QTest::newRow(name) << std::move(change); };
    row("as it is", [](TinyModelOptions&) {});
    row("default MLP width", [](TinyModelOptions& o) { o.intermediateSize = 0; });
    row("grouped value heads", [](TinyModelOptions& o) { o.valueHeads = 6; });
    row("odd sizes", [](TinyModelOptions& o) {
        o.hiddenSize = 35;
        o.heads = 3;
        o.keyDims = 7;
        o.valueDims = 11;
    });
    row("widths that truncate badly", [](TinyModelOptions& o) {
        o.keyDims = 49;
        o.valueDims = 64;
    });
    row("tied", [](TinyModelOptions& o) { o.tiedHead = true; });
    row("no convolution, no gate", [](TinyModelOptions& o) { o.shortConv = o.gate = false; });
    row("conv of 3", [](TinyModelOptions& o) { o.convSize = 3; });
    row("hybrid with a window", [](TinyModelOptions& o) {
        o.softmaxLayers = { 1 };
        o.window = 8;
    });
    row("hybrid without bias", [](TinyModelOptions& o) {
        o.softmaxLayers = { 0 };
        o.qkvBias = false;
    });
    row("key dims per layer", [](TinyModelOptions& o) { o.keyDimsPerLayer = { 3, 8 }; });
    row("fused MLP", [](TinyModelOptions& o) { o.fusedMlp = true; });
    row("inner norms", [](TinyModelOptions& o) { o.normFirst = true; });
    row("shards", [](TinyModelOptions& o) { o.shards = 5; });
    row("bf16 with fp32 decay", [](TinyModelOptions& o) {
        o.dtype = DType::BF16;
        o.decayInFp32 = true;
    });
    row("fp16", [](TinyModelOptions& o) { o.dtype = DType::F16; });
}

void TestCheckpointLayouts::randomCheckpoints()
{
    QFETCH(Change, change);
    for (const char* family : { "gated_deltanet", "delta_net" }) {
        QTemporaryDir folder;
        TinyModelOptions options;
        change(options);
        options.family = family;
        if (options.family == "delta_net") {
            options.valueHeads = 0;
        }
        writeRandomCheckpoint(pathOf(folder), options);
        requireGood(pathOf(folder), false);
    }
}

void TestCheckpointLayouts::sizesAreRead()
{
    QTemporaryDir folder;
    TinyModelOptions options;
    options.valueHeads = 4;
    options.keyDims = 7;
    options.valueDims = 9;
    options.shards = 2;
    options.softmaxLayers = { 1 };
    options.window = 8;
    options.dtype = DType::BF16;
    options.decayInFp32 = true;
    writeRandomCheckpoint(pathOf(folder), options);

    const Result<CheckpointOverview> overview = inspectCheckpoint(pathOf(folder));

    QVERIFY2(overview.has_value(), issuesOf(overview).c_str());
    const ModelSpec& spec = overview->spec;
    QCOMPARE(spec.hiddenSize, 32);
    QCOMPARE(spec.vocabularySize, 61);
    QCOMPARE(spec.intermediateSize, 24);
    QCOMPARE(spec.layerCount(), 2);
    QCOMPARE(spec.layers[0].heads, 2);
    QCOMPARE(spec.layers[0].valueHeads, 4);
    QCOMPARE(spec.layers[0].keyDims, 7);
    QCOMPARE(spec.layers[0].valueDims, 9);
    QCOMPARE(spec.layers[0].stateBytes(), std::int64_t { 4 * 7 * 9 * 4 });
    QVERIFY(spec.layers[1].kind == LayerKind::Softmax);
    QCOMPARE(spec.layers[1].heads, 4);
    QCOMPARE(spec.layers[1].valueHeads, 2);
    QCOMPARE(spec.layers[1].keyDims, 8);
    QCOMPARE(spec.layers[1].window.value_or(0), 8);
    QCOMPARE(overview->dtype, std::string("bf16 + fp32"));
    QCOMPARE(std::ssize(overview->weightFiles), 2);
    std::int64_t parameters = 0;
    for (const std::string& file : overview->weightFiles) {
        for (const RawTensor& tensor : readRaw(pathOf(folder) / file)) {
            parameters += std::ssize(tensor.bytes) / (tensor.dtype == "F32" ? 4 : 2);
        }
    }
    QCOMPARE(overview->parameters, parameters);
}

void TestCheckpointLayouts::perLayerWidthsAreRead()
{
    const Result<CheckpointOverview> overview
        = inspectCheckpoint(fixturesDir() / "models" / "pruned_delta_net");
    QVERIFY2(overview.has_value(), issuesOf(overview).c_str());
    QCOMPARE(overview->spec.layers[0].keyDims, 16);
    QCOMPARE(overview->spec.layers[1].keyDims, 5);
    QCOMPARE(overview->spec.layers[2].keyDims, 8);
    QVERIFY(overview->spec.family == Family::DeltaNet);
    QCOMPARE(overview->spec.modelType, std::string("pruned_linear_attn"));
}

void TestCheckpointLayouts::sameSeedSameBytes()
{
    QTemporaryDir first;
    QTemporaryDir second;
    QTemporaryDir third;
    TinyModelOptions options;
    writeRandomCheckpoint(pathOf(first), options);
    writeRandomCheckpoint(pathOf(second), options);
    options.seed = 2;
    writeRandomCheckpoint(pathOf(third), options);
    const auto weights
        = [](const QTemporaryDir& folder) { return readBytes(pathOf(folder) / "model.safetensors"); };
    QVERIFY(weights(first) == weights(second));
    QVERIFY(weights(first) != weights(third));
    QCOMPARE(weights(first).size(), weights(third).size());
}

QTEST_GUILESS_MAIN(TestCheckpointLayouts)
#include "tst_checkpoint_layouts.moc"
