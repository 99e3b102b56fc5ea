// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/spectra.h"
#include "core/analysis/state_trajectory.h"
#include "core/base/random.h"
#include "core/model/forward/forward.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_model.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest/QTest>

#include <cmath>

using namespace rankscope;

namespace {

std::shared_ptr<const Model> demo()
{
    static const std::shared_ptr<const Model> model = [] {
        JobContext job;
        return loadModel(test::demoDir(), LoadOptions {}, job).value();
    }();
    return model;
}

TokenWindows randomWindows(int count, int length, int vocabulary)
{
    TokenWindows windows;
    windows.count = count;
    windows.length = length;
    Random random(5);
    for (int i = 0; i < count * length; ++i) {
        windows.ids.push_back(
            static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(vocabulary))));
    }
    return windows;
}

PruningPlan firstChannels(const ModelSpec& spec, int kept)
{
    PruningPlan plan = keepAllPlan(spec);
    for (LayerPlan& layer : plan.layers) {
        if (layer.keyDims == 0) {
            continue;
        }
        layer.keptKeyDims = std::min(kept, layer.keyDims);
        for (auto& head : layer.kept) {
            head.resize(static_cast<std::size_t>(layer.keptKeyDims));
        }
    }
    return plan;
}

} // namespace

class TestTokenSpectra : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void agreesWithTheSpectraAtPositions_data()
    {
        QTest::addColumn<int>("layer");
        QTest::addColumn<int>("kept");
        for (const int layer : { 0, 3, 5 }) {
            QTest::addRow("layer %d dense", layer) << layer << 0;
            QTest::addRow("layer %d keeps 20", layer) << layer << 20;
        }
    }

    void agreesWithTheSpectraAtPositions()
    {
        QFETCH(int, layer);
        QFETCH(int, kept);
        const TokenWindows text = randomWindows(2, 50, 4096);
        const PruningPlan plan = firstChannels(demo()->spec(), kept);
        const PruningPlan* used = kept > 0 ? &plan : nullptr;
        JobContext job;
        const auto trajectory = traceState(*demo(), text, 1, layer, used, job);
        QVERIFY2(trajectory.has_value(), trajectory ? "" : trajectory.error().message.c_str());
        int partials = 0;
        const auto series = computeTokenSpectra(
            **trajectory,
            [&](const std::shared_ptr<const TokenSpectra>& part) {
                ++partials;
                QVERIFY(!part->complete());
                QVERIFY(part->known[15] != 0 && part->known[49] != 0);
                QCOMPARE(part->nearestKnown(16), std::int64_t { 31 });
            },
            job);
        QVERIFY(series.has_value());
        QVERIFY(partials >= 1);
        QVERIFY((*series)->complete());
        const auto reference = computeStateSpectra(*demo(), text, 2, 1, used, job);
        QVERIFY(reference.has_value());
        QCOMPARE((*series)->planFingerprint, (*reference)->planFingerprint);
        const LayerSpectra& expected = (*reference)->layers[static_cast<std::size_t>(layer)];
        double worstValue = 0.0;
        double worstRank = 0.0;
        for (int token = 0; token < 50; ++token) {
            for (int head = 0; head < 4; ++head) {
                const float* sigma = expected.at(1, token, head, 50);
                const RankMeasures wanted = rankMeasures(sigma, 64);
                const RankMeasures& found = (*series)->at(token, head);
                const float* values
                    = (*series)->singularValues.data() + static_cast<std::ptrdiff_t>(token * 4 + head) * 64;
                for (int k = 0; k < 64; ++k) {
                    worstValue = std::max(worstValue,
                                          std::abs(double { values[k] } - double { sigma[k] })
                                              / double { sigma[0] });
                }
                worstRank = std::max({ worstRank, std::abs(found.stableRank / wanted.stableRank - 1.0),
                                       std::abs(found.entropyRank / wanted.entropyRank - 1.0) });
                // A value that lies on the threshold to within rounding may fall on either side.
                QVERIFY(std::abs(found.thresholdRank - wanted.thresholdRank) <= 1);
            }
        }
        qInfo("sigma %.1e of sigma_1, ranks %.1e relative", worstValue, worstRank);
        QVERIFY(worstValue < 1e-7);
        QVERIFY(worstRank < 1e-6);
    }

    void statesAreThoseOfTheForward_data()
    {
        QTest::addColumn<QString>("family");
        QTest::addColumn<int>("valueHeads");
        QTest::newRow("gated, grouped values") << "gated_deltanet" << 4;
        QTest::newRow("delta net") << "delta_net" << 0;
    }

    void statesAreThoseOfTheForward()
    {
        QFETCH(QString, family);
        QFETCH(int, valueHeads);
        QTemporaryDir folder;
        test::TinyModelOptions options;
        options.family = family.toStdString();
        options.valueHeads = valueHeads;
        options.keyDims = 8;
        options.valueDims = 12;
        if (family == QLatin1String("delta_net")) {
            options.valueDims = 8;
        }
        test::writeRandomCheckpoint(folder.path().toStdString(), options);
        JobContext job;
        const auto model
            = loadModel(folder.path().toStdString(), LoadOptions { Device {}, DType::F64 }, job).value();
        const TokenWindows text = randomWindows(1, 37, 61);
        const auto trajectory = traceState(*model, text, 0, 1, nullptr, job);
        QVERIFY(trajectory.has_value());
        for (const int length : { 1, 8, 9, 36, 37 }) {
            ForwardRequest request;
            request.form = RecurrenceForm::Token;
            request.logits = false;
            request.states = true;
            const auto forward = runForward(*model, text.window(0).first(static_cast<std::size_t>(length)), 1,
                                            length, request, job);
            QVERIFY(forward.has_value());
            const HostTensor& expected = forward->states.at(1);
            const auto all = expected.as<double>();
            const int heads = (*trajectory)->valueHeads();
            const std::size_t perHead = all.size() / static_cast<std::size_t>(heads);
            for (int head = 0; head < heads; ++head) {
                const std::vector<double> state = (*trajectory)->stateAfter(length, head);
                QCOMPARE(state.size(), perHead);
                for (std::size_t i = 0; i < perHead; ++i) {
                    QVERIFY(std::abs(state[i] - all[static_cast<std::size_t>(head) * perHead + i]) < 1e-12);
                }
            }
        }
        // The run of states and the single states are the same, wherever the kept states lie.
        const std::vector<double> run = (*trajectory)->statesBetween(5, 30);
        const int heads = (*trajectory)->valueHeads();
        for (int token = 6; token <= 30; ++token) {
            for (int head = 0; head < heads; ++head) {
                const std::vector<double> one = (*trajectory)->stateAfter(token, head);
                QVERIFY(std::equal(
                    one.begin(), one.end(),
                    run.begin() + static_cast<std::ptrdiff_t>(one.size()) * ((token - 6) * heads + head)));
            }
        }
    }

    void removedChannelsAreZeroRows()
    {
        const TokenWindows text = randomWindows(1, 40, 4096);
        const PruningPlan plan = firstChannels(demo()->spec(), 24);
        JobContext job;
        const auto trajectory = traceState(*demo(), text, 0, 4, &plan, job);
        QVERIFY(trajectory.has_value());
        const std::vector<double> state = (*trajectory)->stateAfter(40, 2);
        for (std::size_t row = 0; row < 64; ++row) {
            double norm = 0.0;
            for (std::size_t column = 0; column < 64; ++column) {
                norm += std::abs(state[row * 64 + column]);
            }
            QCOMPARE(norm > 0.0, row < 24);
        }
    }

    void littleMemoryGivesTheSameStates()
    {
        Random random(3);
        RecurrenceInputs inputs;
        inputs.keyHeads = 1;
        inputs.valueHeads = 2;
        inputs.keyDims = 5;
        inputs.valueDims = 3;
        inputs.tokens = 61;
        const auto fill = [&](std::vector<double>& into, std::int64_t count) {
            for (std::int64_t i = 0; i < count; ++i) {
                into.push_back(random.uniform());
            }
        };
        fill(inputs.keys, 61 * 5);
        fill(inputs.values, 61 * 2 * 3);
        fill(inputs.decay, 61 * 2);
        fill(inputs.beta, 61 * 2);
        JobContext job;
        const auto rich = StateTrajectory::make(inputs, 0, 0, {}, 1 << 20, job).value();
        const auto poor = StateTrajectory::make(inputs, 0, 0, {}, 1, job).value();
        QVERIFY(poor->sizeBytes() < rich->sizeBytes());
        QVERIFY(poor->worstStepCost() > rich->worstStepCost());
        for (int token = 0; token <= 61; ++token) {
            QVERIFY(rich->stateAfter(token, 1) == poor->stateAfter(token, 1));
        }
    }

    void refusesWhatHasNoState()
    {
        const TokenWindows text = randomWindows(1, 20, 4096);
        JobContext job;
        QCOMPARE(traceState(*demo(), text, 0, 6, nullptr, job).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(traceState(*demo(), text, 1, 0, nullptr, job).error().code, ErrorCode::InvalidArgument);
        std::stop_source stop;
        stop.request_stop();
        JobContext stopped(stop.get_token());
        QCOMPARE(traceState(*demo(), text, 0, 0, nullptr, stopped).error().code, ErrorCode::Cancelled);
        const auto trajectory = traceState(*demo(), text, 0, 0, nullptr, job).value();
        QCOMPARE(computeTokenSpectra(*trajectory, {}, stopped).error().code, ErrorCode::Cancelled);
    }

    void measured()
    {
        const TokenWindows text = randomWindows(1, 512, 4096);
        JobContext job;
        QElapsedTimer clock;
        clock.start();
        const auto trajectory = traceState(*demo(), text, 0, 5, nullptr, job).value();
        const auto traced = clock.restart();
        qint64 coarse = 0;
        const auto series = computeTokenSpectra(
            *trajectory,
            [&](const std::shared_ptr<const TokenSpectra>&) {
                coarse = coarse == 0 ? clock.elapsed() : coarse;
            },
            job);
        const auto all = clock.restart();
        const auto state = trajectory->stateAfter(511, 3);
        qInfo("512 tokens of the demo's last layer: traced in %lld ms, every 16th token after %lld ms, all "
              "after "
              "%lld ms; one state %.2f ms",
              traced, coarse, all, static_cast<double>(clock.nsecsElapsed()) * 1e-6);
        QVERIFY(series.has_value());
    }
};

QTEST_GUILESS_MAIN(TestTokenSpectra)
#include "tst_token_spectra.moc"
