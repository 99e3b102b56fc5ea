// SPDX-License-Identifier: GPL-3.0-or-later
// Where an export may write, and what stays when it cannot finish. The sentences are part of the contract.
#include "core/exporting/export_checkpoint.h"
#include "core/exporting/staging_folder.h"
#include "core/io/checkpoint_reader.h"
#include "core/io/checkpoint_writer.h"
#include "core/io/json.h"
#include "tests/support/paths.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <numeric>

using namespace rankscope;
namespace fs = std::filesystem;

namespace {

bool says(const Error& error, const char* part)
{
    const bool found = error.message.find(part) != std::string::npos;
    if (!found) {
        qWarning("\"%s\" lacks \"%s\"", error.message.c_str(), part);
    }
    return found;
}

bool isEmpty(const fs::path& folder)
{
    return fs::directory_iterator(folder) == fs::directory_iterator();
}

/// A small file system of its own, gone with the object.
class SmallDisk {
public:
    SmallDisk(const fs::path& place, const char* options, unsigned long flags)
        : m_place(place)
    {
        fs::create_directories(place);
        m_mounted = ::mount("tmpfs", place.c_str(), "tmpfs", flags, options) == 0;
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    ~SmallDisk()
    {
        if (m_mounted) {
            ::umount(m_place.c_str());
        }
    }
    [[nodiscard]] bool mounted() const { return m_mounted; }

private:
    fs::path m_place;
    bool m_mounted = false;
};

} // namespace

class TestExportTarget : public QObject {
    Q_OBJECT

    [[nodiscard]] Result<ExportReport> run(const fs::path& target, bool replace = false) const
    {
        ExportOptions options;
        options.mode = ExportMode::PerLayer;
        options.target = target;
        options.replaceExisting = replace;
        JobContext job;
        return exportCheckpoint(m_source, keepAllPlan(m_source.spec), options, job);
    }
    [[nodiscard]] fs::path here() const { return m_temporary->path().toStdString(); }

private Q_SLOTS:
    void init()
    {
        m_temporary = std::make_unique<QTemporaryDir>();
        m_source = inspectCheckpoint(test::fixturesDir() / "models" / "gated_deltanet_mixed").value();
    }

    void readOnlyTarget()
    {
        const SmallDisk disk(here() / "disk", "size=1m", MS_RDONLY);
        if (!disk.mounted()) {
            QSKIP("A read-only file system cannot be mounted here (no root).");
        }
        const auto report = run(here() / "disk" / "out");
        QVERIFY(!report.has_value());
        QCOMPARE(report.error().code, ErrorCode::Io);
        QVERIFY(says(report.error(), "No permission for writing into the folder"));
        QVERIFY(says(report.error(), "Read-only file system"));
    }

    void impossibleTargets()
    {
        const auto noParent = run(here() / "absent" / "out");
        QVERIFY(!noParent.has_value());
        QCOMPARE(noParent.error().code, ErrorCode::NotFound);
        QVERIFY(says(noParent.error(), "does not exist; create it"));

        const auto inside = run(m_source.folder / "out");
        QVERIFY(!inside.has_value());
        QVERIFY(says(inside.error(), "lie one in the other"));
        const auto itself = run(m_source.folder, true);
        QVERIFY(!itself.has_value());
        QVERIFY(says(itself.error(), "lie one in the other"));

        std::ofstream(here() / "file") << "x";
        const auto file = run(here() / "file", true);
        QVERIFY(!file.has_value());
        QVERIFY(says(file.error(), "is no folder"));
        QVERIFY(!run("/").has_value());
        QVERIFY(!run("").has_value());
        QCOMPARE(text(here() / "file"), std::string("x"));
    }

    void trailingSlash()
    {
        const auto report = run(here() / "out" / "");
        QVERIFY(report.has_value());
        QCOMPARE(report->folder, here() / "out");
    }

    void existingTarget()
    {
        fs::create_directory(here() / "out");
        const auto report = run(here() / "out");
        QVERIFY(!report.has_value());
        QCOMPARE(report.error().code, ErrorCode::AlreadyExists);
        QVERIFY(says(report.error(), "is there already; choose another name, or allow it to be replaced."));
        QVERIFY(isEmpty(here() / "out"));
    }

    /// The disk that looks empty enough and is not: files can no longer be created half way through.
    void diskFillsUpOnTheWay()
    {
        const SmallDisk disk(here() / "disk", "size=16m,nr_inodes=5", 0);
        if (!disk.mounted()) {
            QSKIP("A small file system cannot be mounted here (no root).");
        }
        const auto report = run(here() / "disk" / "out");
        QVERIFY(!report.has_value());
        QCOMPARE(report.error().code, ErrorCode::DiskFull);
        QVERIFY(says(report.error(), "The disk is full"));
        QVERIFY(says(report.error(), (here() / "disk" / "out" / "").c_str()));
        QVERIFY(isEmpty(here() / "disk"));
    }

    void diskFillsUpInsideTheWeights()
    {
        const SmallDisk disk(here() / "disk", "size=1m", 0);
        if (!disk.mounted()) {
            QSKIP("A small file system cannot be mounted here (no root).");
        }
        const std::vector<std::byte> bytes(3U << 20U);
        const std::vector<OutputTensor> tensors { { "big", DType::U8, { 3 << 20 }, { bytes } } };
        const CheckpointLayout layout = layoutCheckpoint(tensors, {}, 5'000'000'000);
        JobContext job;
        const Status written = writeShard(here() / "disk", layout.shards[0], tensors, job);
        QVERIFY(!written.has_value());
        QCOMPARE(written.error().code, ErrorCode::DiskFull);
    }

    void spaceIsCheckedFirst()
    {
        const SmallDisk disk(here() / "disk", "size=100k", 0);
        if (!disk.mounted()) {
            QSKIP("A small file system cannot be mounted here (no root).");
        }
        const auto report = run(here() / "disk" / "out");
        QVERIFY(!report.has_value());
        QCOMPARE(report.error().code, ErrorCode::DiskFull);
        QVERIFY(says(report.error(), "the export needs"));
    }

    /// Two exports to one place at once: the second is told, and does not touch what the first is writing.
    void runningExportIsNotDisturbed()
    {
        auto first = StagingFolder::create(here() / "out");
        QVERIFY(first.has_value());
        std::ofstream((*first)->path() / "half") << "x";
        const auto second = run(here() / "out");
        QVERIFY(!second.has_value());
        QCOMPARE(second.error().code, ErrorCode::AlreadyExists);
        QVERIFY(says(second.error(), "Another export to"));
        QVERIFY(fs::exists((*first)->path() / "half"));
        first->reset();
        QVERIFY(isEmpty(here()));
        QVERIFY(run(here() / "out").has_value());
    }

    /// A process that died between the two renames of a replacement: the old folder gets its name back.
    void oldFolderIsRestored()
    {
        const pid_t gone = ::fork();
        if (gone == 0) {
            ::_exit(0);
        }
        ::waitpid(gone, nullptr, 0);
        const fs::path aside = here() / (".out.rankscope-old-" + std::to_string(gone));
        fs::create_directory(aside);
        std::ofstream(aside / "config.json") << "old";
        auto staging = StagingFolder::create(here() / "out");
        QVERIFY(staging.has_value());
        QCOMPARE(text(here() / "out" / "config.json"), std::string("old"));
        QVERIFY(!fs::exists(aside));
    }

    /// Folders that only look similar are left alone.
    void strangersAreLeftAlone()
    {
        for (const char* name :
             { ".out.rankscope-", ".out.rankscope-12x", ".other.rankscope-999999999", ".out" }) {
            fs::create_directory(here() / name);
        }
        QVERIFY(run(here() / "out").has_value());
        for (const char* name :
             { ".out.rankscope-", ".out.rankscope-12x", ".other.rankscope-999999999", ".out" }) {
            QVERIFY2(fs::exists(here() / name), name);
        }
    }

    void companions()
    {
        const fs::path source = here() / "source";
        fs::copy(m_source.folder, source);
        fs::create_directories(source / "extra" / "deep");
        fs::create_directories(source / ".git");
        std::ofstream(source / "extra" / "deep" / "vocab.txt") << "a b";
        std::ofstream(source / "empty.txt");
        std::ofstream(source / ".git" / "config") << "secret";
        std::ofstream(source / "consolidated.safetensors") << "dense";
        std::ofstream(source / "extra" / "weights.PT") << "pickle";
        fs::create_symlink(source / "extra" / "deep" / "vocab.txt", source / "linked.txt");
        fs::create_directory_symlink(here(), source / "loop");
        m_source = inspectCheckpoint(source).value();
        const auto report = run(here() / "out");
        QVERIFY2(report.has_value(), report ? "" : report.error().message.c_str());
        const fs::path out = here() / "out";
        QCOMPARE(text(out / "extra" / "deep" / "vocab.txt"), std::string("a b"));
        QCOMPARE(text(out / "linked.txt"), std::string("a b"));
        QVERIFY(fs::is_regular_file(fs::symlink_status(out / "linked.txt")));
        QCOMPARE(fs::file_size(out / "empty.txt"), std::uintmax_t { 0 });
        for (const char* absent : { ".git", "consolidated.safetensors", "extra/weights.PT", "loop" }) {
            QVERIFY2(!fs::exists(out / absent), absent);
            const bool told = std::ranges::any_of(report->warnings, [&](const std::string& warning) {
                return warning.find(std::string("\"") + absent + "\"") != std::string::npos;
            });
            QVERIFY2(told, absent);
        }
    }

    /// The report lists exactly what lies in the folder, with its sizes.
    void reportIsTheFolder()
    {
        const auto report = run(here() / "out");
        QVERIFY(report.has_value());
        std::int64_t bytes = 0;
        for (const ExportFile& file : report->files) {
            QCOMPARE(static_cast<std::int64_t>(fs::file_size(here() / "out" / file.name)), file.bytes);
            bytes += file.bytes;
        }
        QCOMPARE(bytes, report->bytes);
        QCOMPARE(std::distance(fs::directory_iterator(here() / "out"), fs::directory_iterator()),
                 std::ssize(report->files));
    }

    /// An odd number of bf16 values before an fp32 tensor must not push it off its alignment.
    void tensorsAreAligned()
    {
        const std::vector<std::byte> bytes(8);
        const std::span<const std::byte> all(bytes);
        const std::vector<OutputTensor> tensors {
            { "odd", DType::BF16, { 3 }, { all.first(2), all.first(4) } },
            { "wide", DType::F32, { 2 }, { all } },
            { "last", DType::BF16, { 1 }, { all.first(2) } }
        };
        const CheckpointLayout layout = layoutCheckpoint(tensors, {}, 5'000'000'000);
        JobContext job;
        QVERIFY(writeShard(here(), layout.shards[0], tensors, job).has_value());
        QCOMPARE(static_cast<std::int64_t>(fs::file_size(here() / "model.safetensors")),
                 layout.shards[0].fileBytes);
        const auto reader = CheckpointReader::open(here()).value();
        QCOMPARE(reader->entries().size(), tensors.size());
        for (const TensorEntry& entry : reader->entries()) {
            QVERIFY2(entry.offsetBytes % sizeBytes(entry.dtype) == 0, entry.name.c_str());
        }
        QVERIFY(reader->find("odd")->offsetBytes < reader->find("last")->offsetBytes);
    }

    void planOfAnotherModel()
    {
        PruningPlan plan = keepAllPlan(m_source.spec);
        plan.modelName = "elsewhere";
        plan.modelFingerprint = std::string(64, '0');
        ExportOptions options;
        options.target = here() / "out";
        JobContext job;
        const auto report = exportCheckpoint(m_source, plan, options, job);
        QVERIFY(!report.has_value());
        QCOMPARE(report.error().code, ErrorCode::Mismatch);
        QVERIFY(says(report.error(), "The plan was made for another model: \"elsewhere\""));
        QVERIFY(isEmpty(here()));
    }

private:
    static std::string text(const fs::path& path) { return readFileBytes(path).value(); }

    std::unique_ptr<QTemporaryDir> m_temporary;
    CheckpointOverview m_source;
};

QTEST_GUILESS_MAIN(TestExportTarget)
#include "tst_export_target.moc"
