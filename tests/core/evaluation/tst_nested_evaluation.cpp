// SPDX-License-Identifier: GPL-3.0-or-later
// Engine work that runs inside the polls of other engine work, on the same evaluator.
#include "core/analysis/channel_statistics.h"
#include "core/analysis/spectra.h"
#include "core/base/engine_state.h"
#include "core/base/random.h"
#include "core/evaluation/live_evaluator.h"
#include "core/model/model.h"
#include "core/text/token_windows.h"
#include "tests/support/broken_checkpoints.h"

#include <QTemporaryDir>
#include <QtTest/QTest>

#include <map>

using namespace rankscope;

namespace {

constexpr int kLayers = 5;
constexpr int kKeyDims = 4;

std::shared_ptr<const TokenWindows> randomWindows(int count, int length)
{
    auto windows = std::make_shared<TokenWindows>();
    windows->count = count;
    windows->length = length;
    Random random(11);
    for (int i = 0; i < count * length; ++i) {
        windows->ids.push_back(static_cast<std::int64_t>(random.below(11)));
    }
    return windows;
}

PruningPlan planFrom(const Model& model, int firstLayer, int kept)
{
    PruningPlan plan = keepAllPlan(model.spec());
    for (std::size_t i = static_cast<std::size_t>(firstLayer); i < plan.layers.size(); ++i) {
        plan.layers[i].keptKeyDims = kept;
        for (auto& head : plan.layers[i].kept) {
            head.resize(static_cast<std::size_t>(kept));
        }
    }
    return plan;
}

} // namespace

class TestNestedEvaluation : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::shared_ptr<const Model> m_model;
    std::shared_ptr<const TokenWindows> m_windows;
    std::vector<double> m_dense;
    std::map<std::pair<int, int>, std::vector<double>> m_pruned; ///< by first layer and kept dims

    std::vector<double> full(const PruningPlan* plan)
    {
        JobContext job;
        return (*evaluatePerplexity(*m_model, *m_windows, plan, {}, job))->windowNll;
    }

private Q_SLOTS:
    void initTestCase()
    {
        const std::filesystem::path folder = m_folder.path().toStdString();
        test::TinyModelOptions options = test::smallOptions();
        options.layers = kLayers;
        test::writeRandomCheckpoint(folder, options);
        JobContext job;
        m_model = loadModel(folder, LoadOptions {}, job).value();
        m_windows = randomWindows(20, 64); // two batches
        m_dense = full(nullptr);
        for (int layer = 0; layer < kLayers; ++layer) {
            for (int kept = 1; kept < kKeyDims; ++kept) {
                const PruningPlan plan = planFrom(*m_model, layer, kept);
                m_pruned[{ layer, kept }] = full(&plan);
            }
        }
    }

    void aBaselineInterruptedAtAnyPollGivesTheSameBits_data()
    {
        QTest::addColumn<int>("firstLayer");
        QTest::newRow("from the first layer") << 0;
        QTest::newRow("from the last layer") << kLayers - 1;
    }

    void aBaselineInterruptedAtAnyPollGivesTheSameBits()
    {
        QFETCH(int, firstLayer);
        const PruningPlan plan = planFrom(*m_model, firstLayer, 2);
        int polls = 0;
        {
            JobContext job({}, [&] { ++polls; });
            LiveEvaluator live(m_model, m_windows);
            QCOMPARE((*live.baseline({}, job))->windowNll, m_dense);
        }
        QVERIFY2(polls > 4 * kLayers, qPrintable(QString::number(polls)));
        for (int at = 0; at < polls; ++at) {
            LiveEvaluator live(m_model, m_windows);
            int poll = 0;
            std::vector<double> nested;
            JobContext job({}, [&] {
                if (poll++ == at) {
                    withFreshEngineState([&] {
                        JobContext inner;
                        nested = (*live.candidate(plan, {}, inner))->windowNll;
                    });
                }
            });
            const auto baseline = live.baseline({}, job);
            QVERIFY(baseline.has_value());
            QCOMPARE((*baseline)->windowNll, m_dense);
            QCOMPARE(nested, (m_pruned[{ firstLayer, 2 }]));
            JobContext again;
            QCOMPARE((*live.baseline({}, again))->windowNll, m_dense);
        }
    }

    void randomNestsGiveTheSameBits_data()
    {
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 12; ++seed) {
            QTest::addRow("seed=%u", seed) << seed;
        }
    }

    /// Baselines and candidates inside each other, up to three deep, some cancelled at a random poll.
    void randomNestsGiveTheSameBits()
    {
        QFETCH(unsigned, seed);
        Random random(seed);
        LiveEvaluator live(m_model, m_windows);
        int finished = 0;
        int wrong = 0;
        const std::function<void(int)> run = [&](int depth) {
            const bool dense = random.below(2) == 0;
            const int layer = static_cast<int>(random.below(kLayers));
            const int kept = 1 + static_cast<int>(random.below(kKeyDims - 1));
            std::stop_source stop;
            const std::uint64_t stopAt = random.below(3) == 0 ? random.below(60) : 1'000'000;
            std::uint64_t poll = 0;
            JobContext job(stop.get_token(), [&] {
                if (poll++ == stopAt) {
                    stop.request_stop();
                }
                if (depth < 3 && random.below(25) == 0) {
                    withFreshEngineState([&] { run(depth + 1); });
                }
            });
            const auto result
                = dense ? live.baseline({}, job) : live.candidate(planFrom(*m_model, layer, kept), {}, job);
            if (result) {
                ++finished;
                wrong += (*result)->windowNll == (dense ? m_dense : m_pruned[{ layer, kept }]) ? 0 : 1;
            } else {
                wrong += result.error().code == ErrorCode::Cancelled ? 0 : 1;
            }
        };
        for (int i = 0; i < 10; ++i) {
            run(0);
        }
        QVERIFY(finished > 10);
        QCOMPARE(wrong, 0);
    }

    void analysesAreTheSameWhenInterruptedAtEveryPoll()
    {
        JobContext quiet;
        const auto spectra = computeStateSpectra(*m_model, *m_windows, 2, 16, nullptr, quiet);
        const auto statistics = collectChannelStatistics(*m_model, *m_windows, quiet);
        LiveEvaluator live(m_model, m_windows);
        const PruningPlan plan = planFrom(*m_model, 0, 2);
        int interruptions = 0;
        JobContext busy({}, [&] {
            withFreshEngineState([&] {
                JobContext inner;
                interruptions += live.candidate(plan, {}, inner).has_value() ? 1 : 0;
            });
        });
        const auto spectraAgain = computeStateSpectra(*m_model, *m_windows, 2, 16, nullptr, busy);
        const auto statisticsAgain = collectChannelStatistics(*m_model, *m_windows, busy);
        QVERIFY(interruptions > 20);
        for (int layer = 0; layer < kLayers; ++layer) {
            const auto at = static_cast<std::size_t>(layer);
            QCOMPARE((*spectraAgain)->layers[at].singularValues, (*spectra)->layers[at].singularValues);
            QCOMPARE((*statisticsAgain)->layers[at].gram, (*statistics)->layers[at].gram);
        }
    }

    void loadingInsideOtherWorkGivesTheSameModel()
    {
        std::string digest;
        JobContext busy({}, [&] {
            if (digest.empty()) {
                withFreshEngineState([&] {
                    JobContext inner;
                    digest = loadModel(m_model->overview().folder, LoadOptions {}, inner).value()->digest();
                });
            }
        });
        QVERIFY(evaluatePerplexity(*m_model, *m_windows, nullptr, {}, busy).has_value());
        QCOMPARE(digest, m_model->digest());
    }
};

QTEST_GUILESS_MAIN(TestNestedEvaluation)
#include "tst_nested_evaluation.moc"
