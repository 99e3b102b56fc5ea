// SPDX-License-Identifier: GPL-3.0-or-later
// The two trained models beside the project: the same channels as the published scripts of arXiv 2602.04852
// select.
#include "core/analysis/channel_statistics.h"
#include "core/io/json.h"
#include "core/model/model.h"
#include "core/plan/budget.h"
#include "core/pruning/channel_selector.h"
#include "core/text/token_windows.h"
#include "tests/core/pruning/kept_lists.h"
#include "tests/support/paths.h"

#include <QTest>

#include <nlohmann/json.hpp>

#include <string>

using namespace rankscope;

class TestReferenceSelection : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (test::sharedDir().empty()) {
            QSKIP("The trained models with the published selections are not beside the project.");
        }
    }

    void selectsWhatIsPublished_data()
    {
        QTest::addColumn<std::string>("name");
        QTest::addColumn<DType>("dtype");
        QTest::newRow("gdn-demo fp32") << std::string("gdn-demo") << DType::F32;
        QTest::newRow("gdn-demo fp64") << std::string("gdn-demo") << DType::F64;
        QTest::newRow("dn-17m fp32") << std::string("dn-17m") << DType::F32;
    }
    void selectsWhatIsPublished()
    {
        QFETCH(std::string, name);
        QFETCH(DType, dtype);
        const std::filesystem::path folder = test::sharedDir() / "models" / name;
        JobContext job;
        const auto model = loadModel(folder, LoadOptions { Device {}, dtype }, job);
        QVERIFY2(model.has_value(), model ? "" : model.error().message.c_str());
        const ModelSpec& spec = (*model)->spec();
        // The published strong RRQR samples 5000 rows; it was given 4 windows of 512, so that it saw them
        // all.
        WindowOptions options;
        options.maxWindows = 4;
        const auto source = readTextSource(test::sharedDir() / "text" / "calibration-memoirs.txt");
        QVERIFY(source.has_value());
        const auto windows = makeTokenWindows(**Tokenizer::load(folder), *source, options, job);
        QVERIFY(windows.has_value());
        const auto statistics = collectChannelStatistics(**model, *windows, job);
        QVERIFY(statistics.has_value());
        const nlohmann::ordered_json reference = *readJsonFile(folder / "pruning_reference.json");
        int compared = 0;
        for (const auto& [key, entry] : reference.at("methods").items()) {
            const std::string method = key.substr(0, key.find('@'));
            if (method != "l1" && method != "rrqr") {
                continue;
            }
            const double ratio = std::stod(key.substr(key.find('@') + 1));
            const auto selector = makeChannelSelector(method, 42, *model, *statistics, job);
            QVERIFY(selector.has_value());
            const auto plan = makePlan(**selector, **model, keptKeyDimsForRatio(spec, ratio), job);
            QVERIFY(plan.has_value());
            QVERIFY(checkPlan(*plan, spec).has_value());
            const std::string difference
                = test::differences(test::keptOf(*plan), test::keptFromFlat(entry.at("kept"), spec));
            QVERIFY2(difference.empty(), (key + ": " + difference).c_str());
            ++compared;
        }
        QVERIFY(compared >= 5);
    }
};

QTEST_GUILESS_MAIN(TestReferenceSelection)
#include "tst_reference_selection.moc"
