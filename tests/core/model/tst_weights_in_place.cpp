// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/perplexity.h"
#include "core/model/model.h"
#include "core/text/token_windows.h"
#include "tests/support/broken_checkpoints.h"

#include <QTemporaryDir>
#include <QtTest/QTest>

#include <cmath>

using namespace rankscope;

class TestWeightsInPlace : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void sameModelAsACopy_data()
    {
        QTest::addColumn<QString>("family");
        QTest::addColumn<bool>("bf16");
        for (const bool bf16 : { false, true }) {
            for (const QString& family : { QStringLiteral("gated_deltanet"), QStringLiteral("delta_net") }) {
                QTest::addRow("%s %s", qPrintable(family), bf16 ? "bf16" : "fp32") << family << bf16;
            }
        }
    }

    void sameModelAsACopy()
    {
        QFETCH(QString, family);
        QFETCH(bool, bf16);
        QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        test::TinyModelOptions options;
        options.family = family.toStdString();
        options.layers = 3;
        options.softmaxLayers = { 1 };
        options.dtype = bf16 ? DType::BF16 : DType::F32;
        test::writeRandomCheckpoint(path, options);
        JobContext job;
        LoadOptions wanted { Device {}, options.dtype };
        const auto copied = loadModel(path, wanted, job).value();
        QVERIFY(!copied->usesFileInPlace());
        wanted.inPlaceFromBytes = 1;
        const auto mapped = loadModel(path, wanted, job).value();
        QVERIFY(mapped->usesFileInPlace());
        QCOMPARE(mapped->digest(), copied->digest());
        QCOMPARE(mapped->weightBytes(), copied->weightBytes());
        TokenWindows windows;
        windows.count = 2;
        windows.length = 40;
        for (int i = 0; i < 80; ++i) {
            windows.ids.push_back(i * 13 % options.vocabularySize);
        }
        const auto first = evaluatePerplexity(*copied, windows, nullptr, {}, job);
        const auto second = evaluatePerplexity(*mapped, windows, nullptr, {}, job);
        for (int window = 0; window < 2; ++window) {
            const auto at = static_cast<std::size_t>(window);
            QVERIFY(std::abs((*first)->windowNll[at] - (*second)->windowNll[at]) < (bf16 ? 1e-2 : 1e-5));
        }
        // Another number format needs a copy, whatever was asked for.
        wanted.dtype = DType::F64;
        QVERIFY(!loadModel(path, wanted, job).value()->usesFileInPlace());
    }

    void loadingIsCancelled()
    {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        test::writeRandomCheckpoint(path, {});
        int polls = 0;
        {
            JobContext job({}, [&] { ++polls; });
            QVERIFY(loadModel(path, {}, job).has_value());
        }
        QVERIFY(polls > 10);
        for (int at = 0; at < polls; at += 3) {
            std::stop_source stop;
            int poll = 0;
            JobContext job(stop.get_token(), [&] {
                if (poll++ == at) {
                    stop.request_stop();
                }
            });
            const auto result = loadModel(path, {}, job);
            QVERIFY(!result.has_value());
            QCOMPARE(result.error().code, ErrorCode::Cancelled);
        }
    }
};

QTEST_GUILESS_MAIN(TestWeightsInPlace)
#include "tst_weights_in_place.moc"
