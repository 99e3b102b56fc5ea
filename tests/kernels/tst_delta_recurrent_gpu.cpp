// SPDX-License-Identifier: GPL-3.0-or-later
// K0 on the GPU, through the module as core calls it, against its CPU twin.
#include "core/base/device_torch.h"
#include "core/base/gpu_module.h"
#include "tests/kernels/delta_case.h"

#include <QTest>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <cmath>
#include <cstring>

using namespace rankscope;
using namespace rankscope::kernels;
using namespace rankscope::test;

namespace {

constexpr std::uint8_t kGuard = 0xa5;
constexpr std::int64_t kGuardBytes = 256;

/// A copy of host memory on the GPU between two guards.
class DeviceCopy {
public:
    DeviceCopy(const void* data, std::size_t bytes)
        : m_bytes(static_cast<std::int64_t>(bytes))
    {
        std::vector<std::uint8_t> host(static_cast<std::size_t>(m_bytes + 2 * kGuardBytes), kGuard);
        if (bytes > 0) {
            std::memcpy(host.data() + kGuardBytes, data, bytes);
        }
        const auto size = static_cast<std::int64_t>(host.size());
        m_tensor = at::empty({ size }, at::device(toTorch({ DeviceKind::Cuda, 0 })).dtype(at::kByte));
        m_tensor.copy_(at::from_blob(host.data(), { size }, at::kByte));
    }

    [[nodiscard]] void* data() const { return static_cast<std::uint8_t*>(m_tensor.data_ptr()) + kGuardBytes; }

    /// Copies back; false when a guard was overwritten.
    [[nodiscard]] bool fetch(void* target) const
    {
        const at::Tensor host = m_tensor.cpu();
        const auto* bytes = static_cast<const std::uint8_t*>(host.data_ptr());
        for (std::int64_t i = 0; i < kGuardBytes; ++i) {
            if (bytes[i] != kGuard || bytes[kGuardBytes + m_bytes + i] != kGuard) {
                return false;
            }
        }
        if (m_bytes > 0) {
            std::memcpy(target, bytes + kGuardBytes, static_cast<std::size_t>(m_bytes));
        }
        return true;
    }

private:
    at::Tensor m_tensor;
    std::int64_t m_bytes;
};

template <typename T> DeviceCopy upload(const std::vector<T>& items)
{
    return DeviceCopy(items.data(), items.size() * sizeof(T));
}

/// The same case with the GPU's results, or a sentence.
std::string runOnGpu(DeltaCase& c, bool stateInPlace = false)
{
    c.poisonResults();
    const DeviceCopy queries = upload(c.queries);
    const DeviceCopy keys = upload(c.keys);
    const DeviceCopy values = upload(c.values);
    const DeviceCopy logDecay = upload(c.logDecay);
    const DeviceCopy beta = upload(c.beta);
    const DeviceCopy initialState = upload(c.initialState);
    const DeviceCopy outputs = upload(c.outputs);
    const DeviceCopy finalState = upload(c.finalState);
    const DeviceCopy capturedStates = upload(c.capturedStates);
    DeltaRecurrentParams p = c.params();
    p.queries = queries.data();
    p.keys = keys.data();
    p.values = values.data();
    p.logDecay = c.logDecay.empty() ? nullptr : static_cast<const float*>(logDecay.data());
    p.beta = c.beta.empty() ? nullptr : static_cast<const float*>(beta.data());
    p.initialState = c.initialState.empty() ? nullptr : static_cast<const float*>(initialState.data());
    p.outputs = outputs.data();
    p.finalState = static_cast<float*>(stateInPlace ? initialState.data() : finalState.data());
    p.capturedStates = c.capturedStates.empty() ? nullptr : static_cast<float*>(capturedStates.data());
    const GpuModule* gpu = gpuModule();
    if (gpu->deltaRecurrent(p, 0) != KernelStatus::Ok) {
        return std::string("launch failed: ") + gpu->lastError();
    }
    if (!gpu->synchronise(0)) {
        return std::string("kernel failed: ") + gpu->lastError();
    }
    const bool intact = outputs.fetch(c.outputs.data())
        && (stateInPlace ? initialState : finalState).fetch(c.finalState.data())
        && capturedStates.fetch(c.capturedStates.data());
    return intact ? std::string() : "the kernel wrote outside its results";
}

} // namespace

class TestDeltaRecurrentGpu : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void matchesTwin_data();
    void matchesTwin();
    void longSequence_data();
    void longSequence();
    void sameBitsEachRunAndAloneOrInABatch();
    void stateInPlace();
    void refusesBadSizes();
    void deviceFigures();
};

void TestDeltaRecurrentGpu::initTestCase()
{
    const Status device = requireDevice({ DeviceKind::Cuda, 0 });
    if (device) {
        return;
    }
    const char* message = device.error().message.c_str();
    if (qEnvironmentVariable("RANKSCOPE_REQUIRE_GPU") == QStringLiteral("1")) {
        QFAIL(message);
    }
    QSKIP(message);
}

void TestDeltaRecurrentGpu::matchesTwin_data()
{
    QTest::addColumn<DeltaSizes>("sizes");
    const auto add = [](const DeltaSizes& sizes) { QTest::addRow("%s", describe(sizes).c_str()) << sizes; };
    for (const ElementType element : { ElementType::F32, ElementType::BF16 }) {
        // Every instance of the kernel, most of them with a key size that does not fill it.
        for (const int keyDims : { 1,   16,  30,  48,  63,  64,  65,  89,  100, 128, 144,
                                   160, 170, 192, 200, 224, 240, 256, 300, 384, 448, 512 }) {
            for (const int valueDims : { 1, 32, 65, 128, 512 }) {
                DeltaSizes sizes;
                sizes.keyDims = keyDims;
                sizes.valueDims = valueDims;
                sizes.element = element;
                sizes.captureEvery = 16;
                sizes.seed = static_cast<std::uint64_t>(keyDims * 1000 + valueDims);
                add(sizes);
            }
        }
        for (const Decay decay : { Decay::None, Decay::Mild, Decay::Strong }) {
            for (const Beta beta : { Beta::One, Beta::Usual, Beta::NearTwo }) {
                for (const std::int64_t tokens : { 0, 1, 65 }) {
                    DeltaSizes sizes;
                    sizes.element = element;
                    sizes.decay = decay;
                    sizes.beta = beta;
                    sizes.tokens = tokens;
                    sizes.initialState = tokens != 65;
                    sizes.captureEvery = tokens == 65 ? 13 : 0;
                    sizes.batch = 3;
                    sizes.keyHeads = 2;
                    sizes.valueHeads = 4;
                    sizes.keyDims = 72;
                    sizes.valueDims = 33;
                    sizes.seed = 77;
                    add(sizes);
                }
            }
        }
    }
}

void TestDeltaRecurrentGpu::matchesTwin()
{
    QFETCH(DeltaSizes, sizes);
    DeltaCase expected = makeDeltaCase(sizes);
    QCOMPARE(deltaRecurrentReference(expected.params()), KernelStatus::Ok);
    DeltaCase found = expected;
    const std::string problem = runOnGpu(found);
    QVERIFY2(problem.empty(), problem.c_str());
    const double outputError = relativeError(found.outputValues(), expected.outputValues());
    const double stateError = relativeError(found.finalState, expected.finalState);
    const double captureError = relativeError(found.capturedStates, expected.capturedStates);
    const QString figures = QStringLiteral("output %1, state %2, captured %3")
                                .arg(outputError)
                                .arg(stateError)
                                .arg(captureError);
    QVERIFY2(outputError <= (sizes.element == ElementType::F32 ? 2e-6 : 1e-2), qPrintable(figures));
    QVERIFY2(stateError <= 2e-6, qPrintable(figures));
    QVERIFY2(captureError <= 2e-6, qPrintable(figures));
}

void TestDeltaRecurrentGpu::longSequence_data()
{
    QTest::addColumn<DeltaSizes>("sizes");
    for (const ElementType element : { ElementType::F32, ElementType::BF16 }) {
        for (const Decay decay : { Decay::None, Decay::Mild }) {
            for (const Beta beta : { Beta::Usual, Beta::NearTwo }) {
                DeltaSizes sizes;
                sizes.element = element;
                sizes.decay = decay;
                sizes.beta = beta;
                sizes.tokens = 4096;
                sizes.keyDims = 89;
                sizes.valueDims = 64;
                sizes.captureEvery = 1024;
                QTest::addRow("%s", describe(sizes).c_str()) << sizes;
            }
        }
    }
}

void TestDeltaRecurrentGpu::longSequence()
{
    QFETCH(DeltaSizes, sizes);
    DeltaCase expected = makeDeltaCase(sizes);
    QCOMPARE(deltaRecurrentReference(expected.params()), KernelStatus::Ok);
    DeltaCase found = expected;
    const std::string problem = runOnGpu(found);
    QVERIFY2(problem.empty(), problem.c_str());
    const double outputError = relativeError(found.outputValues(), expected.outputValues());
    const double stateError = relativeError(found.finalState, expected.finalState);
    const double captureError = relativeError(found.capturedStates, expected.capturedStates);
    qInfo("output %.2e, state %.2e, captured %.2e", outputError, stateError, captureError);
    QVERIFY(outputError <= (sizes.element == ElementType::F32 ? 2e-6 : 1e-2));
    QVERIFY(stateError <= 2e-6);
    QVERIFY(captureError <= 2e-6);
}

void TestDeltaRecurrentGpu::sameBitsEachRunAndAloneOrInABatch()
{
    DeltaSizes sizes;
    sizes.batch = 3;
    sizes.tokens = 300;
    sizes.keyHeads = 2;
    sizes.valueHeads = 4;
    sizes.keyDims = 89;
    sizes.valueDims = 70;
    sizes.captureEvery = 50;
    DeltaCase first = makeDeltaCase(sizes);
    DeltaCase second = first;
    QCOMPARE(runOnGpu(first), std::string());
    QCOMPARE(runOnGpu(second), std::string());
    QCOMPARE(second.outputs, first.outputs);
    QCOMPARE(second.finalState, first.finalState);
    QCOMPARE(second.capturedStates, first.capturedStates);

    DeltaCase alone = first;
    alone.sizes.batch = 1;
    const auto keepLast = [](auto& items) {
        items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(items.size() / 3 * 2));
    };
    for (auto* bytes : { &alone.queries, &alone.keys, &alone.values, &alone.outputs }) {
        keepLast(*bytes);
    }
    for (auto* floats :
         { &alone.logDecay, &alone.beta, &alone.initialState, &alone.finalState, &alone.capturedStates }) {
        keepLast(*floats);
    }
    const DeltaCase expected = alone;
    QCOMPARE(runOnGpu(alone), std::string());
    QCOMPARE(alone.outputs, expected.outputs);
    QCOMPARE(alone.finalState, expected.finalState);
    QCOMPARE(alone.capturedStates, expected.capturedStates);
}

void TestDeltaRecurrentGpu::stateInPlace()
{
    DeltaSizes sizes;
    sizes.valueDims = 67;
    DeltaCase apart = makeDeltaCase(sizes);
    DeltaCase inPlace = apart;
    QCOMPARE(runOnGpu(apart), std::string());
    QCOMPARE(runOnGpu(inPlace, /*stateInPlace=*/true), std::string());
    QCOMPARE(inPlace.outputs, apart.outputs);
    QCOMPARE(inPlace.finalState, apart.finalState);
}

void TestDeltaRecurrentGpu::refusesBadSizes()
{
    DeltaCase c = makeDeltaCase({});
    DeltaRecurrentParams p = c.params(); // host pointers: a launch would fault
    p.keyDims = 513;
    QCOMPARE(gpuModule()->deltaRecurrent(p, 0), KernelStatus::InvalidArgument);
    p = c.params();
    p.valueHeads = 0;
    QCOMPARE(gpuModule()->deltaRecurrent(p, 0), KernelStatus::InvalidArgument);
    QVERIFY(gpuModule()->synchronise(0));
    QVERIFY(gpuModule()->deltaRecurrent(c.params(), 99) != KernelStatus::Ok);
    QVERIFY(std::strlen(gpuModule()->lastError()) > 0);
}

void TestDeltaRecurrentGpu::deviceFigures()
{
    const std::vector<DeviceInfo> devices = listDevices();
    QVERIFY(devices.size() >= 2);
    QVERIFY(devices[1].device == (Device { DeviceKind::Cuda, 0 }));
    QVERIFY(!devices[1].name.empty());
    QVERIFY(devices[1].freeBytes > 0 && devices[1].freeBytes <= devices[1].totalBytes);
    QVERIFY(!requireDevice({ DeviceKind::Cuda, 100 }));

    const GpuModule* gpu = gpuModule();
    QVERIFY(gpu->resetPeakMemory(0));
    GpuMemory before;
    QVERIFY(gpu->memory(0, &before));
    constexpr std::int64_t kBytes = 64 << 20;
    at::Tensor block = at::empty({ kBytes }, at::device(toTorch({ DeviceKind::Cuda, 0 })).dtype(at::kByte));
    GpuMemory during;
    QVERIFY(gpu->memory(0, &during));
    QCOMPARE(during.allocatedBytes - before.allocatedBytes, kBytes);
    block.reset();
    GpuMemory after;
    QVERIFY(gpu->memory(0, &after));
    QCOMPARE(after.allocatedBytes, before.allocatedBytes);
    QVERIFY(after.peakAllocatedBytes >= before.allocatedBytes + kBytes);
    QVERIFY(gpu->releaseCachedMemory());
}

QTEST_GUILESS_MAIN(TestDeltaRecurrentGpu)
#include "tst_delta_recurrent_gpu.moc"
