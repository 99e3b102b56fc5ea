// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/narrow.h"
#include "core/base/random.h"
#include "core/evaluation/live_evaluator.h"
#include "core/evaluation/token_comparison.h"
#include "core/model/forward/forward.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_model.h"

#include <QTemporaryDir>
#include <QtTest/QTest>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>

using namespace rankscope;

namespace {

std::shared_ptr<const Model> load(const std::filesystem::path& folder, DType dtype)
{
    JobContext job;
    LoadOptions options;
    options.dtype = dtype;
    return loadModel(folder, options, job).value();
}

TokenWindows randomWindows(const Model& model, int count, int length)
{
    TokenWindows windows;
    windows.count = count;
    windows.length = length;
    Random random(3);
    for (int i = 0; i < count * length; ++i) {
        windows.ids.push_back(
            static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(model.spec().vocabularySize))));
    }
    return windows;
}

PruningPlan keepFirst(const ModelSpec& spec, int firstLayer, int kept)
{
    PruningPlan plan = keepAllPlan(spec);
    for (std::size_t layer = idx(firstLayer); layer < plan.layers.size(); ++layer) {
        plan.layers[layer].keptKeyDims = kept;
        for (std::vector<int>& head : plan.layers[layer].kept) {
            head.resize(idx(kept));
        }
    }
    return plan;
}

std::vector<double> allLogits(const Model& model, const TokenWindows& windows, const PruningPlan* plan)
{
    JobContext job;
    ForwardRequest request;
    request.plan = plan;
    const auto output = runForward(model, windows.ids, windows.count, windows.length, request, job);
    if (output->logits.dtype == DType::F64) {
        const auto span = output->logits.as<double>();
        return { span.begin(), span.end() };
    }
    const auto span = output->logits.as<float>();
    return { span.begin(), span.end() };
}

struct Naive {
    double baselineNll;
    double candidateNll;
    double kl;
    bool sameTop;
    double topMargin; ///< of the closer of the two winners over its runner-up
};

/// One prediction from two rows of logits, written down as the definitions have it.
Naive naive(const double* dense, const double* masked, std::int64_t vocabulary, std::int64_t target)
{
    const auto logSum = [&](const double* row) {
        const double top = *std::max_element(row, row + vocabulary);
        double sum = 0.0;
        for (std::int64_t at = 0; at < vocabulary; ++at) {
            sum += std::exp(row[at] - top);
        }
        return top + std::log(sum);
    };
    const auto margin = [&](const double* row) {
        std::vector<double> sorted(row, row + vocabulary);
        std::ranges::partial_sort(sorted, sorted.begin() + 2, std::greater {});
        return sorted[0] - sorted[1];
    };
    const double p = logSum(dense);
    const double q = logSum(masked);
    double kl = 0.0;
    for (std::int64_t at = 0; at < vocabulary; ++at) {
        kl += std::exp(dense[at] - p) * ((dense[at] - p) - (masked[at] - q));
    }
    return { p - dense[target], q - masked[target], kl,
             std::max_element(dense, dense + vocabulary) - dense
                 == std::max_element(masked, masked + vocabulary) - masked,
             std::min(margin(dense), margin(masked)) };
}

} // namespace

class TestTokenComparison : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void agreesWithTheDefinitions_data()
    {
        QTest::addColumn<int>("vocabulary"); // 0: the demo
        QTest::addColumn<int>("dtype");
        QTest::addColumn<double>("tolerance");
        const int f64 = static_cast<int>(DType::F64);
        const int f32 = static_cast<int>(DType::F32);
        QTest::newRow("demo fp64") << 0 << f64 << 1e-6; // results are stored as float
        QTest::newRow("demo fp32") << 0 << f32 << 2e-5;
        QTest::newRow("61 entries fp64") << 61 << f64 << 1e-6;
        QTest::newRow("40000 entries fp64, several slices") << 40000 << f64 << 1e-6;
    }

    void agreesWithTheDefinitions()
    {
        QFETCH(int, vocabulary);
        QFETCH(int, dtype);
        QFETCH(double, tolerance);
        QTemporaryDir folder;
        std::filesystem::path path = test::demoDir();
        if (vocabulary > 0) {
            test::TinyModelOptions options;
            options.vocabularySize = vocabulary;
            path = folder.path().toStdString();
            test::writeRandomCheckpoint(path, options);
        }
        const auto model = load(path, static_cast<DType>(dtype));
        const TokenWindows windows = randomWindows(*model, 5, 45);
        const PruningPlan plan = keepFirst(model->spec(), 1, 3);
        JobContext job;
        std::vector<int> seen;
        const auto result = compareTokens(
            *model, windows, plan,
            [&](const std::shared_ptr<const TokenComparison>& part) { seen.push_back(part->windows()); },
            job);
        QVERIFY(result.has_value());
        const TokenComparison& got = **result;
        QVERIFY(got.complete);
        QVERIFY(std::ranges::is_sorted(seen));
        QCOMPARE(got.windows(), 5);
        QCOMPARE(got.tokens(), std::int64_t { 5 * 44 });
        QCOMPARE(job.progress().done(), std::int64_t { 5 });
        const std::vector<double> dense = allLogits(*model, windows, nullptr);
        const std::vector<double> masked = allLogits(*model, windows, &plan);
        const std::int64_t entries = model->spec().vocabularySize;
        int changed = 0;
        for (int window = 0; window < 5; ++window) {
            for (int t = 0; t < 44; ++t) {
                const std::int64_t row = (window * 45 + t) * entries;
                const Naive want
                    = naive(&dense[idx(row)], &masked[idx(row)], entries, windows.window(window)[idx(t + 1)]);
                const std::size_t at = idx(window * 44 + t);
                const auto near = [&](float value, double wanted) {
                    return std::abs(static_cast<double>(value) - wanted)
                        <= tolerance * (1.0 + std::abs(wanted));
                };
                QVERIFY(near(got.baselineNll[at], want.baselineNll));
                QVERIFY(near(got.candidateNll[at], want.candidateNll));
                QVERIFY2(near(got.kl[at], want.kl),
                         qPrintable(QString::number(static_cast<double>(got.kl[at])) + QStringLiteral(" for ")
                                    + QString::number(want.kl)));
                if (want.topMargin > 1e-4) {
                    QCOMPARE(got.sameTop[at] != 0, want.sameTop);
                }
                changed += want.sameTop ? 0 : 1;
            }
        }
        QVERIFY(changed > 0); // the plan is rough enough to test both outcomes
        QVERIFY(changed < 220);
    }

    void liveEqualsFullAndTheEstimates()
    {
        const auto model = load(test::demoDir(), DType::F32);
        const auto windows = std::make_shared<const TokenWindows>(randomWindows(*model, 9, 128));
        for (const int firstLayer : { 0, 3, 5, 6 }) {
            const PruningPlan plan = keepFirst(model->spec(), firstLayer, 20);
            JobContext job;
            LiveEvaluator live(model, windows);
            const auto fast = live.compareTokens(plan, {}, job);
            const auto full = compareTokens(*model, *windows, plan, {}, job);
            QVERIFY(fast.has_value() && full.has_value());
            QCOMPARE((*fast)->baselineNll, (*full)->baselineNll);
            QCOMPARE((*fast)->candidateNll, (*full)->candidateNll);
            QCOMPARE((*fast)->kl, (*full)->kl);
            QCOMPARE((*fast)->sameTop, (*full)->sameTop);
            const auto baseline = live.baseline({}, job);
            const auto candidate = live.candidate(plan, {}, job);
            for (int window = 0; window < 9; ++window) {
                const auto mean = [&](const std::vector<float>& values) {
                    const auto begin = values.begin() + window * 127;
                    return std::accumulate(begin, begin + 127, 0.0) / 127.0;
                };
                QVERIFY(std::abs(mean((*fast)->baselineNll) - (*baseline)->windowNll[idx(window)]) < 1e-5);
                QVERIFY(std::abs(mean((*fast)->candidateNll) - (*candidate)->windowNll[idx(window)]) < 1e-5);
            }
            if (firstLayer == 6) {
                QCOMPARE(meanKl(**fast).high, 0.0);
                QCOMPARE(topAgreement(**fast).mean, 1.0);
            } else {
                QVERIFY(meanKl(**fast).low > 0.0);
                QVERIFY(topAgreement(**fast).high < 1.0);
            }
        }
    }

    void cancelledRunsLeaveNothing()
    {
        const auto model = load(test::demoDir(), DType::F32);
        const auto windows = std::make_shared<const TokenWindows>(randomWindows(*model, 16, 128));
        const PruningPlan plan = keepFirst(model->spec(), 2, 20);
        LiveEvaluator live(model, windows);
        JobContext whole;
        const auto expected = compareTokens(*model, *windows, plan, {}, whole);
        for (int polls = 0; polls < 40; polls += 7) {
            std::stop_source source;
            int left = polls;
            JobContext job(source.get_token(), [&] {
                if (left-- == 0) {
                    source.request_stop();
                }
            });
            const auto result = live.compareTokens(plan, {}, job);
            QVERIFY(result.has_value() || result.error().code == ErrorCode::Cancelled);
        }
        const auto again = live.compareTokens(plan, {}, whole);
        QVERIFY(again.has_value());
        QCOMPARE((*again)->kl, (*expected)->kl);
    }

    void extremesAreTheExtremes()
    {
        TokenComparison comparison;
        comparison.length = 6;
        Random random(8);
        for (int at = 0; at < 50; ++at) {
            comparison.baselineNll.push_back(static_cast<float>(random.normal()));
            comparison.candidateNll.push_back(static_cast<float>(random.normal()));
            comparison.kl.push_back(static_cast<float>(std::abs(random.normal())));
            comparison.sameTop.push_back(at % 5 == 0 ? 0 : 1);
        }
        QCOMPARE(comparison.windows(), 10);
        QCOMPARE(topAgreement(comparison).mean, 0.8);
        const auto grew = extremePredictions(comparison, TokenOrder::LossGrew, 50);
        const auto fell = extremePredictions(comparison, TokenOrder::LossFell, 7);
        const auto divergent = extremePredictions(comparison, TokenOrder::Divergence, 500);
        QCOMPARE(grew.size(), std::size_t { 50 });
        QCOMPARE(fell.size(), std::size_t { 7 });
        QCOMPARE(divergent.size(), std::size_t { 50 });
        QVERIFY(std::ranges::is_sorted(grew, std::greater {}, [&](auto at) { return comparison.delta(at); }));
        QCOMPARE(fell.front(), grew.back());
        QVERIFY(std::ranges::is_sorted(divergent, std::greater {},
                                       [&](auto at) { return comparison.kl[idx(at)]; }));
    }

    void intervals()
    {
        // Wilson's interval as published tables have it.
        const MeanInterval half = wilsonShare(5, 10);
        QVERIFY(std::abs(half.low - 0.236593) < 1e-5 && std::abs(half.high - 0.763407) < 1e-5);
        const MeanInterval none = wilsonShare(0, 10);
        QCOMPARE(none.low, 0.0);
        QVERIFY(std::abs(none.high - 0.277533) < 1e-5);
        QCOMPARE(wilsonShare(10, 10).high, 1.0);
        QCOMPARE(wilsonShare(0, 0).count, std::int64_t { 0 });

        const std::vector<double> values { 0.1, 0.2, 0.3, 0.2, 0.15, 0.25 };
        const MeanInterval mean = bootstrapMean(values);
        QVERIFY(std::abs(mean.mean - 0.2) < 1e-12);
        QVERIFY(mean.low < 0.2 && mean.high > 0.2 && mean.low >= 0.1 && mean.high <= 0.3);
        QCOMPARE(bootstrapMean(values).low, mean.low);
        QCOMPARE(bootstrapMean(std::span(values).first(1)).high, 0.1);

        QCOMPARE(valuesForHalfWidth(std::span(values).first(3), 0.01), std::int64_t { 0 });
        const std::int64_t needed = valuesForHalfWidth(values, 0.01);
        const double deviation = std::sqrt(0.025 / 5.0);
        QCOMPARE(needed, static_cast<std::int64_t>(std::ceil(std::pow(1.959964 * deviation / 0.01, 2.0))));
        QVERIFY(valuesForHalfWidth(values, 0.02) < needed);
        QCOMPARE(valuesForHalfWidth(std::vector<double>(8, 0.5), 0.01), std::int64_t { 2 });
    }
};

QTEST_GUILESS_MAIN(TestTokenComparison)
#include "tst_token_comparison.moc"
