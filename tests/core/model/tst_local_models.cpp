// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/checkpoint_overview.h"
#include "core/model/local_models.h"
#include "tests/support/raw_safetensors.h"
#include "tests/support/tiny_model.h"

#include <QTemporaryDir>
#include <QTest>

#include <map>

using namespace rankscope;
namespace fs = std::filesystem;

namespace {

const std::string kMain(40, 'a');
const std::string kOther(40, 'b');

Environment environmentOf(const std::map<std::string, std::string>& values)
{
    return [values](const char* name) -> std::optional<std::string> {
        const auto found = values.find(name);
        return found == values.end() ? std::nullopt : std::optional(found->second);
    };
}

/// As the Python library lays a download out: the bytes in blobs, links to them in the snapshot.
void download(const fs::path& cache, const std::string& repository, const std::string& revision,
              const fs::path& files)
{
    const fs::path root = cache / ("models--" + repository);
    const fs::path snapshot = root / "snapshots" / revision;
    fs::create_directories(root / "blobs");
    fs::create_directories(snapshot);
    for (const auto& entry : fs::directory_iterator(files)) {
        const std::string blob = revision.substr(0, 8) + entry.path().filename().string();
        fs::copy_file(entry.path(), root / "blobs" / blob);
        fs::create_symlink(fs::path("../../blobs") / blob, snapshot / entry.path().filename());
    }
}

void setMain(const fs::path& cache, const std::string& repository, const std::string& text)
{
    const fs::path refs = cache / ("models--" + repository) / "refs";
    fs::create_directories(refs);
    test::writeBytes(refs / "main", text);
}

} // namespace

class TestLocalModels : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_root = fs::path(m_dir->path().toStdU16String());
        m_cache = m_root / "hub";
        m_good = m_root / "good";
        test::writeRandomCheckpoint(m_good, {});
    }

    void variablesInThePythonLibrarysOrder_data()
    {
        QTest::addColumn<QStringList>("set");
        QTest::addColumn<QString>("first");
        const QStringList all { QStringLiteral("HF_HUB_CACHE"), QStringLiteral("HUGGINGFACE_HUB_CACHE"),
                                QStringLiteral("HF_HOME"), QStringLiteral("XDG_CACHE_HOME"),
                                QStringLiteral("HOME") };
        for (qsizetype i = 0; i < all.size(); ++i) {
            QTest::addRow("%s", qPrintable(all[i])) << all.mid(i) << all[i];
        }
    }
    void variablesInThePythonLibrarysOrder()
    {
        QFETCH(QStringList, set);
        QFETCH(QString, first);
        const std::map<std::string, std::string> below {
            { "HF_HUB_CACHE", "" },
            { "HUGGINGFACE_HUB_CACHE", "" },
            { "HF_HOME", "hub" },
            { "XDG_CACHE_HOME", "huggingface/hub" },
            { "HOME", ".cache/huggingface/hub" },
        };
        std::map<std::string, std::string> values;
        for (const QString& name : set) {
            const fs::path base = m_root / name.toStdString();
            fs::create_directories(base / below.at(name.toStdString()));
            values[name.toStdString()] = base.string();
        }
        const std::vector<fs::path> caches = huggingFaceCaches(environmentOf(values));
        const fs::path expected = fs::canonical(m_root / first.toStdString() / below.at(first.toStdString()));
        QCOMPARE(caches.front(), expected);
        // The default place is looked at as well, once.
        QCOMPARE(caches.size(), first == QStringLiteral("HOME") ? std::size_t { 1 } : std::size_t { 2 });
        QVERIFY(huggingFaceCaches(environmentOf({ { "HF_HUB_CACHE", "/nowhere" } })).empty());
    }

    void findsModelsThroughLinks()
    {
        download(m_cache, "fla-hub--delta--net", kOther, m_good);
        download(m_cache, "fla-hub--delta--net", kMain, m_good);
        setMain(m_cache, "fla-hub--delta--net", kMain + "\n");
        fs::create_directories(m_cache / "datasets--x" / "snapshots" / kMain);
        fs::create_directories(m_cache / "models--unfinished" / "snapshots" / kMain);
        JobContext job;
        const auto models = findLocalModels({ m_cache }, job);
        QVERIFY(models.has_value());
        QCOMPARE(models->size(), std::size_t { 2 });
        const LocalModel& main = models->front();
        QCOMPARE(main.name, std::string("fla-hub/delta/net"));
        QVERIFY(main.isMain && !(*models)[1].isMain);
        QCOMPARE(main.modelType, std::string("gated_deltanet"));
        QVERIFY2(main.supported(), main.problem.c_str());
        QCOMPARE(main.weightBytes, static_cast<std::int64_t>(fs::file_size(m_good / "model.safetensors")));
        QCOMPARE(checkpointFolderOf(m_cache / "models--fla-hub--delta--net"), main.folder);
        QCOMPARE(checkpointFolderOf(main.folder), main.folder);
        QCOMPARE(checkpointFolderOf(m_root), m_root);
        QCOMPARE(checkpointName(main.folder), main.name);
        QCOMPARE(checkpointName(m_good), m_good.filename().string());
        QCOMPARE(checkpointName("/"), std::string());
        const auto overview = inspectCheckpoint(main.folder);
        QVERIFY(overview.has_value());
        QCOMPARE(overview->name, main.name);
    }

    void saysWhyAModelDoesNotLoad()
    {
        const fs::path llama = m_root / "llama";
        fs::create_directories(llama);
        test::writeBytes(llama / "config.json", "{\"model_type\": \"llama\"}");
        download(m_cache, "org--llama", kMain, llama);
        download(m_cache, "org--half", kMain, m_good);
        fs::remove(m_cache / "models--org--half" / "blobs" / (kMain.substr(0, 8) + "model.safetensors"));
        // A reference that leads out of the folder is no reference.
        setMain(m_cache, "org--half", "../../../good");
        JobContext job;
        const auto models = findLocalModels({ m_cache }, job);
        QVERIFY(models.has_value());
        QCOMPARE(models->size(), std::size_t { 2 });
        const LocalModel& half = (*models)[0];
        QCOMPARE(half.name, std::string("org/half"));
        QVERIFY(!half.supported() && !half.isMain);
        QCOMPARE(half.weightBytes, std::int64_t { 0 });
        const LocalModel& other = (*models)[1];
        QCOMPARE(other.modelType, std::string("llama"));
        QVERIFY2(other.problem.find("llama") != std::string::npos, other.problem.c_str());
        QCOMPARE(checkpointFolderOf(m_cache / "models--org--half"), half.folder); // the only one there is
    }

    void stops()
    {
        download(m_cache, "org--one", kMain, m_good);
        std::stop_source stop;
        stop.request_stop();
        JobContext job(stop.get_token());
        const auto models = findLocalModels({ m_cache }, job);
        QVERIFY(!models.has_value());
        QVERIFY(models.error().code == ErrorCode::Cancelled);
    }

private:
    std::unique_ptr<QTemporaryDir> m_dir;
    fs::path m_root;
    fs::path m_cache;
    fs::path m_good;
};

QTEST_GUILESS_MAIN(TestLocalModels)
#include "tst_local_models.moc"
