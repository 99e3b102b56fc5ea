// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/safetensors_file.h"
#include "core/model/forward/forward.h"
#include "core/model/model.h"
#include "tests/support/normalised_error.h"
#include "tests/support/paths.h"

#include <QtTest/QTest>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

using namespace rankscope;

namespace {

/// A checkpoint folder with reference.safetensors beside it.
struct Case {
    std::filesystem::path folder;
    bool valueMajorStates = false; ///< the larger set stores gated_deltanet's states as [B, HV, Dv, Dk]
};

std::vector<Case> findCases()
{
    std::vector<Case> cases;
    const auto collect = [&](const std::filesystem::path& root, bool shared) {
        std::error_code ignored;
        for (const auto& entry : std::filesystem::directory_iterator(root, ignored)) {
            const std::string name = entry.path().filename().string();
            const bool wanted = !shared || name.starts_with("delta_net")
                || (name.starts_with("gated_deltanet") && !name.starts_with("gated_deltaproduct"));
            if (wanted && std::filesystem::exists(entry.path() / "reference.safetensors")) {
                cases.push_back(Case { entry.path(), shared && name.starts_with("gated_") });
            }
        }
    };
    collect(test::fixturesDir() / "models", false);
    if (!test::sharedDir().empty()) {
        collect(test::sharedDir() / "fixtures" / "families", true);
    }
    std::ranges::sort(cases, {}, &Case::folder);
    return cases;
}

std::vector<double> toDoubles(const HostTensor& tensor)
{
    std::vector<double> values;
    if (tensor.dtype == DType::F64) {
        const auto span = tensor.as<double>();
        values.assign(span.begin(), span.end());
    } else {
        const auto span = tensor.as<float>();
        values.assign(span.begin(), span.end());
    }
    return values;
}

/// [.., rows, columns] -> [.., columns, rows].
std::vector<double> transposed(const std::vector<double>& values, std::int64_t rows, std::int64_t columns)
{
    std::vector<double> result(values.size());
    const std::size_t size = static_cast<std::size_t>(rows * columns);
    for (std::size_t base = 0; base < values.size(); base += size) {
        for (std::int64_t r = 0; r < rows; ++r) {
            for (std::int64_t c = 0; c < columns; ++c) {
                result[base + static_cast<std::size_t>(c * rows + r)]
                    = values[base + static_cast<std::size_t>(r * columns + c)];
            }
        }
    }
    return result;
}

} // namespace

class TestForward : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void matchesReference_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<bool>("valueMajor");
        QTest::addColumn<int>("dtype");
        QTest::addColumn<int>("form");
        QTest::addColumn<double>("tolerance");
        for (const Case& one : findCases()) {
            const QString folder = QString::fromStdString(one.folder.string());
            const QByteArray name = QByteArray::fromStdString(
                (one.valueMajorStates || folder.contains(QStringLiteral("families")) ? "families/" : "tiny/")
                + one.folder.filename().string());
            // The larger set was computed in fp32; the tiny one in fp64 by an independent implementation.
            const double exact = name.startsWith("families") ? 2e-5 : 1e-10;
            QTest::newRow(name + " fp64 chunk")
                << folder << one.valueMajorStates << int(DType::F64) << int(RecurrenceForm::Chunk) << exact;
            QTest::newRow(name + " fp64 token")
                << folder << one.valueMajorStates << int(DType::F64) << int(RecurrenceForm::Token) << exact;
            QTest::newRow(name + " fp32 chunk")
                << folder << one.valueMajorStates << int(DType::F32) << int(RecurrenceForm::Chunk) << 1e-4;
            QTest::newRow(name + " fp32 kernel")
                << folder << one.valueMajorStates << int(DType::F32) << int(RecurrenceForm::Kernel) << 1e-4;
        }
    }

    void matchesReference()
    {
        QFETCH(QString, folder);
        QFETCH(bool, valueMajor);
        QFETCH(int, dtype);
        QFETCH(int, form);
        QFETCH(double, tolerance);
        const std::filesystem::path path = folder.toStdString();
        JobContext job;
        const auto model = loadModel(path, LoadOptions { Device {}, static_cast<DType>(dtype) }, job);
        QVERIFY2(model.has_value(), model ? "" : model.error().message.c_str());

        double worst = 0.0;
        const auto compare
            = [&](const std::string& what, const HostTensor& found, std::vector<double> expected) {
                  const double error = test::normalisedRms<double, double>(toDoubles(found),
                                                                           std::span<const double>(expected));
                  worst = std::max(worst, error);
                  const std::string message = what + ": normalised RMS " + std::to_string(error);
                  QVERIFY2(error <= tolerance, message.c_str());
              };
        for (const std::string length : { "short", "long" }) {
            const auto ids = readSafetensorsTensor(path / "reference.safetensors", length + ".input_ids");
            if (!ids && length == "long") {
                continue;
            }
            QVERIFY2(ids.has_value(), ids ? "" : ids.error().message.c_str());
            ForwardRequest request;
            request.form = static_cast<RecurrenceForm>(form);
            request.hidden = length == "short";
            request.states = length == "short";
            const auto output
                = runForward(**model, ids->as<std::int64_t>(), ids->shape[0], ids->shape[1], request, job);
            QVERIFY2(output.has_value(), output ? "" : output.error().message.c_str());
            const auto expected = [&](const std::string& key) {
                const auto tensor = readSafetensorsTensor(path / "reference.safetensors", length + "." + key);
                return tensor ? toDoubles(*tensor) : std::vector<double>();
            };
            compare(length + ".logits", output->logits, expected("logits"));
            for (std::size_t i = 0; i < output->hidden.size(); ++i) {
                compare(length + ".hidden." + std::to_string(i), output->hidden[i],
                        expected("hidden." + std::to_string(i)));
            }
            for (const auto& [layer, state] : output->states) {
                std::vector<double> reference = expected("state." + std::to_string(layer));
                if (valueMajor) {
                    reference = transposed(reference, state.shape[3], state.shape[2]);
                }
                compare(length + ".state." + std::to_string(layer), state, reference);
            }
        }
        qInfo("worst normalised RMS %.2e", worst);
    }

    void refusesForeignIds()
    {
        JobContext job;
        const auto model = loadModel(test::demoDir(), LoadOptions {}, job);
        QVERIFY(model.has_value());
        const std::vector<std::int64_t> ids { 1, 4096 };
        const auto output = runForward(**model, ids, 1, 2, ForwardRequest {}, job);
        QVERIFY(!output.has_value());
        QCOMPARE(output.error().code, ErrorCode::BadData);
        QVERIFY(output.error().message.find("4096") != std::string::npos);
    }

    void stopsBeforeTheFirstBlock()
    {
        std::stop_source source;
        JobContext loading;
        const auto model = loadModel(test::demoDir(), LoadOptions {}, loading);
        QVERIFY(model.has_value());
        source.request_stop();
        JobContext job(source.get_token());
        const std::vector<std::int64_t> ids { 1, 2 };
        const auto output = runForward(**model, ids, 1, 2, ForwardRequest {}, job);
        QVERIFY(!output.has_value());
        QCOMPARE(output.error().code, ErrorCode::Cancelled);
        const auto again = loadModel(test::demoDir(), LoadOptions {}, job);
        QVERIFY(!again.has_value());
        QCOMPARE(again.error().code, ErrorCode::Cancelled);
    }
};

QTEST_GUILESS_MAIN(TestForward)
#include "tst_forward.moc"
