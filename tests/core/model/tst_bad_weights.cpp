// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/forward/forward.h"
#include "core/model/model.h"
#include "tests/support/broken_checkpoints.h"
#include "tests/support/open_watch.h"
#include "tests/support/raw_safetensors.h"

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <span>
#include <stop_token>
#include <string>

using namespace rankscope;
using namespace rankscope::test;

Q_DECLARE_METATYPE(rankscope::test::BrokenCase)

namespace {

std::filesystem::path pathOf(const QTemporaryDir& folder)
{
    return folder.path().toStdString();
}

LoadOptions onTheCpu(DType dtype)
{
    LoadOptions options;
    options.dtype = dtype;
    return options;
}

void addRows(const std::vector<BrokenCase>& cases)
{
    for (const BrokenCase& broken : cases) {
        QTest::newRow(broken.name.c_str()) << broken;
    }
}

} // namespace

/// What loadModel does with checkpoints that cannot be used: the sentence of the inspection, or its own where
/// only the weights show the damage.
class TestBadWeights : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void goodOnesLoad();
    void brokenOnesAreRefused_data();
    void brokenOnesAreRefused();
    void ignoredTensorsMayHoldNaN();
    void stoppedBeforeTheStart();
    void picklesAreNotOpened();
};

void TestBadWeights::goodOnesLoad()
{
    for (const auto& write : { writeSmallCheckpoint, writeSmallDeltaNet }) {
        for (const DType dtype : { DType::F64, DType::F32, DType::BF16 }) {
            QTemporaryDir folder;
            write(pathOf(folder));
            JobContext job;
            const auto model = loadModel(pathOf(folder), onTheCpu(dtype), job);
            QVERIFY2(model.has_value(), model ? "" : model.error().message.c_str());
            QCOMPARE((*model)->spec().layerCount(), 2);
        }
    }
}

void TestBadWeights::brokenOnesAreRefused_data()
{
    QTest::addColumn<BrokenCase>("broken");
    addRows(brokenFiles());
    addRows(brokenTensors());
    addRows(brokenConfigs());
}

void TestBadWeights::brokenOnesAreRefused()
{
    QFETCH(BrokenCase, broken);
    QTemporaryDir folder;
    broken.write(pathOf(folder));
    JobContext job;

    const auto model = loadModel(pathOf(folder), onTheCpu(DType::F32), job);

    QVERIFY2(!model, "the checkpoint was loaded");
    const Error& error = model.error();
    QCOMPARE(exitCodeOf(error.code), 3);
    for (const std::int64_t id : { 0, 1'000'000 }) { // the checkpoint is to blame, whatever the ids
        const auto streamed
            = runForward(pathOf(folder), onTheCpu(DType::F32), std::span(&id, 1), 1, 1, {}, job);
        QVERIFY2(!streamed, "the checkpoint was run");
        QCOMPARE(streamed.error().message, error.message);
        QCOMPARE(errorCodeName(streamed.error().code), errorCodeName(error.code));
    }
    if (broken.code) {
        QCOMPARE(errorCodeName(error.code), errorCodeName(*broken.code));
    }
    if (broken.by == BrokenBy::Headers) { // same first sentence as in the overview
        const Result<CheckpointOverview> overview = inspectCheckpoint(pathOf(folder));
        QCOMPARE(error.message, overview ? overview->firstError().message : overview.error().message);
        return;
    }
    for (const std::string& phrase : broken.phrases) {
        const bool named = QString::fromStdString(error.message)
                               .contains(QString::fromStdString(phrase), Qt::CaseInsensitive);
        QVERIFY2(named, ("\"" + phrase + "\" is not in: " + error.message).c_str());
    }
}

void TestBadWeights::ignoredTensorsMayHoldNaN()
{
    QTemporaryDir folder;
    writeSmallCheckpoint(pathOf(folder));
    const std::filesystem::path weights = pathOf(folder) / "model.safetensors";
    std::vector<RawTensor> tensors = readRaw(weights);
    tensors.push_back({ "model.layers.0.attn.D", "F32", { 1 }, std::string(4, '\xff') });
    writeRaw(weights, tensors);
    JobContext job;
    QVERIFY(loadModel(pathOf(folder), onTheCpu(DType::F32), job));
}

void TestBadWeights::stoppedBeforeTheStart()
{
    QTemporaryDir folder;
    writeSmallCheckpoint(pathOf(folder));
    std::stop_source stop;
    stop.request_stop();
    JobContext job(stop.get_token());
    const auto model = loadModel(pathOf(folder), onTheCpu(DType::F32), job);
    QVERIFY(!model);
    QCOMPARE(errorCodeName(model.error().code), errorCodeName(ErrorCode::Cancelled));
}

void TestBadWeights::picklesAreNotOpened()
{
    QTemporaryDir folder;
    writeSmallCheckpoint(pathOf(folder));
    const std::filesystem::path pickle = pathOf(folder) / "pytorch_model.bin";
    writeBytes(pickle, "\x80\x02}.");
    const OpenWatch watch(pickle);
    QVERIFY(watch.watching());
    JobContext job;
    QVERIFY(loadModel(pathOf(folder), onTheCpu(DType::F32), job));
    QVERIFY(!watch.sawAnything());
}

QTEST_GUILESS_MAIN(TestBadWeights)
#include "tst_bad_weights.moc"
