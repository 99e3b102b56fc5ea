// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"
#include "core/model/recurrence/delta_torch.h"

#include <QtTest/QTest>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>

using namespace rankscope;

namespace {

struct Shape {
    std::int64_t batch = 1;
    std::int64_t tokens = 1;
    std::int64_t heads = 1;
    std::int64_t valueHeads = 1;
    std::int64_t keyDims = 16;
    std::int64_t valueDims = 16;
    bool gated = true;
    bool strongDecay = false;
};

at::Tensor randomTensor(Random& random, const std::vector<std::int64_t>& shape)
{
    const at::Tensor tensor = at::empty(shape, at::TensorOptions(at::kDouble));
    double* data = tensor.mutable_data_ptr<double>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i) {
        data[i] = random.normal();
    }
    return tensor;
}

/// Normalised keys with a common direction (correlated, as trained models have), beta up to 2.
DeltaInputs randomInputs(std::uint64_t seed, const Shape& shape)
{
    Random random(seed);
    DeltaInputs inputs;
    const auto unit = [](const at::Tensor& x) { return x / at::linalg_vector_norm(x, 2, { -1 }, true); };
    const at::Tensor common = randomTensor(random, { 1, 1, shape.heads, shape.keyDims });
    inputs.q = unit(randomTensor(random, { shape.batch, shape.tokens, shape.heads, shape.keyDims }) + common);
    inputs.k = unit(randomTensor(random, { shape.batch, shape.tokens, shape.heads, shape.keyDims }) + common);
    inputs.v = randomTensor(random, { shape.batch, shape.tokens, shape.valueHeads, shape.valueDims });
    inputs.beta = randomTensor(random, { shape.batch, shape.tokens, shape.valueHeads }).sigmoid() * 2.0;
    if (shape.gated) {
        inputs.logDecay = randomTensor(random, { shape.batch, shape.tokens, shape.valueHeads }).abs()
            * (shape.strongDecay ? -40.0 : -0.1);
    }
    inputs.scale = 0.25;
    return inputs;
}

double relativeError(const at::Tensor& found, const at::Tensor& expected)
{
    if (!found.sizes().equals(expected.sizes())) {
        return INFINITY;
    }
    const at::Tensor reference = expected.to(at::kDouble).reshape({ -1 });
    const double error
        = at::linalg_vector_norm(found.to(at::kDouble).reshape({ -1 }) - reference).item<double>();
    const double norm = at::linalg_vector_norm(reference).item<double>();
    return norm > 0.0 ? error / norm : error;
}

DeltaInputs cut(const DeltaInputs& inputs, std::int64_t begin, std::int64_t length, const at::Tensor& state)
{
    DeltaInputs part = inputs;
    part.q = inputs.q.narrow(1, begin, length);
    part.k = inputs.k.narrow(1, begin, length);
    part.v = inputs.v.narrow(1, begin, length);
    part.beta = inputs.beta.narrow(1, begin, length);
    part.logDecay = inputs.logDecay.defined() ? inputs.logDecay.narrow(1, begin, length) : at::Tensor();
    part.initialState = state;
    return part;
}

DeltaInputs inFloat(const DeltaInputs& inputs)
{
    DeltaInputs result = inputs;
    for (at::Tensor* tensor : { &result.q, &result.k, &result.v, &result.beta, &result.logDecay }) {
        if (tensor->defined()) {
            *tensor = tensor->to(at::kFloat);
        }
    }
    return result;
}

} // namespace

class TestDeltaRule : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void formsAgree_data()
    {
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("batch");
        QTest::addColumn<int>("keyDims");
        QTest::addColumn<int>("valueDims");
        QTest::addColumn<int>("groups");
        QTest::addColumn<int>("decay"); // 0 plain, 1 gated, 2 strongly gated
        for (const int tokens : { 1, 2, 63, 64, 65, 200 }) {
            for (const int batch : { 1, 3 }) {
                for (const int decay : { 0, 1, 2 }) {
                    QTest::addRow("T %d, B %d, 16/32, decay %d", tokens, batch, decay)
                        << tokens << batch << 16 << 32 << 1 << decay;
                }
            }
        }
        for (const int keyDims : { 17, 48, 64, 89, 128, 256 }) {
            QTest::addRow("T 130, %d/24, grouped", keyDims) << 130 << 1 << keyDims << 24 << 2 << 1;
        }
    }

    void formsAgree()
    {
        QFETCH(int, tokens);
        QFETCH(int, batch);
        QFETCH(int, keyDims);
        QFETCH(int, valueDims);
        QFETCH(int, groups);
        QFETCH(int, decay);
        const Shape shape { batch, tokens, 2, 2 * groups, keyDims, valueDims, decay > 0, decay == 2 };
        const DeltaInputs inputs = randomInputs(7, shape);
        const DeltaOutputs token = deltaRule(inputs, RecurrenceForm::Token, {});
        for (const std::int64_t chunk : { 1, 13, 32, 64 }) {
            const DeltaOutputs chunked = deltaRuleChunked(inputs, chunk, {});
            QVERIFY2(relativeError(chunked.o, token.o) < 1e-10, "output");
            QVERIFY2(relativeError(chunked.finalState, token.finalState) < 1e-10, "state");
        }
        const DeltaInputs single = inFloat(inputs);
        for (const RecurrenceForm form : { RecurrenceForm::Chunk, RecurrenceForm::Kernel }) {
            // With beta up to 2 the reflections keep rounding errors alive: 2e-6 of gpu-kernels 2.9, times 2.
            const DeltaOutputs outputs = deltaRule(single, form, {});
            const double o = relativeError(outputs.o, token.o);
            const double state = relativeError(outputs.finalState, token.finalState);
            QVERIFY2(o < 4e-6 && state < 4e-6,
                     qPrintable(QStringLiteral("output %1, state %2").arg(o).arg(state)));
        }
    }

    void capturedStatesArePrefixes_data()
    {
        QTest::addColumn<int>("form");
        QTest::newRow("token") << int(RecurrenceForm::Token);
        QTest::newRow("chunk") << int(RecurrenceForm::Chunk);
        QTest::newRow("kernel") << int(RecurrenceForm::Kernel);
    }

    void capturedStatesArePrefixes()
    {
        QFETCH(int, form);
        const auto kind = static_cast<RecurrenceForm>(form);
        DeltaInputs inputs = randomInputs(3, Shape { 2, 150, 1, 2, 24, 40 });
        if (kind == RecurrenceForm::Kernel) {
            inputs = inFloat(inputs);
        }
        for (const std::vector<std::int64_t>& positions : { std::vector<std::int64_t> { 1, 63, 64, 65, 150 },
                                                            std::vector<std::int64_t> { 32, 64, 96, 128 } }) {
            const DeltaOutputs all = deltaRule(inputs, kind, positions);
            QCOMPARE(all.capturedStates.size(1), std::ssize(positions));
            for (std::size_t i = 0; i < positions.size(); ++i) {
                const DeltaOutputs prefix = deltaRule(cut(inputs, 0, positions[i], {}), kind, {});
                const at::Tensor found = all.capturedStates.select(1, static_cast<std::int64_t>(i));
                QVERIFY(relativeError(found, prefix.finalState)
                        < (kind == RecurrenceForm::Kernel ? 2e-6 : 1e-12));
            }
            QVERIFY(relativeError(all.o, deltaRule(inputs, kind, {}).o)
                    < (kind == RecurrenceForm::Kernel ? 2e-6 : 1e-12));
        }
    }

    void splitSequenceContinues()
    {
        const DeltaInputs inputs = randomInputs(5, Shape { 2, 100, 2, 2, 16, 16 });
        const DeltaOutputs whole = deltaRule(inputs, RecurrenceForm::Chunk, {});
        for (const std::int64_t split : { 1, 37, 64, 99 }) {
            const DeltaOutputs first = deltaRule(cut(inputs, 0, split, {}), RecurrenceForm::Chunk, {});
            const DeltaOutputs second
                = deltaRule(cut(inputs, split, 100 - split, first.finalState), RecurrenceForm::Chunk, {});
            QVERIFY(relativeError(at::cat({ first.o, second.o }, 1), whole.o) < 1e-12);
            QVERIFY(relativeError(second.finalState, whole.finalState) < 1e-12);
        }
    }

    void noTokensLeaveTheState()
    {
        const DeltaInputs inputs = randomInputs(5, Shape { 1, 4, 1, 1, 8, 8 });
        const at::Tensor state = deltaRule(inputs, RecurrenceForm::Chunk, {}).finalState;
        const DeltaOutputs none = deltaRule(cut(inputs, 0, 0, state), RecurrenceForm::Chunk, {});
        QVERIFY(relativeError(none.finalState, state) == 0.0);
        QCOMPARE(none.o.numel(), std::int64_t { 0 });
    }
};

QTEST_GUILESS_MAIN(TestDeltaRule)
#include "tst_delta_rule.moc"
