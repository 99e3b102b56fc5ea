// SPDX-License-Identifier: GPL-3.0-or-later
// The two trained models with published figures beside the project: perplexity, spectra, masked perplexities.
#include "core/analysis/spectra.h"
#include "core/evaluation/live_evaluator.h"
#include "core/evaluation/perplexity.h"
#include "core/io/json.h"
#include "core/io/safetensors_file.h"
#include "core/model/model.h"
#include "core/text/token_windows.h"
#include "tests/support/paths.h"

#include <QtTest/QTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

using namespace rankscope;

namespace {

std::shared_ptr<const Model> load(const std::string& name, DType dtype)
{
    JobContext job;
    auto model = loadModel(test::sharedDir() / "models" / name, LoadOptions { Device {}, dtype }, job);
    return model ? *model : nullptr;
}

TokenWindows windowsOf(const std::string& model, const std::string& text, int count)
{
    JobContext job;
    const auto tokenizer = Tokenizer::load(test::sharedDir() / "models" / model);
    const auto source = readTextSource(test::sharedDir() / "text" / text);
    WindowOptions options;
    options.maxWindows = count;
    const auto windows = makeTokenWindows(**tokenizer, *source, options, job);
    return windows ? *windows : TokenWindows {};
}

nlohmann::ordered_json pruningReference(const std::string& model)
{
    return readJsonFile(test::sharedDir() / "models" / model / "pruning_reference.json").value();
}

/// The channels that the published scripts keep, as a plan.
PruningPlan planOf(const ModelSpec& spec, const nlohmann::ordered_json& kept)
{
    PruningPlan plan = keepAllPlan(spec);
    for (std::size_t layer = 0; layer < plan.layers.size(); ++layer) {
        LayerPlan& target = plan.layers[layer];
        std::vector<std::vector<int>> heads(target.kept.size());
        for (const auto& flat : kept[layer]) {
            const int channel = flat.get<int>();
            heads[static_cast<std::size_t>(channel / target.keyDims)].push_back(channel % target.keyDims);
        }
        for (auto& head : heads) {
            std::ranges::sort(head);
        }
        target.kept = heads;
        target.keptKeyDims = static_cast<int>(heads.at(0).size());
    }
    return plan;
}

} // namespace

class TestTrainedModels : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (test::sharedDir().empty()) {
            QSKIP("The trained models with published figures are not beside the project.");
        }
    }

    void perplexity_data()
    {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("windows");
        QTest::addColumn<double>("expected");
        QTest::newRow("gdn-demo, voyage") << "gdn-demo"
                                          << "evaluation-voyage.txt" << 32 << 48.85433662935129;
        QTest::newRow("dn-17m, voyage") << "dn-17m"
                                        << "evaluation-voyage.txt" << 32 << 90.36710397388009;
        QTest::newRow("gdn-demo, wikitext") << "gdn-demo"
                                            << "wikitext2-valid.txt" << 16 << 481.5970764160156;
        QTest::newRow("dn-17m, wikitext") << "dn-17m"
                                          << "wikitext2-valid.txt" << 16 << 679.4010620117188;
    }

    void perplexity()
    {
        QFETCH(QString, model);
        QFETCH(QString, text);
        QFETCH(int, windows);
        QFETCH(double, expected);
        JobContext job;
        const TokenWindows tokens = windowsOf(model.toStdString(), text.toStdString(), windows);
        QCOMPARE(tokens.count, windows);
        for (const auto& [dtype, tolerance] : { std::pair(DType::F32, 1e-4), std::pair(DType::BF16, 5e-3) }) {
            const auto loaded = load(model.toStdString(), dtype);
            QVERIFY(loaded != nullptr);
            const auto estimate = evaluatePerplexity(*loaded, tokens, nullptr, {}, job);
            QVERIFY(estimate.has_value());
            const double relative = std::abs((*estimate)->perplexity() / expected - 1.0);
            qInfo("%s: %.5f, relative difference %.1e, %.2f s", shortName(dtype), (*estimate)->perplexity(),
                  relative, (*estimate)->seconds);
            QVERIFY(relative < tolerance);
        }
    }

    void maskedPerplexity_data()
    {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("method");
        for (const char* model : { "gdn-demo", "dn-17m" }) {
            for (const char* method : { "l1@0.5", "wanda@0.5", "rrqr@0.5", "grad@0.5", "random@0.5",
                                        "l1@0.25", "wanda@0.25", "rrqr@0.25", "grad@0.25", "random@0.25" }) {
                QTest::addRow("%s %s", model, method) << model << method;
            }
        }
    }

    void maskedPerplexity()
    {
        QFETCH(QString, model);
        QFETCH(QString, method);
        static std::map<std::string, std::pair<std::shared_ptr<LiveEvaluator>, nlohmann::ordered_json>> cache;
        JobContext job;
        const std::string name = model.toStdString();
        if (!cache.contains(name)) {
            auto tokens = std::make_shared<const TokenWindows>(windowsOf(name, "evaluation-voyage.txt", 32));
            cache[name]
                = { std::make_shared<LiveEvaluator>(load(name, DType::F32), tokens), pruningReference(name) };
        }
        const auto& [evaluator, references] = cache[name];
        const nlohmann::ordered_json& reference = references["methods"][method.toStdString()];
        const PruningPlan plan = planOf(evaluator->model()->spec(), reference["kept"]);
        const auto estimate = evaluator->candidate(plan, {}, job);
        QVERIFY2(estimate.has_value(), estimate ? "" : estimate.error().message.c_str());
        const double relative = std::abs((*estimate)->perplexity() / reference["ppl"].get<double>() - 1.0);
        qInfo("%.4f, relative difference %.1e", (*estimate)->perplexity(), relative);
        QVERIFY(relative < 1e-4);
    }

    void spectra_data()
    {
        QTest::addColumn<QString>("model");
        QTest::newRow("gdn-demo") << "gdn-demo";
        QTest::newRow("dn-17m") << "dn-17m";
    }

    void spectra()
    {
        QFETCH(QString, model);
        JobContext job;
        const std::string name = model.toStdString();
        const auto loaded = load(name, DType::F32);
        const TokenWindows tokens = windowsOf(name, "evaluation-voyage.txt", 1);
        const auto found = computeStateSpectra(*loaded, tokens, 1, 32, nullptr, job);
        QVERIFY(found.has_value());
        const std::filesystem::path reference = test::sharedDir() / "models" / name / "reference.safetensors";
        double worstValue = 0.0;
        double worstRank = 0.0;
        for (std::size_t i = 0; i < (*found)->layers.size(); ++i) {
            const LayerSpectra& layer = (*found)->layers[i];
            const auto values = readSafetensorsTensor(reference, "singular_values." + std::to_string(i));
            const auto ranks = readSafetensorsTensor(reference, "stable_rank." + std::to_string(i));
            QVERIFY(values.has_value() && ranks.has_value());
            const auto expected = values->as<float>();
            QCOMPARE(layer.singularValues.size(), expected.size());
            for (std::size_t row = 0; row < expected.size() / static_cast<std::size_t>(layer.rank); ++row) {
                const float* sigma = layer.singularValues.data() + row * static_cast<std::size_t>(layer.rank);
                const float* wanted = expected.data() + row * static_cast<std::size_t>(layer.rank);
                for (int k = 0; k < layer.rank; ++k) {
                    worstValue
                        = std::max(worstValue, double(std::abs(sigma[k] - wanted[k])) / double(wanted[0]));
                }
                const double rank = double(ranks->as<float>()[row]);
                worstRank
                    = std::max(worstRank, std::abs(rankMeasures(sigma, layer.rank).stableRank / rank - 1.0));
            }
        }
        qInfo("largest difference %.1e of sigma_1, stable rank %.1e relative, %.2f s", worstValue, worstRank,
              (*found)->seconds);
        QVERIFY(worstValue < 1e-5);
        QVERIFY(worstRank < 1e-4);
    }
};

QTEST_GUILESS_MAIN(TestTrainedModels)
#include "tst_trained_models.moc"
