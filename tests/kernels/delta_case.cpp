// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/kernels/delta_case.h"

#include "core/base/dtype.h"
#include "core/base/random.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace rankscope::test {

namespace {

using kernels::ElementType;

std::vector<std::uint8_t> pack(const std::vector<float>& numbers, ElementType element)
{
    std::vector<std::uint8_t> bytes;
    if (element == ElementType::F32) {
        bytes.resize(numbers.size() * sizeof(float));
        if (!numbers.empty()) {
            std::memcpy(bytes.data(), numbers.data(), bytes.size());
        }
        return bytes;
    }
    bytes.resize(numbers.size() * sizeof(std::uint16_t));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const std::uint16_t bits = bf16FromFloat(numbers[i]);
        std::memcpy(bytes.data() + i * sizeof(bits), &bits, sizeof(bits));
    }
    return bytes;
}

std::vector<float> normals(Random& random, std::int64_t count)
{
    std::vector<float> numbers(static_cast<std::size_t>(count));
    for (float& number : numbers) {
        number = static_cast<float>(random.normal());
    }
    return numbers;
}

std::vector<float> unitRows(Random& random, std::int64_t rows, int width)
{
    std::vector<float> numbers = normals(random, rows * width);
    for (std::size_t start = 0; start < numbers.size(); start += static_cast<std::size_t>(width)) {
        double square = 1e-12;
        for (std::size_t i = start; i < start + static_cast<std::size_t>(width); ++i) {
            square += static_cast<double>(numbers[i]) * static_cast<double>(numbers[i]);
        }
        for (std::size_t i = start; i < start + static_cast<std::size_t>(width); ++i) {
            numbers[i] = static_cast<float>(static_cast<double>(numbers[i]) / std::sqrt(square));
        }
    }
    return numbers;
}

std::vector<float> uniforms(Random& random, std::int64_t count, double low, double high)
{
    std::vector<float> numbers(static_cast<std::size_t>(count));
    for (float& number : numbers) {
        number = static_cast<float>(low + (high - low) * random.uniform());
    }
    return numbers;
}

const float* orNull(const std::vector<float>& numbers)
{
    return numbers.empty() ? nullptr : numbers.data();
}

template <typename T> double relative(const std::vector<T>& a, const std::vector<T>& b)
{
    if (a.size() != b.size()) {
        return std::numeric_limits<double>::infinity();
    }
    double difference = 0.0;
    double norm = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
        difference += d * d;
        norm += static_cast<double>(b[i]) * static_cast<double>(b[i]);
    }
    return difference == 0.0 ? 0.0 : std::sqrt(difference / norm);
}

} // namespace

std::string describe(const DeltaSizes& s)
{
    static const char* const decays[] = { "no decay", "mild decay", "strong decay" };
    static const char* const betas[] = { "beta 1", "beta 0..1", "beta near 2" };
    return std::string(s.element == ElementType::F32 ? "fp32" : "bf16") + " T " + std::to_string(s.tokens)
        + " B " + std::to_string(s.batch) + " H " + std::to_string(s.keyHeads) + " HV "
        + std::to_string(s.valueHeads) + " Dk " + std::to_string(s.keyDims) + " Dv "
        + std::to_string(s.valueDims) + ", " + decays[static_cast<int>(s.decay)] + ", "
        + betas[static_cast<int>(s.beta)] + (s.initialState ? ", initial state" : "")
        + (s.captureEvery > 0 ? ", capture " + std::to_string(s.captureEvery) : "") + ", seed "
        + std::to_string(s.seed);
}

DeltaCase makeDeltaCase(const DeltaSizes& sizes)
{
    Random random(sizes.seed);
    const std::int64_t rows = sizes.batch * sizes.tokens;
    const std::int64_t stateElements
        = static_cast<std::int64_t>(sizes.keyDims) * sizes.valueDims * sizes.valueHeads;
    DeltaCase made;
    made.sizes = sizes;
    made.queries = pack(unitRows(random, rows * sizes.keyHeads, sizes.keyDims), sizes.element);
    made.keys = pack(unitRows(random, rows * sizes.keyHeads, sizes.keyDims), sizes.element);
    made.values = pack(normals(random, rows * sizes.valueHeads * sizes.valueDims), sizes.element);
    if (sizes.decay != Decay::None) {
        made.logDecay
            = uniforms(random, rows * sizes.valueHeads, sizes.decay == Decay::Mild ? -0.1 : -8.0, 0.0);
    }
    if (sizes.beta != Beta::One) {
        const bool nearTwo = sizes.beta == Beta::NearTwo;
        made.beta = uniforms(random, rows * sizes.valueHeads, nearTwo ? 1.8 : 0.0, nearTwo ? 1.98 : 1.0);
    }
    if (sizes.initialState) {
        made.initialState = normals(random, sizes.batch * stateElements);
    }
    made.outputs.resize(made.values.size());
    made.finalState.resize(static_cast<std::size_t>(sizes.batch * stateElements));
    if (sizes.captureEvery > 0) {
        made.capturedStates.resize(
            static_cast<std::size_t>(sizes.batch * (sizes.tokens / sizes.captureEvery) * stateElements));
    }
    made.poisonResults();
    return made;
}

void DeltaCase::poisonResults()
{
    std::fill(outputs.begin(), outputs.end(), std::uint8_t { 0xff }); // NaN in fp32 and in bf16
    std::fill(finalState.begin(), finalState.end(), std::numeric_limits<float>::quiet_NaN());
    std::fill(capturedStates.begin(), capturedStates.end(), std::numeric_limits<float>::quiet_NaN());
}

kernels::DeltaRecurrentParams DeltaCase::params()
{
    kernels::DeltaRecurrentParams p;
    p.queries = queries.data();
    p.keys = keys.data();
    p.values = values.data();
    p.logDecay = orNull(logDecay);
    p.beta = orNull(beta);
    p.initialState = orNull(initialState);
    p.outputs = outputs.data();
    p.finalState = finalState.data();
    p.capturedStates = capturedStates.empty() ? nullptr : capturedStates.data();
    p.captureEvery = sizes.captureEvery;
    p.tokens = sizes.tokens;
    p.batch = sizes.batch;
    p.keyHeads = sizes.keyHeads;
    p.valueHeads = sizes.valueHeads;
    p.keyDims = sizes.keyDims;
    p.valueDims = sizes.valueDims;
    p.scale = static_cast<float>(1.0 / std::sqrt(sizes.keyDims));
    p.element = sizes.element;
    return p;
}

std::vector<double> DeltaCase::outputValues() const
{
    return elementValues(outputs, sizes.element);
}

std::vector<double> elementValues(const std::vector<std::uint8_t>& bytes, ElementType element)
{
    const std::size_t width = element == ElementType::F32 ? sizeof(float) : sizeof(std::uint16_t);
    std::vector<double> numbers(bytes.size() / width);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (element == ElementType::F32) {
            float number = 0.0F;
            std::memcpy(&number, bytes.data() + i * width, width);
            numbers[i] = static_cast<double>(number);
        } else {
            std::uint16_t bits = 0;
            std::memcpy(&bits, bytes.data() + i * width, width);
            numbers[i] = static_cast<double>(floatFromBf16(bits));
        }
    }
    return numbers;
}

double relativeError(const std::vector<double>& a, const std::vector<double>& b)
{
    return relative(a, b);
}
double relativeError(const std::vector<float>& a, const std::vector<float>& b)
{
    return relative(a, b);
}

} // namespace rankscope::test
