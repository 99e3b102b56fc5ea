// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/process_memory.h"
#include "core/base/random.h"
#include "core/model/forward/forward.h"
#include "tests/support/broken_checkpoints.h"
#include "tests/support/paths.h"

#include <QTemporaryDir>
#include <QtTest/QTest>

#include <algorithm>

using namespace rankscope;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kSequences = 2;
constexpr std::int64_t kTokens = 37;

std::vector<std::int64_t> randomIds(std::int64_t vocabularySize)
{
    Random random(7);
    std::vector<std::int64_t> ids(static_cast<std::size_t>(kSequences * kTokens));
    for (std::int64_t& id : ids) {
        id = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(vocabularySize)));
    }
    return ids;
}

/// Keeps the first half of the channels of every head.
PruningPlan halfPlan(const ModelSpec& spec)
{
    PruningPlan plan = keepAllPlan(spec);
    for (LayerPlan& layer : plan.layers) {
        layer.keptKeyDims = (layer.keyDims + 1) / 2;
        for (std::vector<int>& head : layer.kept) {
            head.resize(static_cast<std::size_t>(layer.keptKeyDims));
        }
    }
    return plan;
}

bool same(const HostTensor& left, const HostTensor& right)
{
    return left.dtype == right.dtype && left.shape == right.shape && left.bytes == right.bytes;
}

/// 12 MB of fp32 in each of 8 blocks, 8 MB in the embedding and in the head.
CheckpointOverview largerModel(const fs::path& folder)
{
    test::TinyModelOptions options;
    options.hiddenSize = 512;
    options.intermediateSize = 1536;
    options.vocabularySize = 4000;
    options.layers = 8;
    options.heads = 4;
    options.keyDims = 64;
    options.valueDims = 64;
    options.dtype = DType::BF16;
    test::writeRandomCheckpoint(folder, options);
    return inspectCheckpoint(folder).value();
}

} // namespace

class TestStreamedForward : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void bitsOfALoadedModel_data()
    {
        QTest::addColumn<QString>("folder");
        for (const auto& entry : fs::directory_iterator(test::fixturesDir() / "models")) {
            if (fs::exists(entry.path() / "config.json")) {
                QTest::addRow("%s", entry.path().filename().c_str())
                    << QString::fromStdString(entry.path().string());
            }
        }
        QTest::addRow("demo") << QString::fromStdString(test::demoDir().string());
    }
    void bitsOfALoadedModel()
    {
        QFETCH(QString, folder);
        const fs::path path = folder.toStdString();
        for (const DType dtype : { DType::F32, DType::F64, DType::BF16 }) {
            for (const bool inPlace : { false, true }) {
                LoadOptions options { Device {}, dtype };
                options.inPlaceFromBytes = inPlace ? 1 : std::int64_t { 1 } << 60;
                JobContext job;
                const auto model = loadModel(path, options, job).value();
                const std::vector<std::int64_t> ids = randomIds(model->spec().vocabularySize);
                const PruningPlan plan = halfPlan(model->spec());
                for (const bool masked : { false, true }) {
                    ForwardRequest request;
                    request.plan = masked ? &plan : nullptr;
                    request.hidden = true;
                    request.states = true;
                    const auto loaded = runForward(*model, ids, kSequences, kTokens, request, job);
                    const auto streamed = runForward(path, options, ids, kSequences, kTokens, request, job);
                    QVERIFY(loaded.has_value() && streamed.has_value());
                    QVERIFY(same(streamed->logits, loaded->logits));
                    QVERIFY(std::ranges::equal(streamed->hidden, loaded->hidden, same));
                    QCOMPARE(streamed->states.size(), loaded->states.size());
                    for (const auto& [layer, state] : loaded->states) {
                        QVERIFY(same(streamed->states.at(layer), state));
                    }
                    QCOMPARE(job.progress().done(), std::int64_t { model->spec().layerCount() });
                }
            }
        }
    }

    void onlyTheBlockAtWorkIsInMemory()
    {
        QTemporaryDir folder;
        const fs::path path = folder.path().toStdString();
        const CheckpointOverview overview = largerModel(path);
        const std::vector<std::int64_t> ids = randomIds(overview.spec.vocabularySize);
        const LoadOptions options { Device {}, DType::F32 };
        const PruningPlan plan = halfPlan(overview.spec);
        ForwardRequest request;
        request.plan = &plan;
        {
            JobContext job; // what the library itself allocates once
            QVERIFY(runForward(path, options, ids, kSequences, kTokens, request, job).has_value());
        }
        const std::int64_t before = processMemory().residentBytes;
        std::int64_t most = before;
        JobContext job({}, [&most] { most = std::max(most, processMemory().residentBytes); });
        QVERIFY(runForward(path, options, ids, kSequences, kTokens, request, job).has_value());
        const std::int64_t whole = overview.parameters * 4;
        QVERIFY(whole > 100'000'000);
        QVERIFY2(most - before < 40'000'000, std::to_string(most - before).c_str());
    }

    void errorsAreThoseOfLoading()
    {
        QTemporaryDir folder;
        const fs::path path = folder.path().toStdString();
        const LoadOptions options { Device {}, DType::F32 };
        JobContext job;
        const auto missing
            = runForward(path / "nowhere", options, randomIds(5), kSequences, kTokens, {}, job);
        QVERIFY(!missing && missing.error().code == ErrorCode::NotFound);
        test::writeRandomCheckpoint(path, {});
        const auto foreign = runForward(path, options, std::vector<std::int64_t>(4, 1000), 2, 2, {}, job);
        QVERIFY(!foreign && foreign.error().code == ErrorCode::BadData);
        PruningPlan plan = halfPlan(inspectCheckpoint(path)->spec);
        plan.layers.pop_back();
        ForwardRequest request;
        request.plan = &plan;
        const auto unfit = runForward(path, options, randomIds(5), kSequences, kTokens, request, job);
        QVERIFY(!unfit && unfit.error().code == ErrorCode::Mismatch);
        LoadOptions odd = options;
        odd.dtype = DType::F16;
        const auto format = runForward(path, odd, randomIds(5), kSequences, kTokens, {}, job);
        QVERIFY(!format && format.error().code == ErrorCode::InvalidArgument);
    }

    void stopsAtEveryPoll()
    {
        QTemporaryDir folder;
        const fs::path path = folder.path().toStdString();
        test::writeRandomCheckpoint(path, {});
        const LoadOptions options { Device {}, DType::F32 };
        int polls = 0;
        {
            JobContext job({}, [&] { ++polls; });
            QVERIFY(runForward(path, options, randomIds(5), kSequences, kTokens, {}, job).has_value());
        }
        QVERIFY(polls > 20);
        for (int at = 0; at < polls; at += 3) {
            std::stop_source stop;
            int poll = 0;
            JobContext job(stop.get_token(), [&] {
                if (poll++ == at) {
                    stop.request_stop();
                }
            });
            const auto result = runForward(path, options, randomIds(5), kSequences, kTokens, {}, job);
            QVERIFY(!result && result.error().code == ErrorCode::Cancelled);
        }
    }
};

QTEST_GUILESS_MAIN(TestStreamedForward)
#include "tst_streamed_forward.moc"
