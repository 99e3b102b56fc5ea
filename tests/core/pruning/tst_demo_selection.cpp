// SPDX-License-Identifier: GPL-3.0-or-later
// Selection on the bundled demo model, against the lists of tests/fixtures/pruning.
#include "core/analysis/channel_statistics.h"
#include "core/io/json.h"
#include "core/model/model.h"
#include "core/model/projection_norms.h"
#include "core/plan/budget.h"
#include "core/plan/plan_file.h"
#include "core/pruning/channel_selector.h"
#include "core/text/token_windows.h"
#include "tests/core/pruning/kept_lists.h"
#include "tests/support/paths.h"

#include <QTest>

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <string>

using namespace rankscope;

class TestDemoSelection : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        JobContext job;
        const auto model = loadModel(test::demoDir(), LoadOptions { Device {}, DType::F64 }, job);
        QVERIFY2(model.has_value(), model ? "" : model.error().message.c_str());
        m_model = *model;
        WindowOptions options;
        options.maxWindows = 4;
        const auto source = readTextSource(test::sourceDir() / "resources" / "demo-text" / "calibration.txt");
        QVERIFY(source.has_value());
        const auto windows = makeTokenWindows(**Tokenizer::load(test::demoDir()), *source, options, job);
        QVERIFY2(windows.has_value(), windows ? "" : windows.error().message.c_str());
        const auto statistics = collectChannelStatistics(*m_model, *windows, job);
        QVERIFY(statistics.has_value());
        m_statistics = *statistics;
    }

    void selectsTheGoldenChannels_data()
    {
        QTest::addColumn<std::string>("method");
        QTest::newRow("l1, reference") << std::string("l1");
        QTest::newRow("rrqr, regression") << std::string("rrqr");
    }
    void selectsTheGoldenChannels()
    {
        QFETCH(std::string, method);
        JobContext job;
        const auto selector = makeChannelSelector(method, 42, m_model, m_statistics, job);
        QVERIFY(selector.has_value());
        const std::filesystem::path path = test::fixturesDir() / "pruning" / ("demo_" + method + ".json");
        if (method == "rrqr" && std::getenv("RANKSCOPE_WRITE_GOLDEN") != nullptr) {
            writeGolden(**selector, path);
        }
        const auto golden = readJsonFile(path);
        QVERIFY2(golden.has_value(), golden ? "" : golden.error().message.c_str());
        QCOMPARE(golden->at("kept").size(), std::size_t { 3 });
        for (const auto& [ratio, flat] : golden->at("kept").items()) {
            const auto plan = planAt(**selector, std::stod(ratio));
            QVERIFY(checkPlanForModel(plan, m_model->spec(), identity()).has_value());
            const std::string difference
                = test::differences(test::keptOf(plan), test::keptFromFlat(flat, m_model->spec()));
            QVERIFY2(difference.empty(), (ratio + ": " + difference).c_str());
        }
    }

    void plansNameTheirOrigin()
    {
        JobContext job;
        const auto selector = makeChannelSelector("rrqr", 42, m_model, m_statistics, job);
        const PruningPlan plan = planAt(**selector, 0.5);
        QCOMPARE(plan.modelDigest, m_model->digest());
        QCOMPARE(plan.modelFingerprint, m_model->overview().fingerprint);
        QCOMPARE(plan.modelName, m_model->overview().name);
        QVERIFY(plan.calibration.has_value());
        QCOMPARE(plan.calibration->windows, 4);
        QCOMPARE(plan.calibration->length, 512);
        QCOMPARE(plan.calibration->sourceSha256.size(), std::size_t { 64 });
        QVERIFY(*planFromJson(planToJson(plan), "it") == plan);
        ModelIdentity other = identity();
        other.digest.front() = other.digest.front() == '0' ? '1' : '0';
        QVERIFY(!checkPlanForModel(plan, m_model->spec(), other));
    }

    void l1ScoresAreRowSums()
    {
        JobContext job;
        const auto selector = makeChannelSelector("l1", 42, m_model, nullptr, job);
        QVERIFY(selector.has_value());
        QVERIFY(!(*selector)->calibration());
        const std::vector<double> sums = projectionRowAbsSums(*m_model, 3);
        const std::vector<double> scores = (*selector)->scores(3, 2);
        QVERIFY(std::equal(scores.begin(), scores.end(), sums.begin() + 2 * 64));
    }

    void wrongRequestsAreRefused()
    {
        JobContext job;
        const auto unknown = makeChannelSelector("magic", 42, m_model, m_statistics, job);
        QVERIFY(!unknown && unknown.error().code == ErrorCode::InvalidArgument);
        QCOMPARE(QString::fromStdString(unknown.error().message),
                 QStringLiteral("There is no pruning method \"magic\": choose one of rrqr, l1, random."));
        const auto missing = makeChannelSelector("rrqr", 42, m_model, nullptr, job);
        QVERIFY(!missing && missing.error().code == ErrorCode::InvalidArgument);
        QCOMPARE(QString::fromStdString(missing.error().message),
                 QStringLiteral("The method \"rrqr\" needs a calibration text: name one."));
        for (const bool otherDigest : { true, false }) {
            auto foreign = std::make_shared<ChannelStatistics>(*m_statistics);
            if (otherDigest) {
                foreign->modelDigest += "0";
            } else {
                foreign->layers.pop_back();
            }
            const auto mismatch = makeChannelSelector("rrqr", 42, m_model, foreign, job);
            QVERIFY(!mismatch && mismatch.error().code == ErrorCode::Mismatch);
            QVERIFY(mismatch.error().message.find("belong to another model than \"demo\"")
                    != std::string::npos);
        }
    }

private:
    [[nodiscard]] ModelIdentity identity() const
    {
        return { m_model->digest(), m_model->overview().fingerprint, m_model->overview().name };
    }

    [[nodiscard]] PruningPlan planAt(const ChannelSelector& selector, double ratio) const
    {
        JobContext job;
        return makePlan(selector, *m_model, keptKeyDimsForRatio(m_model->spec(), ratio), job).value();
    }

    void writeGolden(const ChannelSelector& selector, const std::filesystem::path& path) const
    {
        std::ofstream file(path);
        file << "{\n\"source\": \"regression only: this project's own strong RRQR on resources/demo and "
                "resources/demo-text/calibration.txt, see README.md\",\n\"kept\": {";
        const char* separator = "\n";
        for (const char* ratio : { "0.25", "0.5", "0.75" }) {
            const PruningPlan plan = planAt(selector, std::stod(ratio));
            file << separator << "\"" << ratio << "\": [";
            separator = ",\n";
            for (std::size_t layer = 0; layer < plan.layers.size(); ++layer) {
                nlohmann::ordered_json flat = nlohmann::ordered_json::array();
                for (std::size_t head = 0; head < plan.layers[layer].kept.size(); ++head) {
                    for (const int channel : plan.layers[layer].kept[head]) {
                        flat.push_back(static_cast<int>(head) * plan.layers[layer].keyDims + channel);
                    }
                }
                file << (layer == 0 ? "\n " : ",\n ") << flat.dump();
            }
            file << "\n]";
        }
        file << "\n}\n}\n";
    }

    std::shared_ptr<const Model> m_model;
    std::shared_ptr<const ChannelStatistics> m_statistics;
};

QTEST_GUILESS_MAIN(TestDemoSelection)
#include "tst_demo_selection.moc"
