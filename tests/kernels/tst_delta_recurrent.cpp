// SPDX-License-Identifier: GPL-3.0-or-later
// The CPU twin of K0 against a recurrence written down a second time, and properties that need no second
// computation.
#include "tests/kernels/delta_case.h"

#include <QTest>

#include <cmath>
#include <cstring>

using namespace rankscope::kernels;
using namespace rankscope::test;

namespace {

struct Direct {
    std::vector<double> outputs; ///< [B, T, HV, Dv]
    std::vector<double> finalState; ///< [B, HV, Dk, Dv]
};

/// model-families 2.1 as written there, one matrix at a time, everything in fp64.
Direct directRecurrence(const DeltaCase& c)
{
    const DeltaSizes& s = c.sizes;
    const auto size = [](std::int64_t n) { return static_cast<std::size_t>(n); };
    const std::vector<double> q = elementValues(c.queries, s.element);
    const std::vector<double> k = elementValues(c.keys, s.element);
    const std::vector<double> v = elementValues(c.values, s.element);
    const double scale = static_cast<double>(static_cast<float>(1.0 / std::sqrt(s.keyDims)));
    Direct result;
    result.outputs.assign(v.size(), 0.0);
    for (std::int64_t b = 0; b < s.batch; ++b) {
        for (std::int64_t j = 0; j < s.valueHeads; ++j) {
            const std::int64_t h = j * s.keyHeads / s.valueHeads;
            const std::int64_t stateSize = static_cast<std::int64_t>(s.keyDims) * s.valueDims;
            std::vector<double> state(size(stateSize), 0.0);
            for (std::int64_t e = 0; e < stateSize && !c.initialState.empty(); ++e) {
                state[size(e)]
                    = static_cast<double>(c.initialState[size((b * s.valueHeads + j) * stateSize + e)]);
            }
            for (std::int64_t t = 0; t < s.tokens; ++t) {
                const std::size_t gate = size((b * s.tokens + t) * s.valueHeads + j);
                const double* key = k.data() + ((b * s.tokens + t) * s.keyHeads + h) * s.keyDims;
                const double* query = q.data() + ((b * s.tokens + t) * s.keyHeads + h) * s.keyDims;
                const double g = c.logDecay.empty() ? 0.0 : static_cast<double>(c.logDecay[gate]);
                const double beta = c.beta.empty() ? 1.0 : static_cast<double>(c.beta[gate]);
                for (double& element : state) {
                    element *= std::exp(g);
                }
                std::vector<double> stored(size(s.valueDims), 0.0); // S^T k
                for (std::int64_t i = 0; i < s.keyDims; ++i) {
                    for (std::int64_t n = 0; n < s.valueDims; ++n) {
                        stored[size(n)] += state[size(i * s.valueDims + n)] * key[i];
                    }
                }
                for (std::int64_t i = 0; i < s.keyDims; ++i) {
                    for (std::int64_t n = 0; n < s.valueDims; ++n) {
                        const std::size_t at = gate * size(s.valueDims) + size(n);
                        double& element = state[size(i * s.valueDims + n)];
                        element += key[i] * beta * (v[at] - stored[size(n)]);
                        result.outputs[at] += scale * element * query[i];
                    }
                }
            }
            result.finalState.insert(result.finalState.end(), state.begin(), state.end());
        }
    }
    return result;
}

std::vector<double> toDouble(const std::vector<float>& numbers)
{
    return { numbers.begin(), numbers.end() };
}

/// Tokens [from, to) of a case with one sequence.
DeltaCase slice(const DeltaCase& whole, std::int64_t from, std::int64_t to)
{
    DeltaCase part = whole;
    part.sizes.tokens = to - from;
    const auto cut = [&](auto& items) {
        const auto perToken = static_cast<std::int64_t>(items.size()) / whole.sizes.tokens;
        items = { items.begin() + from * perToken, items.begin() + to * perToken };
    };
    for (auto* bytes : { &part.queries, &part.keys, &part.values, &part.outputs }) {
        cut(*bytes);
    }
    for (auto* gates : { &part.logDecay, &part.beta }) {
        cut(*gates);
    }
    return part;
}

} // namespace

class TestDeltaRecurrent : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void matchesDirectRecurrence_data();
    void matchesDirectRecurrence();
    void noTokensLeaveTheInitialState();
    void splittingASequenceChangesNothing();
    void groupedHeadsEqualRepeatedHeads();
    void betaZeroOnlyDecays();
    void betaOneStoresTheValue();
    void capturedStatesAreThoseOfThePrefixes();
    void finalStateMayReplaceTheInitialOne();
    void sequencesOfABatchDoNotTouch();
    void refusesWhatTheContractExcludes_data();
    void refusesWhatTheContractExcludes();
};

void TestDeltaRecurrent::matchesDirectRecurrence_data()
{
    QTest::addColumn<DeltaSizes>("sizes");
    const auto add = [](const DeltaSizes& sizes) { QTest::addRow("%s", describe(sizes).c_str()) << sizes; };
    for (const ElementType element : { ElementType::F32, ElementType::BF16 }) {
        for (const int keyDims : { 1, 16, 48, 63, 64, 65, 89, 128, 200, 256, 512 }) {
            for (const int valueDims : { 1, 32, 65, 128, 512 }) {
                DeltaSizes sizes;
                sizes.keyDims = keyDims;
                sizes.valueDims = valueDims;
                sizes.element = element;
                sizes.tokens = valueDims == 65 ? 65 : 9;
                sizes.seed = static_cast<std::uint64_t>(keyDims * 1000 + valueDims);
                add(sizes);
            }
        }
    }
    for (const Decay decay : { Decay::None, Decay::Mild, Decay::Strong }) {
        for (const Beta beta : { Beta::One, Beta::Usual, Beta::NearTwo }) {
            for (const std::int64_t tokens : { 0, 1, 65 }) {
                DeltaSizes sizes;
                sizes.decay = decay;
                sizes.beta = beta;
                sizes.tokens = tokens;
                sizes.initialState = tokens == 1;
                sizes.batch = 3;
                sizes.keyHeads = 2;
                sizes.valueHeads = 4;
                sizes.keyDims = 48;
                sizes.valueDims = 33;
                sizes.seed = 77;
                add(sizes);
            }
        }
    }
}

void TestDeltaRecurrent::matchesDirectRecurrence()
{
    QFETCH(DeltaSizes, sizes);
    DeltaCase c = makeDeltaCase(sizes);
    QCOMPARE(deltaRecurrentReference(c.params()), KernelStatus::Ok);
    const Direct direct = directRecurrence(c);
    // Both are fp64; only the stored result is rounded, to 2^-24 or 2^-8 relative at most.
    const double outputError = relativeError(c.outputValues(), direct.outputs);
    const double stateError = relativeError(toDouble(c.finalState), direct.finalState);
    QVERIFY2(outputError <= (sizes.element == ElementType::F32 ? 6e-8 : 3.91e-3),
             qPrintable(QString::number(outputError)));
    QVERIFY2(stateError <= 6e-8, qPrintable(QString::number(stateError)));
}

void TestDeltaRecurrent::noTokensLeaveTheInitialState()
{
    for (const bool initialState : { true, false }) {
        DeltaSizes sizes;
        sizes.tokens = 0;
        sizes.initialState = initialState;
        DeltaCase c = makeDeltaCase(sizes);
        QCOMPARE(deltaRecurrentReference(c.params()), KernelStatus::Ok);
        QCOMPARE(c.finalState, initialState ? c.initialState : std::vector<float>(c.finalState.size(), 0.0F));
    }
}

void TestDeltaRecurrent::splittingASequenceChangesNothing()
{
    DeltaSizes sizes;
    sizes.tokens = 65;
    sizes.keyDims = 20;
    sizes.valueDims = 11;
    sizes.keyHeads = 2;
    sizes.valueHeads = 2;
    DeltaCase whole = makeDeltaCase(sizes);
    QCOMPARE(deltaRecurrentReference(whole.params()), KernelStatus::Ok);
    for (const std::int64_t cutAt : { 1, 32, 64 }) {
        DeltaCase first = slice(whole, 0, cutAt);
        QCOMPARE(deltaRecurrentReference(first.params()), KernelStatus::Ok);
        DeltaCase second = slice(whole, cutAt, sizes.tokens);
        second.initialState = first.finalState;
        QCOMPARE(deltaRecurrentReference(second.params()), KernelStatus::Ok);
        std::vector<double> outputs = first.outputValues();
        const std::vector<double> rest = second.outputValues();
        outputs.insert(outputs.end(), rest.begin(), rest.end());
        // The carried state is rounded to fp32 once.
        QVERIFY(relativeError(outputs, whole.outputValues()) < 1e-7);
        QVERIFY(relativeError(second.finalState, whole.finalState) < 1e-7);
    }
}

void TestDeltaRecurrent::groupedHeadsEqualRepeatedHeads()
{
    DeltaSizes sizes;
    sizes.keyHeads = 2;
    sizes.valueHeads = 6;
    sizes.keyDims = 17;
    sizes.valueDims = 9;
    DeltaCase grouped = makeDeltaCase(sizes);
    DeltaCase repeated = grouped;
    repeated.sizes.keyHeads = sizes.valueHeads;
    const std::size_t headBytes = static_cast<std::size_t>(sizes.keyDims) * sizeof(float);
    const auto repeat = [&](const std::vector<std::uint8_t>& from) {
        std::vector<std::uint8_t> to;
        for (auto head = from.begin(); head != from.end(); head += static_cast<std::ptrdiff_t>(headBytes)) {
            for (int copy = 0; copy < sizes.valueHeads / sizes.keyHeads; ++copy) {
                to.insert(to.end(), head, head + static_cast<std::ptrdiff_t>(headBytes));
            }
        }
        return to;
    };
    repeated.queries = repeat(grouped.queries);
    repeated.keys = repeat(grouped.keys);
    QCOMPARE(deltaRecurrentReference(grouped.params()), KernelStatus::Ok);
    QCOMPARE(deltaRecurrentReference(repeated.params()), KernelStatus::Ok);
    QCOMPARE(repeated.outputs, grouped.outputs);
    QCOMPARE(repeated.finalState, grouped.finalState);
}

void TestDeltaRecurrent::betaZeroOnlyDecays()
{
    DeltaSizes sizes;
    sizes.tokens = 7;
    DeltaCase c = makeDeltaCase(sizes);
    std::fill(c.beta.begin(), c.beta.end(), 0.0F);
    QCOMPARE(deltaRecurrentReference(c.params()), KernelStatus::Ok);
    double logDecay = 0.0;
    for (const float g : c.logDecay) {
        logDecay += static_cast<double>(g);
    }
    for (std::size_t i = 0; i < c.finalState.size(); ++i) {
        const auto expected = static_cast<float>(static_cast<double>(c.initialState[i]) * std::exp(logDecay));
        QVERIFY(std::abs(c.finalState[i] - expected) <= 1e-6F * std::abs(expected));
    }
}

void TestDeltaRecurrent::betaOneStoresTheValue()
{
    // After a step with beta = 1 and a unit key, reading with that key gives the value back.
    DeltaSizes sizes;
    sizes.tokens = 1;
    sizes.beta = Beta::One;
    DeltaCase c = makeDeltaCase(sizes);
    c.queries = c.keys;
    DeltaRecurrentParams params = c.params();
    params.scale = 1.0F;
    QCOMPARE(deltaRecurrentReference(params), KernelStatus::Ok);
    QVERIFY(relativeError(c.outputValues(), elementValues(c.values, sizes.element)) < 1e-6);
}

void TestDeltaRecurrent::capturedStatesAreThoseOfThePrefixes()
{
    for (const std::int64_t every : { 1, 8, 13, 65, 66 }) {
        DeltaSizes sizes;
        sizes.tokens = 65;
        sizes.keyDims = 12;
        sizes.valueDims = 10;
        sizes.valueHeads = 2;
        sizes.captureEvery = every;
        DeltaCase whole = makeDeltaCase(sizes);
        QCOMPARE(deltaRecurrentReference(whole.params()), KernelStatus::Ok);
        const std::size_t stateSize = whole.finalState.size();
        QCOMPARE(whole.capturedStates.size(), stateSize * static_cast<std::size_t>(sizes.tokens / every));
        for (std::int64_t n = 0; n < sizes.tokens / every; ++n) {
            DeltaCase prefix = slice(whole, 0, (n + 1) * every);
            prefix.capturedStates.clear();
            QCOMPARE(deltaRecurrentReference(prefix.params()), KernelStatus::Ok);
            const auto start = whole.capturedStates.begin() + n * static_cast<std::ptrdiff_t>(stateSize);
            QCOMPARE(std::vector<float>(start, start + static_cast<std::ptrdiff_t>(stateSize)),
                     prefix.finalState);
        }
    }
}

void TestDeltaRecurrent::finalStateMayReplaceTheInitialOne()
{
    DeltaCase apart = makeDeltaCase({});
    DeltaCase inPlace = apart;
    QCOMPARE(deltaRecurrentReference(apart.params()), KernelStatus::Ok);
    DeltaRecurrentParams params = inPlace.params();
    params.finalState = inPlace.initialState.data();
    QCOMPARE(deltaRecurrentReference(params), KernelStatus::Ok);
    QCOMPARE(inPlace.initialState, apart.finalState);
    QCOMPARE(inPlace.outputs, apart.outputs);
}

void TestDeltaRecurrent::sequencesOfABatchDoNotTouch()
{
    DeltaSizes sizes;
    sizes.batch = 2;
    sizes.captureEvery = 16;
    DeltaCase both = makeDeltaCase(sizes);
    QCOMPARE(deltaRecurrentReference(both.params()), KernelStatus::Ok);
    for (const std::size_t b : { std::size_t { 0 }, std::size_t { 1 } }) {
        DeltaCase one = both;
        one.sizes.batch = 1;
        const auto half = [b](auto& items) {
            const auto length = static_cast<std::ptrdiff_t>(items.size() / 2);
            items = { items.begin() + static_cast<std::ptrdiff_t>(b) * length,
                      items.begin() + static_cast<std::ptrdiff_t>(b + 1) * length };
        };
        for (auto* bytes : { &one.queries, &one.keys, &one.values, &one.outputs }) {
            half(*bytes);
        }
        for (auto* floats :
             { &one.logDecay, &one.beta, &one.initialState, &one.finalState, &one.capturedStates }) {
            half(*floats);
        }
        const DeltaCase expected = one;
        one.poisonResults();
        QCOMPARE(deltaRecurrentReference(one.params()), KernelStatus::Ok);
        QCOMPARE(one.outputs, expected.outputs);
        QCOMPARE(one.finalState, expected.finalState);
        QCOMPARE(one.capturedStates, expected.capturedStates);
    }
}

void TestDeltaRecurrent::refusesWhatTheContractExcludes_data()
{
    QTest::addColumn<int>("defect");
    int defect = 0;
    for (const char* name :
         { "no batch", "negative tokens", "no key head", "no value head", "heads do not divide",
           "no key dims", "513 key dims", "no value dims", "no queries", "no outputs", "capture every 0" }) {
        QTest::newRow(name) << defect++;
    }
}

void TestDeltaRecurrent::refusesWhatTheContractExcludes()
{
    QFETCH(int, defect);
    DeltaSizes sizes;
    sizes.captureEvery = 5;
    sizes.keyHeads = 2;
    sizes.valueHeads = 4;
    DeltaCase c = makeDeltaCase(sizes);
    DeltaRecurrentParams p = c.params();
    switch (defect) {
    case 0:
        p.batch = 0;
        break;
    case 1:
        p.tokens = -1;
        break;
    case 2:
        p.keyHeads = 0;
        break;
    case 3:
        p.valueHeads = 0;
        break;
    case 4:
        p.valueHeads = 3;
        break;
    case 5:
        p.keyDims = 0;
        break;
    case 6:
        p.keyDims = 513;
        break;
    case 7:
        p.valueDims = 0;
        break;
    case 8:
        p.queries = nullptr;
        break;
    case 9:
        p.outputs = nullptr;
        break;
    default:
        p.captureEvery = 0;
        break;
    }
    const DeltaCase before = c;
    QCOMPARE(deltaRecurrentReference(p), KernelStatus::InvalidArgument);
    QCOMPARE(c.outputs, before.outputs);
    QVERIFY(std::isnan(c.finalState.front()));
}

QTEST_GUILESS_MAIN(TestDeltaRecurrent)
#include "tst_delta_recurrent.moc"
