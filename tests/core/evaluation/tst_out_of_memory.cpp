// SPDX-License-Identifier: GPL-3.0-or-later
// Memory that runs out at any allocation becomes a sentence, and the work can be asked for again.
#include "core/analysis/spectra.h"
#include "core/evaluation/live_evaluator.h"
#include "core/model/model.h"
#include "core/text/token_windows.h"
#include "tests/support/broken_checkpoints.h"
#include "tests/support/shortage.h"

#include <QTemporaryDir>
#include <QtTest/QTest>

using namespace rankscope;

class TestOutOfMemory : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::shared_ptr<const Model> m_model;
    std::shared_ptr<TokenWindows> m_windows = std::make_shared<TokenWindows>();

private Q_SLOTS:
    void initTestCase()
    {
        const std::filesystem::path folder = m_folder.path().toStdString();
        test::writeSmallCheckpoint(folder);
        JobContext job;
        m_model = loadModel(folder, LoadOptions {}, job).value();
        m_windows->count = 3;
        m_windows->length = 16;
        for (int i = 0; i < 3 * 16; ++i) {
            m_windows->ids.push_back(i * 7 % 11);
        }
    }

    void everyAllocationMayFail()
    {
        PruningPlan plan = keepAllPlan(m_model->spec());
        plan.layers[0].keptKeyDims = 2;
        for (auto& head : plan.layers[0].kept) {
            head.resize(2);
        }
        JobContext job;
        const auto expected = evaluatePerplexity(*m_model, *m_windows, &plan, {}, job);
        LiveEvaluator live(m_model, m_windows);
        int failures = 0;
        for (std::int64_t allocations = 0;; ++allocations) {
            const test::Shortage shortage(allocations);
            const auto result = live.candidate(plan, {}, job);
            if (result) {
                QCOMPARE((*result)->windowNll, (*expected)->windowNll);
                break;
            }
            ++failures;
            QVERIFY2(result.error().code == ErrorCode::OutOfMemory, result.error().context.c_str());
            QVERIFY(result.error().message.find("memory") != std::string::npos);
        }
        QVERIFY(failures > 20);
        // What failed on the way left nothing wrong behind.
        const auto after = live.candidate(plan, {}, job);
        QCOMPARE((*after)->windowNll, (*expected)->windowNll);
    }

    void analysesFailWithASentenceToo()
    {
        JobContext job;
        for (const std::int64_t allocations : { 0, 5, 40 }) {
            const test::Shortage shortage(allocations);
            const auto spectra = computeStateSpectra(*m_model, *m_windows, 1, 8, nullptr, job);
            QVERIFY(!spectra.has_value());
            QCOMPARE(spectra.error().code, ErrorCode::OutOfMemory);
        }
        QVERIFY(computeStateSpectra(*m_model, *m_windows, 1, 8, nullptr, job).has_value());
    }
};

QTEST_GUILESS_MAIN(TestOutOfMemory)
#include "tst_out_of_memory.moc"
