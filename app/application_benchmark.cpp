// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/application_benchmark.h"

#include "app/application_benchmark_summary.h"
#include "core/base/narrow.h"
#include "core/base/process_memory.h"
#include "ui/document/open_defaults.h"
#include "ui/document/resources.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job_list_model.h"
#include "ui/jobs/stall_watchdog.h"
#include "ui/session/window_session.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QUndoStack>

#include <algorithm>
#include <cstdio>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kLongMs = 30 * 60'000;
constexpr int kDragMs = 3000;
constexpr int kDragStepMs = 16;
constexpr double kSwitchSeconds = 20.0; ///< a baseline that takes longer on the CPU is not waited for there

double rounded(double value)
{
    return std::round(value * 100.0) / 100.0;
}

QJsonObject summary(std::vector<double> values)
{
    std::ranges::sort(values);
    if (values.empty()) {
        return {};
    }
    return { { u"median"_s, rounded(values[values.size() / 2]) },
             { u"max"_s, rounded(values.back()) },
             { u"count"_s, static_cast<int>(values.size()) } };
}

QJsonObject times(const StallWatchdog::Times& times)
{
    return { { u"wall_ms"_s, rounded(times.wallMs) },
             { u"own_ms"_s, rounded(times.ownMs()) },
             { u"cpu_ms"_s, rounded(times.cpuMs) },
             { u"waiting_for_a_core_ms"_s, rounded(times.queuedMs) } };
}

QJsonObject stalls(const StallWatchdog& watchdog)
{
    QJsonObject longest = times(watchdog.longest().times);
    longest[u"what"_s] = watchdog.longest().what;
    QJsonArray parts;
    for (const StallWatchdog::Part& part : watchdog.longest().parts) {
        parts.append(QJsonObject {
            { u"what"_s, part.what }, { u"count"_s, part.count }, { u"cpu_ms"_s, rounded(part.cpuMs) } });
    }
    longest[u"parts"_s] = parts;
    QJsonArray handlers;
    for (const StallWatchdog::Handler& handler : watchdog.slowHandlers()) {
        QJsonObject entry = times(handler.longest);
        entry[u"what"_s] = handler.what;
        entry[u"count"_s] = handler.count;
        entry[u"self_ms"_s] = rounded(handler.longestSelfMs);
        handlers.append(entry);
    }
    return { { u"longest"_s, longest },
             { u"over_50_ms"_s, watchdog.stallCount() },
             { u"handlers_over_8_ms"_s, handlers } };
}

QJsonObject memory(const Device& device)
{
    const ProcessMemory host = processMemory();
    QJsonObject object { { u"resident_bytes"_s, static_cast<qint64>(host.residentBytes) },
                         { u"private_bytes"_s, static_cast<qint64>(host.privateBytes) },
                         { u"mapped_bytes"_s, static_cast<qint64>(host.mappedBytes) },
                         { u"peak_resident_bytes"_s, static_cast<qint64>(host.peakResidentBytes) } };
    if (device.kind == DeviceKind::Cuda) {
        const DeviceMemory gpu = deviceMemory(device);
        object[u"device_in_use_bytes"_s] = static_cast<qint64>(gpu.usedBytes);
        object[u"device_tensors_bytes"_s] = static_cast<qint64>(gpu.oursBytes);
        object[u"device_tensors_peak_bytes"_s] = static_cast<qint64>(gpu.peakOursBytes);
    }
    return object;
}

QJsonObject openingOf(const OpenTimes& times)
{
    return { { u"overview_ms"_s, rounded(times.overviewMs) },
             { u"weights_ms"_s, rounded(times.weightsMs) },
             { u"first_number_ms"_s, rounded(times.firstNumberMs) },
             { u"baseline_ms"_s, rounded(times.baselineMs) },
             { u"spectra_ms"_s, rounded(times.spectraMs) },
             { u"selection_ms"_s, rounded(times.selectorMs) } };
}

class Benchmark {
public:
    Benchmark(const WindowBenchmarkOptions& options, const WindowServices& services, MainWindow& window,
              StallWatchdog& watchdog)
        : m_options(options)
        , m_services(services)
        , m_watchdog(watchdog)
        , m_session(services, window)
    {
    }

    [[nodiscard]] QJsonObject run()
    {
        const Workbench& workbench = m_services.workbench;
        m_session.waitFor([&] { return !workbench.devices().empty(); }, kLongMs);
        if (m_options.device) {
            // A device that is not there becomes the window's own sentence.
            m_services.workbench.setDevice(*m_options.device,
                                           m_options.device->kind == DeviceKind::Cuda ? DType::BF16
                                                                                      : workbench.dtype());
        }
        m_watchdog.reset();
        put(u"open"_s, openingOf(m_session.open(m_options.folder, kLongMs)));
        put(u"open_stalls"_s, stalls(m_watchdog));
        put(u"memory_after_open"_s, memory(workbench.device()));
        if (!workbench.blockingSentence().isEmpty() || workbench.selector() == nullptr) {
            m_result[u"error"_s] = workbench.blockingSentence().isEmpty() ? workbench.selectorNote()
                                                                          : workbench.blockingSentence();
            m_failed = true;
            return m_result;
        }
        m_result[u"device"_s] = QString::fromStdString(toString(workbench.device()));
        m_result[u"dtype"_s] = QString::fromUtf8(shortName(workbench.dtype()));
        m_session.waitFor([&] { return workbench.settled(); }, kLongMs);
        put(u"edits_idle"_s, edits(0));
        m_session.setEngineBusy(true);
        m_watchdog.reset();
        put(u"edits_busy"_s, edits(m_options.repeats));
        put(u"drag"_s, drags());
        put(u"edit_stalls"_s, stalls(m_watchdog));
        m_watchdog.reset();
        put(u"session"_s, session());
        put(u"session_stalls"_s, stalls(m_watchdog));
        put(u"memory_at_end"_s, memory(workbench.device()));
        return m_result;
    }
    [[nodiscard]] bool failed() const { return m_failed; }

private:
    /// Into the result, and with --json at once as a line of standard error: a run that is cut off has not
    /// been for nothing.
    void put(const QString& key, const QJsonValue& value)
    {
        m_result[key] = value;
        if (m_options.json) {
            const QByteArray line
                = QJsonDocument(QJsonObject { { key, value } }).toJson(QJsonDocument::Compact);
            std::fprintf(stderr, "%s\n", line.constData());
        }
    }

    /// `tried`: cuts that came before, so that no number is remembered from then.
    QJsonObject edits(int tried)
    {
        const std::vector<int> layers = m_services.document.prunableLayers();
        std::vector<double> first;
        std::vector<double> last;
        std::vector<double> firstInLastThird;
        QJsonArray perLayer;
        for (const int layer : layers) {
            std::vector<double> ofLayer;
            for (int repeat = 0; repeat < m_options.repeats; ++repeat) {
                const int dims = m_services.document.spec().layers[idx(layer)].keyDims;
                const EditTimes times
                    = m_session.edit(layer, std::max(1, dims - 1 - (tried + repeat) % (dims - 1)), kLongMs);
                if (times.finalMs < 0.0) {
                    m_failed = true;
                    continue;
                }
                ofLayer.push_back(times.firstMs);
                first.push_back(times.firstMs);
                last.push_back(times.finalMs);
                if (3 * (layer + 1) > 2 * m_services.document.spec().layerCount()) {
                    firstInLastThird.push_back(times.firstMs);
                }
            }
            QJsonObject entry = summary(ofLayer);
            entry[u"layer"_s] = layer;
            perLayer.append(entry);
        }
        return { { u"first_number_ms"_s, summary(first) },
                 { u"first_number_last_third_ms"_s, summary(firstInLastThird) },
                 { u"final_number_ms"_s, summary(last) },
                 { u"first_number_per_layer_ms"_s, perLayer } };
    }

    QJsonArray drags()
    {
        QJsonArray array;
        const std::vector<int> layers = m_services.document.prunableLayers();
        for (const int layer : { layers.front(), layers.back() }) {
            const DragTimes times = m_session.drag(layer, kDragMs, kDragStepMs);
            array.append(QJsonObject { { u"layer"_s, layer },
                                       { u"edits"_s, times.edits },
                                       { u"numbers"_s, times.numbers },
                                       { u"longest_gap_ms"_s, rounded(times.longestGapMs) },
                                       { u"after_release_ms"_s, rounded(times.afterReleaseMs) } });
        }
        return array;
    }

    /// Views, themes, sizes, an export with its verification, a cancel, another model and back.
    QJsonObject session()
    {
        QJsonObject result;
        Workbench& workbench = m_services.workbench;
        m_session.lookAround();
        m_services.document.undoStack()->undo();
        m_services.document.undoStack()->redo();
        QTemporaryDir folder;
        const double exported = m_session.exportPlan(folder.filePath(u"export"_s), kLongMs);
        result[u"export_and_verify_s"_s] = rounded(exported);
        m_failed = m_failed || exported < 0.0;
        m_session.setEngineBusy(false);
        workbench.analyseAgain();
        m_session.pause(100);
        workbench.stopAll();
        m_failed = !m_session.waitFor([&] { return !m_services.jobs.anyActive(); }, 5000) || m_failed;
        if (!m_options.otherFolder.isEmpty()) {
            m_session.setEngineBusy(true);
            result[u"open_another"_s] = openingOf(m_session.open(m_options.otherFolder, kLongMs));
            m_session.sweepPointer(40);
            result[u"open_again"_s] = openingOf(m_session.open(m_options.folder, kLongMs));
        }
        if (const Device gpu = workbench.device();
            gpu.kind == DeviceKind::Cuda && secondsOnCpu() < kSwitchSeconds) {
            const DType dtype = workbench.dtype();
            m_session.setEngineBusy(true);
            result[u"switch_to_cpu_ms"_s] = rounded(switchDevice(Device {}, DType::F32));
            result[u"switch_back_ms"_s] = rounded(switchDevice(gpu, dtype));
        }
        m_session.setEngineBusy(false);
        return result;
    }

    [[nodiscard]] double secondsOnCpu() const
    {
        const Workbench& workbench = m_services.workbench;
        const TokenWindows& windows = *workbench.texts().evaluation;
        return roughSecondsOnCpu(workbench.overview()->parameters,
                                 std::int64_t { windows.count } * windows.length, engineThreads());
    }

    /// Milliseconds until the numbers of the other device are final; negative when they did not come.
    double switchDevice(const Device& device, DType dtype)
    {
        Workbench& workbench = m_services.workbench;
        QElapsedTimer clock;
        clock.start();
        workbench.setDevice(device, dtype);
        const bool final = m_session.waitFor(
            [&] { return workbench.model() != nullptr && workbench.baselineTrust() == Trust::Final; },
            kLongMs);
        m_failed = m_failed || !final || !(workbench.device() == device);
        return final ? static_cast<double>(clock.nsecsElapsed()) * 1e-6 : -1.0;
    }

    const WindowBenchmarkOptions& m_options;
    const WindowServices& m_services;
    StallWatchdog& m_watchdog;
    WindowSession m_session;
    QJsonObject m_result;
    bool m_failed = false;
};

} // namespace

int runWindowBenchmark(const WindowBenchmarkOptions& options, const WindowServices& services,
                       MainWindow& window, StallWatchdog& watchdog)
{
    Benchmark benchmark(options, services, window, watchdog);
    const QJsonObject result = benchmark.run();
    if (options.json) {
        std::printf("%s\n", QJsonDocument(result).toJson(QJsonDocument::Indented).constData());
    } else {
        std::printf("%s", qUtf8Printable(benchmarkSummary(result)));
    }
    return benchmark.failed() ? 1 : 0;
}

} // namespace rankscope
