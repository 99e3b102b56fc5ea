// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/process_memory.h"
#include "core/base/random.h"
#include "core/exporting/export_checkpoint.h"
#include "core/io/checkpoint_reader.h"
#include "core/io/json.h"
#include "core/io/output_file.h"
#include "tests/support/paths.h"
#include "tests/support/tiny_model.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <nlohmann/json.hpp>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <numeric>
#include <thread>

using namespace rankscope;
namespace fs = std::filesystem;

namespace {

PruningPlan randomPlan(const ModelSpec& spec, std::uint64_t seed, bool uniform)
{
    Random random(seed);
    PruningPlan plan = keepAllPlan(spec);
    for (std::size_t i = 0; i < plan.layers.size(); ++i) {
        LayerPlan& layer = plan.layers[i];
        if (layer.keyDims == 0) {
            continue;
        }
        layer.keptKeyDims = uniform
            ? std::max(1, layer.keyDims / 2)
            : 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(layer.keyDims)));
        for (auto& head : layer.kept) {
            head.resize(static_cast<std::size_t>(layer.keyDims));
            std::iota(head.begin(), head.end(), 0);
            random.shuffle(head);
            head.resize(static_cast<std::size_t>(layer.keptKeyDims));
            std::ranges::sort(head);
        }
    }
    return plan;
}

/// Names in a folder, hidden ones included.
QStringList contents(const fs::path& folder)
{
    QStringList names;
    for (const auto& entry : fs::directory_iterator(folder)) {
        names << QString::fromStdString(entry.path().filename().string());
    }
    names.sort();
    return names;
}

bool isKeyTensor(const std::string& name)
{
    return name.ends_with("q_proj.weight") || name.ends_with("k_proj.weight")
        || name.ends_with("q_conv1d.weight") || name.ends_with("k_conv1d.weight");
}

int layerOf(const std::string& name)
{
    return std::atoi(name.c_str() + std::strlen("model.layers."));
}

fs::path path(const QTemporaryDir& folder)
{
    return folder.path().toStdString();
}

/// A model of about 12 MB: large enough to be interrupted in the middle.
CheckpointOverview largerModel(const fs::path& folder)
{
    test::TinyModelOptions options;
    options.hiddenSize = 256;
    options.intermediateSize = 1024;
    options.vocabularySize = 2000;
    options.layers = 3;
    options.keyDims = 32;
    options.valueDims = 32;
    test::writeRandomCheckpoint(folder, options);
    return inspectCheckpoint(folder).value();
}

} // namespace

class TestExportCheckpoint : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tensors_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<int>("mode");
        for (const auto& entry : fs::directory_iterator(test::fixturesDir() / "models")) {
            if (!fs::exists(entry.path() / "config.json")) {
                continue;
            }
            const QString folder = QString::fromStdString(entry.path().string());
            for (const ExportMode mode :
                 { ExportMode::Uniform, ExportMode::PerLayer, ExportMode::ZeroFilled }) {
                const std::string name = entry.path().filename().string();
                const bool uniformOfPruned = name.starts_with("pruned_") && mode == ExportMode::Uniform;
                const bool notVanishing = name == "delta_net_sum_elu" && mode == ExportMode::ZeroFilled;
                if (!uniformOfPruned && !notVanishing) {
                    QTest::addRow("%s %s", name.c_str(), exportModeName(mode)) << folder << int(mode);
                }
            }
        }
    }

    /// Sliced rows are the kept rows, byte for byte; every other tensor is untouched.
    void tensors()
    {
        QFETCH(QString, folder);
        QFETCH(int, mode);
        const auto overview = inspectCheckpoint(folder.toStdString());
        QVERIFY(overview.has_value());
        QTemporaryDir temporary;
        ExportOptions options;
        options.mode = static_cast<ExportMode>(mode);
        options.target = path(temporary) / "out";
        const PruningPlan plan = randomPlan(overview->spec, 3, options.mode == ExportMode::Uniform);
        JobContext job;
        const auto report = exportCheckpoint(*overview, plan, options, job);
        QVERIFY2(report.has_value(), report ? "" : report.error().message.c_str());
        QCOMPARE(contents(path(temporary)), QStringList { QStringLiteral("out") });

        const auto before = CheckpointReader::open(folder.toStdString()).value();
        const auto after = CheckpointReader::open(options.target).value();
        QCOMPARE(after->entries().size(), before->entries().size());
        for (const TensorEntry& entry : before->entries()) {
            const TensorEntry* written = after->find(entry.name);
            QVERIFY2(written != nullptr, entry.name.c_str());
            QCOMPARE(written->dtype, entry.dtype);
            const auto source = before->bytes(entry);
            const auto target = after->bytes(*written);
            const bool sliced = isKeyTensor(entry.name)
                && plan.layers[static_cast<std::size_t>(layerOf(entry.name))].keyDims > 0;
            if (!sliced) {
                QCOMPARE(written->shape, entry.shape);
                QVERIFY2(std::ranges::equal(source, target), entry.name.c_str());
                continue;
            }
            const LayerPlan& layer = plan.layers[static_cast<std::size_t>(layerOf(entry.name))];
            const std::size_t rowBytes = source.size() / static_cast<std::size_t>(entry.shape[0]);
            std::vector<std::byte> expected;
            for (std::size_t head = 0; head < layer.kept.size(); ++head) {
                for (int channel = 0; channel < layer.keyDims; ++channel) {
                    const auto row = source.subspan(
                        (head * static_cast<std::size_t>(layer.keyDims) + static_cast<std::size_t>(channel))
                            * rowBytes,
                        rowBytes);
                    const bool kept = std::ranges::binary_search(layer.kept[head], channel);
                    if (options.mode == ExportMode::ZeroFilled) {
                        const bool cleared = !kept && entry.name.find("_proj") != std::string::npos;
                        expected.insert(expected.end(), rowBytes, std::byte { 0 });
                        if (!cleared) {
                            std::ranges::copy(row, expected.end() - static_cast<std::ptrdiff_t>(rowBytes));
                        }
                    } else if (kept) {
                        expected.insert(expected.end(), row.begin(), row.end());
                    }
                }
            }
            QVERIFY2(std::ranges::equal(expected, target), entry.name.c_str());
        }
    }

    void unevenPlanNeedsPerLayer()
    {
        const auto overview = inspectCheckpoint(test::demoDir());
        PruningPlan plan = randomPlan(overview->spec, 3, true);
        plan.layers[2].keptKeyDims = 5;
        for (auto& head : plan.layers[2].kept) {
            head.resize(5);
        }
        QTemporaryDir temporary;
        ExportOptions options;
        options.target = path(temporary) / "out";
        const auto preview = previewExport(*overview, plan, options);
        QVERIFY(preview.has_value());
        QVERIFY(preview->blocked.has_value());
        QVERIFY(preview->blocked->message.find("per") != std::string::npos);
        JobContext job;
        QVERIFY(!exportCheckpoint(*overview, plan, options, job).has_value());
        QVERIFY(contents(path(temporary)).isEmpty());
    }

    void companionsAreCopiedAndPicklesAreNot()
    {
        QTemporaryDir temporary;
        const fs::path source = path(temporary) / "source";
        fs::copy(test::demoDir(), source);
        std::ofstream(source / "notes.txt") << "kept";
        std::ofstream(source / "pytorch_model.bin") << "never";
        const auto overview = inspectCheckpoint(source);
        ExportOptions options;
        options.target = path(temporary) / "out";
        JobContext job;
        const auto report = exportCheckpoint(*overview, randomPlan(overview->spec, 1, true), options, job);
        QVERIFY2(report.has_value(), report ? "" : report.error().message.c_str());
        QVERIFY(fs::exists(options.target / "tokenizer.json"));
        QVERIFY(fs::exists(options.target / "notes.txt"));
        QVERIFY(!fs::exists(options.target / "pytorch_model.bin"));
        const auto config = readJsonFile(options.target / "config.json");
        QVERIFY(config.has_value());
        QCOMPARE((*config)["head_dim"].get<int>(), 32);
        QCOMPARE((*config)["expand_v"].get<double>(), 2.0);
        QCOMPARE((*config)["model_type"].get<std::string>(), std::string("gated_deltanet"));
        QVERIFY(fs::exists(options.target / "rankscope-recipe.json"));
    }

    void shardsAboveTheLimit()
    {
        const auto overview = inspectCheckpoint(test::demoDir());
        QTemporaryDir temporary;
        ExportOptions options;
        options.target = path(temporary) / "out";
        options.shardBytes = 3'000'000;
        JobContext job;
        QVERIFY(exportCheckpoint(*overview, randomPlan(overview->spec, 1, true), options, job).has_value());
        QVERIFY(fs::exists(options.target / "model.safetensors.index.json"));
        const auto written = inspectCheckpoint(options.target);
        QVERIFY(written.has_value() && written->loadable());
        QVERIFY(written->weightFiles.size() >= 3);
    }

    void existingTargetNeedsConsent()
    {
        const auto overview = inspectCheckpoint(test::demoDir());
        const PruningPlan plan = randomPlan(overview->spec, 1, true);
        QTemporaryDir temporary;
        ExportOptions options;
        options.target = path(temporary) / "out";
        fs::create_directory(options.target);
        std::ofstream(options.target / "precious.txt") << "mine";
        JobContext job;
        const auto refused = exportCheckpoint(*overview, plan, options, job);
        QVERIFY(!refused.has_value());
        QCOMPARE(refused.error().code, ErrorCode::AlreadyExists);
        QVERIFY(fs::exists(options.target / "precious.txt"));
        // Consent replaces checkpoints, not folders that hold something else.
        options.replaceExisting = true;
        const auto foreign = exportCheckpoint(*overview, plan, options, job);
        QVERIFY(!foreign.has_value());
        QVERIFY(fs::exists(options.target / "precious.txt"));
        std::ofstream(options.target / "config.json") << "{}";
        QVERIFY(exportCheckpoint(*overview, plan, options, job).has_value());
        QVERIFY(!fs::exists(options.target / "precious.txt"));
        QCOMPARE(contents(path(temporary)), QStringList { QStringLiteral("out") });
    }

    /// Stopped at any moment, nothing is left and an older folder stays as it was.
    void cancelLeavesNothing()
    {
        QTemporaryDir temporary;
        const CheckpointOverview overview = largerModel(path(temporary) / "source");
        const PruningPlan plan = randomPlan(overview.spec, 1, true);
        ExportOptions options;
        options.target = path(temporary) / "out";
        int cancelled = 0;
        for (int attempt = 0; attempt < 12; ++attempt) {
            std::stop_source source;
            JobContext job(source.get_token());
            std::jthread watcher([&](const std::stop_token& ended) {
                const std::int64_t share = attempt;
                while (!ended.stop_requested()
                       && (job.progress().total() == 0
                           || job.progress().done() * 12 < job.progress().total() * share)) {
                    std::this_thread::yield();
                }
                source.request_stop();
            });
            const auto report = exportCheckpoint(overview, plan, options, job);
            watcher.request_stop();
            watcher.join();
            if (report.has_value()) {
                fs::remove_all(options.target);
                continue;
            }
            QCOMPARE(report.error().code, ErrorCode::Cancelled);
            QCOMPARE(contents(path(temporary)), QStringList { QStringLiteral("source") });
            ++cancelled;
        }
        QVERIFY(cancelled > 0);
    }

    /// The weights pass through, whatever their size; those of the source that were read do not stay.
    void memoryDoesNotGrowWithTheModel()
    {
        QTemporaryDir temporary;
        test::TinyModelOptions large;
        large.hiddenSize = 1024;
        large.intermediateSize = 4096;
        large.vocabularySize = 16000;
        large.layers = 2;
        large.heads = 8;
        large.keyDims = 128;
        large.valueDims = 128;
        test::writeRandomCheckpoint(path(temporary) / "source", large);
        const CheckpointOverview overview = inspectCheckpoint(path(temporary) / "source").value();
        QVERIFY(overview.weightBytes > 250'000'000);
        for (const ExportMode mode : { ExportMode::Uniform, ExportMode::ZeroFilled }) {
            ExportOptions options;
            options.mode = mode;
            options.target = path(temporary) / exportModeName(mode);
            const std::int64_t before = processMemory().residentBytes;
            std::int64_t most = before;
            JobContext job({}, [&most] { most = std::max(most, processMemory().residentBytes); });
            QVERIFY(exportCheckpoint(overview, randomPlan(overview.spec, 1, true), options, job).has_value());
            QVERIFY2(most - before < 40'000'000, std::to_string(most - before).c_str());
        }
    }

    /// Waiting for the disk at the end of a large file is not one long call.
    void theLastFlushCanBeStopped()
    {
        QTemporaryDir temporary;
        const std::vector<std::byte> bytes(std::size_t { 24 } << 20U, std::byte { 7 });
        for (const bool stops : { false, true }) {
            std::stop_source source;
            int polls = -1000; // those of writing do not count
            JobContext job(source.get_token(), [&] {
                if (++polls == 4 && stops) {
                    source.request_stop();
                }
            });
            const fs::path file = path(temporary) / (stops ? "stopped" : "whole");
            auto output = OutputFile::create(file, job);
            QVERIFY(output.has_value() && (*output)->write(bytes).has_value());
            polls = 0;
            const Status finished = (*output)->finish();
            QCOMPARE(finished.has_value(), !stops);
            QVERIFY2(polls >= 4, std::to_string(polls).c_str());
            QVERIFY(stops || fs::file_size(file) == bytes.size());
        }
    }

    /// The names of an export that was stopped are gone at once; what frees the blocks of large files ends,
    /// too.
    void largeFilesOfAStoppedExportAreFreed()
    {
        QTemporaryDir temporary;
        test::TinyModelOptions large;
        large.hiddenSize = 1024;
        large.intermediateSize = 4096;
        large.vocabularySize = 16000;
        test::writeRandomCheckpoint(path(temporary) / "source", large);
        const CheckpointOverview overview = inspectCheckpoint(path(temporary) / "source").value();
        ExportOptions options;
        options.target = path(temporary) / "out";
        std::stop_source source;
        const JobContext* running = nullptr;
        JobContext job(source.get_token(), [&] {
            if (running != nullptr && running->progress().done() > 150'000'000) {
                source.request_stop();
            }
        });
        running = &job;
        const auto stopped = exportCheckpoint(overview, randomPlan(overview.spec, 1, true), options, job);
        QVERIFY(!stopped && stopped.error().code == ErrorCode::Cancelled);
        QCOMPARE(contents(path(temporary)), QStringList { QStringLiteral("source") });
        QTRY_VERIFY(std::ranges::none_of(fs::directory_iterator("/proc/self/fd"), [](const auto& descriptor) {
            std::error_code gone;
            return fs::read_symlink(descriptor.path(), gone).string().find(".out.rankscope-")
                != std::string::npos;
        }));
    }

    void killedExportIsCleanedUp()
    {
        QTemporaryDir temporary;
        const CheckpointOverview overview = largerModel(path(temporary) / "source");
        const PruningPlan plan = randomPlan(overview.spec, 1, true);
        ExportOptions options;
        options.target = path(temporary) / "out";
        int interrupted = 0;
        for (int attempt = 0; attempt < 8; ++attempt) {
            const pid_t child = ::fork();
            if (child == 0) {
                JobContext job;
                const bool done = exportCheckpoint(overview, plan, options, job).has_value();
                ::_exit(done ? 0 : 1);
            }
            std::this_thread::sleep_for(std::chrono::microseconds(2500 * attempt));
            ::kill(child, SIGKILL);
            int status = 0;
            ::waitpid(child, &status, 0);
            // Whole or not there at all.
            if (fs::exists(options.target)) {
                const auto written = inspectCheckpoint(options.target);
                QVERIFY(written.has_value() && written->loadable());
                fs::remove_all(options.target);
            } else {
                interrupted += contents(path(temporary)).size() > 1 ? 1 : 0;
            }
        }
        QVERIFY2(interrupted > 0, "no export was killed in the middle");
        JobContext job;
        const auto report = exportCheckpoint(overview, plan, options, job);
        QVERIFY2(report.has_value(), report ? "" : report.error().message.c_str());
        QCOMPARE(contents(path(temporary)),
                 (QStringList { QStringLiteral("out"), QStringLiteral("source") }));
    }

    void fullDisk()
    {
        QTemporaryDir temporary;
        const fs::path disk = path(temporary) / "disk";
        fs::create_directory(disk);
        if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
            QSKIP("A small file system cannot be mounted here (no root).");
        }
        const auto overview = inspectCheckpoint(test::demoDir());
        ExportOptions options;
        options.target = disk / "out";
        JobContext job;
        const auto report = exportCheckpoint(*overview, randomPlan(overview->spec, 1, true), options, job);
        const QStringList left = contents(disk);
        ::umount(disk.c_str());
        QVERIFY(!report.has_value());
        QCOMPARE(report.error().code, ErrorCode::DiskFull);
        QVERIFY(left.isEmpty());
    }

    void zeroFilledIsRefusedWhereChannelsDoNotVanish()
    {
        const auto overview = inspectCheckpoint(test::fixturesDir() / "models" / "delta_net_sum_elu");
        QTemporaryDir temporary;
        ExportOptions options;
        options.mode = ExportMode::ZeroFilled;
        options.target = path(temporary) / "out";
        const auto preview = previewExport(*overview, randomPlan(overview->spec, 1, true), options);
        QVERIFY(preview.has_value() && preview->blocked.has_value());
        QCOMPARE(preview->blocked->code, ErrorCode::Unsupported);
    }
};

QTEST_GUILESS_MAIN(TestExportCheckpoint)
#include "tst_export_checkpoint.moc"
