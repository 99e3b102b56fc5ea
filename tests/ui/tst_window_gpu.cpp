// SPDX-License-Identifier: GPL-3.0-or-later
// The window on a GPU: the same numbers as on the CPU, another device at run time, and memory that runs out.
#include "tests/support/gpu_shortage.h"
#include "tests/ui/window_bench.h"
#include "ui/session/window_session.h"
#include "ui/theme/flat_style.h"
#include "ui/widgets/message_bar.h"

#include <QApplication>
#include <QTest>

#include <cmath>

using namespace rankscope;
using namespace Qt::StringLiterals;

namespace {

using test::kEngineMs;
constexpr Device kGpu { DeviceKind::Cuda, 0 };
const Workbench::Options kSmall { 8, 4, 256, 2, 64 };

struct Bench : test::WindowBench {
    WindowSession session { window.services(), window };

    Bench()
        : WindowBench({}, {}, kSmall)
    {
        window.show();
    }

    bool finalNumbers()
    {
        return session.waitFor(
            [&] {
                return workbench.settled() && workbench.model() != nullptr
                    && workbench.baselineTrust() == Trust::Final && workbench.candidateTrust() == Trust::Final
                    && workbench.selector() != nullptr;
            },
            kEngineMs);
    }
    bool opened(const Device& device, DType dtype)
    {
        workbench.setDevice(device, dtype == DType::F32 ? DType::BF16 : DType::F32); // a choice is a change
        workbench.setDevice(device, dtype);
        session.open(QString::fromStdU16String(test::demoDir().u16string()), kEngineMs);
        document.setKept({ 1, 4 }, 24, document.newGesture());
        return finalNumbers();
    }
};

bool closeTo(double value, double expected, double tolerance)
{
    const double off = std::abs(value / expected - 1.0);
    if (!(off < tolerance)) {
        qWarning("%.8g instead of %.8g: off by %.3g", value, expected, off);
    }
    return off < tolerance;
}

} // namespace

class TestWindowGpu : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        const QByteArray resources = QByteArray::fromStdString((test::sourceDir() / "resources").string());
        qputenv("RANKSCOPE_RESOURCE_DIR", resources);
        const Status there = requireDevice(kGpu);
        if (!there && qEnvironmentVariable("RANKSCOPE_REQUIRE_GPU") != u"1"_s) {
            QSKIP(there.error().message.c_str());
        }
        QVERIFY2(there.has_value(), there ? "" : there.error().message.c_str());
    }

    void switchesTheDeviceAtRunTime()
    {
        Bench bench;
        QVERIFY(bench.opened(kGpu, DType::F32));
        QVERIFY(bench.workbench.device() == kGpu && bench.workbench.model()->dtype() == DType::F32);
        const PruningPlan plan = bench.document.plan();
        const double dense = bench.workbench.baseline()->perplexity();
        const double pruned = bench.workbench.candidate()->perplexity();
        const auto selected = bench.workbench.realisedPlan()->layers;

        bench.workbench.setDevice(Device {}, DType::F32);
        QVERIFY(bench.workbench.baselineTrust() != Trust::Final); // stays visible, marked
        QVERIFY(bench.finalNumbers());
        QVERIFY(bench.document.plan() == plan);
        QVERIFY(closeTo(bench.workbench.baseline()->perplexity(), dense, 1e-4));
        QVERIFY(closeTo(bench.workbench.candidate()->perplexity(), pruned, 1e-4));
        QVERIFY(bench.workbench.realisedPlan()->layers == selected);

        bench.workbench.setDevice(kGpu, DType::BF16);
        QVERIFY(bench.finalNumbers());
        QVERIFY(closeTo(bench.workbench.baseline()->perplexity(), dense, 5e-3));
        QVERIFY(bench.document.plan() == plan);
        QVERIFY(!bench.window.messageBar()->isShowing());
        QVERIFY(deviceMemory(kGpu).peakOursBytes > 0);
    }

    /// While the model is there: evaluation and analysis fail with a sentence, and go on once there is room.
    void memoryThatRunsOutInAnEvaluation()
    {
        Bench bench;
        QVERIFY(bench.opened(kGpu, DType::F32));
        const double dense = bench.workbench.baseline()->perplexity();
        {
            const test::GpuShortage shortage;
            bench.workbench.evaluateAgain();
            QVERIFY(bench.session.waitFor([&] { return bench.window.messageBar()->isShowing(); }, kEngineMs));
            const QString sentence = bench.window.messageBar()->currentText();
            QVERIFY2(sentence.contains(u"memory"_s) && sentence.contains(u"fewer or shorter windows"_s),
                     qPrintable(sentence));
            QVERIFY(bench.session.waitFor([&] { return !bench.jobs.anyActive(); }, kEngineMs));
        }
        bench.workbench.evaluateAgain();
        QVERIFY(bench.finalNumbers());
        QVERIFY(closeTo(bench.workbench.baseline()->perplexity(), dense, 1e-6));
    }

    void memoryThatRunsOutInLoading()
    {
        Bench bench;
        QVERIFY(bench.opened(Device {}, DType::F32));
        const double dense = bench.workbench.baseline()->perplexity();
        {
            const test::GpuShortage shortage;
            bench.workbench.setDevice(kGpu, DType::F32);
            QVERIFY(bench.session.waitFor([&] { return bench.window.messageBar()->isShowing(); }, kEngineMs));
            QVERIFY2(bench.window.messageBar()->currentText().contains(u"memory"_s),
                     qPrintable(bench.window.messageBar()->currentText()));
            QVERIFY(bench.session.waitFor([&] { return !bench.jobs.anyActive(); }, kEngineMs));
            // The way out that the sentence names.
            bench.workbench.setDevice(Device {}, DType::F32);
            QVERIFY(bench.finalNumbers());
        }
        bench.workbench.setDevice(kGpu, DType::F32);
        QVERIFY(bench.finalNumbers());
        QVERIFY(closeTo(bench.workbench.baseline()->perplexity(), dense, 1e-4));
    }
};

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    QApplication::setStyle(new FlatStyle);
    TestWindowGpu test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_window_gpu.moc"
