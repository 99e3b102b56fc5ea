// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/open_defaults.h"

#include <QTest>

using namespace rankscope;

namespace {

CheckpointOverview modelOf(std::int64_t parameters, const char* dtype, int bytesEach)
{
    CheckpointOverview overview;
    overview.parameters = parameters;
    overview.dtype = dtype;
    overview.weightBytes = parameters * bytesEach;
    return overview;
}

constexpr WantedWork kWanted { 32, 512, 32, 512, 4 };
constexpr std::int64_t kMillion = 1'000'000;

} // namespace

class TestOpenDefaults : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void smallModelsGetEverything()
    {
        const OpenDefaults made
            = openDefaults(modelOf(5 * kMillion, "bf16", 2), Device {}, nullptr, kWanted, 2);
        QCOMPARE(made.dtype, DType::F32);
        QCOMPARE(made.evaluationWindows, 32);
        QVERIFY(made.analyseAtOnce);
        QVERIFY(made.note.isEmpty());
    }

    void largeOnesAreNeitherCopiedNorAnalysedUnasked()
    {
        const CheckpointOverview large = modelOf(1340 * kMillion, "bf16", 2);
        const OpenDefaults made = openDefaults(large, Device {}, nullptr, kWanted, 2);
        QCOMPARE(made.dtype, DType::BF16);
        QCOMPARE(copiedWeightBytes(large, made.dtype), 0);
        QCOMPARE(copiedWeightBytes(large, DType::F32), 4 * 1340 * kMillion);
        QVERIFY(made.evaluationWindows >= 2 && made.evaluationWindows < 32);
        QVERIFY(!made.analyseAtOnce && made.analysisSeconds > 60.0);
        QVERIFY(made.note.contains(QStringLiteral("bf16")));
        // What the user chose stays.
        const DType chosen = DType::F32;
        QCOMPARE(openDefaults(large, Device {}, &chosen, kWanted, 2).dtype, DType::F32);
        // Stored in fp32, no other format saves the copy.
        QCOMPARE(openDefaults(modelOf(1340 * kMillion, "fp32", 4), Device {}, nullptr, kWanted, 2).dtype,
                 DType::F32);
    }

    /// Chosen for this very model on such a device: whatever they take, and nothing is said.
    void chosenWindowsAreNotShortened()
    {
        const CheckpointOverview large = modelOf(1340 * kMillion, "bf16", 2);
        WantedWork wanted = kWanted;
        wanted.windowsChosen = true;
        const OpenDefaults made = openDefaults(large, Device {}, nullptr, wanted, 2);
        QCOMPARE(made.evaluationWindows, 32);
        QVERIFY2(!made.note.contains(QStringLiteral("window")), qPrintable(made.note));
        QVERIFY(!made.analyseAtOnce);
    }

    /// Nothing is known of a checkpoint without its weights: then nothing is said, or limited, either.
    void noParametersAreNoReason()
    {
        const OpenDefaults made = openDefaults(modelOf(0, "bf16", 2), Device {}, nullptr, kWanted, 2);
        QCOMPARE(made.evaluationWindows, 32);
        QVERIFY2(made.note.isEmpty(), qPrintable(made.note));
    }

    void largerModelsNeverGetMore()
    {
        int windows = 1'000'000;
        double seconds = 0.0;
        for (std::int64_t parameters = kMillion; parameters < 20'000 * kMillion; parameters *= 2) {
            const OpenDefaults made
                = openDefaults(modelOf(parameters, "bf16", 2), Device {}, nullptr, kWanted, 2);
            QVERIFY(made.evaluationWindows <= windows && made.evaluationWindows >= 2);
            QVERIFY(made.analysisSeconds > seconds);
            windows = made.evaluationWindows;
            seconds = made.analysisSeconds;
        }
    }

    void aGpuNeedsNoLimits()
    {
        const OpenDefaults made = openDefaults(modelOf(1340 * kMillion, "bf16", 2),
                                               Device { DeviceKind::Cuda, 0 }, nullptr, kWanted, 2);
        QCOMPARE(made.dtype, DType::BF16);
        QCOMPARE(made.evaluationWindows, 32);
        QVERIFY(made.analyseAtOnce && made.note.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestOpenDefaults)
#include "tst_open_defaults.moc"
